"""A question-answer pair as a file states it, before anything of it is checked.

In: nothing. Out: `RawExample`, which every format is read into and written from. Knows nothing about workspaces.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer as stated; `start` is its offset in the context or document (code points), where one is given."""

    text: str
    start: int | None = None


@dataclass(frozen=True, slots=True)
class RawExample:
    """One question of a file.

    Attributes:
        where: its place in the file, for messages ("line 3").
        id: as the file gives it, or empty.
        answers: alternatives that are all right; empty when unanswerable.
        context: the text that the answers stand in, for SQuAD-like files.
        title: the article or document that the context comes from.
        document: name or address of an ingested document, for files without contexts.
        quote, heading, page: hints where in the document the answer stands.
        language, domain, split, status, annotator, provenance: as stated, or empty.
        classes: what a labelled text is about; `labelled` tells one without any from a question with answers.
        other, score: the second text of a pair, and how alike the two are.
        problem: why this place of the file is no example, or empty.
        remarks: what was put right while it was read, each a sentence.
    """

    where: str
    question: str = ""
    id: str = ""
    answers: tuple[RawAnswer, ...] = ()
    answerable: bool = True
    context: str = ""
    title: str = ""
    document: str = ""
    quote: str = ""
    heading: str = ""
    page: int | None = None
    language: str = ""
    domain: str = ""
    split: str = ""
    status: str = ""
    annotator: str = ""
    provenance: str = ""
    problem: str = ""
    classes: tuple[str, ...] = ()
    labelled: bool = False
    other: str = ""
    score: float | None = None
    remarks: tuple[str, ...] = ()
