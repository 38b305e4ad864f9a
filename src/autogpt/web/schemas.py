"""The JSON of the HTTP API: what comes in is checked here, what goes out is described here.

Offsets are half-open ranges of Unicode code points in the text of a document version.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from autogpt.records import Answer, Span
from autogpt.services.feedback import MAX_COMMENT
from autogpt.services.searching import Found, Search

#: Most passages that one search shows.
MAX_PASSAGES = 50

#: Further responses of a route, for its description.
Responses = dict[int | str, dict[str, Any]]


class In(BaseModel):
    """A request body; unknown keys are refused. Texts need a length: checking it also refuses half surrogate pairs."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """A response, made from one of the records."""

    model_config = ConfigDict(from_attributes=True)


class ErrorDetails(BaseModel):
    kind: str = Field(description="Name of the error's class.", examples=["OverloadedError"])
    message: str = Field(description="What is wrong.")
    hint: str = Field(description="What to do next; may be empty.")


class ErrorOut(BaseModel):
    """Every error has this form."""

    error: ErrorDetails


class AskIn(In):
    question: str = Field(min_length=1, description="The question.", examples=["What does the Gold card cost a year?"])


class EvidenceOut(Out):
    """A place in a source."""

    document: str = Field(description="File name or URL.")
    document_id: str
    version_id: str
    title: str
    page: int | None = Field(description="Counted from 1; null for documents without pages.")
    heading_path: tuple[str, ...] = Field(description="Headings above the place, outermost first.")
    start: int = Field(description="Offset of the quote in the document version.")
    end: int
    quote: str
    score: float = Field(description="Probability that the quote answers the question.")
    context: str = Field(description="Text around the quote.")
    context_start: int = Field(description="Offset of the context in the document version.")


class AnswerOut(Out):
    text: str
    kind: str = Field(description="span, faq, generated, clarify, abstain or handover.")
    confidence: float = Field(description="Calibrated probability that the answer is right.")
    evidence: tuple[EvidenceOut, ...]
    explanation: dict[str, Any] = Field(description="Scores and matched terms of each stage.")
    timings: dict[str, float] = Field(description="Milliseconds per stage.")
    release: str
    audit_id: str = Field(description="Refers to this answer in /v1/feedback.")
    question: str
    notices: tuple[str, ...]

    @classmethod
    def of(cls, answer: Answer) -> Self:
        return cls.model_validate(answer)


class RetrieveIn(In):
    question: str = Field(min_length=1, description="What to search for.", examples=["What does the Gold card cost?"])
    k: int | None = Field(
        None, ge=1, le=MAX_PASSAGES, description="How many passages; by default as many as the reader gets."
    )


class SpanOut(Out):
    start: int
    end: int


class FoundOut(BaseModel):
    """A passage, and how it stood in each ranking. A ranking that does not hold it has null."""

    rank: int = Field(description="Place in this list, from 1.")
    document: str = Field(description="File name or URL.")
    document_id: str
    version_id: str
    title: str
    heading_path: tuple[str, ...] = Field(description="Headings above the passage, outermost first.")
    page: int | None = Field(description="Counted from 1; null for documents without pages.")
    language: str = Field(description="en, zh or und.")
    start: int = Field(description="Offset of the passage in the document version.")
    end: int
    text: str
    ranks: dict[str, int | None] = Field(description="Places by ranking, from 1.")
    scores: dict[str, float | None] = Field(
        description="By ranking: fused, lexical (BM25), dense (cosine), and others that took part: rerank (logit)."
    )
    matched_terms: tuple[str, ...] = Field(description="Analysed words found in the passage, its title or headings.")
    matched: tuple[SpanOut, ...] = Field(description="Where they stand in the text, by offsets of the version.")
    title_matched: tuple[SpanOut, ...] = Field(description="Where they stand in the title, by its own offsets.")
    headings_matched: tuple[tuple[SpanOut, ...], ...] = Field(description="The same for each heading.")

    @classmethod
    def of(cls, rank: int, found: Found) -> Self:
        passage = found.retrieved.passage
        return cls(
            rank=rank,
            document=found.document,
            document_id=passage.document_id,
            version_id=passage.version_id,
            title=passage.title,
            heading_path=passage.heading_path,
            page=passage.page,
            language=passage.language,
            start=passage.start,
            end=passage.end,
            text=passage.text,
            ranks=found.ranks,
            scores=found.scores,
            matched_terms=found.retrieved.matched_terms,
            matched=_spans(found.matched),
            title_matched=_spans(found.title_matched),
            headings_matched=tuple(map(_spans, found.headings_matched)),
        )


class SearchOut(BaseModel):
    question: str
    language: str = Field(description="Language of the question: en, zh, or und where it cannot be told.")
    words: tuple[str, ...] = Field(description="Analysed words of the question; may be empty.")
    stages: tuple[str, ...] = Field(description="The rankings that took part, in the order to show them in.")
    passages: tuple[FoundOut, ...] = Field(description="Best first.")
    release: str
    milliseconds: float = Field(description="That the search took.")
    notices: tuple[str, ...] = Field(description="What went less well than it should, for people.")

    @classmethod
    def of(cls, search: Search, release: str) -> Self:
        return cls(
            question=search.question,
            language=search.language,
            words=search.words,
            stages=search.stages,
            passages=tuple(FoundOut.of(rank, one) for rank, one in enumerate(search.found, 1)),
            release=release,
            milliseconds=search.milliseconds,
            notices=search.notices,
        )


def _spans(spans: Iterable[Span]) -> tuple[SpanOut, ...]:
    return tuple(SpanOut(start=one.start, end=one.end) for one in spans)


class FeedbackIn(In):
    audit_id: str = Field(max_length=64, description="`audit_id` of the answer.")
    thumb: Literal["up", "down"]
    comment: str = Field("", max_length=MAX_COMMENT, description="Stored with personal data masked.")


class FeedbackOut(Out):
    audit_id: str
    thumb: str
    comment: str
    at: datetime


class DocumentOut(Out):
    id: str
    name: str = Field(description="File name or URL.")
    title: str
    media_type: str
    language: str
    characters: int
    pages: int | None
    version: int = Field(description="Number of the current version, from 1.")
    updated_at: datetime


class FailureOut(Out):
    """A source that could not be brought in."""

    id: str
    name: str
    state: str
    reason: str
    at: datetime


class DocumentsOut(BaseModel):
    documents: list[DocumentOut]
    total: int
    failures: list[FailureOut]


class HeadingOut(Out):
    start: int
    end: int
    level: int


class SourceOut(Out):
    """A part of a document's text."""

    document_id: str
    version_id: str
    name: str
    title: str
    media_type: str
    text: str
    text_start: int = Field(description="Offset of `text` in the document version.")
    characters: int = Field(description="Length of the whole document version.")
    page: int | None
    heading_path: tuple[str, ...]
    headings: tuple[HeadingOut, ...] = Field(description="Headings inside `text`, by offsets.")
    pages: tuple[int, ...] = Field(description="Pages on which the place stands.")
    page_count: int | None
    drawn: bool = Field(description="Whether its pages can be had as pictures.")


