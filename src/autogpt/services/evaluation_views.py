"""What a visitor may see of a kept measurement: scores, the choice of a threshold, slices, misses with their places.

In: a store, a measurement, the visitor's access labels, whether sealed questions may be seen. Out: a `View`. Knows
nothing about pages.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from autogpt.evaluate.compare import Change, Comparison
from autogpt.evaluate.results import Miss, ReaderReport, SliceResult
from autogpt.evaluate.scores import Point, Score, scores, threshold_points
from autogpt.evaluate.workspace_report import Outcome
from autogpt.retrieve.access import may_see
from autogpt.services.evaluations import About, Report, find_evaluation, read_evaluation
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, DocumentVersionRow, ExampleRow

#: Values in one query.
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where the answer of a question stands: a live document, and half-open offsets in it where they are known."""

    document_id: str
    name: str
    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Missed:
    """A question whose answer was not exactly right.

    Attributes:
        cause: the stage that lost it; of a reader how it was wrong.
        text: the best span, given or withheld; `before` and `after` surround it.
        given: whether it was given.
        rank: place of the first passage that holds the answer; None where none does, or it is not known.
        place: of the answer; None for a question without one, and where a reader was measured alone.
    """

    id: str
    question: str
    golds: tuple[str, ...]
    cause: str
    text: str
    before: str
    after: str
    given: bool
    confidence: float
    rank: int | None
    place: Place | None


@dataclass(frozen=True, slots=True)
class View:
    """A measurement as it is shown.

    Attributes:
        points: what each threshold would give, from 0 up.
        slices: by name, those of documents that cannot be seen left out.
        causes: of all misses, how many each.
        misses: those that may be seen, in the order of the questions; empty where they are sealed.
        sealed: whether the questions are sealed for this visitor.
        hidden: misses that are not shown because their documents are gone, or not for this visitor.
        notices: what went less well than it should, for people.
    """

    about: About
    scorer: str
    questions: int
    scores: Sequence[Score]
    points: Sequence[Point]
    slices: Mapping[str, Sequence[SliceResult]]
    causes: Mapping[str, int]
    misses: Sequence[Missed]
    sealed: bool
    hidden: int
    notices: Sequence[str]


def view(store: Store, id: str, labels: frozenset[str], opens_sealed: bool) -> View:
    """Raises NotFoundError when there is no such measurement, DataError when its report cannot be read."""
    about, report = find_evaluation(store, id), read_evaluation(store, id)
    sealed = about.sealed and not opens_sealed
    all_misses: Sequence[Miss | Outcome] = report.misses
    shown: list[Missed] = [] if sealed else _misses(store, report, labels, about)
    return View(
        about=about,
        scorer=report.scorer,
        questions=int(report.metrics["questions"]),
        scores=scores(report),
        points=threshold_points(report),
        slices=_slices(store, report, labels, sealed),
        causes=dict(Counter(_cause(one) for one in all_misses).most_common()),
        misses=shown,
        sealed=sealed,
        hidden=0 if sealed else len(all_misses) - len(shown),
        notices=() if isinstance(report, ReaderReport) else report.notices,
    )


def seen_changes(
    store: Store, compared: Comparison, ids: Sequence[str], labels: frozenset[str], opens_sealed: bool
) -> list[Change]:
    """The changed questions of a comparison that a visitor may see.

    Args:
        ids: of the two measurements.
    """
    seen: set[str] | None = None
    for id in ids:
        about, report = find_evaluation(store, id), read_evaluation(store, id)
        if about.sealed and not opens_sealed:
            return []
        if isinstance(report, ReaderReport):
            continue
        visible = _visible(store, _quoted(report.outcomes), labels)
        own = {one.id for one in report.outcomes if _versions(one) <= visible.keys()}
        seen = own if seen is None else seen & own
    return [one for one in compared.changes if seen is None or one.id in seen]


