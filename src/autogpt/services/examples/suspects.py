"""Finds answers that a reader contradicts with confidence.

In: a store and a reader. Out: suspects, the most confident contradiction first, with what is stored and what the reader
says, by the rule of `read.contradictions`. What a reader learned by heart hides the errors of the train part: as in
confident learning, each fold can be read by a reader that was trained on the others, which takes as many trainings.
What is not done: how many labels are wrong is not estimated. Changes nothing.
"""

from dataclasses import dataclass

from autogpt.errors import DataError, UsageError
from autogpt.evaluate.reader import read_all
from autogpt.progress import Sink, silent
from autogpt.read.contradictions import contradictions
from autogpt.records import Split
from autogpt.services.evaluating import open_reader
from autogpt.services.examples.folding import read_by_folds
from autogpt.services.examples.reading import reader_examples
from autogpt.services.releasing import reader_source
from autogpt.store import Store

#: Parts that are read; the test part stays sealed.
PARTS = (Split.TRAIN, Split.VALIDATION)


@dataclass(frozen=True, slots=True)
class Suspect:
    """An example that the reader contradicts.

    Attributes:
        kind: "another answer", "answered" (it is marked as unanswerable), or "unanswered" (it has an answer, and the
            reader finds none).
        stored: the answer that it has; empty when unanswerable.
        said: the reader's answer; empty when it finds none.
        confidence: of the reader in what it says, 0 to 1.
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
class SuspectReport:
    """Suspects, the most confident first, of `read` examples.

    Attributes:
        calibrated: the reader's confidence is fitted; otherwise it is its softmax, which is too sure of itself.
        answer_threshold, null_threshold: confidence from which an answer, or that there is none, counts.
    """

    model: str
    read: int
    suspects: tuple[Suspect, ...]
    calibrated: bool
    answer_threshold: float
    null_threshold: float


def parts_named(part: str) -> tuple[Split, ...]:
    """The parts to read: that of this name, all for an empty one. Raises UsageError for another."""
    if part and part not in PARTS:
        raise UsageError(f"Suspects are not looked for in '{part}'.", f"Available: {', '.join(PARTS)}.")
    return tuple(one for one in PARTS if part in ("", one))


def find_suspects(
    store: Store,
    model: str = "",
    *,
    part: str = "",
    folds: int = 0,
    backend: str = "",
    threads: int = 0,
    sink: Sink = silent,
) -> SuspectReport:
    """Read every accepted extractive example of the train and validation parts with a reader.

    Args:
        model: id of a reader's run, a folder, or `base` for the pack's reader; empty takes the newest run.
        part: train or validation; empty reads both.
        folds: so many readers are trained for it, each of which reads what it was not trained on; 0: `model` reads.

    Raises UsageError for another part, NotFoundError for an unknown model, DataError without examples, and what
    `folding.read_by_folds` does.
    """
    parts = parts_named(part)
    if folds and model:
        raise UsageError("Folds are read by readers of their own: no other can be named.", "Leave one of them out.")
    by = f"a reader trained without it ({folds} folds)"
    if not folds:
        run, folder = reader_source(store, model)
        by = f"run {run}" if run else str(folder)
    examples = [(example, one.value) for one in parts for example in reader_examples(store, one, sink=sink)]
    if not examples:
        raise DataError(
            f"There are no accepted extractive examples in the {' and '.join(parts)} part.",
            "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
        )
    read = [example for example, _ in examples]
    if folds:
        decoded = read_by_folds(store, read, folds, backend=backend, threads=threads, sink=sink)
    else:
        with open_reader(str(folder), backend=backend, threads=threads) as reader:
            decoded = read_all(reader, read, sink)
    calibrated = all(one.confidence is not None for one in decoded)
    told = contradictions(read, decoded)
    parts_of = {example.id: name for example, name in examples}
    found = [
        Suspect(
            id=one.example.id,
            kind=one.kind,
            part=parts_of[one.example.id],
            document=one.example.title,
            question=one.example.question,
            stored=one.stored,
            said=one.said,
            confidence=one.confidence,
        )
        for one in told.found
    ]
    return SuspectReport(by, len(read), tuple(found), calibrated, told.answer_threshold, told.null_threshold)
