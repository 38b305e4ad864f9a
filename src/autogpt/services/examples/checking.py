"""Finds what is wrong with the examples: `autogpt examples check`.

In: a store. Out: findings, each with the examples it is about and what to do. Changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from autogpt.progress import Sink, silent
from autogpt.records import Example, Split, Status, Task
from autogpt.services.examples.classes import class_findings
from autogpt.services.examples.findings import Finding, Severity
from autogpt.services.examples.grouping import split_items
from autogpt.services.examples.listing import load_examples
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, DocumentVersionRow

#: Fewer examples than this in a part make its measurements guesses.
_FEW = 30
#: Shares of unanswerable examples outside of which a reader learns to answer always, or never.
_UNANSWERABLE = (0.05, 0.6)
_TEXTS = 200
#: Examples of a part among which one of another document is looked for.
_COMPARED = 50


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Findings, errors first, and numbers of examples by status and by part."""

    findings: tuple[Finding, ...]
    statuses: Mapping[str, int]
    parts: Mapping[str, int]
    unanswerable: Mapping[str, int]

    @property
    def errors(self) -> int:
        return sum(finding.severity == Severity.ERROR for finding in self.findings)


def check_examples(store: Store, sink: Sink = silent) -> CheckReport:
    """Everything wrong with the examples of a workspace."""
    examples = load_examples(store)
    of_task = {task: [one for one in examples if one.status == Status.ACCEPTED and one.task == task] for task in Task}
    accepted, labelled = of_task[Task.EXTRACTIVE], of_task[Task.CLASSIFY]
    found = [
        *_questions(accepted),
        *_anchors(store, accepted),
        *_duplicates(accepted),
        *_leakage(store, accepted, sink),
        *(_balance(accepted) if accepted or not labelled else ()),
        *class_findings(labelled),
        *_stale(examples),
    ]
    found.sort(key=lambda finding: finding.severity != Severity.ERROR)
    return CheckReport(
        findings=tuple(found),
        statuses=dict(Counter(one.status.value for one in examples)),
        parts=dict(Counter(one.split.value if one.split else "none" for one in (*accepted, *labelled))),
        unanswerable=dict(Counter(one.split.value if one.split else "none" for one in accepted if not one.answerable)),
    )


def _questions(examples: Iterable[Example]) -> Iterator[Finding]:
    for one in examples:
        if not one.question.strip():
            yield Finding(Severity.ERROR, "empty question", "the question is empty", (one.id,))
        if one.answerable and not one.spans:
            yield Finding(Severity.ERROR, "no answer", "it is marked as answerable and has no answer", (one.id,))
        if not one.answerable and one.spans:
            yield Finding(Severity.ERROR, "answered", "it is marked as unanswerable and has an answer", (one.id,))


def _anchors(store: Store, examples: Sequence[Example]) -> Iterator[Finding]:
    """Answers that do not stand where they should, and versions that are no longer current."""
    with_text = sorted((one for one in examples if one.version_id), key=lambda one: str(one.version_id))
    current = _current_versions(store)
    for first in range(0, len(with_text), _TEXTS):
        batch = with_text[first : first + _TEXTS]
        query = select(DocumentVersionRow.id, DocumentVersionRow.text)
        with store.session() as session:
            wanted = query.where(DocumentVersionRow.id.in_({one.version_id for one in batch}))
            texts = {row.id: row.text for row in session.execute(wanted)}
        for one in batch:
            text = texts.get(str(one.version_id), "")
            if one.version_id not in current:
                reason = "its document has changed or was removed since (autogpt ingest brings it up to date)"
                yield Finding(Severity.ERROR, "old version", reason, (one.id,))
            for span in one.spans:
                if text[span.start : span.end] == span.text:
                    continue
                if span.text in text:
                    reason = f"'{span.text}' stands at {text.index(span.text)}, not at {span.start}"
                    yield Finding(Severity.ERROR, "wrong offset", reason, (one.id,))
                else:
                    yield Finding(Severity.ERROR, "no such text", f"'{span.text}' is not in its document", (one.id,))


