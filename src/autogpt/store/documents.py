"""Document versions between the database and the records.

In: rows. Out: `DocumentVersion` values, and the JSON form of an outline. Knows nothing about parsing or the index.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from autogpt.records import DocumentVersion, Heading, Outline, Page, Span
from autogpt.store.tables import DocumentRow, DocumentVersionRow


def outline_to_json(outline: Outline) -> dict[str, Any]:
    """Short lists of numbers: `headings` [start, end, level], `pages` [number, start, end], `rows` [start, end]."""
    return {
        "headings": [[one.span.start, one.span.end, one.level] for one in outline.headings],
        "pages": [[one.number, one.span.start, one.span.end] for one in outline.pages],
        "rows": [[one.start, one.end] for one in outline.rows],
    }


def outline_from_json(raw: dict[str, Any]) -> Outline:
    return Outline(
        headings=tuple(Heading(Span(start, end), level) for start, end, level in raw.get("headings", ())),
        pages=tuple(Page(number, Span(start, end)) for number, start, end in raw.get("pages", ())),
        rows=tuple(Span(start, end) for start, end in raw.get("rows", ())),
    )


def version_of(version: DocumentVersionRow, document: DocumentRow) -> DocumentVersion:
    """The record of a stored version; access labels are the document's present ones."""
    return DocumentVersion(
        id=version.id,
        document_id=version.document_id,
        name=document.name,
        title=version.title or document.name,
        text=version.text,
        language=version.language,
        media_type=version.media_type,
        raw_checksum=version.raw_checksum,
        outline=outline_from_json(version.outline),
        labels=frozenset(document.labels),
        metadata=version.details,
    )


def current_ids(session: Session, version_ids: Iterable[str]) -> set[str]:
    """Those of `version_ids` that are the current version of a document that was not removed."""
    wanted = list(version_ids)
    query = select(DocumentRow.current_version_id).where(
        DocumentRow.current_version_id.in_(wanted), DocumentRow.removed_at.is_(None)
    )
    return {one for one in session.scalars(query) if one is not None}


def load_versions(session: Session, version_ids: Iterable[str]) -> dict[str, DocumentVersion]:
    """The stored versions by id; unknown ids are left out."""
    query = (
        select(DocumentVersionRow, DocumentRow)
        .join(DocumentRow, DocumentRow.id == DocumentVersionRow.document_id)
        .where(DocumentVersionRow.id.in_(list(version_ids)))
    )
    return {version.id: version_of(version, document) for version, document in session.execute(query)}
