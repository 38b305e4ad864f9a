"""Suggests what to annotate: questions by rules, by a language model and from the review queue, answered by a reader.

In: a document. Out: suggested examples. A suggestion that was judged once is not made again; one that was not is read
again by the reader that answers now. Knows nothing about pages.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from hashlib import sha256

from sqlalchemy import select

from autogpt.annotate.anchor import context_of
from autogpt.annotate.suggest import FAQ, Suggestion, suggest
from autogpt.annotate.written_questions import WRITTEN, parts_of, write_questions
from autogpt.answer.composer import ComposerError, Composes
from autogpt.errors import AutoGPTError, NotFoundError
from autogpt.progress import Progress, Sink, silent
from autogpt.records import AnswerSpan, Example, Span, Status
from autogpt.retrieve.access import may_see
from autogpt.services.annotating.reading import DocumentReader, Reads
from autogpt.services.answering import Answerer
from autogpt.services.examples.editing import SUGGESTED, add_suggestions, mark_suggestions
from autogpt.services.examples.written import current_version
from autogpt.services.reviewing.queue import questions_about
from autogpt.store import Store
from autogpt.store.documents import outline_from_json
from autogpt.store.examples import example_of
from autogpt.store.faq import load_faq
from autogpt.store.tables import DocumentVersionRow, ExampleRow
from autogpt.text.language import LANGUAGES

#: Who stands as the annotator of what is suggested by the rules, and by a language model.
BY, BY_MODEL = "rules", "model"
#: Seconds that a language model is asked for more.
PATIENCE = 60.0
#: Kind of a suggestion that answers a question of the review queue.
ASKED = "asked"
#: A reader's answer that stands elsewhere than the rule's takes its place from this confidence on.
SURE = 0.5


@dataclass(frozen=True, slots=True)
class SuggestReport:
    """What is suggested for a document; `added` of them are new in the workspace.

    Attributes:
        notice: why a model did less than it was asked for; empty where it did not.
        marked: how many suggestions that were there before the reader answers otherwise now.
    """

    document: str
    suggestions: tuple[Suggestion, ...]
    answers: tuple[str, ...]
    added: int
    notice: str = ""
    marked: int = 0


@dataclass(frozen=True, slots=True)
class SuggestedReport:
    """What is suggested about several documents; see `SuggestReport`."""

    documents: int
    added: int
    marked: int
    notices: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """In words."""
        told = f"{self.added:,} questions are suggested about {self.documents:,} documents."
        again = f"The reader answers {self.marked:,} earlier ones otherwise." if self.marked else ""
        return " ".join([told, *([again] if again else []), *self.notices])


def suggest_questions(
    store: Store,
    document_id: str,
    *,
    within: Span | None = None,
    limit: int = 50,
    keep: bool = True,
    labels: frozenset[str] | None = frozenset(),
    reads: Reads | None = None,
    composer: Composes | None = None,
    patience: float = PATIENCE,
) -> SuggestReport:
    """Find questions that a document answers, and keep them as suggested examples.

    With a reader, each gets its confidence where both mark the same place, and its answer where it is rather sure of
    another one; questions of the review queue that are about the document are suggested with its answers.

    Args:
        within: only answers in this range of its text.
        limit: most questions by rules and a language model, and most of the review queue.
        keep: False only tells them.
        labels: of the asker; None stands for the owner.
        reads: the reader that answers now.
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
        found += written
    marks: dict[str, tuple[AnswerSpan, float]] = {}
    if reads is not None:
        reader = DocumentReader(version.text, version.language, reads)
        known |= {one.question.casefold() for one in found}
        try:
            found = [_read(one, reader) for one in found]
            found += _waiting(store, version, reader, known, within, labels, limit)
            marks = _read_again(store, version, reader, within)
        except AutoGPTError as error:
            notice = f"The reader marks nothing more: {error.message}"
    found.sort(key=lambda one: (one.start, one.end))
    made = [(_example(one, version), one.phrasings) for one in found]
    added = add_suggestions(store, made) if keep else 0
    marked = mark_suggestions(store, marks) if keep else 0
    answers = tuple(version.text[one.start : one.end] for one in found)
    return SuggestReport(version.title, tuple(found), answers, added, notice, marked)


