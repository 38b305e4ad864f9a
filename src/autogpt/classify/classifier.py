"""A classifier in a model folder, asked about texts.

In: texts, or pairs of them. Out: `Classified`, one each. Three forms are read alike: a model fine-tuned whole, a
sentence encoder with a linear head, and a language model that is asked by a prompt. Knows nothing about workspaces or
releases.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from autogpt.classify.card import Classified, head_logits, load_card
from autogpt.classify.probability import Floats
from autogpt.errors import DataError, NotFoundError
from autogpt.read.backends import Backend, load_backend
from autogpt.read.backends.facts import TOKENIZER_FILE, model_facts
from autogpt.read.backends.padding import pad, plan
from autogpt.retrieve.encoder import Encoder

#: Texts in one forward pass.
_ROWS = 64


class Classifier:
    """A classifier of texts. May be shared between threads; one of them computes at a time.

    Args:
        folder: an exported classifier, or a trained one for the torch backend.
        backend: name in `read.backends.BACKENDS`.
        threads: processor threads; 0 means all cores.

    Raises:
        NotFoundError: there is no classifier in `folder`.
        DataError: its description cannot be read.
    """

    def __init__(self, folder: Path, backend: str = "openvino", threads: int = 0) -> None:
        self.folder = folder
        self.card, self._arrays = load_card(folder)
        self._encoder: Encoder | None = None
        self._backend: Backend | None = None
        self._lock = threading.Lock()
        if model_facts(folder).task == "encoder":
            if "head_weights" not in self._arrays:
                raise DataError(f"{folder} holds an encoder without a head.", "Train the classifier again.")
            self._encoder = Encoder(folder, backend, threads, max_tokens=self.card.max_tokens)
            return
        if not (folder / TOKENIZER_FILE).is_file():
            raise NotFoundError(f"{folder} holds no {TOKENIZER_FILE}.", "Name the folder of a classifier.")
        self._backend = load_backend(backend, folder, threads)
        self._backend.require("classifier")
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        self._longest = min(self.card.max_tokens, self._backend.facts.max_tokens)
        self._tokenizer.no_padding()
        if self.card.prompt is None:
            self._tokenizer.enable_truncation(self._longest)

    def classify(self, texts: Sequence[str], others: Sequence[str] = ()) -> list[Classified]:
        """What each text is about, in their order.

        Args:
            others: the second text of each pair, for similarity.
        """
        if not texts:
            return []
        return self.card.decide(*self.compute(texts, others), self._arrays)

    def compute(self, texts: Sequence[str], others: Sequence[str] = ()) -> tuple[Floats, Floats]:
        """Logits float[N, C] and vectors float[N, H]."""
        if self._encoder is not None:
            encoded = np.asarray(self._encoder.encode(texts, "query"), dtype=np.float64)
            return head_logits(encoded, self._arrays), encoded
        assert self._backend is not None
        if self.card.prompt is not None:
            rows = self.card.prompt.rows(self._tokenizer, texts, self._longest)
        else:
            rows = self._tokenizer.encode_batch_fast([*zip(texts, others, strict=True)] if others else list(texts))
        parts: dict[int, tuple[Floats, Floats]] = {}
        pad_id = self._backend.facts.pad_id
        for group in plan([len(row.ids) for row in rows], _ROWS):
            batch = pad([rows[at].ids for at in group], [rows[at].type_ids for at in group], pad_id)
            with self._lock:
                logits, vectors = self._backend.run(batch)
            parts |= {at: (logits[row], vectors[row]) for row, at in enumerate(group)}
        found, kept = zip(*(parts[at] for at in range(len(rows))), strict=True)
        return np.asarray(found, dtype=np.float64), np.asarray(kept, dtype=np.float64)
