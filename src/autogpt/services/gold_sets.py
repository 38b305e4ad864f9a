"""The gold sets of a workspace: files of questions with answers, kept to measure on and never trained on.

In: an uploaded file. Out: `GoldSet`s and their questions. Knows nothing about models.
"""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.errors import DataError, NotFoundError
from autogpt.records import ReaderExample
from autogpt.services import removed
from autogpt.services.events import note
from autogpt.store import Store
from autogpt.store.tables import now

#: Folder of the workspace with the files, each beside what is known of it.
FOLDER = "gold"
#: Subject of the events.
SUBJECT = "gold set"
#: Digits of a file's SHA-256 by which it is called.
_DIGITS = 16
_ID = re.compile(rf"[0-9a-f]{{{_DIGITS}}}")


@dataclass(frozen=True, slots=True)
class GoldSet:
    """One file of questions.

    Attributes:
        id: the beginning of the SHA-256 of the file.
        name: as it was brought in.
        file: its name in the folder.
        unanswerable: how many of the questions have no answer in their text.
        person: who brought it in.
        at: when, in ISO 8601.
    """

    id: str
    name: str
    file: str
    questions: int
    unanswerable: int
    person: str
    at: str

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.at)


def add_gold_set(store: Store, name: str, read: Callable[[int], bytes], max_bytes: int, person: str) -> GoldSet:
    """Keep a file of questions: SQuAD JSON or JSON lines. The same file again is the same set.

    Args:
        read: gives so many bytes of the file.

    Raises DataError for a file that is too large or holds no questions that can be used.
    """
    data = read(max_bytes + 1)
    if len(data) > max_bytes:
        raise DataError(f"'{name}' is larger than {max_bytes / 1e6:,.0f} MB.", "Raise ingest.max_file_mb.")
    if not data:
        raise DataError(f"'{name}' is empty.", "Choose a file with questions.")
    folder = store.folder / FOLDER
    folder.mkdir(exist_ok=True)
    id = sha256(data).hexdigest()[:_DIGITS]
    path = folder / f"{id}.{'jsonl' if name.lower().endswith('.jsonl') else 'json'}"
    waiting = path.with_name(f"part-{path.name}")
    try:
        waiting.write_bytes(data)
        try:
            examples = load_reader_examples(waiting)
        except DataError as error:
            raise DataError(error.message.replace(str(waiting), f"'{name}'"), error.hint) from None
        if not examples:
            raise DataError(f"'{name}' holds no questions.", "SQuAD JSON or JSON lines, as autogpt evaluate takes.")
        waiting.replace(path)
    finally:
        waiting.unlink(missing_ok=True)
    unanswerable = sum(not one.answers for one in examples)
    made = GoldSet(id, name, path.name, len(examples), unanswerable, person, now().isoformat())
    with store.session() as session:
        note(session, person, "add", (SUBJECT, id), after={"name": name, "questions": made.questions})
    _about(store, id).write_text(json.dumps(asdict(made), ensure_ascii=False) + "\n", encoding="utf-8")
    removed.forget(_about(store, id))
    return made


def list_gold_sets(store: Store) -> list[GoldSet]:
    """All sets, the newest first."""
    return _sets(store, removed.ABOUT)


def removed_gold_sets(store: Store) -> list[GoldSet]:
    """Sets that were removed and can be brought back, the newest first."""
    return _sets(store, removed.REMOVED)


def find_gold_set(store: Store, id: str) -> GoldSet:
    """Raises NotFoundError when there is no such set."""
    found = next((one for one in list_gold_sets(store) if one.id == id), None)
    if found is None:
        raise NotFoundError(f"There is no gold set '{id}'.", "It may have been removed.")
    return found


def gold_file(store: Store, id: str) -> Path:
    """Where the file of a set lies. Raises NotFoundError when there is no such set."""
    return store.folder / FOLDER / find_gold_set(store, id).file


def gold_questions(store: Store, id: str) -> list[ReaderExample]:
    """The questions of a set. Raises NotFoundError when there is no such set."""
    return load_reader_examples(gold_file(store, id))


def remove_gold_set(store: Store, id: str, person: str) -> None:
    """Let a set be listed no more; what was measured on it stays. The newest `removed.KEPT` can be brought back, older
    ones are deleted. Raises NotFoundError when there is no such set.
    """
    gone = find_gold_set(store, id)
    removed.put_away(_about(store, id))
    with store.session() as session:
        before = {"name": gone.name, "questions": gone.questions}
        note(session, person, "remove", (SUBJECT, id), before=before)
    folder = store.folder / FOLDER
    for path in removed.too_many(folder.glob(f"*.{removed.REMOVED}")):
        if (old := _read(path)) is not None:
            (folder / old.file).unlink(missing_ok=True)
        path.unlink(missing_ok=True)


def restore_gold_set(store: Store, id: str, person: str) -> None:
    """Bring a removed set back. Raises NotFoundError when it is no longer kept."""
    if _ID.fullmatch(id) is None:
        raise NotFoundError(f"There is no gold set '{id}'.")
    removed.bring_back(_about(store, id))
    back = find_gold_set(store, id)
    with store.session() as session:
        note(session, person, "undo", (SUBJECT, id), after={"name": back.name, "questions": back.questions})


def _sets(store: Store, ending: str) -> list[GoldSet]:
    found = [_read(path) for path in (store.folder / FOLDER).glob(f"*.{ending}")]
    return sorted((one for one in found if one), key=lambda one: one.at, reverse=True)


def _about(store: Store, id: str) -> Path:
    return store.folder / FOLDER / f"{id}.{removed.ABOUT}"


def _read(path: Path) -> GoldSet | None:
    """None for a file that another process has removed, or that was broken from outside."""
    try:
        return GoldSet(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
