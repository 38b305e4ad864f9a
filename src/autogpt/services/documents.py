"""Shows what a workspace holds: its documents, and the text around a citation.

In: a store, ids and offsets (code points of a document version). Out: frozen values. Only current versions of documents
that the asker may see are shown. Knows nothing about parsing or the index.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from autogpt.errors import NotFoundError, UsageError
from autogpt.records import Heading, Span
from autogpt.retrieve.access import may_see
from autogpt.store import Store
from autogpt.store.documents import version_of
from autogpt.store.tables import DocumentRow, DocumentVersionRow, ExampleRow, FaqRow, IngestRow
from autogpt.text.analyse import prepared

#: Questions of about so many code points are offered to try.
_USUAL_LENGTH = 40
#: Most code points of one view.
MAX_VIEW = 200_000


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """One line of the list of documents. `version` counts from 1; `characters` are code points."""

    id: str
    name: str
    title: str
    media_type: str
    language: str
    characters: int
    pages: int | None
    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ShownHeading:
    """A heading inside a view, by offsets of the document version."""

    start: int
    end: int
    level: int


@dataclass(frozen=True, slots=True)
class SourceView:
    """A part of a document's text: `text` begins at offset `text_start` of the document version.

    `page` and `heading_path` are those of the place that was asked for.
    """

    document_id: str
    version_id: str
    name: str
    title: str
    media_type: str
    text: str
    text_start: int
    characters: int
    page: int | None
    heading_path: tuple[str, ...]
    headings: tuple[ShownHeading, ...]


def list_documents(
    store: Store, labels: frozenset[str] = frozenset(), limit: int = 100, offset: int = 0, words: str = ""
) -> tuple[list[ListedDocument], int]:
    """Documents by name, and how many there are in all. Exact and near duplicates are not listed.

    Args:
        words: only those whose name or title holds all of them, in either script and any case.
    """
    version = DocumentVersionRow
    query = (
        select(
            DocumentRow.id,
            DocumentRow.name,
            DocumentRow.labels,
            version.title,
            version.media_type,
            version.language,
            func.length(version.text).label("characters"),
            version.outline,
            version.number,
            version.created_at,
        )
        .join(version, version.id == DocumentRow.current_version_id)
        .where(DocumentRow.removed_at.is_(None))
        .order_by(DocumentRow.name, DocumentRow.id)
    )
    with store.session() as session:
        seen = [row for row in session.execute(query) if may_see(row.labels, labels)]
    if wanted := prepared(words).casefold().split():
        seen = [row for row in seen if all(one in prepared(f"{row.name} {row.title}").casefold() for one in wanted)]
    page = [
        ListedDocument(
            id=row.id,
            name=row.name,
            title=row.title or row.name,
            media_type=row.media_type,
            language=row.language,
            characters=row.characters,
            pages=len(row.outline.get("pages", ())) or None,
            version=row.number,
            updated_at=row.created_at,
        )
        for row in seen[offset : offset + limit]
    ]
    return page, len(seen)


def count_sources(store: Store) -> tuple[int, int]:
    """How many documents can be cited, and how many vetted answers there are."""
    documents = select(func.count()).where(
        DocumentRow.removed_at.is_(None), DocumentRow.current_version_id.is_not(None)
    )
    vetted = select(func.count()).where(FaqRow.removed_at.is_(None))
    with store.session() as session:
        return session.scalar(documents) or 0, session.scalar(vetted) or 0


def length_of(store: Store, document_id: str, labels: frozenset[str] = frozenset()) -> int:
    """Code points of a document's text. Raises NotFoundError when there is no such document for this asker."""
    document = _visible(store, document_id, labels)
    length = select(func.length(DocumentVersionRow.text)).where(DocumentVersionRow.id == document.current_version_id)
    with store.session() as session:
        return session.scalar(length) or 0


