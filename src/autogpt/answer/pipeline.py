"""Answers one question: classify, retrieve, read, decide, cite.

In: a question and the asker's access labels. Out: an `Answer` of kind span, faq, abstain, handover, or generated where
a composer is given, with evidence, calibrated confidence, timings and an explanation. Knows nothing about HTTP, files
or who asks.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from autogpt.answer.candidates import Found, gather
from autogpt.answer.composition import Composition
from autogpt.answer.evidence import cite
from autogpt.answer.faq import FaqMatch
from autogpt.answer.policy import Policy
from autogpt.answer.routing import Routed
from autogpt.errors import UsageError
from autogpt.metrics.answers import holds
from autogpt.read.decode import Decoded
from autogpt.records import Answer, AnswerKind, DocumentVersion, Evidence
from autogpt.retrieve.retriever import Retrieval, Retrieved
from autogpt.text.language import detect

#: Citations given with an answer, and passages shown with an abstention.
EVIDENCE = 3
#: Probability from which a vetted answer that is not given counts beside the one from the documents.
NEAR_FAQ = 0.5


class Reads(Protocol):
    def read(self, pairs: Sequence[tuple[str, str]]) -> list[Decoded]: ...


class Retrieves(Protocol):
    def retrieve(self, question: str, k: int, labels: frozenset[str] | None = frozenset()) -> Retrieval: ...


class Sources(Protocol):
    def current(self, version_ids: Iterable[str]) -> Mapping[str, DocumentVersion]:
        """The versions among `version_ids` that are current; removed and replaced ones are left out."""
        ...


class MatchesFaq(Protocol):
    def match(self, question: str, labels: frozenset[str] | None) -> FaqMatch | None:
        """The entry that most likely answers, or None without any that may be seen."""
        ...


class Routes(Protocol):
    def route(self, question: str) -> Routed:
        """What becomes of a question by what it is about."""
        ...


StageListener = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Examined:
    """A question after retrieval and reading, before any decision: what calibration and tuning look at."""

    question: str
    retrieved: tuple[Retrieved, ...]
    decoded: tuple[Decoded, ...]
    versions: Mapping[str, DocumentVersion]

    def candidates(self, retrieval_weight: float) -> list[Found]:
        return gather(self.retrieved, self.decoded, retrieval_weight)

    def by_search(self) -> "Examined":
        """With the scores that passages had before any reranking; their order stays."""
        scores = (one.score if one.fused_score is None else one.fused_score for one in self.retrieved)
        retrieved = (replace(one, score=score) for one, score in zip(self.retrieved, scores, strict=True))
        return replace(self, retrieved=tuple(retrieved))


class Pipeline:
    """The stages of one release over live documents.

    Args:
        refusals: text of an abstention by the question's language; that of "en" is for all other languages.
        router: asked first, where there is a classifier.
        max_question_characters: longer questions are refused.
        release: name of the release, for the record.
        composition: what may put a checked text in the place of a span answer; None: the span is the answer.
    """

    def __init__(
        self,
        retriever: Retrieves,
        reader: Reads,
        sources: Sources,
        policy: Policy,
        *,
        refusals: Mapping[str, str],
        faq: MatchesFaq | None = None,
        router: Routes | None = None,
        max_question_characters: int = 2_000,
        release: str = "",
        composition: Composition | None = None,
    ) -> None:
        self.retriever = retriever
        self.reader = reader
        self.sources = sources
        self.policy = policy
        self.refusals = refusals
        self.faq = faq
        self.router = router
        self.max_question_characters = max_question_characters
        self.release = release
        self.composition = composition

    def answer(
        self,
        question: str,
        labels: frozenset[str] | None = frozenset(),
        on_stage: StageListener | None = None,
        *,
        compose: bool = True,
    ) -> Answer:
        """Answer `question` from what `labels` may see (None: the owner, who sees everything).

        Args:
            compose: False leaves the composer out: the span is the answer.

        Raises UsageError for a question that cannot be one.
        """
        question = self.checked(question)
        clock = _Clock(on_stage)
        if self.router is None:
            return self._answer(question, labels, clock, compose)
        with clock.stage("classify"):
            routed = self.router.route(question)
        if routed.kind is not None:
            return self._routed(question, routed, clock)
        answer = self._answer(question, labels, clock, compose)
        return replace(answer, explanation={**answer.explanation, "classify": dict(routed.explanation)})

    def _answer(self, question: str, labels: frozenset[str] | None, clock: "_Clock", compose: bool) -> Answer:
        match: FaqMatch | None = None
        if self.faq is not None:
            with clock.stage("faq"):
                match = self.faq.match(question, labels)
            if match and match.confidence >= self.policy.faq_confidence:
                return self._vetted(question, match, clock)
        with clock.stage("retrieve"):
            retrieved = self.retriever.retrieve(question, self.policy.passages, labels)
        if retrieved.rerank_ms is not None:
            clock.part("rerank", of="retrieve", milliseconds=retrieved.rerank_ms)
        with clock.stage("read"):
            examined = self._read(question, retrieved)
        with clock.stage("decide"):
            answer = _beside_vetted(self._decide(examined, clock, retrieved), match)
        if self.composition is None or not compose or answer.kind is not AnswerKind.SPAN:
            return answer
        with clock.stage("compose"):
            answer = self.composition.in_place_of(answer, examined.retrieved, examined.versions)
        return replace(answer, timings=clock.timings())

    def examine(self, question: str, labels: frozenset[str] | None = frozenset()) -> Examined:
        """Retrieve and read without deciding."""
        question = self.checked(question)
        return self._read(question, self.retriever.retrieve(question, self.policy.passages, labels))

    def checked(self, question: str) -> str:
        question = " ".join(question.replace("\x00", " ").split())
        if not question:
            raise UsageError("The question is empty.", "Type a question.")
        if len(question) > self.max_question_characters:
            raise UsageError(
                f"The question has {len(question):,} characters; {self.max_question_characters:,} are allowed.",
                "Shorten it, or raise answer.max_question_characters.",
            )
        return question

    def _read(self, question: str, retrieved: Sequence[Retrieved]) -> Examined:
        versions = self.sources.current({one.passage.version_id for one in retrieved})
        present = [one for one in retrieved if _stands_in(one, versions)]
        decoded = self.reader.read([(question, one.passage.text) for one in present]) if present else []
        return Examined(question, tuple(present), tuple(decoded), versions)

    def _decide(self, examined: Examined, clock: "_Clock", retrieved: Retrieval) -> Answer:
        policy = self.policy
        if policy.unreranked is not None and not retrieved.reranked:
            policy, examined = policy.unreranked, examined.by_search()
        candidates = examined.candidates(policy.retrieval_weight)
        confidence = _confidence(candidates[0], policy) if candidates else 0.0
        evidence = _citations(candidates, examined.versions, confidence)
        if not evidence or confidence < policy.threshold:
            kind = AnswerKind.ABSTAIN
            text = self.refusals.get(detect(examined.question), self.refusals["en"])
        else:
            kind, text = AnswerKind.SPAN, evidence[0].quote
        return Answer(
            text=text,
            kind=kind,
            confidence=confidence,
            evidence=evidence,
            explanation=_explanation(examined, candidates, policy),
            timings=clock.timings(),
            release=self.release,
            question=examined.question,
            notices=retrieved.notices,
        )

    def _routed(self, question: str, routed: Routed, clock: "_Clock") -> Answer:
        assert routed.kind is not None
        return Answer(
            text=routed.text,
            kind=routed.kind,
            confidence=routed.confidence,
            explanation={"classify": dict(routed.explanation)},
            timings=clock.timings(),
            release=self.release,
            question=question,
            notices=routed.notices,
        )

    def _vetted(self, question: str, match: FaqMatch, clock: "_Clock") -> Answer:
        explanation = {
            "id": match.entry.id,
            "question": match.phrasing,
            "threshold": self.policy.faq_confidence,
            "features": dict(match.features),
        }
        return Answer(
            text=match.entry.answer,
            kind=AnswerKind.FAQ,
            confidence=match.confidence,
            explanation={"faq": explanation},
            timings=clock.timings(),
            release=self.release,
            question=question,
        )


def _beside_vetted(answer: Answer, match: FaqMatch | None) -> Answer:
    """The answer from the documents, with the vetted answer that was nearly given and whether the two agree."""
    if match is None or match.confidence < NEAR_FAQ or answer.kind is not AnswerKind.SPAN:
        return answer
    vetted = match.entry.answer
    near = {
        "id": match.entry.id,
        "confidence": match.confidence,
        "agrees": holds(vetted, [answer.text]) or holds(answer.text, [vetted]),
    }
    return replace(answer, explanation={**answer.explanation, "near_faq": near})


def _confidence(best: Found, policy: Policy) -> float:
    """Calibrated probability that `best` answers: by the pipeline's calibrator, else the reader's own."""
    if policy.calibrator is not None:
        return policy.calibrator.probability_of(best.features)
    return best.confidence if best.confidence is not None else 0.0


def _citations(
    candidates: Sequence[Found], versions: Mapping[str, DocumentVersion], confidence: float
) -> tuple[Evidence, ...]:
    """The best candidate and, after it, those that say the same elsewhere or come next in other places."""
    cited: list[Evidence] = []
    for one in candidates:
        if any(c.version_id == one.version_id and c.start < one.end and one.start < c.end for c in cited):
            continue
        score = confidence if not cited else min(confidence, one.confidence or 0.0)
        cited.append(cite(one, versions[one.version_id], score))
        if len(cited) == EVIDENCE:
            break
    return tuple(cited)


def _stands_in(retrieved: Retrieved, versions: Mapping[str, DocumentVersion]) -> bool:
    """Whether the passage's document is current and still holds its text at its place."""
    passage = retrieved.passage
    version = versions.get(passage.version_id)
    return version is not None and version.text[passage.start : passage.end] == passage.text


