"""The JSON of `/v1/review`."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from autogpt.services.reviewing import Given, Item, Near, Waiting
from autogpt.web.schemas import EvidenceOut, In, Out


class ReviewIn(In):
    audit_id: str = Field(max_length=64, description="`audit_id` of the answer.")


class ReviewSentOut(BaseModel):
    audit_id: str


class ReviewQuestionOut(Out):
    text: str = Field(description="Personal data is masked.")
    times: int = Field(description="How often it was asked.")


class ReviewItemOut(BaseModel):
    """Questions that ask the same."""

    id: str
    questions: list[ReviewQuestionOut]
    times: int
    reasons: tuple[str, ...] = Field(
        description="abstained, low_confidence, thumbed_down, disagreeing (sources contradict), requested."
    )
    confidence: float = Field(description="Of the answer that was least sure.")
    score: float = Field(description="Uncertainty × frequency × density × novelty; the list is ordered by it.")
    assignee: str
    rows: dict[str, int] = Field(description="Rows of the queue with their versions: send them back with a decision.")

    @classmethod
    def of(cls, item: Item) -> Self:
        return cls(
            id=item.id,
            questions=[ReviewQuestionOut(text=one.text, times=one.times) for one in item.questions],
            times=item.times,
            reasons=item.reasons,
            confidence=item.confidence,
            score=item.score,
            assignee=item.assignee,
            rows={row.id: row.version for row in item.rows},
        )


class ReviewListOut(BaseModel):
    items: list[ReviewItemOut]
    total: int


class GivenOut(Out):
    kind: str
    text: str = Field(description="Empty where there was no answer, or its text is gone.")
    confidence: float
    threshold: float | None
    release: str
    at: datetime
    evidence: tuple[EvidenceOut, ...]
    acceptable: bool = Field(description="Whether it can be accepted as right.")
    comment: str
    near: str = Field(description="A vetted answer that was nearly given, and contradicts.")


class NearOut(Out):
    document_id: str
    version_id: str
    title: str
    page: int | None
    heading_path: tuple[str, ...]
    start: int
    end: int
    text: str


class VettedOut(Out):
    id: str
    questions: tuple[str, ...]
    answer: str


class ReviewOut(BaseModel):
    """A question that waits, or one that was decided."""

    id: str
    state: str = Field(description="open, decided, or withdrawn (a thumb that was taken back).")
    item: ReviewItemOut | None = Field(description="What it belongs to while it waits.")
    given: GivenOut | None = Field(description="What was answered.")
    nearest: list[NearOut] = Field(description="Passages that the search finds now.")
    vetted: list[VettedOut] = Field(description="The nearest vetted answers.")
    resolution: dict[str, Any] = Field(description="What became of it; empty while it waits.")

    @classmethod
    def of(cls, row: Waiting, item: Item | None, given: Given | None, nearest: list[Near], vetted: list[Any]) -> Self:
        return cls(
            id=row.id,
            state=row.state,
            item=ReviewItemOut.of(item) if item is not None else None,
            given=GivenOut.model_validate(given) if given is not None else None,
            nearest=[NearOut.model_validate(one) for one in nearest],
            vetted=[VettedOut.model_validate(one) for one in vetted],
            resolution=dict(row.resolution),
        )


class DecisionIn(In):
    decision: Literal["accept", "answer", "phrase", "unanswerable", "dismiss", "assign", "undo"]
    rows: dict[str, int] | None = Field(
        None,
        description="The rows that are meant, with the versions they were seen in; by default all of now.",
    )
    answer: str = Field("", max_length=10_000, description="For `answer`: the vetted answer.")
    questions: list[str] = Field([], max_length=50, description="Its phrasings; by default the item's questions.")
    faq: str = Field("", max_length=64, description="For `phrase`: id of the vetted answer.")
    document_id: str = Field("", max_length=64, description="For `unanswerable`; by default the nearest passage's.")
    person: str = Field("", max_length=64, description="For `assign`; empty: whoever comes.")
