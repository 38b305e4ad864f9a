"""What people did in a workspace, as a list, and how each change is taken back.

In: events. Out: `Done`s, with what they changed as far as everybody who may see the list may see it: texts of examples,
questions and vetted answers are left to their own pages, which know for whom they are. Knows no page.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from autogpt.errors import NotFoundError, UsageError
from autogpt.services import document_changes, evaluations, faq_files, feedback, gold_sets, people, settings
from autogpt.services.annotating import assigning, guidelines
from autogpt.services.documents import visible_document
from autogpt.services.events import Event, find, listed, since
from autogpt.services.examples import editing, sealing, undoing
from autogpt.services.reviewing import deciding
from autogpt.store import Store

#: A job that has to follow: its kind and its payload.
Follows = tuple[str, Mapping[str, Any]] | None


@dataclass(frozen=True, slots=True)
class Done:
    """One change.

    Attributes:
        name: of what was changed; empty where it has none.
        undoable: whether nothing stands against taking it back.
    """

    event: Event
    name: str
    differences: tuple["Difference", ...]
    undoable: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change made of one value. `of`: whose value it is, where a change has several by name."""

    key: str
    of: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Way:
    """How changes of a kind of subject are taken back.

    Attributes:
        values: those of before and after that tell what can be; empty takes any change.
        undo: takes one back; returns the job that has to follow.
    """

    values: frozenset[str]
    undo: Callable[[Store, Event, str], Follows]


def done(store: Store, person: str = "", subject: str = "", limit: int = 50, offset: int = 0) -> tuple[list[Done], int]:
    """What was done, newest first, and how many changes there are."""
    found, count = listed(store, person=person, subject=subject, limit=limit, offset=offset)
    sets = undoing.can_be_undone(store)
    named = _Names(store)
    return [Done(one, named.of(one), _differences(one), _undoable(store, one, sets)) for one in found], count


def undo(store: Store, id: int, by: str, subject: str = "") -> Follows:
    """Take a change back; returns the job that has to follow.

    Args:
        subject: the kind of what was changed, where only such changes may be taken back.

    Raises NotFoundError when there is no such change, UsageError when it is none that can be taken back, ConflictError
    when it was changed again since, and what else stands against it.
    """
    event = find(store, id)
    if subject and event.subject != subject:
        raise NotFoundError("There is no such change.")
    if not _undoable(store, event, undoing.can_be_undone(store)):
        later = since(store, event) if event.subject in WAYS else []
        if later:
            raise UsageError(f"It was changed again since, last by {later[-1].person}.", "Undo the later change first.")
        raise UsageError("This cannot be undone, or no longer.", "Reload the page to see what can be.")
    if event.subject == sealing.SUBJECT:
        return "undo", {"event": id}
    return WAYS[event.subject].undo(store, event, by)


def newest_undoable(store: Store, events: Sequence[Event]) -> int:
    """Id of the first of some changes of one subject that can be taken back; 0 without any."""
    sets: set[int] = set()
    return next((one.id for one in events if _undoable(store, one, sets)), 0)


def _undoable(store: Store, event: Event, sets: set[int]) -> bool:
    """Whether a change can be taken back: of its kind it can, and no later one changed the same."""
    if event.subject == sealing.SUBJECT:
        return event.id in sets
    way = WAYS.get(event.subject)
    if way is None or not _fits(way, event):
        return False
    changed = _changed(event)
    return not any(not way.values or changed & _changed(later) for later in since(store, event))


def _fits(way: Way, event: Event) -> bool:
    if event.subject in {gold_sets.SUBJECT, evaluations.SUBJECT}:
        return event.action == "remove"
    if event.subject == deciding.SUBJECT:
        return event.action in deciding.ACTIONS
    return not way.values or (bool(event.before) and way.values >= set(event.before))


def _changed(event: Event) -> set[str]:
    return {*event.before, *event.after}


def _undo_labels(store: Store, event: Event, by: str) -> Follows:
    return ("ingest", {"sources": []}) if document_changes.undo_labels(store, event, by) else None


def _undo_setting(store: Store, event: Event, by: str) -> Follows:
    return ("index", {}) if settings.undo_setting(store, event.id, by) == settings.GLOSSARY else None