class PageOut(SourceOut):
    """The text of a page."""

    boxes: list[tuple[float, float, float, float]] = Field(
        [], description="Where the place stands: left, top, right and bottom as shares of the page's width and height."
    )


class JobOut(Out):
    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    stage: str
    done: float
    total: float | None
    message: str = Field(description="What is being worked on.")
    result: dict[str, Any]
    reason: str = Field(description="Why it failed, was cancelled or waits again.")
    metrics: dict[str, float] = Field(description="Numbers of a running one: a training's loss and score, for example.")
    person: str = Field(description="Who asked for it.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class FileOut(Out):
    name: str
    state: str = Field(description="waiting, reading, brought in, changed, known already, could not be read, …")
    reason: str = Field(description="Why it could not be read, and what to do about it.")
    document_id: str


class FilesOut(BaseModel):
    files: list[FileOut]


class TrainIn(BaseModel):
    kind: Literal["train"]
    what: str = Field(max_length=64, description="reader, retriever, reranker, classifier, language-model, generator")
    settings: dict[str, Any] = Field({}, description="Other values of its section of the configuration.")


class EvaluateIn(BaseModel):
    kind: Literal["evaluate"]
    release: str = Field("", description="By default the current one.", max_length=64)
    part: Literal["validation", "test"] = "test"
    gold: str = Field("", description="Id of a gold set, in place of a part.", max_length=64)
    alone: bool = Field(False, description="The reader alone, with the texts of the gold set.")


class ReleaseIn(BaseModel):
    kind: Literal["release"]
    source: str = Field("", description="A run or base; by default the newest run of a reader.", max_length=256)
    encoder: str = Field("", description="A run of a retriever, or pack; by default as now.", max_length=256)
    reranker: str = Field("", description="A run of a reranker, or none; by default as now.", max_length=256)
    classifier: str = Field("", description="A run of a classifier, or none; by default as now.", max_length=256)


class SuggestIn(BaseModel):
    kind: Literal["suggest"]
    documents: list[str] = Field(
        min_length=1, max_length=10_000, description="Ids of documents to suggest questions about."
    )


#: What `POST /v1/jobs` takes.
JobIn = Annotated[TrainIn | EvaluateIn | ReleaseIn | SuggestIn, Field(discriminator="kind")]


class JobsOut(BaseModel):
    jobs: list[JobOut]
    total: int


class PairedOut(Out):
    """A difference in F1 points, after minus before, with its one-sided 95% bounds."""

    value: float
    lower: float
    upper: float
    questions: int


class GatePartOut(Out):
    """All questions, or a slice that is large enough to be tested on its own."""

    name: str = Field(description="overall, answerable or document.")
    value: str
    before: float = Field(description="F1 of what answered then.")
    after: float = Field(description="F1 of the release.")
    difference: PairedOut
    p_not_worse: float = Field(description="Below 0.05 it is shown not to be worse by promote.margin.")
    p_worse: float = Field(description="Below 0.05 it is shown to be worse.")


class GateOut(Out):
    """The promotion gate's verdict on a release."""

    version: str
    against: str = Field(description="What it was compared with, which answered then; `base`: the untuned models.")
    passed: bool
    verdict: str = Field(description="better or equal pass; worse and unproven do not.")
    reasons: tuple[str, ...]
    overall: GatePartOut | None = Field(description="Null where there were no questions.")
    slices: tuple[GatePartOut, ...]
    evaluations: tuple[str, ...] = Field(description="Ids of the evaluations before and after; none without questions.")
    person: str = Field(description="Who asked for it, where a person did.")
    at: datetime


class ReleaseOut(Out):
    version: str
    current: bool
    created_at: datetime
    run: str = Field(description="The training it came from; empty for the pack's own reader.")
    precision: str = Field(description="What the reader runs in: int8 when the parity gate let it.")
    metrics: dict[str, Any]
    problem: str = Field(description="Why a damaged release can answer nothing; empty for a whole one.")
    gate: GateOut | None = Field(None, description="The gate's newest verdict; null before the first.")


class ReleasesOut(BaseModel):
    releases: list[ReleaseOut]
    serving: str = Field(description="Release that answers now; `base` stands for the untuned base models.")


class PromoteIn(In):
    force: bool = Field(False, description="Promote against the gate's verdict; the audit trail says so.")


class RollbackIn(In):
    version: str = Field(
        "", max_length=200, description="Release to go back to; empty takes the one before the current one."
    )


class PromotionOut(Out):
    version: str
    previous: str
    action: str
    verdict: str
    forced: bool
    reasons: tuple[str, ...]


class ReadyOut(BaseModel):
    ready: bool
    release: str = ""
    reason: str = ""
    hint: str = ""


class HealthOut(BaseModel):
    status: Literal["ok"] = "ok"
    version: str
