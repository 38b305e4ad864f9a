"""The things Auto-GPT speaks of, as frozen values.

In and out: nothing; these are the nouns. Offsets are half-open ranges of Unicode code points in the text of a
document version. Knows nothing about storage, models or the web.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Task(StrEnum):
    EXTRACTIVE = "extractive"
    FAQ = "faq"
    CLASSIFY = "classify"
    GENERATIVE = "generative"


class Status(StrEnum):
    """Life of an example."""

    SUGGESTED = "suggested"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    STALE = "stale"


class Split(StrEnum):
    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class AnswerKind(StrEnum):
    SPAN = "span"
    FAQ = "faq"
    GENERATED = "generated"
    CLARIFY = "clarify"
    ABSTAIN = "abstain"
    HANDOVER = "handover"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of code points. Raises ValueError when it is not one."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        return text[self.start : self.end]

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end

    def shifted(self, by: int) -> "Span":
        return Span(self.start + by, self.end + by)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a document version: its own characters and its depth, 1 the outermost."""

    span: Span
    level: int


@dataclass(frozen=True, slots=True)
class Page:
    """The characters of a document version that stand on page `number` (counted from 1)."""

    number: int
    span: Span


@dataclass(frozen=True, slots=True)
class Outline:
    """Structure of a document version, by offsets: headings, pages, table rows (kept whole when chunking)."""

    headings: tuple[Heading, ...] = ()
    pages: tuple[Page, ...] = ()
    rows: tuple[Span, ...] = ()

    def page_at(self, offset: int) -> int | None:
        """Number of the page that holds `offset`, or None for a document without pages."""
        for page in self.pages:
            if page.span.start <= offset < max(page.span.end, page.span.start + 1):
                return page.number
        return None

    def headings_at(self, offset: int) -> tuple[Heading, ...]:
        """The headings above `offset`, outermost first."""
        path: list[Heading] = []
        for heading in self.headings:
            if heading.span.start > offset:
                break
            path = [above for above in path if above.level < heading.level]
            path.append(heading)
        return tuple(path)


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """Immutable cleaned text of one source at one moment.

    Attributes:
        id: unique in the workspace.
        document_id: the document this is a version of.
        name: what people call the document: a file name or a URL.
        title: from the document itself, or the name.
        text: the cleaned text all offsets refer to.
        language: "en", "zh" or "und".
        media_type: for example "application/pdf".
        raw_checksum: SHA-256 of the original bytes, hexadecimal.
        outline: headings, pages and table rows.
        labels: access labels; empty means everybody.
    """

    id: str
    document_id: str
    name: str
    title: str
    text: str
    language: str
    media_type: str
    raw_checksum: str
    outline: Outline = field(default_factory=Outline)
    labels: frozenset[str] = frozenset()
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passage:
    """A window of a document version. May be made anew at any time: nothing outside the index keeps its id.

    `heading_path` holds the headings above the passage, outermost first; `text` is `version.text[start:end]`.
    """

    id: str
    document_id: str
    version_id: str
    start: int
    end: int
    text: str
    title: str = ""
    heading_path: tuple[str, ...] = ()
    page: int | None = None
    language: str = "en"
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """An answer inside some text: `text == context[start:end]`."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class ReaderExample:
    """A question about one text, for training and measuring a reader; free of any workspace.

    `answers` is empty when the text does not answer the question. `title` is the unit of splitting (the article or
    document the context comes from).
    """

    id: str
    question: str
    context: str
    answers: tuple[AnswerSpan, ...] = ()
    title: str = ""
    domain: str = "general"
    language: str = "en"

    @property
    def answerable(self) -> bool:
        return bool(self.answers)


@dataclass(frozen=True, slots=True)
class ClassifierExample:
    """A labelled text, for training and measuring a classifier; free of any workspace.

    Attributes:
        labels: its classes; one, or of a classifier with several labels any number.
        other: the second text of a pair whose similarity is `score`; else empty.
        title: what must not be divided between training and validation, where the file says so.
    """

    id: str
    text: str
    labels: tuple[str, ...] = ()
    other: str = ""
    score: float | None = None
    title: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Example:
    """A question-answer pair of a workspace, tied to a document version; or a labelled question.

    Attributes:
        spans: where the answer stands; empty when unanswerable or when the answer is free text.
        answer_text: what a person wrote as the answer; for extractive examples the text of the first span.
        quote_context: characters around the first span, kept to find it again in a later version.
        provenance: where the example came from ("import:faq.csv", "review", "suggested:rules").
        classes: what a labelled question (task "classify") is about.
        confidence: of the reader that marked `spans`, 0 to 1; None where none did.
    """

    id: str
    question: str
    task: Task = Task.EXTRACTIVE
    answerable: bool = True
    document_id: str | None = None
    version_id: str | None = None
    spans: tuple[AnswerSpan, ...] = ()
    answer_text: str = ""
    quote_context: str = ""
    language: str = "en"
    provenance: str = ""
    status: Status = Status.ACCEPTED
    annotator: str = ""
    split: Split | None = None
    classes: tuple[str, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class FaqEntry:
    """A vetted answer with the ways its question is put."""

    id: str
    questions: tuple[str, ...]
    answer: str
    language: str = "en"
    labels: frozenset[str] = frozenset()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place in a source that supports an answer.

    `quote == document_version.text[start:end]`; `context` is the text around it, from `context_start`.
    `score` is the probability that this span answers the question.
    """

    document: str
    document_id: str
    version_id: str
    start: int
    end: int
    quote: str
    score: float
    title: str = ""
    page: int | None = None
    heading_path: tuple[str, ...] = ()
    context: str = ""
    context_start: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the pipeline returns for one question.

    Attributes:
        confidence: calibrated probability that `text` answers the question (for `abstain`: that the best
            candidate would have).
        timings: stage → milliseconds.
        explanation: per-stage scores and matched terms, for "why this answer".
        notices: what went less well than it should ("the reranker was skipped: over its budget").
    """

    text: str
    kind: AnswerKind
    confidence: float
    evidence: tuple[Evidence, ...] = ()
    explanation: Mapping[str, Any] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    release: str = ""
    audit_id: str = ""
    question: str = ""
    notices: tuple[str, ...] = ()
