"""What a measurement of a workspace found, as values that go to JSON and back.

In: outcomes per question and metrics. Out: `WorkspaceReport`. Knows nothing about how they came about.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from autogpt.errors import DataError
from autogpt.evaluate.results import SliceResult
from autogpt.evaluate.slices import answer_length, question_word
from autogpt.metrics.answers import rules_of
from autogpt.metrics.calibration import Bin
from autogpt.records import Split

FORMAT_VERSION = 1
#: Metric of a file of questions: how many were not asked, since their texts stand in no document.
LEFT_OUT = "left_out"
#: What the list of misses says of each; `outcomes` says all.
_MISS = ("id", "question", "document", "golds", "kind", "text", "candidate", "confidence", "rank", "blame")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question of the measured part.

    Attributes:
        kind: of the answer, as in `records.AnswerKind`.
        text: what was answered; empty when nothing was.
        candidate: the best span, given or withheld; `before` and `after` surround it in its document.
        right: whether the best span answers: it matches a gold answer exactly, or overlaps it and shares half of it.
        exact_match, f1: of what was given, 0 to 1; abstaining scores 1 on questions without an answer.
        passages: number of passages read.
        rank: place of the first passage that holds the answer, from 1.
        candidate_rank: place of the first right one among the spans that were explained.
        blame: the stage that lost it; empty when it is no miss.
        timings: stage → milliseconds.
        notices: what went less well than it should.
        asked_in, found_in: document versions of the gold answer and of the best span; empty without one.
    """

    id: str
    question: str
    document: str
    golds: tuple[str, ...]
    kind: str
    text: str
    candidate: str
    confidence: float
    right: bool
    exact_match: float
    f1: float
    passages: int
    rank: int | None
    candidate_rank: int | None
    blame: str
    timings: Mapping[str, float]
    notices: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    asked_in: str = ""
    found_in: str = ""

    @property
    def answered(self) -> bool:
        return bool(self.text)

    @property
    def slices(self) -> dict[str, str]:
        """What the question belongs to, slice name → value."""
        return {
            "question word": question_word(self.question),
            "answer length": answer_length(self.golds),
            "document": self.document or "(none)",
        }


@dataclass(frozen=True, slots=True)
class WorkspaceReport:
    """Result of `evaluate_workspace`: metrics by name, slices, bins of confidence, every question's outcome.

    Attributes:
        part: train, validation or test, or the name of what was measured on in its place.
    """

    release: str
    part: str
    metrics: Mapping[str, Any]
    slices: tuple[SliceResult, ...]
    reliability: tuple[Bin, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def measured_on(self) -> str:
        """What it was measured on, in words."""
        return f"the {self.part} part" if self.part in set(Split) else self.part

    @property
    def scorer(self) -> str:
        """How answers were scored, spans chosen and confidence made, in words."""
        return f"Scored by {rules_of(one.golds for one in self.outcomes)}; spans and confidence by the release"

    @property
    def notices(self) -> tuple[str, ...]:
        """What went less well than it should, and how often: a line each, for people."""
        counts, questions = self.metrics.get("notices", {}), self.metrics["questions"]
        return tuple(f"In {count:,} of {questions:,} answers: {notice}" for notice, count in counts.items())

    @property
    def left_out(self) -> int:
        """Questions of a file whose texts stand in no document."""
        return int(self.metrics.get(LEFT_OUT, 0))

    @property
    def misses(self) -> tuple[Outcome, ...]:
        return tuple(one for one in self.outcomes if one.blame)

    def to_json(self) -> dict[str, Any]:
        """Metrics at the top, then the lists."""
        return {
            "format_version": FORMAT_VERSION,
            "kind": "workspace",
            "release": self.release,
            "part": self.part,
            "scorer": self.scorer,
            **self.metrics,
            "slices": [asdict(one) for one in self.slices],
            "reliability": [asdict(one) for one in self.reliability],
            "misses": [{name: getattr(one, name) for name in _MISS} for one in self.misses],
            "outcomes": [asdict(one) for one in self.outcomes],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "WorkspaceReport":
        """Raises DataError when `raw` is not such a report, or a newer program's."""
        if raw.get("kind") != "workspace" or raw.get("format_version", 0) > FORMAT_VERSION:
            raise DataError("This is not a workspace's evaluation that this program can read.", "Evaluate again.")
        other = {"format_version", "kind", "release", "part", "scorer", "slices", "reliability", "misses", "outcomes"}
        try:
            return cls(
                release=raw["release"],
                part=raw["part"],
                metrics={name: value for name, value in raw.items() if name not in other},
                slices=tuple(SliceResult(**one) for one in raw["slices"]),
                reliability=tuple(Bin(**one) for one in raw["reliability"]),
                outcomes=tuple(map(_outcome, raw["outcomes"])),
            )
        except (KeyError, TypeError) as error:
            raise DataError(f"The evaluation is broken: {error!r}.", "Evaluate again.") from None


def _outcome(raw: Mapping[str, Any]) -> Outcome:
    return Outcome(**{**raw, "golds": tuple(raw["golds"]), "notices": tuple(raw.get("notices", ()))})
