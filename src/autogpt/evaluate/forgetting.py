"""What a model has forgotten: its scores on earlier sets, before and after a training.

In: for each set the score of every question, twice. Out: a `Forgetting`, which goes to JSON and back. Knows nothing
about models or files. Scores are in points.
"""

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from autogpt.errors import DataError
from autogpt.metrics.significance import holm, two_sided

FILE_NAME = "forgetting.json"
FORMAT_VERSION = 1
#: Below this a difference counts as more than luck.
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Scored:
    """The questions of one earlier set.

    Attributes:
        before, after: float[N], in points.
        groups: what to resample in place of questions, such as each question's document.
    """

    name: str
    measure: str
    before: Sequence[float]
    after: Sequence[float]
    groups: Sequence[Hashable] | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """How one earlier set fared.

    Attributes:
        difference, lower, upper: after minus before, with its 95% interval.
        p_value: two-sided, of no difference, corrected for several sets (Holm).
    """

    name: str
    measure: str
    questions: int
    before: float
    after: float
    difference: float
    lower: float
    upper: float
    p_value: float

    @property
    def verdict(self) -> str:
        if self.p_value >= ALPHA:
            return "no difference shown"
        return "gained" if self.difference > 0 else "forgotten"

    @property
    def summary(self) -> str:
        """For people: "on squad: F1 80.1 → 74.2 (-5.9, 95% interval -7.0 to -4.8): forgotten"."""
        return (
            f"on {self.name} ({self.questions:,}): {self.measure} {self.before:.1f} → {self.after:.1f} "
            f"({self.difference:+.1f}, 95% interval {self.lower:+.1f} to {self.upper:+.1f}): {self.verdict}"
        )


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What became of earlier sets."""

    sets: tuple[Kept, ...]

    @property
    def backward_transfer(self) -> float:
        """Mean difference over the sets (Lopez-Paz and Ranzato 2017, "Gradient episodic memory"): below 0 where more
        was forgotten than gained.
        """
        return fmean(one.difference for one in self.sets)

    def to_json(self) -> dict[str, Any]:
        sets = [{**asdict(one), "verdict": one.verdict} for one in self.sets]
        return {"format_version": FORMAT_VERSION, "backward_transfer": self.backward_transfer, "sets": sets}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Forgetting":
        sets = ({name: value for name, value in one.items() if name != "verdict"} for one in raw["sets"])
        return cls(tuple(Kept(**one) for one in sets))

    def save(self, folder: Path) -> None:
        waiting = folder / f"{FILE_NAME}.part"
        waiting.write_text(json.dumps(self.to_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        waiting.replace(folder / FILE_NAME)

    @classmethod
    def load(cls, folder: Path) -> "Forgetting | None":
        """What `save` wrote; None for a folder without it. Raises DataError when it cannot be read."""
        path = folder / FILE_NAME
        if not path.is_file():
            return None
        try:
            return cls.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path} cannot be read: {error!r}.", "Delete it; the next training writes one.") from None


def forgetting(sets: Sequence[Scored]) -> Forgetting:
    """Compare before and after on each set, by a paired bootstrap (`metrics.significance`).

    Raises ValueError without sets, or for one without questions.
    """
    if not sets:
        raise ValueError("there is no earlier set")
    found = [two_sided(one.after, one.before, groups=one.groups) for one in sets]
    corrected = holm([one.p_value for one in found])
    return Forgetting(
        tuple(
            Kept(
                name=one.name,
                measure=one.measure,
                questions=len(one.before),
                before=fmean(one.before),
                after=fmean(one.after),
                difference=gap.value,
                lower=gap.lower,
                upper=gap.upper,
                p_value=p_value,
            )
            for one, gap, p_value in zip(sets, found, corrected, strict=True)
        )
    )
