"""Examples from a person's hand: write one, change it, accept or reject it, undo.

In: what was written, who wrote it, and the state it was read in. Out: the example as it is stored. Each change is one
transaction with its event, and none overwrites another's. Knows nothing about assignments or drafts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import CursorResult, and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from autogpt.annotate.anchor import context_of
from autogpt.errors import ConflictError, NotFoundError, UsageError
from autogpt.records import AnswerSpan, Example, Status
from autogpt.services.events import note
from autogpt.services.examples.parts import part_for
from autogpt.services.examples.written import Written, checked, current_version
from autogpt.store import Store
from autogpt.store.examples import example_of, values_of
from autogpt.store.store import new_id
from autogpt.store.tables import DocumentVersionRow, EventRow, ExampleRow, now
from autogpt.text.language import detect

#: Subject of the events.
SUBJECT = "example"
#: Provenance of what a person wrote, and what that of a suggestion begins with before and after it was accepted.
WRITTEN, SUGGESTED, CONFIRMED = "annotate", "suggested:", "confirmed:"


@dataclass(frozen=True, slots=True)
class Edited:
    """An example as it is stored.

    Attributes:
        phrasings: its question in other words; each is an example of its own, which is changed with this one.
        version: another word after each change; whoever changes it says which one they saw.
    """

    example: Example
    phrasings: tuple[str, ...]
    version: str


def find_example(store: Store, id: str) -> Edited:
    """Raises NotFoundError when there is no such example."""
    with store.session() as session:
        return _edited(session, _row(session, id))


def create_example(
    store: Store,
    document_id: str,
    written: Written,
    by: str,
    *,
    version_id: str = "",
    id: str = "",
    status: Status = Status.ACCEPTED,
    provenance: str = WRITTEN,
    labels: frozenset[str] = frozenset(),
) -> Edited:
    """Store a new extractive example. It gets the part that its document has.

    Args:
        by: name of who wrote it.
        version_id: document version that the spans belong to; empty takes the current one.
        id: chosen by who sends it, so that sending it twice makes one example; empty takes a new one.
        labels: of the asker.

    Raises:
        NotFoundError: there is no such document for this asker.
        ConflictError: the document was brought in anew since, or the id is that of another example.
        UsageError: it can be no example, or is there already.
    """
    id = id or new_id()
    asked: dict[str, Any] = {"version_id": version_id, "id": id, "status": status, "provenance": provenance}
    try:
        with store.session() as session:
            return create_in(session, document_id, written, by, labels=labels, **asked)
    except IntegrityError:  # the same was sent twice at once
        with store.session() as session:
            return _same(session, _row(session, id), written)


def create_in(
    session: Session,
    document_id: str,
    written: Written,
    by: str,
    *,
    version_id: str = "",
    id: str = "",
    status: Status = Status.ACCEPTED,
    provenance: str = WRITTEN,
    labels: frozenset[str] | None = frozenset(),
) -> Edited:
    """`create_example` in a transaction that does more than this."""
    id = id or new_id()
    if row := session.get(ExampleRow, id):
        return _same(session, row, written)
    version = current_version(session, document_id, version_id, labels)
    made = checked(written, version.text)
    example = Example(
        id=id,
        question=made.question,
        document_id=version.document_id,
        language=version.language if version.language in {"en", "zh"} else detect(made.question),
        provenance=provenance,
        status=status,
        annotator=by,
    )
    example = _anchored(example, version, made.spans)
    _refuse_a_twin(session, example)
    _insert(session, example, made.phrasings)
    note(session, by, "create", (SUBJECT, id), after=_state(session, id))
    return _edited(session, _row(session, id))


def add_suggestions(store: Store, suggested: Sequence[tuple[Example, Sequence[str]]]) -> int:
    """Store examples that no person wrote, each with other phrasings, and leave out those whose id is known; how many
    are new.

    Raises ConflictError when the same are being stored at this moment.
    """
    try:
        with store.session() as session:
            fresh = [one for one in suggested if session.get(ExampleRow, one[0].id) is None]
            for example, phrasings in fresh:
                _insert(session, example, phrasings)
            return len(fresh)
    except IntegrityError:
        raise ConflictError("The same suggestions are being made just now.", "Try again.") from None


def mark_suggestions(store: Store, marks: Mapping[str, tuple[AnswerSpan, float]]) -> int:
    """Put what a reader marked, with its confidence, in the place of the answers of suggestions; how many changed.

    Those that a person has judged meanwhile, or whose document was brought in anew, stay as they are.

    Args:
        marks: span and confidence by the id of the example.
    """
    changed = 0
    with store.session() as session:
        for id, (span, confidence) in marks.items():
            row = session.get(ExampleRow, id)
            if row is None or row.status != Status.SUGGESTED.value or not row.provenance.startswith(SUGGESTED):
                continue
            known = example_of(row)
            version = session.get(DocumentVersionRow, known.version_id) if known.version_id else None
            if version is None or version.text[span.start : span.end] != span.text:
                continue
            marked = replace(_anchored(known, version, (span,)), confidence=confidence)
            if marked != known:
                _swap(session, row, marked)
                _put_phrasings(session, marked, _phrasings(session, id))
                changed += 1
    return changed


def change_example(
    store: Store,
    id: str,
    written: Written,
    by: str,
    read_at: str,
    *,
    version_id: str = "",
    status: Status | None = None,
    labels: frozenset[str] = frozenset(),
) -> Edited:
    """Put something else in an example's place. A suggestion that is changed counts as confirmed when `status` accepts.

    Args:
        read_at: `Edited.version` of what was changed.
        version_id: document version that the spans belong to; empty takes the current one.
        status: None keeps it, but an example whose answer was gone is accepted again.

    Raises:
        NotFoundError: there is no such example, or no such document for this asker.
        ConflictError: the example or its document was changed since.
        UsageError: it can be no example.
    """
    with store.session() as session:
        row = _row(session, id)
        if row.document_id is None:
            raise UsageError("This example is about no document.", "Change it in its file, and import it again.")
        _require_unchanged(session, row, read_at)
        version = current_version(session, row.document_id, version_id, labels)
        made = checked(written, version.text)
        before = _state(session, id)
        known = example_of(row)
        new = status or (Status.ACCEPTED if known.status == Status.STALE else known.status)
        example = _anchored(replace(known, question=made.question, status=new), version, made.spans)
        _swap(session, row, _placed(session, _confirmed(example)))
        _put_phrasings(session, example_of(row), made.phrasings)
        note(session, by, "change", (SUBJECT, id), before, _state(session, id))
        return _edited(session, row)


def set_status(store: Store, id: str, status: Status, by: str, read_at: str = "") -> Edited:
    """Accept or reject an example.

    Args:
        read_at: `Edited.version` of what was judged; empty judges whatever is stored now.

    Raises:
        NotFoundError: there is no such example.
        ConflictError: it was changed since, or its answer no longer stands in its document.
        UsageError: another status than these.
    """
    with store.session() as session:
        return set_status_in(session, id, status, by, read_at)


def set_status_in(session: Session, id: str, status: Status, by: str, read_at: str = "") -> Edited:
    """`set_status` in a transaction that does more than this."""
    if status not in {Status.ACCEPTED, Status.REJECTED, Status.SUGGESTED}:
        raise UsageError(f"Nobody can make an example {status}.", "Accept or reject it.")
    row = _row(session, id)
    _require_unchanged(session, row, read_at)
    before, example = _state(session, id), replace(example_of(row), status=status)
    if example == example_of(row):
        return _edited(session, row)
    if status == Status.ACCEPTED and example.version_id:
        version = session.get(DocumentVersionRow, example.version_id)
        text = version.text if version is not None else ""
        if any(text[span.start : span.end] != span.text for span in example.spans):
            raise ConflictError("Its answer no longer stands in the document.", "Mark it in the document again.")
    _swap(session, row, _placed(session, _confirmed(example)))
    _put_phrasings(session, example_of(row), _phrasings(session, id))
    action = {Status.ACCEPTED: "accept", Status.REJECTED: "reject"}.get(status, "suggest")
    note(session, by, action, (SUBJECT, id), before, _state(session, id))
    return _edited(session, row)


def undo(store: Store, event_id: int, by: str) -> Edited | None:
    """Take a change of an example back; what is stored now, or None when it is there no more.

    Raises:
        NotFoundError: there is no such change of an example.
        ConflictError: the example was changed again since.
    """
    with store.session() as session:
        return undo_in(session, event_id, by)


def undo_in(session: Session, event_id: int, by: str) -> Edited | None:
    """`undo` in a transaction that does more than this."""
    event = session.get(EventRow, event_id)
    if event is None or event.subject != SUBJECT:
        raise NotFoundError("There is no such change.")
    id, now_stored = event.subject_id, _state(session, event.subject_id)
    if now_stored != event.after:
        hint = "Undo the later change first, or change it by hand."
        if person := _by_whom(session, id):
            raise ConflictError(f"It was changed again since, last by {person}.", hint)
        raise ConflictError("It was changed again since.", hint)
    row = session.get(ExampleRow, id)
    if not event.before:
        session.execute(delete(ExampleRow).where(ExampleRow.phrasing_of == id))
        session.execute(delete(ExampleRow).where(ExampleRow.id == id))
    elif row is None:
        _insert(session, _from_state(session, Example(id=id, question=""), event.before), event.before["phrasings"])
    else:
        _swap(session, row, _placed(session, _from_state(session, example_of(row), event.before)))
        _put_phrasings(session, example_of(row), event.before["phrasings"])
    session.flush()
    note(session, by, "undo", (SUBJECT, id), now_stored, _state(session, id))
    left = session.get(ExampleRow, id)
    return _edited(session, left) if left is not None else None


def _row(session: Session, id: str) -> ExampleRow:
    row = session.get(ExampleRow, id)
    if row is None:
        raise NotFoundError("There is no such example.", "It may have been undone.")
    return row


def _edited(session: Session, row: ExampleRow) -> Edited:
    return Edited(example_of(row), _phrasings(session, row.id), row.updated_at.isoformat())


def _phrasings(session: Session, id: str) -> tuple[str, ...]:
    """The other phrasings of an example, in the order they were written."""
    rows = (
        select(ExampleRow.question).where(ExampleRow.phrasing_of == id).order_by(ExampleRow.created_at, ExampleRow.id)
    )
    return tuple(session.scalars(rows))


def _same(session: Session, row: ExampleRow, written: Written) -> Edited:
    """The example that was sent before under this id. Raises ConflictError when something else was."""
    found = _edited(session, row)
    spans = {(one.text.strip(), one.start + len(one.text) - len(one.text.lstrip())) for one in written.spans}
    same = {(one.text, one.start) for one in found.example.spans} == spans
    if not same or " ".join(written.question.split()) != found.example.question:
        raise ConflictError("An example was saved under this id already, and it is another one.", "Change that one.")
    return found


def _anchored(example: Example, version: DocumentVersionRow, spans: tuple[AnswerSpan, ...]) -> Example:
    return replace(
        example,
        answerable=bool(spans),
        version_id=version.id,
        spans=spans,
        confidence=None,
        answer_text=spans[0].text if spans else "",
        quote_context=context_of(version.text, spans[0]) if spans else "",
    )


def _confirmed(example: Example) -> Example:
    """A suggestion that is accepted is one no more, so that it comes back accepted when its text does."""
    if example.status == Status.ACCEPTED and example.provenance.startswith(SUGGESTED):
        return replace(example, provenance=f"{CONFIRMED}{example.provenance.removeprefix(SUGGESTED)}")
    return example


def _placed(session: Session, example: Example) -> Example:
    """The example with a part, if it counts and has none yet."""
    counts = example.status == Status.ACCEPTED and example.split is None
    return replace(example, split=part_for(session, example)) if counts else example


def _refuse_a_twin(session: Session, example: Example) -> None:
    """Raises UsageError when the same question with the same answers is there already: for all, or waiting of this
    annotator's.
    """
    own = and_(ExampleRow.annotator == example.annotator, ExampleRow.provenance == WRITTEN)
    twins = select(ExampleRow).where(
        ExampleRow.document_id == example.document_id,
        ExampleRow.id != example.id,  # the same sent twice at once
        or_(ExampleRow.status == Status.ACCEPTED.value, and_(ExampleRow.status == Status.SUGGESTED.value, own)),
    )
    for one in map(example_of, session.scalars(twins)):
        if one.question.casefold() == example.question.casefold() and set(one.spans) == set(example.spans):
            raise UsageError("The same question with the same answer is there already.", "Write another one.")


def _insert(session: Session, example: Example, phrasings: Sequence[str]) -> None:
    placed = _placed(session, example)
    session.add(ExampleRow(**values_of(placed)))
    session.flush()
    _put_phrasings(session, placed, phrasings)


def _swap(session: Session, row: ExampleRow, example: Example) -> None:
    """Write what the example is now, unless somebody was faster. Raises ConflictError."""
    values = {key: value for key, value in values_of(example).items() if key != "id"}
    seen = (ExampleRow.id == row.id, ExampleRow.updated_at == row.updated_at)
    changed = update(ExampleRow).where(*seen).values(**values, updated_at=now())
    done = cast(CursorResult[Any], session.execute(changed, execution_options={"synchronize_session": False}))
    if not done.rowcount:
        raise _changed_since(session, row.id)
    session.refresh(row)


def _put_phrasings(session: Session, example: Example, wanted: Sequence[str]) -> None:
    """Make the examples that put its question in other words what the example is."""
    known = {
        one.question: one for one in session.scalars(select(ExampleRow).where(ExampleRow.phrasing_of == example.id))
    }
    for question, row in known.items():
        if question not in wanted:
            session.delete(row)
    for question in wanted:
        id = sha256(f"{example.id}\0{question}".encode()).hexdigest()[:32]
        row = known.get(question) or ExampleRow(id=id, phrasing_of=example.id)
        one = replace(example, id=row.id, question=question, split=None)
        for key, value in values_of(_placed(session, one)).items():
            setattr(row, key, value)
        row.updated_at = now()
        session.add(row)
    session.flush()


def _state(session: Session, id: str) -> dict[str, Any]:
    """An example for its events; empty when there is none."""
    row = session.get(ExampleRow, id)
    if row is None:
        return {}
    left_out = {"id", "split", "quote_context", "answer_text", "language", "classes", "task"}
    kept = {key: value for key, value in values_of(example_of(row)).items() if key not in left_out}
    return kept | {"phrasings": sorted(_phrasings(session, id))}


def _from_state(session: Session, example: Example, state: Mapping[str, Any]) -> Example:
    """The example as an event tells it. Raises ConflictError when its document version is no longer the current one."""
    spans = tuple(AnswerSpan(one["text"], one["start"]) for one in state["spans"])
    restored = replace(
        example,
        question=state["question"],
        document_id=state["document_id"],
        status=Status(state["status"]),
        annotator=state["annotator"],
        provenance=state["provenance"],
    )
    if state["document_id"] is None or state["status"] == Status.STALE:
        return replace(restored, answerable=state["answerable"], version_id=state["version_id"], spans=spans)
    version = current_version(session, state["document_id"], state["version_id"] or "")
    language = version.language if version.language in {"en", "zh"} else detect(restored.question)
    sure = state["spans"][0].get("confidence") if spans else None
    return replace(_anchored(replace(restored, language=language), version, spans), confidence=sure)


def _require_unchanged(session: Session, row: ExampleRow, read_at: str) -> None:
    try:
        seen = datetime.fromisoformat(read_at) if read_at else row.updated_at
    except ValueError:
        raise UsageError(f"'{read_at}' is no version of an example.") from None
    if seen != row.updated_at:
        raise _changed_since(session, row.id)


def _changed_since(session: Session, id: str) -> ConflictError:
    hint = "Look at what it is now, then decide."
    if person := _by_whom(session, id):
        return ConflictError(f"This example was changed since you opened it, last by {person}.", hint)
    return ConflictError("This example was changed since you opened it.", hint)


def _by_whom(session: Session, id: str) -> str:
    """The person who changed an example last; empty where none did."""
    last = select(EventRow.person).where(EventRow.subject == SUBJECT, EventRow.subject_id == id)
    return session.scalar(last.order_by(EventRow.id.desc()).limit(1)) or ""
