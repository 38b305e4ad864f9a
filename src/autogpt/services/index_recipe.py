"""Says how the passages in the index are made, and remembers how they were.

In: a store, a document version. Out: passages; whether they or their words would be made differently by now, or are
gone. Asking reads the records, the glossary and a folder's names alone, so that it costs nothing.
"""

from pathlib import Path

from sqlalchemy import select

from autogpt.config import IngestSection
from autogpt.records import DocumentVersion, Passage
from autogpt.retrieve.searchable import SEARCHABLE_VERSION
from autogpt.services.glossary import usable_glossary
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, SettingRow
from autogpt.text.chunk import passages
from autogpt.text.glossary import Glossary

#: Key of the setting that is remembered.
_KEY = "index"


def recipe(settings: IngestSection) -> list[int]:
    """What decides how a text becomes passages: the program's way, their length and overlap."""
    return [SEARCHABLE_VERSION, *settings.passage_lengths("en"), *settings.passage_lengths("zh")]


def passages_of(version: DocumentVersion, settings: IngestSection) -> list[Passage]:
    """The passages of a document version, as the index holds them."""
    return passages(version, *settings.passage_lengths(version.language))


def remember(store: Store, glossary: Glossary) -> None:
    """Note that the index is made as the configuration and the program say now, and with this glossary."""
    with store.session() as session:
        session.merge(SettingRow(key=_KEY, value=_made_by(store, glossary.hash)))


def remembered_glossary(store: Store) -> str:
    """Hash of the glossary that the index is made with; empty without one."""
    with store.session() as session:
        row = session.get(SettingRow, _KEY)
        return _glossary_of(row) if row is not None else ""


def behind(store: Store) -> bool:
    """Whether the index was made by other settings, models or another program or glossary, or deleted, and has to be
    brought in line.
    """
    glossary = usable_glossary(store)
    with store.session() as session:
        row = session.get(SettingRow, _KEY)
        if row is None:
            return False
        if row.value != _made_by(store, _glossary_of(row) if glossary is None else glossary.hash):
            return True
        current = select(DocumentRow.id).where(DocumentRow.current_version_id.is_not(None))
        return _is_gone(store.index_uri) and session.scalar(current.limit(1)) is not None


def begun_for_another_pack(store: Store) -> bool:
    """Whether the model pack was changed and no index was finished since, so that one may lack documents."""
    with store.session() as session:
        row = session.get(SettingRow, _KEY)
        return row is not None and row.value.get("pack") != store.config.workspace.pack


def _made_by(store: Store, glossary: str) -> dict[str, object]:
    """What is remembered; indexes made before there were glossaries are as those without one."""
    made: dict[str, object] = {"recipe": recipe(store.config.ingest), "pack": store.config.workspace.pack}
    return made | {"glossary": glossary} if glossary else made


def _glossary_of(row: SettingRow) -> str:
    return str(row.value.get("glossary", ""))


def _is_gone(uri: str) -> bool:
    """Whether nothing is where a local index was; an object store is not asked."""
    folder = Path(uri)
    return "://" not in uri and not (folder.is_dir() and any(folder.iterdir()))