def source_view(
    store: Store,
    document_id: str,
    span: Span,
    *,
    version_id: str = "",
    around: int = 2_000,
    labels: frozenset[str] = frozenset(),
) -> SourceView:
    """The text `around` code points on either side of `span`.

    Args:
        version_id: the version that the offsets belong to; empty means the current one.

    Raises:
        NotFoundError: there is no such document for this asker, or it has changed since.
        UsageError: the span does not lie in the document, or more than `MAX_VIEW` code points are asked for.
    """
    if len(span) + 2 * around > MAX_VIEW:
        raise UsageError(f"At most {MAX_VIEW:,} characters can be shown at once.", "Ask for a shorter part.")
    document = _visible(store, document_id, labels)
    if version_id and version_id != document.current_version_id:
        raise NotFoundError("The document has changed since.", "Ask the question again.")
    with store.session() as session:
        row = session.get(DocumentVersionRow, document.current_version_id)
        assert row is not None
        version = version_of(row, document)
    length = len(version.text)
    if span.end > length:
        raise UsageError(f"The document ends at {length:,}; [{span.start:,}, {span.end:,}) was asked for.")
    shown = Span(max(0, span.start - around), min(length, span.end + around))
    return SourceView(
        document_id=version.document_id,
        version_id=version.id,
        name=version.name,
        title=version.title,
        media_type=version.media_type,
        text=shown.of(version.text),
        text_start=shown.start,
        characters=length,
        page=version.outline.page_at(span.start),
        heading_path=tuple(one.span.of(version.text) for one in version.outline.headings_at(span.start)),
        headings=tuple(_shown(one) for one in version.outline.headings if one.span.overlaps(shown)),
    )


def _visible(store: Store, document_id: str, labels: frozenset[str]) -> DocumentRow:
    """The live document, when the asker may see it; what may not be seen is as good as missing."""
    with store.session() as session:
        row = session.get(DocumentRow, document_id)
    live = row is not None and row.removed_at is None and row.current_version_id is not None
    if row is None or not live or not may_see(row.labels, labels):
        raise NotFoundError("There is no such document.", "It may have been removed; list them: GET /v1/documents")
    return row


def _shown(heading: Heading) -> ShownHeading:
    return ShownHeading(heading.span.start, heading.span.end, heading.level)


def sample_questions(store: Store, labels: frozenset[str] = frozenset(), count: int = 4) -> list[str]:
    """Short answerable questions of accepted examples, each about another document: something to try."""
    query = (
        select(ExampleRow.question, ExampleRow.document_id, DocumentRow.labels)
        .join(DocumentRow, DocumentRow.id == ExampleRow.document_id)
        .where(
            ExampleRow.status == "accepted",
            ExampleRow.answerable.is_(True),
            DocumentRow.removed_at.is_(None),
            func.length(ExampleRow.question).between(8, 90),
        )
        .order_by(func.abs(func.length(ExampleRow.question) - _USUAL_LENGTH), ExampleRow.id)
        .limit(2_000)
    )
    chosen: dict[str, str] = {}
    with store.session() as session:
        for question, document_id, needed in session.execute(query):
            if may_see(needed, labels):
                chosen.setdefault(document_id, question)
    return list(chosen.values())[:count]


def remove_document(store: Store, document_id: str, labels: frozenset[str] = frozenset()) -> None:
    """Remove a document: its text is erased and can never be cited again; an uploaded file is deleted, unless another
    was uploaded under its name since.

    Raises:
        NotFoundError: there is no such document for this asker.
        BusyError: documents are being ingested.
    """
    document = _visible(store, document_id, labels)
    from autogpt.services.auditing import Recorder
    from autogpt.services.ingesting import remove
    from autogpt.services.uploads import delete_upload

    with store.session() as session:
        read = session.get(IngestRow, document.uri)
    remove(store, [document_id])
    if read is not None:
        delete_upload(store, read)
    Recorder(store).event("remove", {"document_id": document_id})
