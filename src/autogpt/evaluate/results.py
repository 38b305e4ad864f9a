"""What an evaluation found, as values that go to JSON and back.

In: numbers and texts. Out: `ReaderReport` and its parts; files of predictions. Knows nothing about how they came about.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from autogpt.errors import DataError
from autogpt.metrics.answers import SQUAD
from autogpt.metrics.calibration import Bin

FORMAT_VERSION = 1
#: What `best_*` are, wherever they are shown.
DIAGNOSTIC = "best_* use the threshold that is best for these very questions: a diagnostic, not a result."


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer given to one question.

    Attributes:
        text, start, end: the answer and where it stands; empty and None when the reader abstained.
        confidence: probability that the best candidate is right, whether it was given or not.
        right: whether the best candidate is right: an exact match; never on a question without an answer.
        exact_match, f1: of what was given, 0 to 1; abstaining scores 1 on questions without an answer.
        slices: what the question belongs to, slice name → value.
    """

    id: str
    text: str
    start: int | None
    end: int | None
    confidence: float
    answered: bool
    right: bool
    exact_match: float
    f1: float
    slices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Miss:
    """A question whose answer was not exactly right.

    Attributes:
        text: the best candidate, given or withheld; `before` and `after` are the characters around it.
    """

    id: str
    kind: str
    question: str
    title: str
    golds: tuple[str, ...]
    text: str
    confidence: float
    f1: float
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SliceResult:
    """One slice: exact match and F1 in percent, the others as shares."""

    name: str
    value: str
    questions: int
    exact_match: float
    f1: float
    answered: float
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class ReaderReport:
    """Result of `evaluate_reader`.

    Attributes:
        confidence: where confidence comes from: "calibrator" or "softmax".
        threshold: lowest confidence that was answered; None when it was not used.
        metrics: by name; F1 and exact match in percent, the rest as shares.
        reliability: equal-mass bins of confidence.
        curve: (coverage, risk, threshold), from the surest answers to all; `softmax_curve` the same with the
            softmax of the best span in place of confidence.
        rules: what answers were scored by, see `metrics.answers.rules_of`.
    """

    model: str
    data: str
    decoder: str
    confidence: str
    threshold: float | None
    force_answer: bool
    metrics: Mapping[str, Any]
    slices: tuple[SliceResult, ...]
    reliability: tuple[Bin, ...]
    curve: tuple[tuple[float, float, float], ...]
    softmax_curve: tuple[tuple[float, float, float], ...]
    predictions: tuple[Prediction, ...]
    misses: tuple[Miss, ...]
    rules: str = SQUAD

    @property
    def scorer(self) -> str:
        """How answers were scored, spans chosen and confidence made, in words."""
        return f"Scored by {self.rules}; spans by {self.decoder}; confidence by {self.confidence}"

    def to_json(self) -> dict[str, Any]:
        """Metrics at the top, then the lists."""
        return {
            "format_version": FORMAT_VERSION,
            "kind": "reader",
            "model": self.model,
            "data": self.data,
            "scorer": self.scorer,
            "rules": self.rules,
            "decoder": self.decoder,
            "confidence": self.confidence,
            "threshold": self.threshold,
            "force_answer": self.force_answer,
            **self.metrics,
            "diagnostic": DIAGNOSTIC,
            "slices": [asdict(one) for one in self.slices],
            "reliability": [asdict(one) for one in self.reliability],
            "curve": [list(point) for point in self.curve],
            "softmax_curve": [list(point) for point in self.softmax_curve],
            "misses": [{**asdict(one), "golds": list(one.golds)} for one in self.misses],
            "predictions": [asdict(one) for one in self.predictions],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "ReaderReport":
        """Raises DataError when `raw` is not such a report, or a newer program's."""
        if raw.get("kind") != "reader" or raw.get("format_version", 0) > FORMAT_VERSION:
            raise DataError("This is not a reader's evaluation that this program can read.", "Evaluate again.")
        own = {one.name for one in fields(cls)} - {"metrics"}
        other = own | {"format_version", "kind", "scorer", "diagnostic"}
        try:
            return cls(
                **{name: raw[name] for name in ("model", "data", "decoder", "confidence", "threshold", "force_answer")},
                metrics={name: value for name, value in raw.items() if name not in other},
                slices=tuple(SliceResult(**one) for one in raw["slices"]),
                reliability=tuple(Bin(**one) for one in raw["reliability"]),
                curve=tuple((point[0], point[1], point[2]) for point in raw["curve"]),
                softmax_curve=tuple((point[0], point[1], point[2]) for point in raw["softmax_curve"]),
                predictions=tuple(Prediction(**one) for one in raw["predictions"]),
                misses=tuple(Miss(**{**one, "golds": tuple(one["golds"])}) for one in raw["misses"]),
                rules=raw.get("rules", SQUAD),
            )
        except (KeyError, TypeError, IndexError) as error:
            raise DataError(f"The evaluation is broken: {error!r}.", "Evaluate again.") from None


def write_predictions(predictions: Iterable[Prediction], path: Path) -> None:
    """JSON lines of id, text, start, end, confidence; a kill leaves the old file or the new one."""
    lines = (
        json.dumps(
            {"id": o.id, "text": o.text, "start": o.start, "end": o.end, "confidence": o.confidence}, ensure_ascii=False
        )
        for o in predictions
    )
    write_text(path, "".join(f"{line}\n" for line in lines))


def write_text(path: Path, text: str) -> None:
    """Write a whole file under another name first. Raises DataError when the place cannot be written to."""
    waiting = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        waiting.write_text(text, encoding="utf-8")
        waiting.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}.", "Name another file.") from None
