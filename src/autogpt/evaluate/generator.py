"""Measures a generator on questions with known answers: what it writes, and whether that may be shown.

In: anything that writes on from a prompt, and `GeneratorExample`s. Out: a `GeneratorReport`. Knows nothing about model
files or the command line. What may be shown is judged as for answers (`answer.composition.judge`), with the known
answers in the place of the span that a reader would have found.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from autogpt.answer.composer import refuses
from autogpt.answer.composition import judge
from autogpt.answer.grounding import Source
from autogpt.metrics.answers import exact_match, f1, holds, rules_of
from autogpt.metrics.significance import paired_bootstrap
from autogpt.progress import Progress, Sink, silent
from autogpt.train.generator_data import GeneratorExample

FORMAT_VERSION = 1
#: Metrics that are a mean over questions, in points, by what people call them.
MEASURES = {
    "shown": "passes the check",
    "holds": "holds a known answer",
    "f1": "F1 to the known answers",
    "exact_match": "exact match",
    "ended": "ended by itself",
}


class Writes(Protocol):
    """What is measured."""

    def tokenise(self, messages: Sequence[dict[str, str]]) -> list[int]: ...

    def write(self, prompt: Sequence[int], max_new_tokens: int, seconds: float) -> tuple[str, bool]: ...


@dataclass(frozen=True, slots=True)
class Written:
    """What was written to one question.

    Attributes:
        golds: known answers; none where the passages do not answer.
        why: it may not be shown; empty where it may.
        shown: whether it may; for a question that the passages do not answer, whether that was said.
        holds, exact_match, f1: of the text by the rules of its language; 0 for a question without answers.
    """

    id: str
    question: str
    golds: tuple[str, ...]
    text: str
    why: str
    shown: float
    holds: float
    exact_match: float
    f1: float
    ended: float
    seconds: float


@dataclass(frozen=True, slots=True)
class GeneratorReport:
    """How a generator does on some questions.

    Attributes:
        metrics: by name; see `summarise`.
        reasons: why texts may not be shown, the most frequent first.
    """

    model: str
    data: str
    metrics: Mapping[str, Any]
    reasons: tuple[tuple[str, int], ...]
    written: tuple[Written, ...]
    rules: str

    def to_json(self) -> dict[str, Any]:
        """Metrics at the top, then the lists."""
        return {
            "format_version": FORMAT_VERSION,
            "kind": "generator",
            "model": self.model,
            "data": self.data,
            "rules": self.rules,
            **self.metrics,
            "reasons": [{"why": why, "questions": count} for why, count in self.reasons],
            "written": [asdict(one) for one in self.written],
        }


def evaluate_generator(
    generator: Writes,
    examples: Sequence[GeneratorExample],
    *,
    max_tokens: int,
    seconds: float,
    model: str = "",
    data: str = "",
    sink: Sink = silent,
) -> GeneratorReport:
    """Write an answer to every question and judge it.

    Args:
        max_tokens, seconds: that an answer may take, as the composer's; a longer one is not shown.
        model, data: names for the report.

    Raises ValueError without examples.
    """
    if not examples:
        raise ValueError("there are no questions to measure on")
    written = write_all(generator, examples, max_tokens, seconds, sink)
    reasons = Counter(one.why for one in written if one.why and one.golds)
    return GeneratorReport(
        model=model,
        data=data,
        metrics=summarise(written),
        reasons=tuple(reasons.most_common()),
        written=tuple(written),
        rules=rules_of(one.golds for one in written),
    )


def write_all(
    generator: Writes, examples: Sequence[GeneratorExample], max_tokens: int, seconds: float, sink: Sink = silent
) -> list[Written]:
    """What is written to each question, in order; arguments as for `evaluate_generator`."""
    found: list[Written] = []
    sink(Progress("write", 0, len(examples)))
    for example in examples:
        found.append(write_one(generator, example, max_tokens, seconds))
        sink(Progress("write", len(found), len(examples)))
    return found


def write_one(generator: Writes, example: GeneratorExample, max_tokens: int, seconds: float) -> Written:
    """What is written to one question; arguments as for `evaluate_generator`."""
    began = time.perf_counter()
    text, ended = generator.write(generator.tokenise(example.messages), max_tokens, seconds)
    return _judged(example, text, ended, time.perf_counter() - began)


def _judged(example: GeneratorExample, text: str, ended: bool, seconds: float) -> Written:
    sources = [Source(passage, (example.title,), example.language) for passage in example.passages]
    judged = judge(text, example.question, sources, example.golds)
    why = judged.why if ended else "it did not come to its end."
    golds = example.golds
    return Written(
        id=example.id,
        question=example.question,
        golds=golds,
        text=judged.text,
        why=why,
        shown=float(not why if golds else refuses(judged.text)),
        holds=float(bool(golds) and holds(judged.text, golds)),
        exact_match=exact_match(judged.text, golds) if golds else 0.0,
        f1=f1(judged.text, golds) if golds else 0.0,
        ended=float(ended),
        seconds=seconds,
    )


def means(written: Sequence[Written]) -> dict[str, float]:
    """`MEASURES` over the questions that the passages answer, and `refused` over the others, in points, as far as there
    are any.
    """
    answerable = [one for one in written if one.golds]
    rest = [one.shown for one in written if not one.golds]
    found = {name: 100 * float(np.mean([getattr(one, name) for one in answerable])) for name in MEASURES if answerable}
    return found | ({"refused": 100 * float(np.mean(rest))} if rest else {})


def summarise(written: Sequence[Written]) -> dict[str, Any]:
    """`means`, each measure with its 95% interval by bootstrap (`shown_interval` and so on), `span`: in how many points
    of the answerable questions the span would be given instead; `questions`, `no_answer_questions`, `seconds`.
    """
    answerable = [one for one in written if one.golds]
    found: dict[str, Any] = {"questions": len(written), "no_answer_questions": len(written) - len(answerable)}
    found |= means(written)
    for name in MEASURES if answerable else ():
        values = [100 * getattr(one, name) for one in answerable]
        spread = paired_bootstrap(values, np.zeros(len(values)), confidence=0.975, resamples=2_000)
        found[f"{name}_interval"] = [spread.lower, spread.upper]
    if answerable:
        found["span"] = 100 - found["shown"]
    return found | {"seconds": sum(one.seconds for one in written)}
