"""Measurements that are kept: of releases on a part of the workspace or on a gold set, to be looked at and compared.

In: a store and what is to be measured. Out: `About`s, and reports with what a visitor may see of them. The test part is
sealed: its questions are shown to admins alone. Texts of documents that were removed, or that a visitor may not see,
are left out when a report is shown.
"""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from autogpt.errors import NotFoundError
from autogpt.evaluate.compare import Comparison, compare
from autogpt.evaluate.results import ReaderReport, write_text
from autogpt.evaluate.workspace_report import LEFT_OUT, WorkspaceReport
from autogpt.progress import Sink, silent
from autogpt.records import Split
from autogpt.services import removed
from autogpt.services.events import note
from autogpt.store import Store
from autogpt.store.store import new_id
from autogpt.store.tables import DocumentVersionRow, now

Report = ReaderReport | WorkspaceReport

#: Folder of the workspace with a folder for each measurement.
FOLDER = "evaluations"
_REPORT = "report.json"
#: Subject of the events.
SUBJECT = "evaluation"
#: Values in one query.
_AT_ONCE = 10_000
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class About:
    """What was measured, by whom and when.

    Attributes:
        id: of the measurement: that of the job which made it.
        release: its version, or base.
        data: validation, test, or the name of a gold set.
        gold: id of the gold set; empty for a part of the workspace.
        threshold: lowest confidence that the release answers with; None where it is not known.
        metrics: of the report, by name.
        person: who asked for it.
        at: when it was finished, in ISO 8601.
    """

    id: str
    release: str
    data: str
    gold: str
    threshold: float | None
    metrics: Mapping[str, Any]
    person: str
    at: str

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.at)

    @property
    def alone(self) -> bool:
        """Whether the reader was measured alone, with the texts of the questions."""
        return bool(self.gold) and LEFT_OUT not in self.metrics

    @property
    def left_out(self) -> int:
        """Questions of a gold set whose texts stand in no document."""
        return int(self.metrics.get(LEFT_OUT, 0))

    @property
    def sealed(self) -> bool:
        """Whether its questions are those of the test part."""
        return not self.gold and self.data == Split.TEST


def measure_part(store: Store, id: str, release: str, part: str, person: str, sink: Sink = silent) -> About:
    """Measure a release's whole answer path on a part of the workspace, and keep the report as `id`.

    Args:
        release: empty takes what answers now.

    Raises UsageError for a part without examples, NotFoundError for an unknown release.
    """
    from autogpt.services.evaluating import measure_workspace

    report = measure_workspace(store, release, part, sink)
    return _keep(store, _about(store, id, report, part, person), report)


def measure_gold(store: Store, id: str, release: str, gold: str, person: str, sink: Sink = silent) -> About:
    """Measure a release's whole answer path on a gold set, over the documents of the workspace, and keep the report as
    `id`. Questions whose texts stand in no document are left out.

    Args:
        release: empty takes what answers now.

    Raises NotFoundError for an unknown release or gold set, UsageError where no question is left.
    """
    from autogpt.services.evaluating import Questions, measure_file
    from autogpt.services.gold_sets import find_gold_set, gold_file

    known = find_gold_set(store, gold)
    report = replace(measure_file(store, Questions((gold_file(store, gold),)), release, sink), part=known.name)
    return _keep(store, replace(_about(store, id, report, known.name, person), gold=gold), report)


def measure_gold_alone(store: Store, id: str, release: str, gold: str, person: str, sink: Sink = silent) -> About:
    """Measure a release's reader on a gold set, whose questions come with their texts, and keep the report as `id`.

    Args:
        release: empty takes what answers now.

    Raises NotFoundError for an unknown release or gold set.
    """
    from autogpt.services.bundles import BASE, current_version, find_release
    from autogpt.services.evaluating import Questions, measure_reader
    from autogpt.services.gold_sets import find_gold_set, gold_file

    version = release or current_version(store) or BASE
    known, path = find_gold_set(store, gold), gold_file(store, gold)
    report = measure_reader(str(find_release(store, version).reader), Questions((path,)), sink=sink)
    report = replace(report, model=version, data=known.name)
    at = now().isoformat()
    return _keep(
        store, About(id, version, known.name, gold, report.threshold, dict(report.metrics), person, at), report
    )


def keep_measured(store: Store, report: WorkspaceReport, person: str) -> About:
    """Keep a report on a part of the workspace that was measured for something else, the promotion gate."""
    return _keep(store, _about(store, new_id(), report, report.part, person), report)


def _about(store: Store, id: str, report: WorkspaceReport, data: str, person: str) -> About:
    from autogpt.services.bundles import find_release

    threshold = find_release(store, report.release).policy.threshold
    return About(id, report.release, data, "", threshold, dict(report.metrics), person, now().isoformat())


def list_evaluations(store: Store) -> list[About]:
    """All measurements, the newest first. Broken ones are left out."""
    return _listed(store, removed.ABOUT)


