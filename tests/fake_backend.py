"""A reader without weights: it points at the words of the context that the question asks for. For tests of what is
built on readers."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from autogpt.read.backends import Backend, Batch
from autogpt.read.backends.base import Floats
from autogpt.read.backends.facts import ModelFacts

PAD, CLS, SEP = 0, 1, 2


class FakeBackend(Backend):
    """Logits are high where a token of the context also stands in the question, by how often the pair was seen there.

    Keeps the shape of every batch in `shapes`.
    """

    name = "fake"

    def __init__(self, max_tokens: int = 512) -> None:
        self.facts = ModelFacts("reader", PAD, max_tokens, ("input_ids", "attention_mask", "token_type_ids"))
        self.shapes: list[tuple[int, int]] = []

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> Self:
        return cls()

    def run(self, batch: Batch) -> tuple[Floats, ...]:
        self.shapes.append((batch.input_ids.shape[0], batch.input_ids.shape[1]))
        logits = np.zeros(batch.input_ids.shape, dtype=np.float32)
        for row, (ids, mask, types) in enumerate(
            zip(batch.input_ids, batch.attention_mask, batch.token_type_ids, strict=True)
        ):
            asked = set(ids[(mask == 1) & (types == 0)].tolist()) - {CLS, SEP}
            for column in np.flatnonzero((mask == 1) & (types == 1)):
                logits[row, column] = 5.0 if int(ids[column]) in asked else -5.0
            logits[row, mask == 0] = 100.0  # whoever looks at padding finds nonsense
        return logits, logits.copy()

    def run_all(self, batches: Iterable[Batch]) -> Iterator[tuple[Floats, ...]]:
        return map(self.run, batches)


def write_tokenizer(folder: Path, texts: Sequence[str]) -> Path:
    """A tokenizer of whole words of `texts`, BERT's frame around them, in `folder`; returns the folder."""
    words = sorted({word for text in texts for word, _ in pre_tokenizers.BertPreTokenizer().pre_tokenize_str(text)})
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[CLS]", "[SEP]", "[UNK]", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", CLS), ("[SEP]", SEP)]
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