def _current_versions(store: Store) -> set[str]:
    query = select(DocumentRow.current_version_id).where(DocumentRow.removed_at.is_(None))
    with store.session() as session:
        return {id for id in session.scalars(query) if id}


def _duplicates(examples: Iterable[Example]) -> Iterator[Finding]:
    asked: dict[tuple[str, str | None], list[Example]] = defaultdict(list)
    for one in examples:
        asked[" ".join(one.question.casefold().split()), one.document_id].append(one)
    for (question, _), group in asked.items():
        if len(group) < 2:
            continue
        ids = tuple(one.id for one in group)
        if len({one.answerable for one in group}) > 1:
            reason = f"'{question}' is answerable and unanswerable in the same document"
            yield Finding(Severity.ERROR, "contradiction", reason, ids)
        elif not _agree(group):
            reason = f"'{question}' has answers in the same document that share no character"
            yield Finding(Severity.WARNING, "contradiction", reason, ids)
        else:
            yield Finding(Severity.WARNING, "duplicate", f"'{question}' is asked of the same document again", ids)


def _agree(group: Sequence[Example]) -> bool:
    """Whether the answers of any two examples overlap or have the same text."""

    def same(one: Example, other: Example) -> bool:
        return any(
            a.text.casefold() == b.text.casefold() or (a.start < b.end and b.start < a.end)
            for a in one.spans
            for b in other.spans
        )

    first = group[0]
    return all((not one.spans and not first.spans) or same(first, one) for one in group[1:])


def _leakage(store: Store, examples: Sequence[Example], sink: Sink) -> Iterator[Finding]:
    """Documents, articles, near-duplicates and questions that are in more than one part."""
    held: dict[str, dict[Split, list[str]]] = defaultdict(lambda: defaultdict(list))
    documents = {one.id: one.document_id or "" for one in examples}
    for item in split_items(store, examples, sink):
        for key in (*item.groups, *([f"question '{item.question}'"] if item.question else [])):
            if item.split:
                held[key][item.split].append(item.id)
    for key, parts in held.items():
        if len(parts) > 1:
            ids = tuple(id for part in parts.values() for id in part)
            reason = f"{key} is in {' and '.join(sorted(parts))}: split again with autogpt examples split --force"
            yield Finding(Severity.ERROR, "leakage", reason, ids, _pair(parts, documents))


def _pair(parts: Mapping[Split, Sequence[str]], documents: Mapping[str, str]) -> tuple[str, ...]:
    """An example of each of two parts, of different documents where there are such."""
    first, second = [parts[part][:_COMPARED] for part in Split if part in parts][:2]
    apart = ((one, other) for one in first for other in second if documents[one] != documents[other])
    return next(apart, (first[0], second[0]))


def _balance(examples: Sequence[Example]) -> Iterator[Finding]:
    if not examples:
        reason = "there is no accepted example: import some with autogpt examples import FILE"
        yield Finding(Severity.WARNING, "balance", reason)
        return
    without = sum(not one.split for one in examples)
    if without:
        reason = f"{without} of {len(examples)} examples are in no part: autogpt examples split"
        yield Finding(Severity.WARNING, "no split", reason, tuple(one.id for one in examples if not one.split))
    for part in Split:
        held = [one for one in examples if one.split == part]
        if held and len(held) < _FEW:
            reason = f"the {part} part has {len(held)} examples: fewer than {_FEW} say little"
            yield Finding(Severity.WARNING, "balance", reason)
        share = sum(not one.answerable for one in held) / len(held) if held else 0
        if held and not _UNANSWERABLE[0] <= share <= _UNANSWERABLE[1]:
            reason = f"{share:.0%} of the {part} part is unanswerable: a reader learns little about when to abstain"
            yield Finding(Severity.WARNING, "balance", reason)


def _stale(examples: Iterable[Example]) -> Iterator[Finding]:
    stale = tuple(one.id for one in examples if one.status == Status.STALE)
    if stale:
        reason = f"{len(stale)} examples are stale: the text of their answer is gone from their document"
        yield Finding(Severity.WARNING, "stale", reason, stale)
