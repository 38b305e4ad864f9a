"""Releases: made from a trained reader, promoted through the gate, rolled back.

In: a store, and the name of a run or release. Out: rows and folders. What is current is the newest row of
`promotions`; nothing about documents ever changes here.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from autogpt.answer.policy import Policy
from autogpt.answer.release import (
    CLASSIFIER,
    ENCODER,
    READER,
    RERANKER,
    Release,
    changed_files,
    open_release,
    write_release,
)
from autogpt.answer.tune import Gold, best_dense_weight, fit_policy
from autogpt.errors import AutoGPTError, DataError, NotFoundError, UsageError
from autogpt.progress import Progress, Sink, silent, track
from autogpt.records import Example, Split
from autogpt.retrieve.encoder import encoder_id
from autogpt.services.answering import CurrentDocuments, Opened
from autogpt.services.auditing import Recorder
from autogpt.services.bundles import BASE, current_version, default_policy, find_release
from autogpt.services.classifiers import classifier_source, compress_classifier
from autogpt.services.encoders import encoder_source, ready_index
from autogpt.services.events import note
from autogpt.services.examples.listing import gold_examples
from autogpt.services.faq import with_faq
from autogpt.services.release_gate import VERDICTS, GateReport, judge
from autogpt.services.rerankers import Fitted, fit_to_search, reranker_source
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.store.tables import PromotionRow, ReleaseRow, RunRow, now


@dataclass(frozen=True, slots=True)
class ReleaseSummary:
    """One line of `autogpt release list`; `problem` says why a damaged release can answer nothing."""

    version: str
    created_at: datetime
    current: bool
    run: str
    precision: str
    metrics: dict[str, Any]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Promotion:
    """What a call of `promote` or `rollback` did."""

    version: str
    previous: str
    action: str
    verdict: str
    forced: bool
    reasons: tuple[str, ...] = ()


class NotPromotedError(UsageError):
    """The gate did not let a release pass. Its verdict is kept with the release, for every door to show."""

    def __init__(self, report: GateReport) -> None:
        verdict = report.verdict
        refused = f"Release '{report.version}' was not promoted: {verdict.verdict} against '{report.against}'."
        super().__init__(
            " ".join((refused, *verdict.reasons)),
            "The verdict is kept with the release. It can be promoted by force all the same; the audit trail will say "
            "so.",
        )


def create_release(
    store: Store,
    source: str = "",
    sink: Sink = silent,
    encoder: str = "",
    reranker: str = "",
    classifier: str = "",
) -> Release:
    """Make a release: compress the reader, index with its encoder, fit calibration and threshold on the validation
    part, seal the folder.

    An encoder that does not answer yet gets an index of its own, beside the one that does. A reranker that does not
    help on the validation part is sealed in with a weight of 0, and not asked.

    Args:
        source: id of a run, `base` for the pack's own reader, or a folder with a trained reader; empty takes the
            newest finished run.
        encoder: id of a retriever's run, a folder, or `pack`; empty takes the encoder that answers now.
        reranker: id of a reranker's run, a folder, or `none`; empty takes the current release's, if it has one.
        classifier: the same of a classifier.

    Raises:
        NotFoundError: there is no such run, or none at all.
        DataError: what `source`, `encoder`, `reranker` or `classifier` names is no model of that kind that can be
            exported.
        UsageError: the classifier cannot route, or knows no class that `answer.routes` names.
        BusyError: another process makes a release, or changes the index.
    """
    from autogpt.services.compressing import compress_encoder, compress_reader, compress_reranker

    run_id, model = reader_source(store, source)
    embedding = encoder_source(store, encoder)
    judge = reranker_source(store, reranker)
    topics = classifier_source(store, classifier)
    with exclusive(store.folder / "releases.lock", "making a release"), tempfile.TemporaryDirectory() as scratch:
        models = Path(scratch)
        compressed = compress_reader(store, model, models / READER, sink)
        compress_encoder(store, models / ENCODER, sink, embedding.folder)
        ready_index(store, models / ENCODER, sink)
        small = compress_reranker(store, models / RERANKER, judge.folder, sink) if judge else None
        if topics:
            compress_classifier(topics.folder, models / CLASSIFIER, sink)
        policy, fitted = _tuned(store, models, sink, small)
        validation = gold_examples(store, Split.VALIDATION)
        policy = with_faq(store, models / ENCODER, policy, validation, sink, embedding.run)
        version = _next_version(store)
        store.releases.mkdir(parents=True, exist_ok=True)
        checksum = write_release(
            store.releases / version,
            reader=models / READER,
            encoder=models / ENCODER,
            reranker=models / RERANKER if judge else None,
            classifier=models / CLASSIFIER if topics else None,
            policy=policy,
            details={
                "created_at": now().isoformat(),
                "run": run_id,
                "model": store.config.workspace.pack,
                "encoder": {
                    "name": embedding.name,
                    "run": embedding.run,
                    "id": encoder_id(models / ENCODER),
                },
                "reranker": {"name": judge.name, "run": judge.run, **fitted.to_json()} if judge and fitted else None,
                "classifier": topics.to_json() if topics else None,
                "compression": compressed.to_json(),
                "validation": policy.fitted_on,
            },
        )
        with store.session() as session:
            row = ReleaseRow(version=version, run_id=run_id or None, manifest_checksum=checksum)
            row.metrics = {"threshold": policy.threshold, **policy.fitted_on}
            session.add(row)
    sink(Progress("release", 1, 1, message=version))
    return open_release(store.releases / version, checksum)


def list_releases(store: Store) -> list[ReleaseSummary]:
    """All releases, oldest first, damaged ones too."""
    current = current_version(store)
    with store.session() as session:
        rows = session.scalars(select(ReleaseRow).order_by(ReleaseRow.created_at, ReleaseRow.version)).all()
    return [_summary(store, row, current) for row in rows]


def promote(
    store: Store,
    version: str,
    *,
    force: bool = False,
    sink: Sink = silent,
    by: str = "",
    labels: frozenset[str] | None = None,
) -> Promotion:
    """Make `version` the current release if the gate lets it pass.

    The gate compares it with what answers now (before the first promotion: the pack's own models) on the validation
    part, question by question. Verdicts `worse` and `unproven` need `force`, which the audit trail records.

    Args:
        by: who asked for it, where a person did.
        labels: whose documents the reasons name, see `retrieve.access`.

    Raises:
        NotFoundError: there is no such release.
        DataError: a file of the release is missing or changed.
        UsageError: it is current already.
        NotPromotedError: the gate says no.
    """
    release, report = _judged(store, version, sink, by, labels)
    if not report.passed and not force:
        raise NotPromotedError(report)
    verdict = report.verdict
    promotion = Promotion(version, report.against, "promote", verdict.verdict, force, verdict.reasons)
    return _switch(store, release, promotion, sink, by)


def measure(
    store: Store, version: str, *, sink: Sink = silent, by: str = "", labels: frozenset[str] | None = None
) -> GateReport:
    """What the gate says of `version`, beside what answers now; nothing is switched. As `promote` otherwise."""
    return _judged(store, version, sink, by, labels)[1]


def rollback(store: Store, version: str = "", sink: Sink = silent, by: str = "") -> Promotion:
    """Make an earlier release current again: `version`, or the one before the current one.

    Documents stay as they are; what came in since is indexed with the earlier encoder first, where it is another.

    Raises NotFoundError when there is none to go back to, BusyError when the index is being changed.
    """
    history = _history(store)
    previous = history[-1] if history else ""
    if not version:
        earlier = [one for one in history if one != previous]
        if not earlier:
            raise NotFoundError("There is no earlier release to go back to.", "See: autogpt release list")
        version = earlier[-1]
    elif version not in history:
        raise NotFoundError(
            f"Release '{version}' was never current.", f"Promote it with: autogpt release promote {version}"
        )
    release = _whole(store, version)
    return _switch(store, release, Promotion(version, previous, "rollback", "", forced=False), sink, by)


def _judged(
    store: Store, version: str, sink: Sink, by: str, labels: frozenset[str] | None
) -> tuple[Release, GateReport]:
    """A release and the gate's verdict on it. Raises as `promote` does, but for what the gate says."""
    release = _whole(store, version)
    current = current_version(store) or BASE
    if version == current:
        raise UsageError(f"Release '{version}' is current already.")
    return release, judge(store, version, current, sink, by, labels)


def _tuned(store: Store, models: Path, sink: Sink, small: Path | None) -> tuple[Policy, Fitted | None]:
    """The policy for the models in `models`, from the validation part; without one, the reader's own. With it what the
    reranker adds, where there is one.

    Args:
        small: another form of the reranker; see `fit_to_search`.
    """
    base = default_policy(models / READER, store.config.retrieve.passages)
    gold = gold_examples(store, Split.VALIDATION)
    judge = models / RERANKER
    fitted = None
    if not gold:
        return base, Fitted.unknown(judge) if judge.is_dir() else None
    opened = Opened(store, Release("candidate", models / READER, models / ENCODER, base, {}), CurrentDocuments(store))
    try:
        answerable = [one for one in gold if one.spans]
        searched = (opened.retriever.search(one.question, None) for one in track(answerable, "fuse", sink))
        answers = [Gold(one.version_id or "", one.spans) for one in answerable]
        weight = best_dense_weight(searched, answers, store.config.retrieve.dense_weight)
        opened.retriever.dense_weight = weight
        base = replace(base, dense_weight=weight)
        policy = _fitted(store, opened, gold, base, sink)
        if judge.is_dir():
            questions, threads = [one.question for one in answerable], store.config.read.threads
            fitted = fit_to_search(opened.retriever, judge, small, questions, answers, sink, threads=threads)
            if fitted.fit.weight:
                reranking = _fitted(store, opened, gold, replace(base, rerank_weight=fitted.fit.weight), sink)
                policy = replace(reranking, unreranked=policy)
    finally:
        opened.give_up()
    return policy, fitted


def _fitted(store: Store, opened: Opened, gold: Sequence[Example], base: Policy, sink: Sink) -> Policy:
    """The policy for how `opened` searches now."""
    examined = [opened.pipeline.examine(one.question, None) for one in track(gold, "calibrate", sink)]
    golds = [Gold(one.version_id or "", one.spans) for one in gold]
    return fit_policy(examined, golds, base, risk=store.config.answer.risk, data="validation part")


def reader_source(store: Store, source: str) -> tuple[str, Path]:
    """Run id (empty when it was none) and the folder of the trained reader."""
    from autogpt.models.packs import find_pack

    if source == BASE:
        return "", find_pack(store.config.workspace.pack).reader
    if source and Path(source).is_dir():
        return "", Path(source)
    with store.session() as session:
        query = select(RunRow).where(RunRow.kind == "reader", RunRow.state == "done")
        if source:
            query = query.where(RunRow.id == source)
        row = session.scalar(query.order_by(RunRow.created_at.desc()).limit(1))
    if row is None:
        what = f"There is no finished run '{source}'" if source else "There is no finished training"
        raise NotFoundError(
            f"{what}.", "Train with: autogpt train reader, or release the untuned models with: --from base"
        )
    return row.id, store.runs / row.id / "model"


def _next_version(store: Store) -> str:
    with store.session() as session:
        known = session.scalars(select(ReleaseRow.version)).all()
    numbers = [int(one[1:]) for one in known if one[1:].isdigit()]
    version = f"r{max(numbers, default=0) + 1}"
    shutil.rmtree(store.releases / version, ignore_errors=True)  # left by a kill between folder and row
    return version


def _whole(store: Store, version: str) -> Release:
    """The release, after checking every file of it."""
    release = find_release(store, version)
    changed = changed_files(release)
    if changed:
        raise DataError(
            f"Release '{version}' is damaged: {', '.join(changed[:3])} {'differs' if len(changed) == 1 else 'differ'} "
            "from the manifest.",
            "Create it again with: autogpt release create",
        )
    return release


def _switch(store: Store, release: Release, promotion: Promotion, sink: Sink, by: str) -> Promotion:
    """Make `release` current as soon as its index is in line, so that it finds all that the one before found."""
    ready_index(store, release.encoder, sink, lambda: _record(store, promotion, by))
    return promotion


def _record(store: Store, promotion: Promotion, by: str) -> None:
    with store.session() as session:
        if by:
            before, after = {"current": promotion.previous}, {"current": promotion.version, "forced": promotion.forced}
            note(session, by, promotion.action, ("release", promotion.version), before, after)
        session.add(
            PromotionRow(
                version=promotion.version,
                action=promotion.action,
                forced=promotion.forced,
                verdict=promotion.verdict,
            )
        )
    Recorder(store).event(
        promotion.action,
        {
            "version": promotion.version,
            "previous": promotion.previous,
            "verdict": promotion.verdict,
            "forced": promotion.forced,
        },
    )


def _history(store: Store) -> list[str]:
    with store.session() as session:
        return list(session.scalars(select(PromotionRow.version).order_by(PromotionRow.id)))


def _summary(store: Store, row: ReleaseRow, current: str | None) -> ReleaseSummary:
    precision = problem = ""
    try:
        precision = find_release(store, row.version).manifest["compression"]["precision"]
    except AutoGPTError as error:
        problem = error.message
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = f"Release '{row.version}' cannot be read: {error!r}."
    return ReleaseSummary(
        version=row.version,
        created_at=row.created_at,
        current=row.version == current,
        run=row.run_id or "",
        precision=precision,
        metrics={name: value for name, value in row.metrics.items() if name != VERDICTS},
        problem=problem,
    )
