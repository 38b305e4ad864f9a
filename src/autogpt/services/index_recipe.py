"""Remembers how the passages in the index were made.

In: a store. Out: whether they would be made differently by now. Reads the records alone, so that asking costs nothing.
"""

from autogpt.config import IngestSection
from autogpt.retrieve.searchable import SEARCHABLE_VERSION
from autogpt.store import Store
from autogpt.store.tables import SettingRow

#: Key of the setting that is remembered.
_KEY = "index"


def recipe(settings: IngestSection) -> list[int]:
    """What decides how a text becomes passages: the program's way, their length and overlap."""
    return [SEARCHABLE_VERSION, settings.passage_characters, settings.passage_overlap]


def remember(store: Store) -> None:
    """Note that the index is made as the configuration and the program say now."""
    with store.session() as session:
        session.merge(SettingRow(key=_KEY, value={"recipe": recipe(store.config.ingest)}))


def behind(store: Store) -> bool:
    """Whether the index was made by other settings or another program, and has to be made anew."""
    with store.session() as session:
        row = session.get(SettingRow, _KEY)
        return row is not None and row.value != {"recipe": recipe(store.config.ingest)}
