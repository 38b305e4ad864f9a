"""What lies beside the weights of a classifier: its labels, and all that makes decisions of logits and vectors.

In: a model folder. Out: a `Card` and arrays, which go to files and back exactly. Knows no model.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from autogpt.classify.probability import Floats, Kind, probabilities
from autogpt.classify.scope import METHODS, Arrays, Scope
from autogpt.errors import DataError, NotFoundError
from autogpt.models.layout import CLASSIFIER, CLASSIFIER_ARRAYS
from autogpt.read.backends.prompt import Prompt

FORMAT_VERSION = 2
#: Version of those that earlier programs read too.
_WITHOUT_PROMPT = 1


@dataclass(frozen=True, slots=True)
class Classified:
    """What a classifier says of one text.

    Attributes:
        labels: given to it; of exclusive classes always one, out of scope or not.
        probability: of its likeliest label; for similarity 0.
        probabilities: of every label.
        out_of_scope: probability of being about none of the classes; None where the classifier cannot tell.
        strange: whether that is so much that it is taken for out of scope.
        score: similarity of two texts, in the units of the data; None for the other kinds.
    """

    labels: tuple[str, ...]
    probability: float
    probabilities: Mapping[str, float] = field(default_factory=dict)
    out_of_scope: float | None = None
    strange: bool = False
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A classifier without its weights.

    Attributes:
        labels: of the logits, in order; for binary no and yes, of the one logit; for similarity none.
        threshold: lowest probability of a label that is given, where labels do not exclude each other.
        temperature: what logits are divided by.
        max_tokens: longer texts are cut.
        out_of_scope: labels of data that mean "none of the classes".
        scope: None where the classifier cannot tell what is out of scope.
        low, high: what 0 and 1 mean for similarity.
        prompt: how a language model is asked for the class; None for a model with a head for classes.
    """

    kind: Kind
    labels: tuple[str, ...]
    max_tokens: int
    threshold: float = 0.5
    temperature: float = 1.0
    out_of_scope: tuple[str, ...] = ()
    scope: Scope | None = None
    low: float = 0.0
    high: float = 1.0
    prompt: Prompt | None = None

    def decide(self, logits: Floats, vectors: Floats, arrays: Arrays) -> list[Classified]:
        """What logits float[N, C] and vectors float[N, H] say of N texts."""
        if self.kind == "similarity":
            scores = self.low + (self.high - self.low) * np.asarray(logits, dtype=np.float64)[:, 0]
            return [Classified((), 0.0, score=float(one)) for one in scores]
        likely = probabilities(self.kind, logits, self.temperature)
        strange = self.strangeness(logits, vectors, arrays)
        return [
            Classified(
                labels=self.given(row),
                probability=float(row.max()),
                probabilities=dict(zip(self.labels, map(float, row), strict=True)),
                out_of_scope=None if strange is None else float(strange[at]),
                strange=self.scope is not None and strange is not None and bool(strange[at] >= self.scope.threshold),
            )
            for at, row in enumerate(likely)
        ]

    def strangeness(self, logits: Floats, vectors: Floats, arrays: Arrays) -> Floats | None:
        """Probability of being out of scope, float[N]; None where it cannot be told."""
        if self.scope is None:
            return None
        return self.scope.probability(METHODS[self.scope.method](logits, vectors, arrays, self.temperature))

    def given(self, row: Floats) -> tuple[str, ...]:
        """Labels that a text gets by its probabilities float[labels]."""
        if self.kind == "multi-label":
            return tuple(label for label, one in zip(self.labels, row, strict=True) if one >= self.threshold)
        if self.kind == "binary":
            return (self.labels[int(row[1] >= self.threshold)],)
        return (self.labels[int(row.argmax())],)

    def to_json(self) -> dict[str, Any]:
        raw = {name: value for name, value in asdict(self).items() if name not in ("scope", "prompt")}
        version = FORMAT_VERSION if self.prompt else _WITHOUT_PROMPT
        told = {"format_version": version, **raw, "scope": self.scope.to_json() if self.scope else None}
        return {**told, "prompt": asdict(self.prompt)} if self.prompt else told

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Card":
        """Raises DataError when a value is missing or wrong, or a newer program wrote it."""
        try:
            if raw["format_version"] > FORMAT_VERSION:
                raise DataError(
                    f"The classifier has format {raw['format_version']}; this program reads up to {FORMAT_VERSION}.",
                    "Update with: pip install -U autogpt-qa",
                )
            given = {name: value for name, value in raw.items() if name not in ("format_version", "scope", "prompt")}
            for name in ("labels", "out_of_scope"):
                given[name] = tuple(given[name])
            scope = Scope.from_json(raw["scope"]) if raw["scope"] else None
            return cls(**given, scope=scope, prompt=Prompt.from_json(raw["prompt"]) if raw.get("prompt") else None)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"The description of the classifier is broken: {error!r}.", "Train it again.") from None


def save_card(folder: Path, card: Card, arrays: Arrays) -> None:
    """Write both files."""
    from safetensors.numpy import save_file

    (folder / CLASSIFIER).write_text(json.dumps(card.to_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if arrays:
        save_file({name: np.ascontiguousarray(one) for name, one in arrays.items()}, folder / CLASSIFIER_ARRAYS)


def load_card(folder: Path) -> tuple[Card, dict[str, Any]]:
    """Raises NotFoundError when the folder holds no classifier, DataError when it is broken."""
    path = folder / CLASSIFIER
    if not path.is_file():
        raise NotFoundError(
            f"{folder} holds no classifier: it has no {CLASSIFIER}.", "Name the folder of a classifier."
        )
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}.", "Train the classifier again.") from None
    card = Card.from_json(raw)
    return card, _arrays(folder / CLASSIFIER_ARRAYS)


def _arrays(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except (OSError, SafetensorError) as error:
        raise DataError(f"{path} cannot be read: {error}.", "Train the classifier again.") from None


def head_logits(vectors: Floats, arrays: Arrays) -> Floats:
    """Logits float[N, C] of a linear head on vectors float[N, H]."""
    return np.asarray(vectors @ arrays["head_weights"].T + arrays["head_bias"], dtype=np.float64)
