"""Shows what a workspace holds: its documents, and the text around a citation.

In: a store, ids and offsets (code points of a document version). Out: frozen values. Only current versions of documents
that the asker may see are shown. Knows nothing about parsing or the index.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from autogpt.errors import ConflictError, NotFoundError, UsageError
from autogpt.records import DocumentVersion, Heading, Span
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
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What is known of a document besides its text. `kept` tells that its original is; `warnings` what was left out of
    it and why.
    """

    document_id: str
    version_id: str
    name: str
    title: str
    media_type: str
    language: str
    characters: int
    page_count: int | None
    version: int
    parser: str
    labels: tuple[str, ...]
    kept: bool
    drawn: bool
    warnings: tuple[str, ...]
    added_at: datetime
    read_at: datetime


@dataclass(frozen=True, slots=True)
class ShownHeading:
    """A heading inside a view, by offsets of the document version."""

    start: int
    end: int
    level: int


@dataclass(frozen=True, slots=True)
class SourceView:
    """A part of a document's text: `text` begins at offset `text_start` of the document version.

    `page` and `heading_path` are those of the place that was asked for, `pages` all pages on which it stands, of
    `page_count` in all; `drawn` tells that they can be shown as pictures.
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
    pages: tuple[int, ...] = ()
    page_count: int | None = None
    drawn: bool = False


def list_documents(
    store: Store, labels: frozenset[str] | None = frozenset(), limit: int = 100, offset: int = 0, words: str = ""
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
            labels=tuple(sorted(row.labels)),
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


def about(store: Store, document_id: str, labels: frozenset[str] | None = frozenset()) -> DocumentFacts:
    """What is known of a document besides its text. Raises NotFoundError when there is none for this asker."""
    document = visible_document(store, document_id, labels)
    with store.session() as session:
        row = session.get(DocumentVersionRow, document.current_version_id)
    assert row is not None
    version = version_of(row, document)
    return DocumentFacts(
        document_id=document.id,
        version_id=row.id,
        name=document.name,
        title=version.title,
        media_type=row.media_type,
        language=row.language,
        characters=len(row.text),
        page_count=_page_count(version),
        version=row.number,
        parser=row.parser,
        labels=tuple(sorted(document.labels)),
        kept=store.file_path(row.raw_checksum).is_file(),
        drawn=is_drawn(store, row),
        warnings=tuple(row.details.get("warnings", ())),
        added_at=document.created_at,
        read_at=row.created_at,
    )


def length_of(store: Store, document_id: str, labels: frozenset[str] = frozenset()) -> int:
    """Code points of a document's text. Raises NotFoundError when there is no such document for this asker."""
    document = visible_document(store, document_id, labels)
    length = select(func.length(DocumentVersionRow.text)).where(DocumentVersionRow.id == document.current_version_id)
    with store.session() as session:
        return session.scalar(length) or 0


def named(store: Store, document_id: str, labels: frozenset[str] = frozenset()) -> tuple[str, str]:
    """Id and title of a document. Raises NotFoundError when there is no such document for this asker."""
    document = visible_document(store, document_id, labels)
    title = select(DocumentVersionRow.title).where(DocumentVersionRow.id == document.current_version_id)
    with store.session() as session:
        return document_id, session.scalar(title) or document.name


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
    version, drawn = _current(store, document_id, version_id, labels)
    length = len(version.text)
    if span.end > length:
        raise UsageError(f"The document ends at {length:,}; [{span.start:,}, {span.end:,}) was asked for.")
    shown = Span(max(0, span.start - around), min(length, span.end + around))
    return _view(version, shown, span, version.outline.page_at(span.start), drawn)


def page_view(
    store: Store, document_id: str, number: int, *, version_id: str = "", labels: frozenset[str] = frozenset()
) -> SourceView:
    """The text of page `number` (from 1); none for a page without text.

    Raises NotFoundError when there is no such document for this asker, it has changed since, or it has no such page.
    """
    version, drawn = _current(store, document_id, version_id, labels)
    count = _page_count(version)
    if count is None or not 1 <= number <= count:
        raise NotFoundError(f"There is no page {number:,}.", f"The document has {count or 0:,} pages.")
    span = next((one.span for one in version.outline.pages if one.number == number), Span(0, 0))
    shown = Span(span.start, min(span.end, span.start + MAX_VIEW))
    return _view(version, shown, shown, number, drawn)


