"""What changed from one release to another beside their parts: scores, and what their models were trained on.

In: a store, two versions. Out: frozen values. Measures nothing: scores are those of evaluations that were kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from autogpt.errors import DataError
from autogpt.records import Split
from autogpt.retrieve.access import may_see
from autogpt.services.bundles import BASE, find_release
from autogpt.services.evaluations import About, list_evaluations
from autogpt.services.lineage import Lineage, lineage_of
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, ExampleRow

#: Examples that are listed of each kind of change.
LISTED = 50


@dataclass(frozen=True, slots=True)
class Scored:
    """The newest evaluations of two releases on the same questions, asked in the same way; None without one.

    `about` is one of the two, for what both were asked.
    """

    about: About
    own: About | None
    other: About | None


@dataclass(frozen=True, slots=True)
class Learnt:
    """An example that a model was trained on."""

    id: str
    question: str


@dataclass(frozen=True, slots=True)
class Group:
    """Examples of one kind of change: how many, and the first of those that may be seen."""

    count: int
    examples: Sequence[Learnt]


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """What another model of two releases was trained on.

    Attributes:
        model: reader or classifier.
        new: examples that the other's was not trained on.
        changed: those that said something else then.
        gone: those that the other's alone was trained on.
        same: number of examples that both were trained on.
    """

    model: str
    new: Group
    changed: Group
    gone: Group
    same: int


def scored(store: Store, version: str, other: str) -> list[Scored]:
    """Evaluations of two releases side by side, the newest first."""
    newest: dict[tuple[str, str, bool], dict[str, About]] = {}
    for one in list_evaluations(store):
        if one.release in {version, other}:
            newest.setdefault((one.gold, one.data, one.alone), {}).setdefault(one.release, one)
    return [Scored(next(iter(found.values())), found.get(version), found.get(other)) for found in newest.values()]


def trained_on(store: Store, version: str, other: str, labels: frozenset[str] | None = None) -> list[TrainedOn]:
    """What the models of a release were trained on and those of another were not, for models of which both tell it.

    Args:
        labels: whose documents the listed examples are of, see `retrieve.access`. Those of the test part are not
            listed.

    Raises NotFoundError for an unknown release, DataError for one whose manifest is missing or changed.
    """
    own, beside = _lineages(store, version), _lineages(store, other)
    return [
        _compared(store, model, own[model], beside[model], labels)
        for model in own
        if model in beside and (own[model].trained or beside[model].trained)
    ]


def _lineages(store: Store, version: str) -> dict[str, Lineage]:
    """By model, of those of which it is known. The models of the pack learnt none of the workspace's examples."""
    if version == BASE:
        return {"reader": Lineage(), "classifier": Lineage()}
    manifest = find_release(store, version).manifest
    topics: dict[str, Any] = manifest.get("classifier") or {}
    found: dict[str, Lineage] = {}
    for model, run in (("reader", str(manifest.get("run") or "")), ("classifier", str(topics.get("run") or ""))):
        if model == "classifier" and not topics:
            found[model] = Lineage()
        elif run and (known := _lineage(store, run)) is not None:
            found[model] = known
    return found


def _lineage(store: Store, run: str) -> Lineage | None:
    try:
        return lineage_of(store.runs / run)
    except DataError:
        return None


def _compared(store: Store, model: str, own: Lineage, other: Lineage, labels: frozenset[str] | None) -> TrainedOn:
    both = own.trained.keys() & other.trained.keys()
    changed = [id for id in own.trained if id in both and own.trained[id] != other.trained[id]]
    new = [id for id in own.trained if id not in both]
    gone = [id for id in other.trained if id not in both]
    first, second, third = (Group(len(ids), _listed(store, ids, labels)) for ids in (new, changed, gone))
    return TrainedOn(model, first, second, third, len(both) - len(changed))


def _listed(store: Store, ids: Sequence[str], labels: frozenset[str] | None) -> list[Learnt]:
    """The first of some examples that are still in the workspace, and may be seen."""
    found: dict[str, Learnt] = {}
    # Of files that a training was given no example is in the workspace: a few more are looked for, not all.
    query = (
        select(ExampleRow.id, ExampleRow.question, ExampleRow.split, DocumentRow.labels)
        .outerjoin(DocumentRow, DocumentRow.id == ExampleRow.document_id)
        .where(ExampleRow.id.in_(ids[: 10 * LISTED]))
    )
    with store.session() as session:
        for id, question, split, needed in session.execute(query):
            if split != Split.TEST and may_see(needed or (), labels):
                found[id] = Learnt(id, question)
    return [found[id] for id in ids if id in found][:LISTED]
