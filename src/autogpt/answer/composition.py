"""Puts a composed text in the place of a span answer, where the evidence supports every sentence of it.

In: a span answer, the passages that were read, and a composer. Out: an answer of kind generated, or the span answer
with a notice. What may be shown is judged in one place, for answers, trainings and measurements. Knows nothing about
who composes.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autogpt.answer.composer import ComposerError, Composes, refuses
from autogpt.answer.evidence import cite_span
from autogpt.answer.grounding import Evidence as Grounds
from autogpt.answer.grounding import Source, Verdict, repeats
from autogpt.records import Answer, AnswerKind, DocumentVersion, Evidence, Span
from autogpt.retrieve.retriever import Retrieved

log = logging.getLogger("autogpt.answer")

#: Numbers of passages that models put behind sentences.
_MARKS = re.compile(r"\s*(?:\[\d+(?:[,\s]+\d+)*\]|【\d+】)")


@dataclass(frozen=True, slots=True)
class Judged:
    """A composed text, and whether it may be shown.

    Attributes:
        text: without the numbers of passages that models put behind sentences.
        why: it may not be shown, a clause; empty where it may.
        verdicts: on each sentence, as far as it came to that.
    """

    text: str
    why: str = ""
    verdicts: tuple[Verdict, ...] = ()


def judge(text: str, question: str, sources: Sequence[Source], answers: Sequence[str]) -> Judged:
    """Whether `text` may be shown: `sources` support all of it, and it repeats one of `answers`."""
    text = _MARKS.sub("", text).strip()
    if not text:
        return Judged(text, "it was empty.")
    if refuses(text):
        return Judged(text, "it says that the passages do not answer.")
    verdicts = tuple(Grounds(sources).check(text, question))
    failed = sum(not one.supported for one in verdicts)
    if failed:
        share = f"{failed} of {len(verdicts)} sentences" if len(verdicts) > 1 else "its sentence"
        return Judged(text, f"the documents do not support {share}.", verdicts)
    if not any(repeats(text, answer) for answer in answers):
        return Judged(text, "it leaves out the answer that was found.", verdicts)
    return Judged(text, verdicts=verdicts)


class Composition:
    """Composes and checks.

    Args:
        composer: who writes.
        name: what it is called in explanations and the audit trail.
        max_characters: of the passages that are handed to it, in code points.
    """

    def __init__(self, composer: Composes, name: str, max_characters: int) -> None:
        self.composer = composer
        self.name = name
        self.max_characters = max_characters

    def in_place_of(
        self, answer: Answer, retrieved: Sequence[Retrieved], versions: Mapping[str, DocumentVersion]
    ) -> Answer:
        """The composed answer where it is supported, else `answer` with a notice that says why not. Never raises.

        The confidence stays that of the span answer, which the composed text has to repeat: it says how likely that
        span answers, not how well the text is written.
        """
        places = self._places(answer, retrieved)
        try:
            said = self.composer.compose(answer.question, [text for _, _, text in places])
        except ComposerError as error:
            return self._refused(answer, error.message)
        except Exception as error:
            # Its message may quote the question or the passages.
            log.warning("the composer failed: %s", type(error).__name__)
            return self._refused(answer, "the composer failed; the log names the error.")
        sources = [Source(text, _titles(one), versions[one.passage.version_id].language) for one, _, text in places]
        judged = judge(said, answer.question, sources, [answer.text])
        if judged.why:
            return self._refused(answer, judged.why, judged.verdicts)
        verdicts = judged.verdicts
        evidence = _evidence(answer, verdicts, places, versions)
        return replace(
            answer,
            text=judged.text,
            kind=AnswerKind.GENERATED,
            evidence=evidence,
            explanation={**answer.explanation, "composed": self._explained(verdicts, span=answer.text)},
        )

    def close(self) -> None:
        self.composer.close()

    def _places(self, answer: Answer, retrieved: Sequence[Retrieved]) -> list[tuple[Retrieved, int, str]]:
        """The passages to compose from, each with its start in the version and its text: the one that holds the answer
        first, then by rank, as many as the limit holds."""
        span = answer.evidence[0]

        def holds(one: Retrieved) -> bool:
            at = one.passage
            return at.version_id == span.version_id and at.start <= span.start and span.end <= at.end

        ranked = sorted(retrieved, key=lambda one: not holds(one))
        found: list[tuple[Retrieved, int, str]] = []
        left = self.max_characters
        for one in ranked:
            if found and len(one.passage.text) > left:
                break
            low = 0
            if len(one.passage.text) > left:  # the first: around the answer
                low = max(0, min(span.start - one.passage.start - left // 2, len(one.passage.text) - left))
            text = one.passage.text[low : low + left]
            found.append((one, one.passage.start + low, text))
            left -= len(text)
        return found

    def _refused(self, answer: Answer, why: str, verdicts: Sequence[Verdict] = ()) -> Answer:
        return replace(
            answer,
            notices=(*answer.notices, f"The composed answer was not used: {why}"),
            explanation={**answer.explanation, "composed": self._explained(verdicts, why=why)},
        )

    def _explained(self, verdicts: Sequence[Verdict], why: str = "", span: str = "") -> dict[str, Any]:
        return {
            "by": self.name,
            "used": not why,
            "reason": why,
            "span": span,
            "sentences": [
                {
                    "start": one.sentence.start,
                    "end": one.sentence.end,
                    "supported": one.supported,
                    "problems": [{"kind": problem.kind, "text": problem.text} for problem in one.problems],
                }
                for one in verdicts
            ],
        }


def _titles(one: Retrieved) -> tuple[str, ...]:
    return tuple(title for title in (one.passage.title, *one.passage.heading_path) if title)


def _evidence(
    answer: Answer,
    verdicts: Sequence[Verdict],
    places: Sequence[tuple[Retrieved, int, str]],
    versions: Mapping[str, DocumentVersion],
) -> tuple[Evidence, ...]:
    """What supports each sentence, once each, in the order of the sentences."""
    cited: dict[tuple[str, int, int], Evidence] = {}
    for verdict in verdicts:
        assert verdict.source is not None
        assert verdict.span is not None
        one, start, _ = places[verdict.source]
        span = Span(start + verdict.span.start, start + verdict.span.end)
        version = versions[one.passage.version_id]
        cited.setdefault((version.id, span.start, span.end), cite_span(span, version, answer.confidence))
    return tuple(cited.values())
