"""What the promotion gate says of a release, beside another on the validation part; every verdict is kept.

In: a store, a release, the version that it is compared with. Out: `GateReport`s. Changes nothing about what answers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from autogpt.evaluate.gate import Verdict, promotion_gate
from autogpt.evaluate.workspace_report import WorkspaceReport
from autogpt.progress import Sink, silent
from autogpt.records import Example, Split
from autogpt.retrieve.access import may_see
from autogpt.services.evaluations import keep_measured
from autogpt.services.examples.listing import gold_examples
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, ReleaseRow, now

#: Where a release's row keeps its verdicts among its metrics, and how many of the newest.
VERDICTS, KEPT = "gate", 20
#: The slices by document, and what a document is called that cannot be seen.
_DOCUMENT, _UNSEEN = "document", "(not shown)"


@dataclass(frozen=True, slots=True)
class GateReport:
    """The gate's verdict on a release.

    Attributes:
        version: the release.
        against: what it was compared with, which answered then; `base` stands for the models of the pack.
        verdict: with its reasons, and F1 before and after, overall and by slices.
        evaluations: ids of the two measurements, before and after; empty without questions.
        person: who asked for it, where a person did.
        at: when, in ISO 8601.
    """

    version: str
    against: str
    verdict: Verdict
    evaluations: tuple[str, ...]
    person: str
    at: str

    @property
    def passed(self) -> bool:
        return self.verdict.passed

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.at)

    def to_json(self) -> dict[str, Any]:
        """In one level: `verdict`, `reasons`, `overall` and `slices` beside the rest."""
        return {
            "version": self.version,
            "against": self.against,
            "passed": self.passed,
            **self.verdict.to_json(),
            "evaluations": list(self.evaluations),
            "person": self.person,
            "at": self.at,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "GateReport":
        """What `to_json` wrote."""
        return cls(
            raw["version"],
            raw["against"],
            Verdict.from_json(raw),
            tuple(raw["evaluations"]),
            raw["person"],
            raw["at"],
        )


def judge(
    store: Store,
    version: str,
    against: str,
    sink: Sink = silent,
    by: str = "",
    labels: frozenset[str] | None = None,
) -> GateReport:
    """Put a release through the gate, and keep the verdict with it and the two measurements as evaluations.

    Args:
        against: the version it is compared with.
        by: who asked for it, where a person did.
        labels: whose documents are named in the report, see `retrieve.access`.

    Raises NotFoundError for an unknown release.
    """
    gold = gold_examples(store, Split.VALIDATION)
    if gold:
        before, after = (measured(store, one, gold, sink) for one in (against, version))
        old, new = ([one.f1 for one in report.outcomes] for report in (before, after))
        outcome = promotion_gate(old, new, [_slices(one) for one in gold], store.config.promote)
        kept = tuple(keep_measured(store, one, by).id for one in (before, after))
    else:
        outcome, kept = Verdict("unproven", ("There are no validation examples to compare on.",), None, ()), ()
    report = GateReport(version, against, outcome, kept, by, now().isoformat())
    with store.session() as session:
        # The write comes first, so that no other verdict can be kept between the look at the row and its change.
        session.execute(update(ReleaseRow).where(ReleaseRow.version == version).values(verdict=outcome.verdict))
        row = session.get_one(ReleaseRow, version)
        row.metrics = {**row.metrics, VERDICTS: [report.to_json(), *row.metrics.get(VERDICTS, ())][:KEPT]}
    return _as_seen(store, [report], labels)[0]


def measured(store: Store, version: str, gold: list[Example], sink: Sink) -> WorkspaceReport:
    """What a release answers to the gold examples of the validation part."""
    from autogpt.services.evaluating import measure_examples

    return measure_examples(store, version, gold, Split.VALIDATION, sink, take_time=True)


def verdicts(store: Store, version: str, labels: frozenset[str] | None = None) -> list[GateReport]:
    """The verdicts on a release that are kept, the newest first, with the documents that `labels` may see."""
    with store.session() as session:
        row = session.get(ReleaseRow, version)
        raw = row.metrics.get(VERDICTS, ()) if row is not None else ()
    return _as_seen(store, map(GateReport.from_json, raw), labels)


def newest_verdicts(store: Store, labels: frozenset[str] | None = None) -> dict[str, GateReport]:
    """The newest verdict by release, of those that were ever measured."""
    with store.session() as session:
        raw = [row.metrics[VERDICTS][0] for row in session.scalars(select(ReleaseRow)) if row.metrics.get(VERDICTS)]
    return {one.version: one for one in _as_seen(store, map(GateReport.from_json, raw), labels)}


def _slices(example: Example) -> dict[str, str]:
    return {"answerable": "yes" if example.answerable else "no", _DOCUMENT: example.document_id or ""}


def _as_seen(store: Store, reports: Iterable[GateReport], labels: frozenset[str] | None) -> list[GateReport]:
    """Reports with the names of documents in place of their ids; of those that may not be seen there is no slice."""
    kept = list(reports)
    ids = {part.value for one in kept for part in one.verdict.slices if part.name == _DOCUMENT}
    with store.session() as session:
        rows = session.scalars(select(DocumentRow).where(DocumentRow.id.in_(ids), DocumentRow.removed_at.is_(None)))
        names = {row.id: row.name for row in rows if may_see(row.labels, labels)}
    return [replace(one, verdict=_named(one.verdict, names)) for one in kept]


def _named(verdict: Verdict, names: Mapping[str, str]) -> Verdict:
    reasons = verdict.reasons
    for part in verdict.slices:
        if part.name == _DOCUMENT:
            told = f"{_DOCUMENT} = {names.get(part.value, _UNSEEN)} "
            reasons = tuple(one.replace(f"{_DOCUMENT} = {part.value} ", told) for one in reasons)
    seen = [one for one in verdict.slices if one.name != _DOCUMENT or one.value in names]
    named = (replace(one, value=names[one.value]) if one.name == _DOCUMENT else one for one in seen)
    return replace(verdict, reasons=reasons, slices=tuple(named))
