"""Divides the accepted examples into train, validation and test: `autogpt examples split`.

In: a store. Out: the part of each example, stored with it. The test part is sealed: what is in a part stays there, new
examples join; dividing anew takes `force`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from autogpt.errors import DataError, UsageError
from autogpt.prepare.augment.making import is_made
from autogpt.prepare.split import SplitItem, SplitResult, split
from autogpt.prepare.stratify import stratified
from autogpt.progress import Sink, silent
from autogpt.records import Example, Split, Status, Task
from autogpt.services.events import note
from autogpt.services.examples.classes import labelled_items
from autogpt.services.examples.grouping import split_items
from autogpt.services.examples.listing import load_examples
from autogpt.services.examples.replaced import remember
from autogpt.services.examples.sealing import SUBJECT
from autogpt.store import Store
from autogpt.store.tables import ExampleRow, SettingRow

#: Row of the settings with how the examples were divided, and what the event is called.
SETTING, SPLIT = "split", "split"


@dataclass(frozen=True, slots=True)
class PartReport:
    """One part: numbers of examples, of unanswerable ones, and of documents; `share` of all examples, 0 to 1."""

    examples: int
    unanswerable: int
    documents: int
    share: float


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What each part holds now. `added`: examples that got their part just now; `left_out`: id → why it has none."""

    parts: Mapping[str, PartReport]
    added: int
    seed: int
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        listed = ", ".join(f"{part.examples:,} {name}" for name, part in self.parts.items())
        return f"{listed}{f' ({len(self.left_out):,} left out)' if self.left_out else ''}"


def split_examples(
    store: Store,
    *,
    test: float | None = None,
    train: float | None = None,
    seed: int | None = None,
    force: bool = False,
    by: str = "",
    sink: Sink = silent,
) -> SplitReport:
    """Give every accepted extractive example and labelled question its part; None takes the configuration's value.

    Questions about documents are divided by document, labelled ones so that every part has its share of each class.

    Args:
        test: share of documents and examples set aside for the test, 0 to 1.
        train: share of the rest that trains.
        seed: another one gives another division.
        force: divide all anew, the test part included.
        by: name of the person who asked for it; the division is then an event.

    Raises:
        DataError: there are no examples, or fewer than three groups to divide.
        UsageError: they are divided already, by other settings, and `force` is not given.
    """
    settings = store.config.split
    wanted = {
        "test": settings.test if test is None else test,
        "train": settings.train if train is None else train,
        "seed": settings.seed if seed is None else seed,
    }
    accepted = load_examples(store, Status.ACCEPTED)
    extractive = [one for one in accepted if one.task == Task.EXTRACTIVE]
    examples = [one for one in extractive if not is_made(one.id)]
    labelled = [one for one in accepted if one.task == Task.CLASSIFY]
    if not examples and not labelled:
        raise DataError("There is no accepted example to split.", "Import some with: autogpt examples import FILE")
    items, texts = split_items(store, examples, sink), labelled_items(labelled)
    if force:
        items, texts = ([_without_part(item) for item in some] for some in (items, texts))
    elif any(item.split for item in (*items, *texts)):
        used = _used(store)
        if used and used != wanted and any(value is not None for value in (test, train, seed)):
            listed = ", ".join(f"{key} {value}" for key, value in used.items())
            raise UsageError(
                f"The examples are split already ({listed}), and what is in the test part stays there.",
                "Leave the options out to add new examples; --force splits all anew.",
            )
        wanted = used or wanted
    shares = float(wanted["test"]), float(wanted["train"]), int(wanted["seed"])
    try:
        result = split(items, *shares) if items else SplitResult({})
    except ValueError:
        raise DataError(
            "The examples are about too few documents: each part needs documents of its own, near-duplicates counted "
            "as one.",
            "Add examples about other documents, at least three in all.",
        ) from None
    divided = stratified(texts, {one.id: one.classes for one in labelled}, *shares)
    result = SplitResult({**result.parts, **divided.parts}, {**result.left_out, **divided.left_out})
    items += texts
    before = {item.id: item.split for item in items}
    added = [id for id in result.parts if before[id] is None]
    made = _parts_of_made(extractive, result.parts)
    _store(store, {item.id: result.parts.get(item.id) for item in items} | made, force, wanted, by)
    parts = {part.value: _part(items, result.parts, part) for part in Split}
    left_out = {id: "it is made, and only trains" for id, part in made.items() if part is None}
    return SplitReport(parts, len(added), int(wanted["seed"]), {**result.left_out, **left_out})


def _parts_of_made(examples: list[Example], parts: Mapping[str, Split]) -> dict[str, Split | None]:
    """Made examples train where all that is asked of their document does; elsewhere they are in no part."""
    held = {(one.document_id, parts.get(one.id)) for one in examples if not is_made(one.id)}
    elsewhere = {document for document, part in held if part != Split.TRAIN}
    return {
        one.id: None if one.document_id is None or one.document_id in elsewhere else Split.TRAIN
        for one in examples
        if is_made(one.id)
    }


def _without_part(item: SplitItem) -> SplitItem:
    return SplitItem(item.id, item.groups, item.question, item.document, item.answerable)


def _part(items: list[SplitItem], parts: Mapping[str, Split], part: Split) -> PartReport:
    held = [item for item in items if parts.get(item.id) == part]
    return PartReport(
        examples=len(held),
        unanswerable=sum(not item.answerable for item in held),
        documents=len({item.document for item in held if item.document}),
        share=len(held) / max(len(parts), 1),
    )


def _used(store: Store) -> dict[str, float]:
    """The settings of the split that is in force; empty when none was made here."""
    with store.session() as session:
        return _settings(session)


def _store(
    store: Store, parts: Mapping[str, Split | None], force: bool, settings: dict[str, float], by: str = ""
) -> None:
    rows = [{"id": id, "split": part.value if part else None} for id, part in parts.items()]
    with store.session() as session:
        before = {"settings": _settings(session), "parts": _held(session)} if by else {}
        known = _parts(session) if by else {}
        if force:
            session.execute(update(ExampleRow).values(split=None))
        session.execute(update(ExampleRow), rows)
        session.merge(SettingRow(key=SETTING, value=settings))
        session.flush()
        if by:
            after = {"settings": settings, "parts": _held(session)}
            event = note(session, by, SPLIT, (SUBJECT, "parts"), before, after)
            now_in = _parts(session)
            remember(session, event, {id: {"split": part} for id, part in known.items() if now_in[id] != part})


def _parts(session: Session) -> dict[str, str | None]:
    """The part of every example."""
    return {row.id: row.split for row in session.execute(select(ExampleRow.id, ExampleRow.split))}


def _settings(session: Session) -> dict[str, float]:
    row = session.get(SettingRow, SETTING)
    return dict(row.value) if row is not None else {}


def _held(session: Session) -> dict[str, int]:
    """Number of examples by part."""
    counted = select(ExampleRow.split, func.count()).where(ExampleRow.split.is_not(None)).group_by(ExampleRow.split)
    return {str(part): count for part, count in session.execute(counted)}