def removed_evaluations(store: Store) -> list[About]:
    """Measurements that were removed and can be brought back, the newest first."""
    return _listed(store, removed.REMOVED)


def find_evaluation(store: Store, id: str) -> About:
    """Raises NotFoundError when there is no such measurement."""
    found = _read(_about_path(store, id)) if _ID.fullmatch(id) else None
    if found is None:
        raise NotFoundError(f"There is no evaluation '{id}'.", "It may have been removed.")
    return found


def read_evaluation(store: Store, id: str) -> Report:
    """The report of a measurement. Raises NotFoundError when there is none, DataError when it cannot be read."""
    find_evaluation(store, id)
    from autogpt.services.evaluating import read_report

    return read_report(store.folder / FOLDER / id / _REPORT)


def remove_evaluation(store: Store, id: str, person: str) -> None:
    """Let a measurement be listed no more. The newest `removed.KEPT` can be brought back, older ones are deleted.

    Raises NotFoundError when there is none.
    """
    gone = find_evaluation(store, id)
    removed.put_away(_about_path(store, id))
    with store.session() as session:
        note(session, person, "remove", (SUBJECT, id), before={"release": gone.release, "data": gone.data})
    for path in removed.too_many((store.folder / FOLDER).glob(f"*/{removed.REMOVED}")):
        shutil.rmtree(path.parent, ignore_errors=True)


def restore_evaluation(store: Store, id: str, person: str) -> None:
    """Bring a removed measurement back. Raises NotFoundError when it is no longer kept."""
    if _ID.fullmatch(id) is None:
        raise NotFoundError(f"There is no evaluation '{id}'.")
    removed.bring_back(_about_path(store, id))
    back = find_evaluation(store, id)
    with store.session() as session:
        note(session, person, "undo", (SUBJECT, id), after={"release": back.release, "data": back.data})


def compare_evaluations(store: Store, before: str, after: str) -> Comparison:
    """Two measurements by the rule of the promotion gate.

    Raises NotFoundError without one of them, UsageError where they have no question in common or are of two kinds.
    """
    settings = store.config.promote
    compared = compare(read_evaluation(store, before), read_evaluation(store, after), settings)
    return replace(compared, before=find_evaluation(store, before).release, after=find_evaluation(store, after).release)


def forget_erased(store: Store) -> None:
    """Delete what kept reports quote of documents whose text was erased."""
    reports = {path: _raw(path) for path in (store.folder / FOLDER).glob(f"*/{_REPORT}")}
    quoted = {one for raw in reports.values() for outcome in raw.get("outcomes", ()) for one in _versions(outcome)}
    gone = quoted - _with_text(store, quoted)
    for path, raw in reports.items():
        hit = {one["id"] for one in raw.get("outcomes", ()) if gone & _versions(one)}
        if not hit:
            continue
        for one in (*raw["outcomes"], *raw["misses"]):
            if one["id"] in hit:
                one |= {key: "" for key in ("text", "candidate", "before", "after", "document") if key in one}
                one["golds"] = [""] * len(one["golds"])
        raw["slices"] = [one for one in raw["slices"] if one["name"] != "document"]
        write_text(path, json.dumps(raw, ensure_ascii=False))


def _versions(outcome: Mapping[str, Any]) -> set[str]:
    """Document versions that an outcome quotes."""
    return {outcome.get("asked_in", ""), outcome.get("found_in", "")} - {""}


def _with_text(store: Store, versions: set[str]) -> set[str]:
    """Those of some document versions that were not erased."""
    found: set[str] = set()
    wanted = sorted(versions)
    with store.session() as session:
        for first in range(0, len(wanted), _AT_ONCE):
            some = DocumentVersionRow.id.in_(wanted[first : first + _AT_ONCE])
            found |= set(
                session.scalars(select(DocumentVersionRow.id).where(some, func.length(DocumentVersionRow.text) > 0))
            )
    return found


def _raw(path: Path) -> dict[str, Any]:
    """A report of a workspace as it was written; empty for another one."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return raw if isinstance(raw, dict) and raw.get("kind") == "workspace" else {}


def _keep(store: Store, about: About, report: Report) -> About:
    """Write a report and what is known of it; the latter comes last, so that what is listed is whole."""
    folder = store.folder / FOLDER / about.id
    write_text(folder / _REPORT, json.dumps(report.to_json(), ensure_ascii=False))
    write_text(folder / removed.ABOUT, json.dumps(asdict(about), ensure_ascii=False))
    return about


def _listed(store: Store, name: str) -> list[About]:
    found = [_read(path) for path in (store.folder / FOLDER).glob(f"*/{name}")]
    return sorted((one for one in found if one), key=lambda one: one.at, reverse=True)


def _about_path(store: Store, id: str) -> Path:
    return store.folder / FOLDER / id / removed.ABOUT


def _read(path: Path) -> About | None:
    try:
        return About(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