def _misses(store: Store, report: Report, labels: frozenset[str], about: About) -> list[Missed]:
    if isinstance(report, ReaderReport):
        given = {one.id: one.answered for one in report.predictions}
        return [_of_reader(one, given.get(one.id, False)) for one in report.misses]
    visible = _visible(store, _quoted(report.misses), labels)
    if about.gold:
        places = {one.id: place for one in report.misses if (place := _place_then(one, visible)) is not None}
    else:
        places = _places(store, [one.id for one in report.misses], visible)
    return [_of_outcome(one, places.get(one.id)) for one in report.misses if _versions(one) <= visible.keys()]


def _of_reader(miss: Miss, given: bool) -> Missed:
    return Missed(
        miss.id,
        miss.question,
        miss.golds,
        miss.kind,
        miss.text,
        miss.before,
        miss.after,
        given,
        miss.confidence,
        None,
        None,
    )


def _of_outcome(one: Outcome, place: Place | None) -> Missed:
    return Missed(
        id=one.id,
        question=one.question,
        golds=one.golds,
        cause=one.blame,
        text=one.text or one.candidate,
        before=one.before,
        after=one.after,
        given=one.answered,
        confidence=one.confidence,
        rank=one.rank,
        place=place,
    )


def _cause(one: Miss | Outcome) -> str:
    return one.kind if isinstance(one, Miss) else one.blame


def _slices(store: Store, report: Report, labels: frozenset[str], sealed: bool) -> dict[str, Sequence[SliceResult]]:
    """By name; those by document for who may see its questions, and of documents that may be seen."""
    names: set[str] | None = None
    if not isinstance(report, ReaderReport):
        visible = _visible(store, _quoted(report.outcomes), labels)
        hidden = {one.document for one in report.outcomes if not _versions(one) <= visible.keys()}
        names = {one.document for one in report.outcomes} - hidden
    groups: dict[str, list[SliceResult]] = {}
    for one in report.slices:
        if one.name == "document" and (sealed or (names is not None and one.value not in names)):
            continue
        groups.setdefault(one.name, []).append(one)
    return {name: groups[name] for name in sorted(groups, key=lambda name: name == "document")}


def _versions(one: Outcome) -> set[str]:
    return {one.asked_in, one.found_in} - {""}


def _quoted(outcomes: Iterable[Outcome]) -> set[str]:
    return {version for one in outcomes for version in _versions(one)}


def _visible(store: Store, versions: set[str], labels: frozenset[str]) -> dict[str, str]:
    """Document id by version, of those of live documents that may be seen."""
    found: dict[str, str] = {}
    wanted = sorted(versions)
    with store.session() as session:
        for first in range(0, len(wanted), _AT_ONCE):
            query = (
                select(DocumentVersionRow.id, DocumentRow.id, DocumentRow.labels)
                .join(DocumentRow, DocumentRow.id == DocumentVersionRow.document_id)
                .where(DocumentVersionRow.id.in_(wanted[first : first + _AT_ONCE]), DocumentRow.removed_at.is_(None))
            )
            found |= {
                version: document for version, document, needed in session.execute(query) if may_see(needed, labels)
            }
    return found


def _place_then(one: Outcome, visible: Mapping[str, str]) -> Place | None:
    """The document of a question that is no example of the workspace, as it was called when it was asked."""
    document = visible.get(one.asked_in) if one.golds else None
    return None if document is None else Place(document, one.document, None, None)


def _places(store: Store, ids: Sequence[str], visible: Mapping[str, str]) -> dict[str, Place]:
    """Where the answers of examples stand, as they are now, in documents that may be seen."""
    documents = set(visible.values())
    places: dict[str, Place] = {}
    with store.session() as session:
        for first in range(0, len(ids), _AT_ONCE):
            query = (
                select(ExampleRow.id, ExampleRow.spans, ExampleRow.version_id, DocumentRow)
                .join(DocumentRow, DocumentRow.id == ExampleRow.document_id)
                .where(ExampleRow.id.in_(ids[first : first + _AT_ONCE]))
            )
            for id, spans, version, document in session.execute(query):
                if document.id not in documents:
                    continue
                known = bool(spans) and version == document.current_version_id
                start = int(spans[0]["start"]) if known else None
                end = start + len(spans[0]["text"]) if start is not None else None
                places[id] = Place(document.id, document.name, start, end)
    return places