def _explanation(examined: Examined, candidates: Sequence[Found], policy: Policy) -> dict[str, Any]:
    return {
        "threshold": policy.threshold,
        "features": dict(candidates[0].features) if candidates else {},
        "passages": [
            {
                "document_id": one.passage.document_id,
                "version_id": one.passage.version_id,
                "start": one.passage.start,
                "end": one.passage.end,
                "title": one.passage.title,
                "heading_path": list(one.passage.heading_path),
                "page": one.passage.page,
                "score": one.score,
                "lexical_rank": one.lexical_rank,
                "dense_rank": one.dense_rank,
                "lexical_score": one.lexical_score,
                "dense_score": one.dense_score,
                "fused_rank": one.fused_rank,
                "fused_score": one.fused_score,
                "rerank_rank": one.rerank_rank,
                "rerank_score": one.rerank_score,
                "matched_terms": list(one.matched_terms),
            }
            for one in examined.retrieved
        ],
        "candidates": [
            {
                "text": one.text,
                "version_id": one.version_id,
                "start": one.start,
                "end": one.end,
                "score": one.score,
                "reader_score": one.reader_score,
                "passage": one.rank,
            }
            for one in candidates[:10]
        ],
    }


class _Clock:
    """Milliseconds per stage, and a word to the listener when one begins."""

    def __init__(self, listener: StageListener | None) -> None:
        self._listener = listener
        self._started = time.perf_counter()
        self._stages: dict[str, float] = {}
        self._open: tuple[str, float] | None = None

    def stage(self, name: str) -> "_Clock":
        if self._listener is not None:
            self._listener(name)
        self._open = (name, time.perf_counter())
        return self

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exception: object) -> None:
        self._close()

    def part(self, name: str, *, of: str, milliseconds: float) -> None:
        """Count so much of the closed stage `of` as a stage of its own."""
        self._stages[of] -= milliseconds
        self._stages[name] = milliseconds

    def _close(self) -> None:
        if self._open is not None:
            name, began = self._open
            self._stages[name] = (time.perf_counter() - began) * 1000
            self._open = None

    def timings(self) -> dict[str, float]:
        self._close()
        return {**self._stages, "total": (time.perf_counter() - self._started) * 1000}
