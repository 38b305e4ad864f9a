"""The pipeline, with a retriever and a reader that find what the test tells them to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from autogpt.answer.faq import FaqMatch
from autogpt.answer.pipeline import Pipeline
from autogpt.answer.policy import Policy
from autogpt.errors import UsageError
from autogpt.read.decode import Candidate, Decoded
from autogpt.records import Answer, AnswerKind, DocumentVersion, FaqEntry, Heading, Outline, Page, Passage, Span
from autogpt.retrieve.access import may_see
from autogpt.retrieve.retriever import Retrieval, Retrieved

FEES = "Fees\nThe Gold card costs $45 a year. The Basic card is free."
HOURS = "Branches open at nine. Branches close at five."


def version(identifier: str, text: str, **more: object) -> DocumentVersion:
    return DocumentVersion(
        identifier, f"doc-{identifier}", f"{identifier}.txt", identifier, text, "en", "text/plain", "0", **more
    )  # type: ignore[arg-type]


def passage(of: DocumentVersion, start: int = 0, end: int | None = None) -> Passage:
    end = len(of.text) if end is None else end
    return Passage(f"{of.id}-{start}", of.document_id, of.id, start, end, of.text[start:end], title=of.title)


def retrieved(one: Passage, score: float = 1.0, terms: tuple[str, ...] = ()) -> Retrieved:
    return Retrieved(one, score, 1, 1, 3.0, 0.7, terms)


@dataclass
class Finds:
    """Stands for retriever, reader and sources: passages, what is read in each, and what is current."""

    versions: list[DocumentVersion]
    passages: list[Retrieved]
    spans: Mapping[str, list[tuple[str, float, float]]]
    gone: set[str] = field(default_factory=set)
    read_contexts: list[str] = field(default_factory=list)
    notices: tuple[str, ...] = ()
    rerank_ms: float | None = None
    reranked: bool = False

    def retrieve(self, question: str, k: int, labels: frozenset[str] | None = frozenset()) -> Retrieval:
        seen = [one for one in self.passages if may_see(one.passage.labels, labels)]
        return Retrieval(tuple(seen[:k]), self.notices, rerank_ms=self.rerank_ms, reranked=self.reranked)

    def current(self, version_ids: Iterable[str]) -> Mapping[str, DocumentVersion]:
        return {one.id: one for one in self.versions if one.id in set(version_ids) - self.gone}

    def read(self, pairs: Sequence[tuple[str, str]]) -> list[Decoded]:
        self.read_contexts += [context for _, context in pairs]
        return [self._decoded(context) for _, context in pairs]

    def _decoded(self, context: str) -> Decoded:
        found = [
            (Candidate(context.index(text), context.index(text) + len(text), text, score), sure)
            for text, score, sure in self.spans.get(context, [])
        ]
        return Decoded(tuple(one for one, _ in found), 0.0, {}, found[0][1] if found else 0.0)


def pipeline(finds: Finds, policy: Policy | None = None, **more: object) -> Pipeline:
    refusals = {"en": "I don't know.", "zh": "我不知道。"}
    return Pipeline(finds, finds, finds, policy or Policy(threshold=0.5), refusals=refusals, **more)  # type: ignore[arg-type]


@pytest.fixture
def fees() -> Finds:
    outline = Outline((Heading(Span(0, 4), 1),), (Page(3, Span(0, len(FEES))),))
    document = version("fees", FEES, outline=outline)
    return Finds([document], [retrieved(passage(document, 5))], {FEES[5:]: [("$45", 6.0, 0.9), ("free", 1.0, 0.2)]})


def test_an_answer_cites_its_characters_page_and_heading(fees: Finds) -> None:
    answer = pipeline(fees).answer("What does the Gold card cost?")
    (first, *_) = answer.evidence
    assert (answer.kind, answer.text, answer.confidence) == (AnswerKind.SPAN, "$45", 0.9)
    assert FEES[first.start : first.end] == first.quote == "$45"
    assert FEES[first.context_start :].startswith(first.context)
    assert first.quote in first.context
    assert (first.page, first.heading_path) == (3, ("Fees",))


@pytest.mark.parametrize("threshold", [0.5, 0.95])
def test_what_the_search_left_out_is_said_with_the_answer(fees: Finds, threshold: float) -> None:
    fees.notices = ("The reranker was skipped: over its budget of 150 ms.",)
    answer = pipeline(fees, Policy(threshold=threshold)).answer("What does the Gold card cost?")
    assert answer.notices == fees.notices


def test_below_the_threshold_it_abstains_and_shows_what_came_nearest(fees: Finds) -> None:
    answer = pipeline(fees, Policy(threshold=0.95)).answer("What does the Gold card cost?")
    assert (answer.kind, answer.text) == (AnswerKind.ABSTAIN, "I don't know.")
    assert answer.evidence[0].quote == "$45"


def test_a_removed_document_is_neither_read_nor_cited_nor_explained(fees: Finds) -> None:
    fees.gone.add("fees")
    answer = pipeline(fees).answer("What does the Gold card cost?")
    assert (answer.kind, answer.evidence) == (AnswerKind.ABSTAIN, ())
    assert fees.read_contexts == []
    assert answer.explanation["passages"] == []


def test_a_passage_that_no_longer_stands_in_its_version_is_not_cited(fees: Finds) -> None:
    fees.versions[0] = version("fees", FEES.replace("$45", "$60"))
    assert pipeline(fees).answer("What does the Gold card cost?").kind is AnswerKind.ABSTAIN


def test_the_same_place_in_two_overlapping_passages_is_one_candidate() -> None:
    document = version("hours", HOURS)
    first, second = passage(document, 0, 22), passage(document, 9)
    finds = Finds(
        [document],
        [retrieved(first, 1.0), retrieved(second, 0.9)],
        {first.text: [("nine", 2.0, 0.6)], second.text: [("nine", 5.0, 0.8)]},
    )
    answer = pipeline(finds).answer("When do branches open?")
    assert [(one["text"], one["score"]) for one in answer.explanation["candidates"]] == [("nine", 5.0)]
    assert len(answer.evidence) == 1


def test_the_weight_of_retrieval_can_turn_the_order() -> None:
    fees, hours = version("fees", FEES), version("hours", HOURS)
    finds = Finds(
        [fees, hours],
        [retrieved(passage(hours), 1.0), retrieved(passage(fees), 0.25)],
        {HOURS: [("five", 3.0, 0.7)], FEES: [("free", 4.0, 0.7)]},
    )
    question = "When do branches close?"
    assert pipeline(finds, Policy(retrieval_weight=0.0)).answer(question).text == "free"
    assert pipeline(finds, Policy(retrieval_weight=4.0)).answer(question).text == "five"


@pytest.mark.parametrize("whole", [True, False])
def test_unless_the_reranker_judged_all_what_was_fitted_without_it_decides(fees: Finds, whole: bool) -> None:
    sure, unsure = Policy(threshold=0.8, retrieval_weight=2.0), Policy(threshold=0.95)
    fees.passages = [replace(fees.passages[0], rerank_rank=1, rerank_score=3.0)]  # the best was judged either way
    fees.reranked = whole
    answer = pipeline(fees, replace(sure, unreranked=unsure)).answer("What does the Gold card cost?")
    assert (answer.kind, answer.explanation["threshold"]) == (
        (AnswerKind.SPAN, 0.8) if whole else (AnswerKind.ABSTAIN, 0.95)
    )
    assert answer.explanation["candidates"][0]["score"] == (8.0 if whole else 6.0)


def test_what_was_fitted_without_the_reranker_sees_the_scores_of_the_search() -> None:
    fees, hours = version("fees", FEES), version("hours", HOURS)
    judged = replace(retrieved(passage(hours), 3.0), fused_score=0.5, rerank_rank=1, rerank_score=9.0)
    first = replace(retrieved(passage(fees), 1.0), fused_score=1.0, rerank_rank=2, rerank_score=0.0)
    finds = Finds([fees, hours], [judged, first], {HOURS: [("five", 4.0, 0.7)], FEES: [("free", 4.0, 0.7)]})
    policy = Policy(retrieval_weight=2.0, unreranked=Policy(retrieval_weight=2.0))
    answer = pipeline(finds, policy).answer("Which?")
    assert (answer.text, answer.explanation["features"]["passage_share"]) == ("free", 1.0)
    finds.reranked = True
    assert pipeline(finds, policy).answer("Which?").text == "five"


def test_the_time_of_a_reranker_is_told_apart_from_the_search(fees: Finds) -> None:
    assert "rerank" not in pipeline(fees).answer("What?").timings
    fees.rerank_ms = -60_000.0
    timings = pipeline(fees).answer("What?").timings
    assert timings["rerank"] == -60_000.0
    assert 60_000 <= timings["retrieve"] < 120_000


def test_access_labels_decide_what_is_read(fees: Finds) -> None:
    one = fees.passages[0]
    secret = Passage("s", one.passage.document_id, "fees", 5, len(FEES), FEES[5:], labels=frozenset({"staff"}))
    fees.passages = [retrieved(secret)]
    assert pipeline(fees).answer("What does Gold cost?", frozenset()).kind is AnswerKind.ABSTAIN
    assert pipeline(fees).answer("What does Gold cost?", frozenset({"staff"})).text == "$45"


@pytest.mark.parametrize(
    ("question", "refusal"),
    [("Anything?", "I don't know."), ("年费是多少？", "我不知道。"), ("Wie hoch ist die Gebühr?", "I don't know.")],
)
def test_a_refusal_is_in_the_language_of_the_question(question: str, refusal: str) -> None:
    assert pipeline(Finds([], [], {})).answer(question).text == refusal


def test_nothing_found_is_an_abstention_without_evidence() -> None:
    answer = pipeline(Finds([], [], {})).answer("Anything?")
    assert (answer.kind, answer.confidence, answer.evidence) == (AnswerKind.ABSTAIN, 0.0, ())


@pytest.mark.parametrize("question", ["", "  \n ", "x" * 2001])
def test_what_cannot_be_a_question_is_refused(fees: Finds, question: str) -> None:
    with pytest.raises(UsageError):
        pipeline(fees).answer(question)


def test_a_vetted_answer_that_is_likely_enough_answers_at_once(fees: Finds) -> None:
    class Matches:
        def match(self, question: str, labels: frozenset[str] | None) -> FaqMatch:
            entry = FaqEntry("f1", ("What is the Gold fee?",), "It is $45 a year.")
            return FaqMatch(entry, "What is the Gold fee?", 0.93, {"question": 0.9})

    answer = pipeline(fees, Policy(faq_confidence=0.9), faq=Matches()).answer("What's the Gold fee?")
    assert (answer.kind, answer.text, answer.confidence) == (AnswerKind.FAQ, "It is $45 a year.", 0.93)
    assert answer.explanation["faq"]["question"] == "What is the Gold fee?"
    assert fees.read_contexts == []
    below = pipeline(fees, Policy(faq_confidence=0.95), faq=Matches()).answer("What's the Gold fee?")
    assert below.kind is AnswerKind.SPAN
    assert below.explanation["near_faq"] == {"id": "f1", "confidence": 0.93, "agrees": True}


def test_a_vetted_answer_that_was_nearly_given_and_says_something_else_is_told(fees: Finds) -> None:
    class Matches:
        def __init__(self, confidence: float) -> None:
            self.confidence = confidence

        def match(self, question: str, labels: frozenset[str] | None) -> FaqMatch:
            entry = FaqEntry("f1", ("What is the Gold fee?",), "It is 60 dollars.")
            return FaqMatch(entry, "What is the Gold fee?", self.confidence, {"question": 0.9})

    near = pipeline(fees, faq=Matches(0.7)).answer("What's the Gold fee?")
    assert (near.text, near.explanation["near_faq"]["agrees"]) == ("$45", False)
    far = pipeline(fees, faq=Matches(0.4)).answer("What's the Gold fee?")
    assert "near_faq" not in far.explanation


def test_stages_are_told_as_they_begin_and_timed(fees: Finds) -> None:
    begun: list[str] = []
    answer: Answer = pipeline(fees).answer("What does the Gold card cost?", on_stage=begun.append)
    assert begun == ["retrieve", "read", "decide"]
    assert set(answer.timings) == {"retrieve", "read", "decide", "total"}
