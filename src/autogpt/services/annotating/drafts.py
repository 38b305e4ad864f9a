"""What a person has begun to write about a document, kept until it is saved or thrown away.

In: a person, a document, and what the form holds. Out: drafts with a version, so that two tabs do not overwrite each
other. A draft holds offsets and no text of the document. Knows nothing about browsers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from autogpt.annotate.anchor import Text, context_of, relocate
from autogpt.errors import ConflictError, UsageError
from autogpt.records import AnswerSpan
from autogpt.services.examples.written import current_version
from autogpt.store import Store
from autogpt.store.tables import DocumentVersionRow, DraftRow, now

#: Characters of a draft's JSON.
_LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has begun to write; `content` is empty when there is nothing.

    Attributes:
        version: counts how often it was kept, 0 before the first time.
        lost: answers that no longer stand in the document, which was brought in anew since.
    """

    version: int = 0
    content: Mapping[str, Any] = field(default_factory=dict)
    version_id: str = ""
    updated_at: datetime | None = None
    lost: int = 0


class DraftConflictError(ConflictError):
    """The draft was kept elsewhere since; `draft` is what it is now."""

    def __init__(self, draft: Draft) -> None:
        super().__init__("The draft was changed in another window.", "Take what it is there, or keep yours.")
        self.draft = draft


def read_draft(store: Store, person: str, document_id: str) -> Draft:
    """The draft of a person, with its answers where they stand in the document's current version.

    Raises NotFoundError when there is no such document.
    """
    with store.session() as session:
        row = session.get(DraftRow, (person, document_id))
        if row is None:
            return Draft()
        current = current_version(session, document_id, labels=None)
        return _moved(session, _draft(row), current)


def moved(store: Store, document_id: str, version_id: str, content: Mapping[str, Any]) -> Draft:
    """What was written about another version of a document, with its answers where they stand in the current one.

    Raises NotFoundError when there is no such document.
    """
    with store.session() as session:
        return _moved(session, Draft(0, content, version_id), current_version(session, document_id, labels=None))


def keep_draft(
    store: Store, person: str, document_id: str, version_id: str, content: Mapping[str, Any], version: int
) -> Draft:
    """Keep what somebody has written so far.

    Args:
        version_id: of the document, that the offsets belong to.
        version: `Draft.version` of what it takes the place of.

    Raises:
        DraftConflictError: it was kept elsewhere since.
        UsageError: it is too long.
    """
    if len(json.dumps(content)) > _LONGEST:
        raise UsageError("The draft is too long to be kept.", "Save what is done, and write less at once.")
    try:
        with store.session() as session:
            _put(session, person, document_id, version_id, content, version)
            return _draft(session.get_one(DraftRow, (person, document_id), populate_existing=True))
    except IntegrityError:  # two windows kept the first one at once
        raise DraftConflictError(read_draft(store, person, document_id)) from None


def clear_draft(store: Store, person: str, document_id: str, version: int) -> bool:
    """Throw a draft away once it is saved; False when it was kept elsewhere since, and stays."""
    with store.session() as session:
        try:
            _put(session, person, document_id, "", {}, version)
        except DraftConflictError:
            return False
        return True


def _put(
    session: Session, person: str, document_id: str, version_id: str, content: Mapping[str, Any], version: int
) -> None:
    mine = (DraftRow.person == person, DraftRow.document_id == document_id)
    values = {"version_id": version_id, "content": dict(content), "updated_at": now()}
    changed = update(DraftRow).where(*mine, DraftRow.version == version).values(**values, version=version + 1)
    if cast(CursorResult[Any], session.execute(changed)).rowcount:
        return
    row = session.scalar(select(DraftRow).where(*mine))
    if row is None and content:
        session.add(DraftRow(person=person, document_id=document_id, version=version + 1, **values))
        session.flush()
    elif row is not None and (row.content or content):
        raise DraftConflictError(_draft(row))


def _draft(row: DraftRow) -> Draft:
    return Draft(row.version, row.content, row.version_id, row.updated_at)


def _moved(session: Session, draft: Draft, current: DocumentVersionRow) -> Draft:
    """The draft with its offsets in the current version; answers that are not there any more are counted."""
    if not draft.content or draft.version_id == current.id:
        return draft
    earlier = session.get(DocumentVersionRow, draft.version_id)
    old = earlier.text if earlier is not None else ""
    new, found, lost = Text(current.text), [], 0
    for start, end in draft.content.get("spans", ()):
        answer = AnswerSpan(old[start:end], start)
        place = relocate(new, answer, context_of(old, answer)) if answer.text.strip() else None
        if place is None:
            lost += 1
        else:
            found.append([place.start, place.end])
    content = {**draft.content, "spans": found}
    return Draft(draft.version, content, current.id, draft.updated_at, lost)
