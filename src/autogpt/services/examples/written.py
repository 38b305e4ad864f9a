"""What a person writes as an example, and whether it can be one.

In: a question, spans and other phrasings. Out: the same, checked against the stored text of the document version.
Knows nothing about who writes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from autogpt.errors import ConflictError, NotFoundError, UsageError
from autogpt.records import AnswerSpan
from autogpt.retrieve.access import may_see
from autogpt.store.tables import DocumentRow, DocumentVersionRow

#: Code points of a question and of one answer; answers and other phrasings of one example.
LONGEST_QUESTION, LONGEST_ANSWER, MOST_SPANS, MOST_PHRASINGS = 2_000, 4_000, 20, 20


@dataclass(frozen=True, slots=True)
class Written:
    """A question about a document version, its answers there, and other ways to put it.

    Attributes:
        spans: the first is the one that counts first; none at all says that the document does not answer it.
    """

    question: str
    spans: tuple[AnswerSpan, ...] = ()
    phrasings: tuple[str, ...] = ()


def current_version(
    session: Session, document_id: str, version_id: str = "", labels: frozenset[str] | None = frozenset()
) -> DocumentVersionRow:
    """The current version of a document.

    Args:
        version_id: the version that offsets belong to; empty takes the current one.

    Raises:
        NotFoundError: there is no such document for this asker.
        ConflictError: the document was brought in anew since.
    """
    row = session.get(DocumentRow, document_id)
    live = row is not None and row.removed_at is None and row.current_version_id is not None
    if row is None or not live or not may_see(row.labels, labels):
        raise NotFoundError("There is no such document.", "It may have been removed.")
    if version_id and version_id != row.current_version_id:
        raise ConflictError("The document was brought in anew since.", "Open it again and mark the answer there.")
    return session.get_one(DocumentVersionRow, row.current_version_id)


def checked(written: Written, text: str) -> Written:
    """What was written, in the form that is stored: no needless white space, nothing twice.

    Raises UsageError when it can be no example: an empty question, an answer that does not stand in `text`.
    """
    question = checked_question(written.question)
    phrasings = dict.fromkeys(checked_question(one) for one in written.phrasings if one.strip())
    others = tuple(one for one in phrasings if one.casefold() != question.casefold())
    if len(others) > MOST_PHRASINGS:
        raise UsageError(f"At most {MOST_PHRASINGS} other phrasings of a question are kept.")
    return Written(question, checked_spans(written.spans, text), others)


def checked_question(question: str) -> str:
    """Raises UsageError for a question that can be none."""
    question = " ".join(question.split())
    if not any(one.isalnum() for one in question):
        raise UsageError("The question is empty.", "Write what somebody would ask.")
    if len(question) > LONGEST_QUESTION:
        raise UsageError(f"A question has at most {LONGEST_QUESTION:,} characters; this one has {len(question):,}.")
    try:
        question.encode()
    except UnicodeEncodeError:
        raise UsageError("The question holds half a character (a lone surrogate).") from None
    return question


def checked_spans(spans: Sequence[AnswerSpan], text: str) -> tuple[AnswerSpan, ...]:
    """Spans without white space around them. Raises UsageError for one that is not `text[start:end]`, or is empty."""
    found: dict[AnswerSpan, None] = {}
    for span in spans:
        if span.start < 0 or text[span.start : span.end] != span.text:
            raise UsageError(
                f"The answer does not stand at {span.start:,} in the document.", "Mark it in the document again."
            )
        bare = span.text.strip()
        if not bare:
            raise UsageError("An answer is empty.", "Mark some words of the document.")
        if len(bare) > LONGEST_ANSWER:
            raise UsageError(f"An answer has at most {LONGEST_ANSWER:,} characters.", "Mark the words that answer.")
        found[AnswerSpan(bare, span.start + span.text.index(bare))] = None
    if len(found) > MOST_SPANS:
        raise UsageError(f"An example has at most {MOST_SPANS} answers.")
    return tuple(found)
