"""How to annotate in this workspace, as a team writes it down: a text in Markdown.

In: a text. Out: the text with a version; each change is an event. Knows nothing about how it is shown.
"""

from dataclasses import dataclass

from sqlalchemy import update

from autogpt.errors import ConflictError, UsageError
from autogpt.services.events import Event, changed_again, note
from autogpt.store import Store
from autogpt.store.tables import SettingRow

#: Subject of the events, and key of the setting.
SUBJECT = KEY = "guidelines"
LONGEST = 50_000


@dataclass(frozen=True, slots=True)
class Guidelines:
    """The text in Markdown; `version` counts its changes from 0."""

    text: str = ""
    version: int = 0


def read_guidelines(store: Store) -> Guidelines:
    """The guidelines; empty before somebody writes some."""
    with store.session() as session:
        return _of(session.get(SettingRow, KEY))


def write_guidelines(store: Store, text: str, version: int, by: str, action: str = "change") -> Guidelines:
    """Put another text in their place.

    Args:
        version: `Guidelines.version` of what was changed.
        action: what the event is called.

    Raises ConflictError when somebody changed them since, UsageError when they are too long.
    """
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST:
        raise UsageError(f"Guidelines have at most {LONGEST:,} characters; these have {len(text):,}.")
    with store.session() as session:
        # A write that changes nothing comes first: from here on nobody else writes.
        session.execute(update(SettingRow).where(SettingRow.key == KEY).values(key=SettingRow.key))
        known = _of(session.get(SettingRow, KEY))
        if known.version != version:
            raise ConflictError("The guidelines were changed since you opened them.", "Bring both texts together.")
        if text == known.text:
            return known
        made = Guidelines(text, version + 1)
        session.merge(SettingRow(key=KEY, value={"text": made.text, "version": made.version}))
        note(session, by, action, (SUBJECT, KEY), {"text": known.text}, {"text": text})
        return made


def undo_change(store: Store, event: Event, by: str) -> None:
    """Put the text from before a change back. Raises ConflictError when they were changed again since."""
    known = read_guidelines(store)
    if known.text != event.after["text"]:
        raise changed_again()
    write_guidelines(store, str(event.before["text"]), known.version, by, action="undo")


def _of(row: SettingRow | None) -> Guidelines:
    return Guidelines(str(row.value["text"]), int(row.value["version"])) if row is not None else Guidelines()
