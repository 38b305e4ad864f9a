"""The JSON of examples, drafts and suggestions: what comes in is checked here, what goes out is described here.

Offsets are half-open ranges of Unicode code points in the text of a document version.
"""

from typing import Self

from pydantic import Field

from autogpt.records import Example
from autogpt.services.annotating.suggesting import SuggestReport
from autogpt.web.schemas import In, Out

#: Characters of the ids of questions in the review queue that one answer may decide.
MOST_REVIEWS = 20_000


class AskedIn(In):
    """A question whose answer a reader is to mark."""

    question: str = Field(min_length=1, max_length=2_000)


class DraftIn(In):
    """What a form of the annotating page holds; `version` is that of the draft which it takes the place of."""

    version: int = Field(ge=0)
    version_id: str = Field(max_length=32)
    question: str = Field(default="", max_length=20_000)
    phrasings: str = Field(default="", max_length=60_000)
    spans: list[tuple[int, int]] = Field(default_factory=list, max_length=200)
    unanswerable: bool = False
    example: str = Field(default="", max_length=64)
    read_at: str = Field(default="", max_length=64)
    review: str = Field(default="", max_length=MOST_REVIEWS)


class SpanOut(Out):
    """An answer: `text` begins at offset `start` of the document version."""

    text: str = Field(min_length=1, max_length=4_000)
    start: int = Field(ge=0)


class ExampleIn(In):
    """A question and its answers in a document; no span says that the document does not answer it."""

    question: str = Field(min_length=1, max_length=2_000, examples=["What does the Gold card cost a year?"])
    spans: list[SpanOut] = Field(default_factory=list, max_length=20)
    phrasings: list[str] = Field(default_factory=list, max_length=20, description="Other ways to put the question.")
    version_id: str = Field(
        default="", max_length=32, description="Document version of the offsets; empty: the newest."
    )
    version: str = Field(default="", max_length=64, description="Of the example that was read; empty: whatever it is.")


class NewExampleIn(ExampleIn):
    document_id: str = Field(min_length=1, max_length=32)
    id: str = Field(default="", max_length=64)


class StatusIn(In):
    status: str = Field(max_length=16, description="accepted or rejected.")
    version: str = Field(default="", max_length=64, description="Of the example that was read; empty: whatever it is.")


class ExampleOut(Out):
    id: str
    question: str
    phrasings: tuple[str, ...] = ()
    task: str
    answerable: bool
    document_id: str | None
    version_id: str | None
    spans: tuple[SpanOut, ...]
    status: str
    split: str | None
    annotator: str
    provenance: str
    confidence: float | None = Field(default=None, description="Of the reader that marked the answer, if one did.")
    version: str = Field(description="To be sent when it is changed; empty in lists.")

    @classmethod
    def of(cls, example: Example, phrasings: tuple[str, ...], version: str) -> Self:
        spans = tuple(SpanOut.model_construct(text=one.text, start=one.start) for one in example.spans)
        names = ("id", "question", "answerable", "document_id", "version_id", "annotator", "provenance", "confidence")
        kept = {name: getattr(example, name) for name in names}
        kinds = {"task": example.task.value, "status": example.status.value}
        split = example.split.value if example.split else None
        return cls(**kept, **kinds, split=split, spans=spans, phrasings=phrasings, version=version)


class ExamplesOut(Out):
    examples: list[ExampleOut]
    total: int


class SuggestionOut(Out):
    question: str
    phrasings: tuple[str, ...]
    start: int
    end: int
    text: str
    kind: str = Field(description="faq, heading, table, definition or quantity.")


class SuggestionsOut(Out):
    suggestions: list[SuggestionOut]
    added: int = Field(description="How many are new suggested examples.")
    notice: str = Field(description="Why the language model wrote less than it was asked for, or empty.")

    @classmethod
    def of(cls, report: SuggestReport) -> Self:
        found = [
            SuggestionOut(
                question=one.question, phrasings=one.phrasings, start=one.start, end=one.end, text=text, kind=one.kind
            )
            for one, text in zip(report.suggestions, report.answers, strict=True)
        ]
        return cls(suggestions=found, added=report.added, notice=report.notice)