def _undo_example(store: Store, event: Event, by: str) -> Follows:
    with suppress(NotFoundError):  # it was taken back, and comes back
        sealing.require_seen(store, editing.find_example(store, event.subject_id).example, by)
    editing.undo(store, event.id, by)
    return None


def _plain(undo: Callable[[Store, Event, str], object]) -> Callable[[Store, Event, str], Follows]:
    """A way without a job that follows."""

    def way(store: Store, event: Event, by: str) -> Follows:
        undo(store, event, by)
        return None

    return way


def _by_id(undo: Callable[[Store, str, str], object]) -> Callable[[Store, Event, str], Follows]:
    """A way that needs no more than what was changed."""
    return _plain(lambda store, event, by: undo(store, event.subject_id, by))


_ANY: frozenset[str] = frozenset()
#: Kind of subject → how its changes are taken back.
WAYS: dict[str, Way] = {
    document_changes.SUBJECT: Way(frozenset({"labels"}), _undo_labels),
    faq_files.SUBJECT: Way(frozenset({"labels"}), _plain(faq_files.undo_labels)),
    people.SUBJECT: Way(frozenset({"role", "disabled"}), _plain(people.undo_change)),
    guidelines.SUBJECT: Way(frozenset({"text"}), _plain(guidelines.undo_change)),
    assigning.SUBJECT: Way(frozenset({"states"}), _plain(assigning.undo_change)),
    settings.SUBJECT: Way(frozenset({"value"}), _undo_setting),
    editing.SUBJECT: Way(_ANY, _undo_example),
    deciding.SUBJECT: Way(_ANY, _by_id(deciding.undo)),
    gold_sets.SUBJECT: Way(_ANY, _by_id(gold_sets.restore_gold_set)),
    evaluations.SUBJECT: Way(_ANY, _by_id(evaluations.restore_evaluation)),
}
#: Characters that stand before the first difference of two long texts.
_AROUND = 40
#: What of a change is shown, by kind of subject.
SHOWN: dict[str, tuple[str, ...]] = {
    document_changes.SUBJECT: ("labels", "version"),
    faq_files.SUBJECT: ("labels",),
    people.SUBJECT: ("role", "disabled"),
    guidelines.SUBJECT: ("text",),
    assigning.SUBJECT: ("states",),
    settings.SUBJECT: ("value",),
    editing.SUBJECT: ("status",),
    gold_sets.SUBJECT: ("questions",),
    evaluations.SUBJECT: ("release", "data"),
    sealing.SUBJECT: ("added", "updated", "refused", "parts", "removed", "restored", "kept"),
    feedback.SUBJECT: ("thumb",),
    "job": ("state",),
    "release": ("current", "forced"),
    "source": ("reason",),
}


def _differences(event: Event) -> tuple[Difference, ...]:
    found = []
    for key in SHOWN.get(event.subject, ()):
        before, after = _by_name(event.before.get(key)), _by_name(event.after.get(key))
        for of in sorted({*before, *after}):
            old, new = _narrowed(_said(before.get(of)), _said(after.get(of)))
            found.append(Difference(key, of, old, new))
    return tuple(one for one in found if one.old != one.new)


def _by_name(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {"": value}


def _narrowed(old: str, new: str) -> tuple[str, str]:
    """Two texts from shortly before the place where they begin to differ."""
    start = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), 0) - _AROUND
    return (f"…{old[start:]}", f"…{new[start:]}") if start > 0 and old and new else (old, new)


def _said(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


class _Names:
    """Names of what was changed, those of documents looked up once each."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._documents: dict[str, str] = {}
        self._others = {
            people.SUBJECT: {one.id: one.name for one in people.list_people(store)},
            faq_files.SUBJECT: {one.id: one.name for one in faq_files.faq_files(store, None)},
        }

    def of(self, event: Event) -> str:
        if event.subject == "release" or event.action == "import":
            return event.subject_id
        told = {**event.before, **event.after}
        said = str(told.get("name") or told.get("kind") or "")
        if event.subject in {document_changes.SUBJECT, assigning.SUBJECT}:
            return self._document(event.subject_id) or said
        return self._others.get(event.subject, {}).get(event.subject_id, said)

    def _document(self, id: str) -> str:
        if id not in self._documents:
            try:
                self._documents[id] = visible_document(self._store, id, None).name
            except NotFoundError:
                self._documents[id] = ""
        return self._documents[id]
