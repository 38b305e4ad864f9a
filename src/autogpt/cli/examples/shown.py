"""What `autogpt examples` says of imports, lists, divisions and checks.

In: what the services report. Out: lines on the terminal. Knows nothing about how it came about.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autogpt.cli.console import notice, say, table
from autogpt.records import Example, Task

if TYPE_CHECKING:
    from autogpt.services.examples import CheckReport, ImportReport, ListedExample, SplitReport

#: Findings and refusals shown without --all.
_SHOWN = 20


def show_import(report: "ImportReport", dry_run: bool, everything: bool) -> None:
    say(f"{report.summary}.{' Nothing was written.' if dry_run else ''}")
    if report.added or report.updated:
        say(f"  {report.unanswerable:,} of them are unanswerable.")
    if report.documents:
        say(f"  {report.documents:,} contexts {'would become' if dry_run else 'became'} documents.")
    if report.repaired:
        say(f"  {len(report.repaired):,} had answers that stand elsewhere than stated, and were put right.")
    for one in report.remarks[: None if everything else 3]:
        say(f"  {one.where}: {' '.join(one.remarks)}")
    if not everything and len(report.remarks) > 3:
        say(f"  {len(report.remarks) - 3:,} more remarks: --all lists them.")
    for id, twin in list(report.duplicates.items())[: None if everything else 3]:
        say(f"  {id} is the same as {twin}.")
    if report.refused:
        shown = report.refused if everything else report.refused[:_SHOWN]
        say()
        table(["where", "id", "question", "reason"], [(r.where, r.id, _cut(r.question), r.reason) for r in shown])
        if len(shown) < len(report.refused):
            notice(f"{len(report.refused) - len(shown):,} more: --all lists them.")


def show_list(found: Sequence["ListedExample"], count: int, offset: int) -> None:
    if not found:
        say("There is no such example.")
        return
    rows = [
        (
            one.example.id,
            _cut(one.example.question),
            _cut(_said(one.example), 40),
            _cut(one.document, 40),
            one.example.split.value if one.example.split else "",
            one.example.status.value,
        )
        for one in found
    ]
    table(["id", "question", "answer or classes", "document", "split", "status"], rows)
    if offset + len(found) < count:
        notice(f"{offset + 1:,} to {offset + len(found):,} of {count:,}; go on with --offset {offset + len(found)}")


def _said(example: Example) -> str:
    """What an example says of its question."""
    if example.task == Task.CLASSIFY:
        return ", ".join(example.classes) or "(no class)"
    return example.answer_text if example.answerable else "(unanswerable)"


def show_split(report: "SplitReport") -> None:
    table(
        ["part", "examples", "share", "unanswerable", "documents"],
        [
            (name, part.examples, f"{part.share:.1%}", part.unanswerable, part.documents)
            for name, part in report.parts.items()
        ],
    )
    say()
    new = f"{report.added:,} examples got their part now" if report.added else "No example got a new part"
    say(f"{new} (seed {report.seed}).")
    reasons: dict[str, list[str]] = {}
    for id, reason in report.left_out.items():
        reasons.setdefault(reason, []).append(id)
    for reason, ids in reasons.items():
        say(f"{len(ids):,} left out, because {reason}: {', '.join(ids[:5])}{' …' if len(ids) > 5 else ''}")


def show_check(report: "CheckReport", everything: bool) -> None:
    total = sum(report.statuses.values())
    listed = ", ".join(f"{count:,} {status}" for status, count in sorted(report.statuses.items()))
    by_status = f" ({listed})" if listed else ""
    say(f"{total:,} examples{by_status}; {len(report.findings):,} findings, {report.errors:,} of them errors.")
    shown = report.findings if everything else report.findings[:_SHOWN]
    if shown:
        say()
        rows = [
            (one.severity.value, one.kind, ", ".join(one.ids[:3]) + (" …" if len(one.ids) > 3 else ""), one.reason)
            for one in shown
        ]
        table(["", "what", "examples", "why"], rows)
    if len(shown) < len(report.findings):
        notice(f"{len(report.findings) - len(shown):,} more: --all lists them.")


def _cut(text: str, length: int = 60) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else f"{flat[: length - 1]}…"
