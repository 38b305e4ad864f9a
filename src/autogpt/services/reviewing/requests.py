"""Decisions asked for by name, as programs and commands do: one way in for both.

In: the name of a decision, an item or a part of its rows, and what the decision needs. Out: what became of them.
Knows nothing about HTTP or terminals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autogpt.errors import NotFoundError, UsageError, unknown_name
from autogpt.retrieve.encoder import Encodes
from autogpt.services.reviewing import deciding
from autogpt.services.reviewing.queue import Item, decided, item_with, review_items
from autogpt.services.reviewing.showing import nearest
from autogpt.services.searching import Searches
from autogpt.store import Store
from autogpt.store.faq import load_faq

DECISIONS = ("accept", "answer", "phrase", "unanswerable", "dismiss", "assign", "undo")
#: Decisions among which one that is to be taken back is looked for by the beginning of its id.
_LAST = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A decision.

    Attributes:
        decision: one of `DECISIONS`.
        answer: text of a vetted answer, for `answer`.
        questions: its phrasings, or those to add; by default the item's questions.
        faq: id of a vetted answer, for `phrase`.
        document_id: for `unanswerable`; by default that of the nearest passage.
        person: for `assign`.
    """

    decision: str
    answer: str = ""
    questions: Sequence[str] = ()
    faq: str = ""
    document_id: str = ""
    person: str = ""


def open_item(store: Store, encoder: Encodes | None, row_id: str, labels: frozenset[str] | None = frozenset()) -> Item:
    """The item that a row belongs to; of several that begin with `row_id` none.

    Raises NotFoundError when nothing that waits is called so.
    """
    items = review_items(store, encoder, labels)
    named = {row.id for item in items for row in item.rows if row.id.startswith(row_id)} if row_id else set()
    item = item_with(items, named.pop()) if len(named) == 1 else None
    if item is None:
        raise NotFoundError(f"No question '{row_id}' waits.", "List them with: autogpt review list")
    return item


def decide(
    store: Store,
    wanted: Wanted,
    row_id: str,
    by: str,
    *,
    encoder: Encodes | None = None,
    searches: Searches | None = None,
    seen: Mapping[str, int] | None = None,
    labels: frozenset[str] | None = frozenset(),
) -> dict[str, Any]:
    """Carry out a decision about the item of a row; what became of it (see `deciding`).

    Args:
        encoder: tells which questions belong together.
        searches: finds the nearest passage.
        seen: the rows that are meant, in the versions they were seen in; None takes the item as it is now.
        labels: of who decides.

    Raises what `deciding` does, and UsageError for an unknown decision.
    """
    if wanted.decision not in DECISIONS:
        raise unknown_name("decision", wanted.decision, DECISIONS)
    if wanted.decision == "undo":
        ids = deciding.undo(store, _decided_row(store, row_id, labels), by, labels)
        return {"action": "undo", "person": by, "ids": ids}
    item = open_item(store, encoder, row_id, labels)
    rows = dict(seen) if seen else {row.id: row.version for row in item.rows}
    if wanted.decision == "unanswerable":
        document = wanted.document_id or _nearest_document(store, searches, item, labels)
        return deciding.mark_unanswerable(store, rows, document, by, labels)
    if wanted.decision == "assign":
        deciding.assign(store, rows, wanted.person, by, labels)
        return {"action": "assign", "person": by, "ids": list(rows), "assignee": wanted.person}
    meant = [one.text for one in item.questions if any(row.id in rows for row in one.rows)]
    questions = list(wanted.questions) or meant
    if wanted.decision == "answer":
        return deciding.answer(store, rows, questions, wanted.answer, by, labels)
    if wanted.decision == "phrase":
        return deciding.add_phrasing(store, rows, _vetted(store, wanted.faq), questions, by, labels)
    return {"accept": deciding.accept, "dismiss": deciding.dismiss}[wanted.decision](store, rows, by, labels)


def _decided_row(store: Store, row_id: str, labels: frozenset[str] | None) -> str:
    """The id that begins so, of a decided row; as it is where there is none or are several."""
    rows = {row.id for group in decided(store, labels, _LAST) for row in group if row_id and row.id.startswith(row_id)}
    return rows.pop() if len(rows) == 1 else row_id


def _vetted(store: Store, id: str) -> str:
    """The id that begins so, of a vetted answer; as it is where there is none or are several."""
    with store.session() as session:
        found = [one.id for one in load_faq(session) if id and one.id.startswith(id)]
    return found[0] if len(found) == 1 else id


def _nearest_document(store: Store, searches: Searches | None, item: Item, labels: frozenset[str] | None) -> str:
    near = nearest(store, searches, item.text, labels)
    if not near:
        raise UsageError("No document comes near the question.", "Dismiss it, or write a vetted answer.")
    return near[0].document_id
