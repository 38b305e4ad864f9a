"""Suggests what to annotate: questions by rules and by a language model, and a reader's answer to a question that
somebody wrote.

In: a document, or a question about it. Out: suggested examples, or a span. A suggestion that was judged once is not
made again. Knows nothing about pages.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select

from autogpt.annotate.anchor import context_of
from autogpt.annotate.excerpt import Excerpts
from autogpt.annotate.suggest import Suggestion, suggest
from autogpt.annotate.written_questions import WRITTEN, parts_of, write_questions
from autogpt.answer.composer import ComposerError, Composes
from autogpt.read.decode import Decoded
from autogpt.records import AnswerSpan, Example, Span, Status
from autogpt.retrieve.access import may_see
from autogpt.services.examples.editing import SUGGESTED, add_suggestions
from autogpt.services.examples.written import current_version
from autogpt.store import Store
from autogpt.store.documents import outline_from_json
from autogpt.store.faq import load_faq
from autogpt.store.tables import DocumentVersionRow, ExampleRow
from autogpt.text.language import LANGUAGES

#: Who stands as the annotator of what is suggested by the rules, and by a language model.
BY, BY_MODEL = "rules", "model"
#: Seconds that a language model is asked for more.
PATIENCE = 60.0
#: Reads texts for a question, as `Reader.read_passages` does.
Reads = Callable[[str, Sequence[str]], list[Decoded]]


@dataclass(frozen=True, slots=True)
class SuggestReport:
    """What is suggested for a document; `added` of them are new in the workspace.

    Attributes:
        notice: why the language model wrote less than it was asked for; empty where it did not.
    """

    document: str
    suggestions: tuple[Suggestion, ...]
    answers: tuple[str, ...]
    added: int
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A reader's answer in a document: `text` from `start` to `end`, with its confidence, 0 to 1."""

    start: int
    end: int
    text: str
    confidence: float


def suggest_questions(
    store: Store,
    document_id: str,
    *,
    within: Span | None = None,
    limit: int = 50,
    keep: bool = True,
    labels: frozenset[str] | None = frozenset(),
    composer: Composes | None = None,
    patience: float = PATIENCE,
) -> SuggestReport:
    """Find questions that a document answers, and keep them as suggested examples.

    Args:
        within: only answers in this range of its text.
        keep: False only tells them.
        labels: of the asker; None stands for the owner.
        composer: a language model that suggests too, once the rules have; what it writes has to stand in the text.
        patience: seconds after which it is not asked about further parts.

    Raises NotFoundError for an unknown document.
    """
    with store.session() as session:
        version = current_version(session, document_id, labels=labels)
        faq = [one for one in load_faq(session) if may_see(one.labels, labels)]
        asked = session.scalars(select(ExampleRow.question).where(ExampleRow.document_id == document_id))
        known = {question.casefold() for question in asked}
    outline = outline_from_json(version.outline)
    found = [
        one
        for one in suggest(version.text, version.language, outline, faq, within, limit=limit + len(known))
        if one.question.casefold() not in known
    ][:limit]
    notice = ""
    if composer is not None:
        known |= {one.question.casefold() for one in found}
        written, notice = _written(version, within, composer, known, limit - len(found), patience)
        found = sorted([*found, *written], key=lambda one: (one.start, one.end))
    made = [(_example(one, version), one.phrasings) for one in found]
    added = add_suggestions(store, made) if keep else 0
    answers = tuple(version.text[one.start : one.end] for one in found)
    return SuggestReport(version.title, tuple(found), answers, added, notice)


def _written(
    version: DocumentVersionRow, within: Span | None, composer: Composes, known: set[str], room: int, patience: float
) -> tuple[list[Suggestion], str]:
    """What the language model asks about the text part by part, nothing of `known`; and why it stopped early."""
    found: dict[str, Suggestion] = {}
    notice = ""
    text, language = version.text, version.language
    ends = time.monotonic() + patience
    for part in parts_of(text, language, within or Span(0, len(text))):
        if len(found) >= room:
            break
        if time.monotonic() > ends:
            notice = f"The language model was asked for {patience:.0f} s; a part of the text is left."
            break
        try:
            asked = write_questions(text, language, part, composer.write)
        except ComposerError as error:
            notice = f"The language model suggests nothing more: {error.message}"
            break
        for one in asked:
            if one.question.casefold() not in known:
                found.setdefault(one.question.casefold(), one)
    return list(found.values())[:room], notice


def read_document(
    store: Store, document_id: str, question: str, reads: Reads, passages: Sequence[Span] = (),
    labels: frozenset[str] = frozenset(),
) -> Found | None:  # fmt: skip
    """What a reader takes for the answer to a question in a document; None where it finds none.

    Args:
        passages: where the search expects the answer; the part that shares most words is read as well.

    Raises NotFoundError for an unknown document.
    """
    with store.session() as session:
        version = current_version(session, document_id, labels=labels)
    text = version.text
    about = Excerpts(text, version.language).about(question)
    places = list(dict.fromkeys([about, *(one for one in passages if one.end <= len(text))]))
    best: Found | None = None
    most = 0.0
    for place, decoded in zip(places, reads(question, [one.of(text) for one in places]), strict=True):
        one = decoded.best
        if one is None or one.score <= 0 or (best is not None and one.score <= most):
            continue
        sure = decoded.confidence if decoded.confidence is not None else one.probability
        best, most = Found(place.start + one.start, place.start + one.end, one.text, sure), one.score
    return best


def _example(one: Suggestion, version: DocumentVersionRow) -> Example:
    span = AnswerSpan(version.text[one.start : one.end], one.start)
    return Example(
        id=sha256(f"{version.document_id}\0{one.question}".encode()).hexdigest()[:32],
        question=one.question,
        document_id=version.document_id,
        version_id=version.id,
        spans=(span,),
        answer_text=span.text,
        quote_context=context_of(version.text, span),
        language=version.language if version.language in LANGUAGES else "en",
        provenance=f"{SUGGESTED}{one.kind}",
        status=Status.SUGGESTED,
        annotator=BY_MODEL if one.kind == WRITTEN else BY,
    )
