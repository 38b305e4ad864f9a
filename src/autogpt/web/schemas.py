"""The JSON of the HTTP API: what comes in is checked here, what goes out is described here.

Offsets are half-open ranges of Unicode code points in the text of a document version.
"""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from autogpt.records import Answer
from autogpt.services.feedback import MAX_COMMENT

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
    created_at: datetime
    finished_at: datetime | None


class JobsOut(BaseModel):
    jobs: list[JobOut]


class ReleaseOut(Out):
    version: str
    current: bool
    created_at: datetime
    run: str = Field(description="The training it came from; empty for the pack's own reader.")
    precision: str = Field(description="What the reader runs in: int8 when the parity gate let it.")
    metrics: dict[str, Any]
    problem: str = Field(description="Why a damaged release can answer nothing; empty for a whole one.")


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
