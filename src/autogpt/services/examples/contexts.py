"""The documents that examples are about: named ones are looked up, contexts become documents of their own.

In: names and context texts. Out: document versions to anchor in. Contexts are kept word for word, so that the offsets
of their file stay right. Knows nothing about questions.
"""

import difflib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from autogpt.annotate.anchor import Text, core_of, loose
from autogpt.errors import DataError
from autogpt.progress import Sink, silent, track
from autogpt.services.recording import mark_pending, stable_id, text_checksum
from autogpt.store import Store
from autogpt.store.documents import outline_from_json
from autogpt.store.tables import DocumentRow, DocumentVersionRow
from autogpt.text.language import detect

#: Beginning of the address of a document that was made from a context.
CONTEXT_URI = "context:"
#: Texts kept ready for searching.
_READY = 64


@dataclass(frozen=True, slots=True)
class Place:
    """A document version that examples are anchored in."""

    document_id: str
    version_id: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Context:
    """A text that a file asks questions about."""

    text: str
    title: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class _Planned:
    """A document that is still to be made."""

    place: Place
    checksum: str
    context: Context
    title: str
    source: str

    def document_values(self) -> dict[str, Any]:
        return {
            "id": self.place.document_id,
            "uri": f"{CONTEXT_URI}{self.checksum}",
            "name": self.place.name,
            "labels": [],
            "current_version_id": self.place.version_id,
            "removed_at": None,
        }

    def version_values(self, raw_checksum: str) -> dict[str, Any]:
        return {
            "id": self.place.version_id,
            "document_id": self.place.document_id,
            "number": 1,
            "title": self.title,
            "text": self.context.text,
            "text_checksum": self.checksum,
            "raw_checksum": raw_checksum,
            "media_type": "text/plain",
            "language": self.place.language,
            "parser": "context",
            "outline": {},
            "details": {"article": self.context.title, "source": self.source},
        }


class Library:
    """The current documents of a workspace, by name and by text."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_text: dict[str, Place] = {}
        self._by_name: dict[str, list[Place]] = defaultdict(list)
        self._by_title: dict[str, list[Place]] = defaultdict(list)
        self._titles: Counter[str] = Counter()
        self._planned: dict[str, _Planned] = {}
        query = (
            select(
                DocumentRow.id,
                DocumentRow.uri,
                DocumentRow.name,
                DocumentVersionRow.id.label("version_id"),
                DocumentVersionRow.title,
                DocumentVersionRow.language,
                DocumentVersionRow.text_checksum,
            )
            .join(DocumentVersionRow, DocumentVersionRow.id == DocumentRow.current_version_id)
            .where(DocumentRow.removed_at.is_(None))
            .order_by(DocumentRow.created_at, DocumentRow.id)
        )
        repeated = select(DocumentRow.uri, DocumentRow.name, DocumentRow.duplicate_of).where(
            DocumentRow.removed_at.is_(None), DocumentRow.duplicate_of.is_not(None)
        )
        by_id: dict[str, Place] = {}
        with store.session() as session:
            for row in session.execute(query):
                place = Place(row.id, row.version_id, row.name, row.language)
                self._by_text.setdefault(row.text_checksum, place)
                by_id[row.id] = place
                for known in _names(row.uri, row.name):
                    self._by_name[known].append(place)
                self._by_title[row.title.casefold()].append(place)
                if row.uri.startswith(CONTEXT_URI):
                    self._titles[row.title] += 1
            for uri, name, kept_id in session.execute(repeated):
                kept = by_id.get(kept_id or "")
                if kept is not None:
                    for known in _names(uri, name):
                        self._by_name[known].append(kept)
        self._forms: dict[str, str] = {}
        self.text = lru_cache(maxsize=_READY)(self._load)

    def of_context(self, context: Context, source: str) -> Place:
        """The current document with exactly this text; one that `write` will make when there is none."""
        key = text_checksum(context.text)
        if key not in self._by_text:
            title = context.title or source
            self._titles[title] += 1
            name = title if self._titles[title] == 1 else f"{title} ({self._titles[title]})"
            language = context.language if context.language in {"en", "zh"} else detect(context.text)
            document_id = stable_id(f"{CONTEXT_URI}{key}")
            place = Place(document_id, stable_id(document_id, "1", key), name[:1024], language)
            self._by_text[key] = place
            self._planned[document_id] = _Planned(place, key, context, title, source)
        return self._by_text[key]

    def named(self, name: str) -> Place:
        """The document of this name or address, title or file name. Raises DataError when none or several fit."""
        whole, last = name.strip().casefold(), PurePosixPath(name.strip().replace("\\", "/")).name.casefold()
        for key, places in ((whole, self._by_name), (last, self._by_name), (whole, self._by_title)):
            found = list(dict.fromkeys(places.get(key, [])))
            if len(found) == 1:
                return found[0]
            if found:
                raise DataError(f"{len(found)} documents are called '{name}': give its address instead")
        close = difflib.get_close_matches(name.casefold(), self._by_name, 1, 0.6)
        likely = f" (did you mean '{self._by_name[close[0]][0].name}'?)" if close else ""
        raise DataError(f"there is no document '{name}'{likely}")

    def places(self) -> list[Place]:
        """Every current document once, oldest first."""
        return list({place.document_id: place for found in self._by_name.values() for place in found}.values())

    def holding(self, wanted: str) -> list[Place]:
        """The current documents in which `wanted` stands."""
        core = core_of(wanted)
        likely = (place for place in self.places() if core in self._form(place.version_id))
        return [place for place in likely if self.text(place.version_id).find(wanted)]

    def _form(self, version_id: str) -> str:
        """Loose form of a text, made once: most documents need no closer look."""
        if version_id not in self._forms:
            self._forms[version_id] = loose(self.text(version_id).text)[0]
        return self._forms[version_id]

    def planned(self, document_ids: Iterable[str]) -> int:
        """How many of these documents `write` will make."""
        return len(self._planned.keys() & set(document_ids))

    def write(self, session: Session, document_ids: Iterable[str], sink: Sink) -> None:
        """Make those of the planned documents that are asked for."""
        wanted = set(document_ids)
        todo = [planned for id, planned in self._planned.items() if id in wanted]
        removed = set(session.scalars(select(DocumentRow.id).where(DocumentRow.uri.startswith(CONTEXT_URI))))
        documents: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
        versions: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
        for planned in track(todo, "documents", sink if todo else silent):
            raw_checksum = self._store.put_file(planned.context.text.encode())
            again = planned.place.document_id in removed
            documents[again].append(planned.document_values())
            versions[again].append(planned.version_values(raw_checksum))
        for table, rows in ((DocumentRow, documents), (DocumentVersionRow, versions)):
            if rows[False]:
                session.execute(insert(table), rows[False])
            if rows[True]:
                session.execute(update(table), rows[True])
        if todo:
            mark_pending(session)
        for planned in todo:
            del self._planned[planned.place.document_id]

    def _load(self, version_id: str) -> Text:
        with self._store.session() as session:
            row = session.get_one(DocumentVersionRow, version_id)
            return Text(row.text, outline_from_json(row.outline))


def _names(*addresses: str) -> set[str]:
    """Whole addresses and names and their last parts, in lower case."""
    lowered = [address.casefold() for address in addresses]
    return {*lowered, *(PurePosixPath(address.replace("\\", "/")).name for address in lowered)} - {""}