def suggest_about(
    store: Store, document_ids: Sequence[str], sink: Sink = silent, labels: frozenset[str] | None = frozenset()
) -> SuggestedReport:
    """`suggest_questions` about several documents, with the release that answers now, where one can be opened. Those
    that are there no more are passed over.
    """
    known = added = marked = 0
    notices: dict[str, None] = {}
    with ExitStack() as open_while:
        answerer: Answerer | None = None
        try:
            answerer = open_while.enter_context(Answerer(store, record=False))
        except AutoGPTError as error:
            notices[f"No reader marks answers: {error.message}"] = None
        for done, id in enumerate(document_ids):
            sink(Progress("suggest", done, len(document_ids)))
            with suppress(NotFoundError):
                report = suggest_questions(
                    store,
                    id,
                    labels=labels,
                    reads=answerer.read if answerer else None,
                    composer=answerer.composer if answerer else None,
                )
                known, added, marked = known + 1, added + report.added, marked + report.marked
                if report.notice:
                    notices[report.notice] = None
    return SuggestedReport(known, added, marked, tuple(notices))


def _read(one: Suggestion, reader: DocumentReader) -> Suggestion:
    """The suggestion with what the reader says to its question."""
    place = Span(one.start, one.end)
    answer = reader.answer(one.question, expected=place)
    if answer is None:
        return one
    if answer.span.overlaps(place):
        return replace(one, confidence=answer.confidence)
    if answer.confidence < SURE or one.kind == FAQ:  # a vetted answer's own words stay
        return one
    return replace(one, start=answer.start, end=answer.end, confidence=answer.confidence)


def _waiting(
    store: Store,
    version: DocumentVersionRow,
    reader: DocumentReader,
    known: set[str],
    within: Span | None,
    labels: frozenset[str] | None,
    most: int,
) -> list[Suggestion]:
    """Questions of the review queue that are about the document, where the reader finds an answer to them in it; of the
    `most` that were asked most.
    """
    found = []
    asked = [one for one in questions_about(store, version.document_id, labels) if one.text.casefold() not in known]
    for one in asked[:most]:
        answer = reader.answer(one.text)
        if answer is not None and (within is None or within.start <= answer.start < within.end):
            found.append(Suggestion(one.text, answer.start, answer.end, ASKED, confidence=answer.confidence))
    return found


def _read_again(
    store: Store, version: DocumentVersionRow, reader: DocumentReader, within: Span | None
) -> dict[str, tuple[AnswerSpan, float]]:
    """What the reader marks, and how sure it is, for suggestions that wait to be judged, by their ids."""
    waiting = select(ExampleRow).where(
        ExampleRow.version_id == version.id,
        ExampleRow.status == Status.SUGGESTED.value,
        ExampleRow.provenance.startswith(SUGGESTED, autoescape=True),
        ExampleRow.phrasing_of == "",
    )
    with store.session() as session:
        rows = [example_of(row) for row in session.scalars(waiting)]
    marks = {}
    for one in rows:
        if not one.spans or (within is not None and not within.start <= one.spans[0].start < within.end):
            continue
        span = one.spans[0]
        kind = one.provenance.removeprefix(SUGGESTED)
        read = _read(Suggestion(one.question, span.start, span.end, kind), reader)
        if read.confidence is not None:
            marks[one.id] = AnswerSpan(version.text[read.start : read.end], read.start), read.confidence
    return marks


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
        annotator=BY_MODEL if one.kind in {WRITTEN, ASKED} else BY,
        confidence=one.confidence,
    )
