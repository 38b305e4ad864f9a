"""What there is to annotate, and what somebody wrote.

In: a person and a document. Out: documents with how far they are, the examples that the person may see in one, and an
example when they save. Where several people annotate a document, each sees their own, and what they write waits to be
adjudicated. Knows nothing about pages.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from autogpt.errors import ConflictError
from autogpt.records import Example, Split, Status, Task
from autogpt.services.annotating.assigning import Assignment, assignments, overlapping
from autogpt.services.documents import ListedDocument, list_documents
from autogpt.services.examples.editing import WRITTEN, Edited, change_example, create_example, set_status
from autogpt.services.examples.grouping import question_key
from autogpt.services.examples.written import Written
from autogpt.store import Store
from autogpt.store.examples import example_of
from autogpt.store.tables import DraftRow, ExampleRow


@dataclass(frozen=True, slots=True)
class Annotator:
    """Who annotates. `decides`: a reviewer, who sees what everybody wrote and whose word counts."""

    name: str
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """A document on the list of those to annotate.

    Attributes:
        accepted, suggested, waiting: numbers of its examples; `waiting` ones are to be adjudicated.
        mine: how many of all the person wrote.
        drafted: whether the person has begun something and not saved it.
    """

    document: ListedDocument
    accepted: int
    suggested: int
    waiting: int
    mine: int
    drafted: bool
    assigned: tuple[Assignment, ...]

    @property
    def settled(self) -> bool:
        """Whether nobody has anything left to do in it."""
        return bool(self.assigned) and all(one.state != "open" for one in self.assigned) and not self.waiting


@dataclass(frozen=True, slots=True)
class Seen:
    """An example as the person sees it. `waiting`: it is to be adjudicated. `suggested`: nobody has judged it yet."""

    example: Example
    phrasings: tuple[str, ...]
    version: str
    waiting: bool

    @property
    def suggested(self) -> bool:
        return self.example.status == Status.SUGGESTED and not self.waiting


def list_work(
    store: Store,
    who: Annotator,
    labels: frozenset[str] = frozenset(),
    *,
    words: str = "",
    only_mine: bool = False,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[Work], int]:
    """Documents by name with how far they are, and how many there are in all.

    Args:
        words: in the name or title, as `list_documents` takes them.
        only_mine: only those that are assigned to this person.
    """
    assigned: dict[str, list[Assignment]] = defaultdict(list)
    for one in assignments(store):
        assigned[one.document_id].append(one)
    documents, total = list_documents(store, labels, 10**9 if only_mine else limit, 0 if only_mine else offset, words)
    if only_mine:
        mine = [one for one in documents if any(each.person == who.name for each in assigned[one.id])]
        documents, total = mine[offset : offset + limit], len(mine)
    ids = [one.id for one in documents]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    kinds = (
        ExampleRow.document_id,
        ExampleRow.status,
        ExampleRow.provenance == WRITTEN,
        ExampleRow.annotator == who.name,
    )
    query = (
        select(*kinds, func.count())
        .where(ExampleRow.document_id.in_(ids), ExampleRow.task == Task.EXTRACTIVE.value, ExampleRow.phrasing_of == "")
        .group_by(*kinds)
    )
    with store.session() as session:
        for document_id, status, written, own, count in session.execute(query):
            kind = "waiting" if status == Status.SUGGESTED and written else status
            tally = counts[str(document_id)]
            tally[kind] += count
            tally["mine"] += count if own and status != Status.REJECTED else 0
        drafts = select(DraftRow.document_id, DraftRow.content).where(
            DraftRow.person == who.name, DraftRow.document_id.in_(ids)
        )
        drafted = {document_id for document_id, content in session.execute(drafts) if content}
    return [
        Work(
            document=one,
            accepted=counts[one.id][Status.ACCEPTED.value],
            suggested=counts[one.id][Status.SUGGESTED.value],
            waiting=counts[one.id]["waiting"],
            mine=counts[one.id]["mine"],
            drafted=one.id in drafted,
            assigned=tuple(assigned[one.id]),
        )
        for one in documents
    ], total


def examples_seen(store: Store, document_id: str, who: Annotator, sealed: bool = False) -> list[Seen]:
    """The extractive examples of a document that are not rejected, in the order of the text; unanswerable ones last.

    Where several people annotate it, those that wait are seen by who wrote them, and by who decides.

    Args:
        sealed: leave out what others wrote in the test part.
    """
    query = select(ExampleRow).where(
        ExampleRow.document_id == document_id,
        ExampleRow.task == Task.EXTRACTIVE.value,
        ExampleRow.status != Status.REJECTED.value,
    )
    with store.session() as session:
        found = session.scalars(query.order_by(ExampleRow.created_at, ExampleRow.id))
        rows = [row for row in found if not (sealed and row.split == Split.TEST and row.annotator != who.name)]
        overlap = bool(overlapping(session, document_id))
    phrasings: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.phrasing_of:
            phrasings[row.phrasing_of].append(row.question)
    seen = [
        Seen(example_of(row), tuple(phrasings[row.id]), row.updated_at.isoformat(), overlap and is_waiting(row))
        for row in rows
        if not row.phrasing_of and (who.decides or not (overlap and is_waiting(row)) or row.annotator == who.name)
    ]
    mine = {case_key(one.example.question) for one in seen if one.waiting}
    if overlap and not who.decides:  # suggestions that the person has answered their own way
        seen = [one for one in seen if not one.suggested or (case_key(one.example.question)) not in mine]
    return sorted(seen, key=lambda one: one.example.spans[0].start if one.example.spans else 10**9)


def is_waiting(row: ExampleRow) -> bool:
    """Whether a person wrote it, and it is to be adjudicated."""
    return row.status == Status.SUGGESTED.value and row.provenance == WRITTEN


def save(
    store: Store,
    document_id: str,
    written: Written,
    who: Annotator,
    *,
    version_id: str = "",
    id: str = "",
    read_at: str = "",
    labels: frozenset[str] = frozenset(),
) -> Edited:
    """Store what somebody wrote: a new example, or another form of one.

    Args:
        id: of the example; chosen by the sender for a new one.
        read_at: `Seen.version` of the example that is changed; empty for a new one.

    Raises what `create_example` and `change_example` do.
    """
    with store.session() as session:
        waits = _waits(session, document_id, who)
        known = session.get(ExampleRow, id) if id else None
        own = known is not None and known.annotator == who.name
    if known is not None and read_at:
        if not waits or (own and is_waiting(known)):
            status = None if waits else Status.ACCEPTED
            edited = change_example(
                store, id, written, who.name, read_at, version_id=version_id, status=status, labels=labels
            )
            return _decided(store, edited, who) if not waits else edited
        # Another annotator's, or a suggestion to all: this is the person's own answer to it.
        id = sha256(f"{id}\0{who.name}".encode()).hexdigest()[:32]
    elif read_at:
        raise ConflictError("This example is there no more.", "Save it as a new one.")
    edited = create_example(
        store,
        document_id,
        written,
        who.name,
        version_id=version_id,
        id=id,
        status=Status.SUGGESTED if waits else Status.ACCEPTED,
        labels=labels,
    )
    return edited if waits else _decided(store, edited, who)


def judge(store: Store, seen: Edited, accept: bool, who: Annotator) -> Edited:
    """Accept or reject a suggestion. Of a document that several annotate, accepting makes it the person's own answer,
    and only who decides can reject it for all.

    Raises ConflictError when it was changed since.
    """
    example = seen.example
    with store.session() as session:
        waits = example.document_id is not None and _waits(session, example.document_id, who)
        own = example.annotator == who.name and example.provenance == WRITTEN
    if waits and not accept and not own:
        raise ConflictError(
            "Several people annotate this document, so only a reviewer rejects a suggestion for all.",
            "Pass it over, or mark it as unanswerable.",
        )
    if waits and accept and not own:
        written = Written(example.question, example.spans, seen.phrasings)
        return create_example(store, str(example.document_id), written, who.name, status=Status.SUGGESTED)
    status = Status.ACCEPTED if accept and not waits else Status.SUGGESTED if accept else Status.REJECTED
    return set_status(store, example.id, status, who.name, seen.version)


def _waits(session: Session, document_id: str, who: Annotator) -> bool:
    """Whether what this person writes is to be adjudicated."""
    rows = overlapping(session, document_id)
    return bool(rows) and (not who.decides or any(row.person == who.name for row in rows))


def _decided(store: Store, edited: Edited, who: Annotator) -> Edited:
    """Where several people annotate the document, what who decides wrote takes the place of what waits for the same
    question.
    """
    if who.decides and edited.example.document_id is not None:
        for one in waiting_like(store, edited.example):
            set_status(store, one.id, Status.REJECTED, who.name)
    return edited


def waiting_like(store: Store, example: Example) -> Sequence[Example]:
    """What waits to be adjudicated and answers the same question of the same document, but for the example itself."""
    query = select(ExampleRow).where(ExampleRow.document_id == example.document_id, ExampleRow.phrasing_of == "")
    with store.session() as session:
        found = [example_of(row) for row in session.scalars(query) if is_waiting(row) and row.id != example.id]
    return [one for one in found if same_question(one.question, example.question)]


def same_question(one: str, other: str) -> bool:
    """Whether two people who wrote these answered the same question."""
    return case_key(one) == case_key(other)


def case_key(question: str) -> str:
    """The same for near-duplicate questions; one of too few words stands for itself."""
    return question_key(question) or " ".join(question.casefold().split())
