"""Several models side by side: how good each is, whether the difference is more than luck, and what each cost.

In: for each model its score on every question, all on the same, and its costs. Out: a `SideBySide`. Knows nothing about
tasks, files or pages.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autogpt.metrics.significance import holm, paired_bootstrap, two_sided
from autogpt.models.costs import Costs

#: Below this a difference counts as more than luck.
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Contender:
    """A model and what was measured of it.

    Attributes:
        method: how it was fine-tuned, as the configuration calls it; empty for a model as it came.
        scores: on each question, in points; in the order that all contenders share.
        measures: further metrics, in points or shares.
        costs: of its training, where they are known.
        size_bytes: of its weights.
        latency_ms: median of one question at a time, exported where it is served so; None for what answers nothing.
    """

    name: str
    method: str
    scores: Sequence[float]
    measures: Mapping[str, float]
    costs: Costs | None
    size_bytes: int
    latency_ms: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """A contender's place beside the first.

    Attributes:
        score, lower, upper: mean, and the ends of its 95% interval.
        difference, difference_lower, difference_upper: to the first, with its 95% interval; None for the first.
        p_value: two-sided, of no difference to the first, corrected for comparing several (Holm).
        verdict: "first", "better", "worse" or "no difference shown".
    """

    contender: Contender
    score: float
    lower: float
    upper: float
    difference: float | None
    difference_lower: float | None
    difference_upper: float | None
    p_value: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Outcome of `side_by_side`.

    Attributes:
        measure: what the scores are called.
        data: what was asked.
        questions: how many.
        unit: what they are: "questions", or "pieces" of texts.
    """

    measure: str
    data: str
    questions: int
    lines: tuple[Line, ...]
    unit: str = "questions"

    @property
    def asked(self) -> str:
        """What was asked, in words: "120 questions of the validation part"."""
        return f"{self.questions:,} {self.unit} of {self.data}"

    def to_json(self) -> dict[str, Any]:
        """Without the scores of single questions."""
        rows = []
        for line in self.lines:
            one = line.contender
            told = {key: value for key, value in asdict(line).items() if key != "contender"}
            costs = None if one.costs is None else asdict(one.costs)
            rows.append(
                {
                    "name": one.name,
                    "method": one.method,
                    **told,
                    "measures": dict(one.measures),
                    "costs": costs,
                    "size_bytes": one.size_bytes,
                    "latency_ms": one.latency_ms,
                }
            )
        return {
            "format_version": 1,
            "kind": "side by side",
            "measure": self.measure,
            "data": self.data,
            "questions": self.questions,
            "unit": self.unit,
            "lines": rows,
        }


def side_by_side(
    contenders: Sequence[Contender],
    measure: str,
    data: str,
    groups: Sequence[Hashable] | None = None,
    *,
    unit: str = "questions",
    resamples: int = 10_000,
) -> SideBySide:
    """Compare each contender with the first, by a paired bootstrap (see `metrics.significance`).

    Args:
        groups: what to resample instead of questions, such as each question's document.

    Raises ValueError without contenders or questions, or where they were not asked the same.
    """
    if not contenders or not contenders[0].scores:
        raise ValueError("there is nothing to compare")
    first = contenders[0]
    nothing = [0.0] * len(first.scores)
    differences = [two_sided(one.scores, first.scores, groups=groups, resamples=resamples) for one in contenders[1:]]
    corrected = holm([one.p_value for one in differences])
    lines = []
    for place, one in enumerate(contenders):
        spread = paired_bootstrap(one.scores, nothing, confidence=0.975, resamples=resamples, groups=groups)
        gap = differences[place - 1] if place else None
        p_value = corrected[place - 1] if place else None
        lines.append(
            Line(
                contender=one,
                score=spread.value,
                lower=spread.lower,
                upper=spread.upper,
                difference=gap.value if gap else None,
                difference_lower=gap.lower if gap else None,
                difference_upper=gap.upper if gap else None,
                p_value=p_value,
                verdict=_verdict(gap.value if gap else None, p_value),
            )
        )
    return SideBySide(measure, data, len(first.scores), tuple(lines), unit)


def _verdict(difference: float | None, p_value: float | None) -> str:
    if difference is None or p_value is None:
        return "first"
    if p_value >= ALPHA:
        return "no difference shown"
    return "better" if difference > 0 else "worse"


def markdown(found: SideBySide) -> str:
    """The table in Markdown, with a line that says what was asked."""
    head = heads(found.measure)
    rows = [head, ("---",) * 2 + ("---:",) * (len(head) - 2), *map(_cells, found.lines)]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return f"{found.asked}. {NOTE}\n\n{table}\n"


#: What the columns of every such table say.
NOTE = (
    "Differences are to the first, with 95% intervals; p is two-sided, by a paired bootstrap, corrected for several "
    "comparisons (Holm). Trained: share of the parameters. Memory: the highest of the training. "
    "MB: the weights. ms: median for one question, exported to OpenVINO; of generators, in PyTorch."
)


def heads(measure: str) -> tuple[str, ...]:
    """Names of what `cells` gives."""
    return ("model", "method", measure, "95%", "to the first", "p", "trained", "minutes", "MB", "memory MB", "ms")


def cells(line: Line) -> tuple[str, ...]:
    """A line as texts: name, method, score, interval, difference, p, trained, minutes, MB, memory, ms."""
    one, costs = line.contender, line.contender.costs
    gap = (
        ""
        if line.difference is None
        else f"{line.difference:+.1f} ({line.difference_lower:+.1f} to {line.difference_upper:+.1f})"
    )
    return (
        one.name,
        one.method or "as it came",
        f"{line.score:.1f}",
        f"{line.lower:.1f} to {line.upper:.1f}",
        gap,
        "" if line.p_value is None else f"{line.p_value:.3f}",
        "" if costs is None else f"{costs.share:.2%}",
        "" if costs is None else f"{costs.seconds / 60:.1f}",
        f"{one.size_bytes / 1e6:.1f}",
        "" if costs is None else f"{costs.peak_bytes / 1e6:,.0f}",
        "" if one.latency_ms is None else f"{one.latency_ms:.1f}",
    )


def _cells(line: Line) -> tuple[str, ...]:
    return tuple(cell.replace("|", "\\|") for cell in cells(line))
