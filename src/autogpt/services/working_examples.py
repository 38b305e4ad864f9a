"""Jobs about examples: look at an uploaded file, bring it in, take that back, check all examples, find suspected label
errors, suggest questions about documents.

In: a store, a payload, a sink. Out: results as plain JSON, not too long to be kept. Knows nothing about processes.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from autogpt.progress import Sink
from autogpt.services.examples import incoming
from autogpt.services.examples.checking import check_examples
from autogpt.services.examples.incoming import Options
from autogpt.store import Store

#: Findings and suspects that are kept, and ids of one finding.
KEPT, KEPT_IDS = 500, 20


def preview(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `preview`: find out what importing the upload `payload["upload"]` would do; writes nothing but that."""
    file = incoming.find_incoming(store, str(payload["upload"]))
    found = incoming.look_at(store, file, _options(payload), sink)
    return {"summary": found.report.get("summary", "") or found.message}


def bring_in(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `import`: import the upload `payload["upload"]` for `payload["person"]`."""
    file = incoming.find_incoming(store, str(payload["upload"]))
    report = incoming.bring_in(store, file, _options(payload), str(payload.get("person", "")), sink)
    return incoming.brief(report)


def undo(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `undo`: take back the import or division of the event `payload["event"]`."""
    from autogpt.services.examples.undoing import undo_change

    undone = undo_change(store, int(payload["event"]), str(payload.get("person", "")), sink)
    return {**asdict(undone), "summary": undone.summary}


def check(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `check`: everything that is wrong with the examples, near-duplicates across parts among it."""
    report = check_examples(store, sink)
    kept = [{**asdict(one), "ids": one.ids[:KEPT_IDS], "examples": len(one.ids)} for one in report.findings[:KEPT]]
    summary = f"{len(report.findings):,} findings, {report.errors:,} of them errors"
    return {"findings": kept, "count": len(report.findings), "errors": report.errors, "summary": summary}


def suspects(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `suspects`: examples that the reader `payload["model"]` contradicts, or `payload["folds"]` readers that were
    trained without them; and labels that folds contradict.
    """
    from autogpt.services.examples.doubts import find_doubts

    found = find_doubts(store, str(payload.get("model", "")), sink, int(payload.get("folds") or 0))
    kept = [asdict(one) for one in found.doubts[:KEPT]]
    summary = f"{len(found.doubts):,} of {found.read:,} examples are contradicted"
    return {"doubts": kept, "count": len(found.doubts), "read": found.read, "by": list(found.by), "summary": summary}


def suggest(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `suggest`: suggest questions about each of `payload["documents"]`, answered by the reader that answers now;
    without one, by the rules alone.
    """
    from autogpt.services.annotating.suggesting import suggest_about

    report = suggest_about(store, [str(one) for one in payload["documents"]], sink)
    return {**asdict(report), "summary": report.summary}


def _options(payload: Mapping[str, Any]) -> Options:
    return Options(str(payload.get("format", "")), str(payload.get("document", "")), dict(payload.get("columns") or {}))
