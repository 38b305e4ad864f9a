"""Suspected label errors of both tasks, answers that a reader contradicts and classes that the other folds contradict:
`autogpt examples suspects`.

In: a store. Out: doubts, the most certain first. The test part stays sealed. Changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from autogpt.errors import DataError, MissingExtraError, NotFoundError
from autogpt.progress import Progress, Sink, silent
from autogpt.records import Example, Split, Status, Task
from autogpt.services.bundles import BASE, current_encoder
from autogpt.services.examples.listing import load_examples
from autogpt.services.examples.suspects import find_suspects, parts_named
from autogpt.services.indexing import load_encoder
from autogpt.store import Store


@dataclass(frozen=True, slots=True)
class Doubt:
    """An example that is likely labelled wrongly.

    Attributes:
        kind: "another answer", "answered", "unanswered" (as `suspects.Suspect` has them), or "another class".
        part: empty where examples were not divided.
        document: title of the document of an answer.
        stored, said: what it has, and what is said instead; empty for no answer.
        confidence: in what is said, 0 to 1.
    """

    id: str
    kind: str
    part: str
    document: str
    question: str
    stored: str
    said: str
    confidence: float


@dataclass(frozen=True, slots=True)
class DoubtReport:
    """Doubts about `read` examples.

    Attributes:
        by: who contradicts them: a reader, "folds".
        calibrated: confidence in answers is fitted; otherwise it is a softmax, which is too sure of itself.
    """

    read: int
    doubts: tuple[Doubt, ...]
    by: tuple[str, ...]
    calibrated: bool = True


def find_doubts(
    store: Store,
    model: str = "",
    sink: Sink = silent,
    folds: int = 0,
    *,
    part: str = "",
    backend: str = "",
    threads: int = 0,
) -> DoubtReport:
    """Look for suspected label errors.

    Args:
        model: a reader's run, a folder, or `base`; empty takes the newest run, without any the pack's reader.
        folds: so many readers are trained instead, each of which reads what it was not trained on.
        part: train or validation; empty looks at both, and at labelled texts that are in no part.

    Raises DataError where there is nothing to look at, NotFoundError for an unknown model, and what `find_suspects`
    does.
    """
    parts = parts_named(part)
    examples = [one for one in load_examples(store, Status.ACCEPTED) if one.split != Split.TEST]
    labelled = [one for one in examples if one.task == Task.CLASSIFY and one.classes]
    doubts: list[Doubt] = []
    read, by, calibrated = 0, [], True
    if any(one.task == Task.EXTRACTIVE and one.split in parts for one in examples):
        look = partial(find_suspects, store, part=part, folds=folds, backend=backend, threads=threads, sink=sink)
        try:
            report = look(model)
        except NotFoundError:
            if model:
                raise
            report = look(BASE)
        read += report.read
        by.append(report.model)
        calibrated = report.calibrated
        doubts += [
            Doubt(one.id, one.kind, one.part, one.document, one.question, one.stored, one.said, one.confidence)
            for one in report.suspects
        ]
    if asked := sum(one.split == part for one in labelled) if part else len(labelled):
        read += asked
        by.append("folds")
        doubts += [one for one in _of_classes(store, labelled, sink) if part in ("", one.part)]
    if not read:
        raise DataError(
            "There is no accepted example to look at outside the test part.", "Import some, and divide them."
        )
    found = sorted(doubts, key=lambda one: (-one.confidence, one.id))
    return DoubtReport(read, tuple(found), tuple(by), calibrated)


def _of_classes(store: Store, examples: list[Example], sink: Sink) -> Iterator[Doubt]:
    try:
        from autogpt.train.folds import contradicted
    except ImportError:
        raise MissingExtraError("Looking for wrong classes", "train") from None
    sink(Progress("folds", 0, len(examples)))
    vectors = load_encoder(store.config, current_encoder(store)).encode([one.question for one in examples])
    keys = [" ".join(one.question.casefold().split()) for one in examples]
    found = contradicted(vectors, [one.classes for one in examples], keys)
    sink(Progress("folds", len(examples), len(examples)))
    for one in found:
        example = examples[one.at]
        part = example.split.value if example.split else ""
        stored = ", ".join(example.classes)
        yield Doubt(example.id, "another class", part, "", example.question, stored, one.said, one.probability)
