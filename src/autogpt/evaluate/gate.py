"""The promotion gate: whether a new release is at least as good as the one before, beyond luck.

In: the F1 of each gold question under both. Out: a `Verdict` with its reasons. Knows nothing about releases or models.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autogpt.config import PromoteSection
from autogpt.metrics.significance import Difference, holm, paired_bootstrap

#: A verdict needs the error probability below this, over all slices together.
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Part:
    """One slice, or all questions, in F1 points.

    Attributes:
        before, after: mean F1.
        difference: paired, with one-sided 95% bounds.
        p_not_worse: p-value of "worse by the margin or more"; below 0.05 it is shown that it is not. For slices by
            Holm's correction, as is `p_worse`.
        p_worse: p-value of "no worse at all"; below 0.05 it is shown to be worse.
    """

    name: str
    value: str
    before: float
    after: float
    difference: Difference
    p_not_worse: float
    p_worse: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of the gate.

    Attributes:
        verdict: "better" or "equal" let a release pass; "worse" and "unproven" do not.
        reasons: why, in sentences.
        overall: all questions together; None without questions.
        slices: those that are large enough to be tested on their own.
    """

    verdict: str
    reasons: tuple[str, ...]
    overall: Part | None
    slices: tuple[Part, ...]

    @property
    def passed(self) -> bool:
        return self.verdict in {"better", "equal"}

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Verdict":
        """What `to_json` wrote."""
        overall = _part_of(raw["overall"]) if raw["overall"] else None
        return cls(raw["verdict"], tuple(raw["reasons"]), overall, tuple(map(_part_of, raw["slices"])))


def promotion_gate(
    before: Sequence[float],
    after: Sequence[float],
    slices: Sequence[Mapping[str, str]] = (),
    settings: PromoteSection | None = None,
) -> Verdict:
    """Compare two releases on the same questions.

    `better`: the lower 95% bound of the paired difference lies above 0, overall, and no slice may be worse by the
    margin. `equal`: it lies above minus the margin, overall and on every slice of `slice_size` questions or more (all
    slices together err with probability 0.05, Holm 1979). `worse`: something was shown to be worse, overall or on a
    slice. `unproven`: neither could be shown; more questions would help.

    Args:
        before, after: F1 of each question, 0 to 1, in the same order.
        slices: per question the slices it belongs to, name → value; empty to test overall alone.

    Raises ValueError when the lengths differ.
    """
    settings = settings or PromoteSection()
    if len(before) != len(after) or (slices and len(slices) != len(before)):
        raise ValueError(f"{len(before)} questions before, {len(after)} after, {len(slices)} with slices")
    if not before:
        return Verdict("unproven", ("There are no questions to compare on.",), None, ())
    old, new = [100 * one for one in before], [100 * one for one in after]
    overall = _part("overall", "", old, new, settings.margin)
    members: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, belongs in enumerate(slices):
        for name, value in belongs.items():
            members[name, value].append(at)
    parts = [
        _part(name, value, [old[at] for at in places], [new[at] for at in places], settings.margin)
        for (name, value), places in sorted(members.items())
        if settings.slice_size <= len(places) < len(before)
    ]
    parts = _corrected(parts)
    return Verdict(*_judged(overall, parts, settings.margin), overall, tuple(parts))


def _part_of(raw: Mapping[str, Any]) -> Part:
    return Part(**{**raw, "difference": Difference(**raw["difference"])})


def _part(name: str, value: str, old: Sequence[float], new: Sequence[float], margin: float) -> Part:
    forth = paired_bootstrap(new, old, margin=margin, confidence=1 - LEVEL)
    back = paired_bootstrap(old, new, confidence=1 - LEVEL)
    return Part(name, value, sum(old) / len(old), sum(new) / len(new), forth, forth.p_value, back.p_value)


def _corrected(parts: Sequence[Part]) -> list[Part]:
    not_worse, worse = holm([one.p_not_worse for one in parts]), holm([one.p_worse for one in parts])
    return [
        Part(one.name, one.value, one.before, one.after, one.difference, p, q)
        for one, p, q in zip(parts, not_worse, worse, strict=True)
    ]


def _judged(overall: Part, slices: Sequence[Part], margin: float) -> tuple[str, tuple[str, ...]]:
    gap = overall.difference
    summary = (
        f"F1 {overall.before:.1f} before and {overall.after:.1f} after on {gap.questions} questions; the difference is "
        f"above {gap.lower:+.1f} with 95% confidence."
    )
    # Overall the bounds themselves decide; p-values of the same resamples agree with them.
    not_worse = overall.p_not_worse < LEVEL and gap.lower > -margin
    failed = [one for one in slices if one.p_not_worse >= LEVEL and not _same(one)]
    shown = [one for one in slices if one.p_worse < LEVEL and one.p_not_worse >= LEVEL]
    if overall.p_worse < LEVEL and not not_worse:
        return "worse", (summary,)
    if shown:
        return "worse", (summary, *(_slice_reason(one, "is worse") for one in shown))
    if not not_worse:
        return "unproven", (summary, f"It must be above {-margin:+.1f} to pass: more questions would tell.")
    if failed:
        return "unproven", (summary, *(_slice_reason(one, f"may be worse by {margin:g} points") for one in failed))
    return ("better" if gap.lower > 0 else "equal"), (summary,)


def _same(part: Part) -> bool:
    """Whether not one question of the slice changed."""
    return part.difference.lower == part.difference.upper == part.difference.value == 0


def _slice_reason(part: Part, what: str) -> str:
    gap = part.difference
    return (
        f"Slice {part.name} = {part.value} {what}: F1 {part.before:.1f} before, {part.after:.1f} after on "
        f"{gap.questions} questions."
    )