def current_version(store: Store, document_id: str, labels: frozenset[str] = frozenset()) -> DocumentVersion:
    """The whole current version of a document. Raises NotFoundError when there is none for this asker."""
    return _current(store, document_id, "", labels)[0]


def _current(store: Store, document_id: str, version_id: str, labels: frozenset[str]) -> tuple[DocumentVersion, bool]:
    """The current version, and whether its pages can be drawn. Raises NotFoundError."""
    document = visible_document(store, document_id, labels, version_id)
    with store.session() as session:
        row = session.get(DocumentVersionRow, document.current_version_id)
        assert row is not None
        return version_of(row, document), is_drawn(store, row)


def _view(version: DocumentVersion, shown: Span, asked: Span, page: int | None, drawn: bool) -> SourceView:
    outline = version.outline
    return SourceView(
        document_id=version.document_id,
        version_id=version.id,
        name=version.name,
        title=version.title,
        media_type=version.media_type,
        text=shown.of(version.text),
        text_start=shown.start,
        characters=len(version.text),
        page=page,
        heading_path=tuple(one.span.of(version.text) for one in outline.headings_at(asked.start)),
        headings=tuple(_shown(one) for one in outline.headings if one.span.overlaps(shown)),
        pages=tuple(one.number for one in outline.pages if one.span.overlaps(asked)) or ((page,) if page else ()),
        page_count=_page_count(version),
        drawn=drawn,
    )


def _page_count(version: DocumentVersion) -> int | None:
    """Pages of a document, those without text included; None where it has none."""
    told = version.metadata.get("pages")
    counted = max((one.number for one in version.outline.pages), default=0)
    return max(told, counted) if isinstance(told, int) else counted or None


def is_drawn(store: Store, version: DocumentVersionRow) -> bool:
    """Whether the pages of a version can be drawn: it is a PDF whose original is kept, and was read with its boxes."""
    kept = version.media_type == "application/pdf" and version.source_map is not None
    return kept and store.file_path(version.raw_checksum).is_file()


def visible_document(
    store: Store, document_id: str, labels: frozenset[str] | None, version_id: str = ""
) -> DocumentRow:
    """The live document, when the asker may see it (None: the owner); what may not be seen is as good as missing.

    Raises NotFoundError, also when `version_id` is given and not the current version.
    """
    with store.session() as session:
        row = session.get(DocumentRow, document_id)
    live = row is not None and row.removed_at is None and row.current_version_id is not None
    if row is None or not live or not may_see(row.labels, labels):
        raise NotFoundError("There is no such document.", "It may have been removed; list them: GET /v1/documents")
    if version_id and version_id != row.current_version_id:
        raise NotFoundError("The document has changed since.", "Ask the question again.")
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


def remove_document(
    store: Store, document_id: str, labels: frozenset[str] | None = frozenset(), *, by: str = "", version_id: str = ""
) -> None:
    """Remove a document: its text is erased and can never be cited again; an uploaded file is deleted, unless another
    was uploaded under its name since.

    Args:
        by: name of who removes it, for the event.
        version_id: the version that they saw; empty where it does not matter.

    Raises:
        NotFoundError: there is no such document for this asker.
        ConflictError: it has changed since that version.
        BusyError: documents are being ingested.
    """
    document = visible_document(store, document_id, labels)
    if version_id and version_id != document.current_version_id:
        raise ConflictError("The document was changed meanwhile.", "Look at it again before you remove it.")
    from autogpt.services.auditing import Recorder
    from autogpt.services.ingesting import remove
    from autogpt.services.uploads import delete_upload

    with store.session() as session:
        read = session.get(IngestRow, document.uri)
    remove(store, [document_id], by=by)
    if read is not None:
        delete_upload(store, read)
    Recorder(store).event("remove", {"document_id": document_id})
