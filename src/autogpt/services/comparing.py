"""Sets models side by side: how good each is on the same questions, what it cost, and how fast it serves.

In: runs, folders and packs, and the questions of a workspace or of files. Out: a `SideBySide`; here of readers, the
modules `comparing_…` make those of the other kinds. Knows nothing about the command line.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from autogpt.config import Config
from autogpt.errors import NotFoundError, UsageError
from autogpt.evaluate.reader import evaluate_reader
from autogpt.evaluate.side_by_side import SideBySide
from autogpt.evaluate.slices import document_name
from autogpt.progress import Progress, Sink, silent, track
from autogpt.records import ReaderExample, Split
from autogpt.services import (
    comparing_classifiers,
    comparing_generators,
    comparing_language_models,
    comparing_rankings,
)
from autogpt.services.contenders import Measured, compare, distinct, kind_of, kind_of_folder, kind_of_run, model_in
from autogpt.services.evaluating import Questions, open_reader, reader_folder
from autogpt.services.examples.reading import reader_examples
from autogpt.services.releasing import reader_source
from autogpt.store import Store

#: Metrics shown beside the one that is compared.
SHOWN = ("exact_match", "has_answer_f1", "no_answer_accuracy", "expected_calibration_error", "coverage_at_80")


def compare_runs(
    store: Store, names: Sequence[str], part: str = "validation", force_answer: bool = False, sink: Sink = silent
) -> SideBySide:
    """Compare trainings of a workspace, of any one kind, on one part of its examples; language models on documents
    that none of them was trained on.

    Args:
        names: at least two of one kind: runs, folders, or "base" for the untuned reader or encoder, for rerankers the
            search without any, for generators and language models what they were trained from; the others are compared
            with the first.
        part: validation or test. To choose by the test part is to tune on it.
        force_answer: of readers, never abstain.

    Raises UsageError for fewer than two names, names of several kinds, an unknown part or one without examples,
    NotFoundError for a name.
    """
    if part not in {Split.VALIDATION, Split.TEST}:
        raise UsageError(f"Unknown part '{part}'.", f"Available: {Split.VALIDATION}, {Split.TEST}.")
    names = distinct(names)
    kind = kind_of({name: kind_of_run(store, name) for name in names})
    if kind == "reader":
        return _readers_of(store, names, Split(part), force_answer, sink)
    _refuse_force(force_answer, kind)
    others: dict[str, Callable[..., SideBySide]] = {
        "classifier": comparing_classifiers.compare_runs,
        "retriever": comparing_rankings.compare_retrievers,
        "reranker": comparing_rankings.compare_rerankers,
        "generator": comparing_generators.compare_runs,
        "language-model": comparing_language_models.compare_runs,
    }
    return others[kind](store, names, Split(part), sink)


def compare_on_files(
    names: Sequence[str],
    questions: Questions,
    force_answer: bool = False,
    sink: Sink = silent,
    config: Config | None = None,
) -> SideBySide:
    """Compare models on files that none of them was trained on: of questions, for classifiers of labelled texts, for
    language models of documents.

    Args:
        names: at least two: folders (of a training, or of its model), packs, and GGUF files.
        config: how passages are cut and searched, for retrievers and rerankers; how answers are worded, for generators;
            how words are asked for, for language models.
    """
    names = distinct(names)
    kind = kind_of({name: kind_of_folder(Path(name)) for name in names})
    if kind == "reader":
        models = [(name, _model_in(name)) for name in names]
        return compared(models, questions.load(sink), questions.name, force_answer, sink)
    _refuse_force(force_answer, kind)
    if questions.title_hash and kind in {"classifier", "language-model"}:
        raise UsageError(f"--title-hash is for files of questions; these are {kind}s.", "Leave it out.")
    config = config or Config()
    others: dict[str, Callable[..., SideBySide]] = {
        "classifier": comparing_classifiers.compare_on_files,
        "retriever": partial(comparing_rankings.compare_retrievers_on_files, config),
        "reranker": partial(comparing_rankings.compare_rerankers_on_files, config),
        "generator": partial(comparing_generators.compare_on_files, config),
        "language-model": partial(comparing_language_models.compare_on_files, config),
    }
    return others[kind](names, questions, sink)


def compared(
    models: Sequence[tuple[str, Path]], examples: Sequence[ReaderExample], data: str, force: bool, sink: Sink
) -> SideBySide:
    """Readers side by side on the same examples.

    Args:
        models: names, and folders of models.
        data: what the examples are called.
        force: never abstain.
    """
    with ExitStack() as stack:
        readers = [stack.enter_context(open_reader(str(folder))) for _, folder in track(models, "export", sink)]
        measured: list[Measured] = []
        for (name, folder), reader in zip(models, readers, strict=True):
            sink(Progress("read", message=name))
            report = evaluate_reader(reader, examples, force, model=name, data=data, sink=sink)
            ask = partial(_read_one, reader, examples)
            scores = [100 * one.f1 for one in report.predictions]
            measured.append(Measured(name, folder, scores, {key: report.metrics[key] for key in SHOWN}, ask))
        measure = "F1, never abstaining" if force else "F1"
        return compare(measured, measure, data, [document_name(one) for one in examples])


def _read_one(reader: object, examples: Sequence[ReaderExample], place: int) -> object:
    return reader.read([(examples[place].question, examples[place].context)])  # type: ignore[attr-defined]


def _readers_of(store: Store, names: Sequence[str], part: Split, force: bool, sink: Sink) -> SideBySide:
    examples = reader_examples(store, part, sink=sink)
    if not examples:
        raise UsageError(
            f"The {part} part of the workspace has no accepted extractive examples.",
            "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
        )
    models = [(name, reader_source(store, name)[1]) for name in names]
    return compared(models, examples, f"the {part} part", force, sink)


def _refuse_force(force: bool, kind: str) -> None:
    if force:
        raise UsageError(f"--force-answer is for readers; these are {kind}s.", "Leave it out.")


def _model_in(name: str) -> Path:
    try:
        return model_in(name)
    except NotFoundError:
        return reader_folder(name)
