"""A reranker that can be trained: opened, asked for logits, and saved as `retrieve.reranker` reads it.

In: a local folder or a hub id: a reader, an encoder, a reranker. Out: a cross-encoder of sentence-transformers with one
label, and a Hugging Face folder. Knows nothing about training.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import CrossEncoder

from autogpt.read.backends.facts import TRAINED_TOKENS
from autogpt.train.base import loading_options
from autogpt.train.methods.saved import beneath
from autogpt.train.transformer import open_transformer

_BATCH = 64


class PairClassifier:
    """The reranker of a training; judges as `retrieve.reranker.Reranker` does.

    Args:
        base: what `models.sources.resolve_reader` gave. Its last layer is new where it was no reranker before.
        dropout: of hidden layers; attention gets none (see `train.base.load_base`).
        max_tokens: longer pairs are cut, the longer text first.
        bf16: whether logits are computed in it.

    Raises UsageError for a model that cannot be had, AutoGPTError when the hub is out of reach.
    """

    def __init__(self, base: str | Path, dropout: float = 0.1, max_tokens: int = 256, bf16: bool = False) -> None:
        transformer = open_transformer(base, loading_options(beneath(base)), dropout, max_tokens, labels=1)
        self.bf16 = bf16
        self.model = CrossEncoder(
            modules=[transformer],
            num_labels=1,
            device="cuda" if torch.cuda.is_available() else "cpu",
        )

    @property
    def adapted(self) -> Any:
        """The model of transformers inside, which a method of fine-tuning is applied to."""
        inside: Any = self.model[0]
        return inside.model

    def logits(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """How well the second text of each pair answers the first; more is better. Raises FloatingPointError for logits
        that are no numbers.
        """
        if not pairs:
            return []
        was_training = self.model.training
        with torch.autocast(self.model.device.type, torch.bfloat16, enabled=self.bf16):
            found = self.model.predict(
                [list(pair) for pair in pairs],
                batch_size=_BATCH,
                show_progress_bar=False,
                activation_fn=torch.nn.Identity(),
                convert_to_tensor=True,
            )
        self.model.train(was_training)
        if not torch.isfinite(found).all():
            raise FloatingPointError("the reranker's logits are not finite")
        return [float(one) for one in found.float().cpu().tolist()]

    def probe(self, pairs: Sequence[tuple[str, str]]) -> torch.Tensor:
        """A scalar of the logits of `pairs`, which a training may be told from: see `train.memory`."""
        inputs = self.model.preprocess(list(pairs))
        at_hand = {name: one.to(self.model.device) for name, one in inputs.items() if isinstance(one, torch.Tensor)}
        found: torch.Tensor = self.model({**inputs, **at_hand})["scores"].sum()
        return found

    def save(self, folder: Path) -> None:
        """Write `config.json`, which says at how many tokens pairs were cut, `model.safetensors` and the tokenizer."""
        transformer: Any = self.model[0]
        setattr(transformer.model.config, TRAINED_TOKENS, transformer.max_seq_length)
        transformer.model.save_pretrained(folder)
        transformer.tokenizer.save_pretrained(folder)
