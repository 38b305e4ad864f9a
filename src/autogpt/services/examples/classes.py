"""Labelled questions of a workspace: given to a classifier, tied to their near-duplicates, and checked.

In: a store, or its examples. Out: `ClassifierExample`s, items to be divided, and findings. Knows nothing about models.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from autogpt.annotate.label_doubts import alike_texts, contradicted, spelt_alike
from autogpt.prepare.deduplicate import clusters
from autogpt.prepare.split import SplitItem
from autogpt.records import ClassifierExample, Example, Split, Status, Task
from autogpt.services.examples.chosen import ALL, Choice
from autogpt.services.examples.findings import Finding, Severity
from autogpt.services.examples.grouping import SIMILARITY, question_key
from autogpt.services.examples.listing import load_examples
from autogpt.store import Store

#: Examples named in a finding's words.
_NAMED = 3


def classifier_examples(store: Store, split: Split | None = None, choice: Choice = ALL) -> list[ClassifierExample]:
    """The accepted labelled questions of a part (or of all) that are chosen, by id."""
    accepted = load_examples(store, Status.ACCEPTED, split=split)
    found = choice.of([one for one in accepted if one.task == Task.CLASSIFY])
    return [ClassifierExample(one.id, one.question, one.classes, language=one.language) for one in found]


def labelled_items(examples: Sequence[Example]) -> list[SplitItem]:
    """The examples as `prepare.stratify` takes them: near-duplicates and questions of the same words are tied."""
    found = clusters({one.id: one.question for one in examples}, SIMILARITY)
    return [
        SplitItem(
            id=one.id,
            groups=(f"cluster {found[one.id]}",) if found.get(one.id) else (),
            question=question_key(one.question) or _same(one.question),
            split=one.split,
        )
        for one in examples
    ]


def class_findings(examples: Sequence[Example]) -> Iterator[Finding]:
    """What is wrong with labelled questions."""
    if not examples:
        return
    yield from _texts(examples)
    counts = Counter(label for one in examples for label in one.classes)
    yield from _names(counts)
    if len(counts) == 1:
        reason = f"all labelled questions are of the class '{next(iter(counts))}': nothing can be told apart"
        yield Finding(Severity.ERROR, "one class", reason)
    for label in sorted(label for label, count in counts.items() if count == 1):
        ids = tuple(one.id for one in examples if label in one.classes)
        reason = f"the class '{label}' has one example: it can be trained on, or measured, not both"
        yield Finding(Severity.WARNING, "rare class", reason, ids)
    bare = tuple(one.id for one in examples if not one.classes)
    if bare:
        reason = f"{len(bare)} labelled questions have no class: fine with several labels, wrong with one each"
        yield Finding(Severity.WARNING, "no class", reason, bare)
    without = tuple(one.id for one in examples if not one.split)
    if without:
        reason = f"{len(without)} of {len(examples)} labelled questions are in no part: autogpt examples split"
        yield Finding(Severity.WARNING, "no split", reason, without)
    yield from _leakage(examples)


def _texts(examples: Sequence[Example]) -> Iterator[Finding]:
    for one in examples:
        if not one.question.strip():
            yield Finding(Severity.ERROR, "empty question", "the labelled question is empty", (one.id,))
    labelled = [(one.question, one.classes) for one in examples]
    apart = contradicted(labelled)
    for question, places in alike_texts(labelled).items():
        ids = tuple(examples[at].id for at in places)
        if question in apart:
            stated = " and ".join(f"'{'|'.join(examples[at].classes)}'" for at in places[:_NAMED])
            reason = f"'{question}' is labelled {stated}"
            yield Finding(Severity.ERROR, "contradiction", reason, ids)
        elif len(places) > 1:
            yield Finding(Severity.WARNING, "duplicate", f"'{question}' is labelled again", ids)


def _names(counts: Counter[str]) -> Iterator[Finding]:
    for names in spelt_alike(counts):
        listed = ", ".join(f"'{one}' ({counts[one]})" for one in names)
        reason = f"these are likely one class, spelt in several ways: {listed}"
        yield Finding(Severity.ERROR, "duplicate labels", reason)


def _leakage(examples: Sequence[Example]) -> Iterator[Finding]:
    held: dict[str, dict[Split, list[str]]] = defaultdict(lambda: defaultdict(list))
    for item in labelled_items(examples):
        for key in (*item.groups, f"question '{item.question}'"):
            if item.split:
                held[key][item.split].append(item.id)
    for key, parts in held.items():
        if len(parts) > 1:
            ids = tuple(id for part in parts.values() for id in part)
            reason = (
                f"labelled {key} is in {' and '.join(sorted(parts))}: split again with autogpt examples split --force"
            )
            yield Finding(Severity.ERROR, "leakage", reason, ids)


def _same(question: str) -> str:
    return " ".join(question.casefold().split())
