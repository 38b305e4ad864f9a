"""What every inference backend does: rows of token ids in, logits or vectors out.

In: int64[B, T] arrays, padded on the right. Out: float32 arrays. Knows nothing about text, windows or answers.
B rows in a batch, T tokens a row, H the size of an embedding.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from autogpt.errors import NotFoundError, UsageError
from autogpt.read.backends.facts import MODEL_FILES, ModelFacts

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Batch:
    """One padded batch: `input_ids`, `attention_mask`, `token_type_ids`, each int64[B, T]."""

    input_ids: Ids
    attention_mask: Ids
    token_type_ids: Ids

    def inputs(self, names: Iterable[str]) -> list[Ids]:
        """The arrays called `names`, in that order."""
        return [getattr(self, name) for name in names]


class Backend(ABC):
    """A loaded model. A subclass says how to load one and how to run one batch.

    `forward` and `encode` may be called from one thread at a time; share an instance behind a batcher or a lock.
    """

    name: str
    facts: ModelFacts

    @classmethod
    @abstractmethod
    def load(cls, folder: Path, threads: int = 0) -> Self:
        """The model in `folder`, ready to run on `threads` cores (0: all)."""

    @abstractmethod
    def run(self, batch: Batch) -> tuple[Floats, ...]:
        """The model's outputs for one batch: (start, end) logits float[B, T], (vectors float[B, H],), (logits
        float[B, 1],), or a classifier's (logits float[B, C], vectors float[B, H]).
        """

    def run_all(self, batches: Iterable[Batch]) -> Iterator[tuple[Floats, ...]]:
        """Outputs of each batch, in order. A backend that can, works on several at once."""
        return map(self.run, batches)

    def forward(self, input_ids: Ids, attention_mask: Ids, token_type_ids: Ids) -> tuple[Floats, Floats]:
        """Start and end logits, float32[B, T] each. Raises UsageError when the model is not a reader."""
        self.require("reader")
        start, end = self.run(Batch(input_ids, attention_mask, token_type_ids))
        return start, end

    def encode(self, input_ids: Ids, attention_mask: Ids, token_type_ids: Ids) -> Floats:
        """Mean-pooled vectors of length 1, float32[B, H]. Raises UsageError when the model is not an encoder."""
        self.require("encoder")
        return self.run(Batch(input_ids, attention_mask, token_type_ids))[0]

    def require(self, task: str) -> None:
        """Raise UsageError unless the model is for `task`."""
        if self.facts.task != task:
            raise UsageError(
                f"This model is {_with_article(self.facts.task)}, and {_with_article(task)} is needed.",
                "Name the right folder: encoder/, reader/, reranker/ or classifier/.",
            )


def model_file(folder: Path, backend: str) -> Path:
    """Path of the file that `backend` runs. Raises NotFoundError with the way to make one."""
    path = folder / MODEL_FILES[backend]
    if not path.is_file():
        hint = "" if backend == "torch" else f"Export it with: autogpt compress --model {folder} --format {backend}"
        raise NotFoundError(f"{folder} holds no {path.name}, which the {backend} backend needs.", hint)
    return path


def as_floats(array: Any) -> Floats:
    """A float32 copy that outlives the runtime's own buffer."""
    return np.array(array, dtype=np.float32)


def _with_article(task: str) -> str:
    return f"an {task}" if task[0] in "aeiou" else f"a {task}"
