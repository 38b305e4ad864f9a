"""Sets readers side by side: how good each is on the same questions, what it cost, and how fast it serves.

In: runs, folders and packs, and the questions of a workspace or of files. Out: a `SideBySide`. Knows nothing about the
command line.
"""

import json
import random
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from autogpt.errors import UsageError
from autogpt.evaluate.reader import FEWEST_DOCUMENTS, evaluate_reader
from autogpt.evaluate.results import ReaderReport
from autogpt.evaluate.side_by_side import Contender, SideBySide, side_by_side
from autogpt.evaluate.slices import document_name
from autogpt.models.costs import Costs
from autogpt.progress import Progress, Sink, silent, track
from autogpt.read.backends.facts import MODEL_FILES
from autogpt.read.reader import Reader
from autogpt.records import ReaderExample, Split
from autogpt.services.evaluating import Questions, open_reader, reader_folder
from autogpt.services.examples.reading import reader_examples
from autogpt.services.releasing import reader_source
from autogpt.store import Store

#: Questions whose time is taken, after some that do not count.
TIMED, WARM = 50, 5
#: Metrics shown beside the one that is compared.
SHOWN = ("exact_match", "has_answer_f1", "no_answer_accuracy", "expected_calibration_error", "coverage_at_80")


def compare_runs(
    store: Store, names: Sequence[str], part: str = "validation", force_answer: bool = False, sink: Sink = silent
) -> SideBySide:
    """Compare trainings of a workspace on one part of its examples.

    Args:
        names: at least two: runs, folders, or "base" for the untuned reader; the others are compared with the first.
        part: validation or test. To choose by the test part is to tune on it.

    Raises UsageError for fewer than two names, an unknown part or one without examples, NotFoundError for a name.
    """
    if part not in {Split.VALIDATION, Split.TEST}:
        raise UsageError(f"Unknown part '{part}'.", f"Available: {Split.VALIDATION}, {Split.TEST}.")
    examples = reader_examples(store, Split(part), sink=sink)
    if not examples:
        raise UsageError(
            f"The {part} part of the workspace has no accepted extractive examples.",
            "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
        )
    models = [(name, reader_source(store, name)[1]) for name in _distinct(names)]
    return compared(models, examples, f"the {part} part", force_answer, sink)


def compare_on_files(
    names: Sequence[str], questions: Questions, force_answer: bool = False, sink: Sink = silent
) -> SideBySide:
    """Compare readers on files of questions that none of them was trained on.

    Args:
        names: at least two: folders (of a training, or of its model) and packs.
    """
    models = [(name, _model_in(name)) for name in _distinct(names)]
    return compared(models, questions.load(), questions.name, force_answer, sink)


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
        reports: list[ReaderReport] = []
        for (name, _), reader in zip(models, readers, strict=True):
            sink(Progress("read", message=name))
            reports.append(evaluate_reader(reader, examples, force, model=name, data=data, sink=sink))
        latencies = _latencies(readers, examples)
    contenders = [
        Contender(
            name=name,
            method=_method(folder),
            scores=[100 * one.f1 for one in report.predictions],
            measures={key: report.metrics[key] for key in SHOWN if report.metrics[key] is not None},
            costs=Costs.load(folder.parent),
            size_bytes=_weights(folder),
            latency_ms=latency,
        )
        for (name, folder), report, latency in zip(models, reports, latencies, strict=True)
    ]
    documents = [document_name(one) for one in examples]
    groups = documents if len(set(documents)) >= FEWEST_DOCUMENTS else None
    measure = "F1, never abstaining" if force else "F1"
    return side_by_side(contenders, measure, data, groups)


def _latencies(readers: Sequence[Reader], examples: Sequence[ReaderExample]) -> list[float]:
    """Median milliseconds of each, one question at a time; they take turns, so that what else the machine does falls on
    all of them."""
    drawn = random.Random(0).sample(list(examples), min(len(examples), TIMED))  # noqa: S311
    taken: list[list[float]] = [[] for _ in readers]
    for place, one in enumerate([*drawn[:WARM], *drawn]):
        for reader, times in zip(readers, taken, strict=True):
            began = time.perf_counter()
            reader.read([(one.question, one.context)])
            if place >= min(WARM, len(drawn)):
                times.append(1_000 * (time.perf_counter() - began))
    return [float(np.median(times)) for times in taken]


def _distinct(names: Sequence[str]) -> list[str]:
    distinct = list(dict.fromkeys(names))
    if len(distinct) < 2:
        raise UsageError("There is nothing to compare with.", "Name two models or more.")
    return distinct


def _model_in(name: str) -> Path:
    inside = Path(name) / "model"
    return inside if inside.is_dir() else reader_folder(name)


def _method(model: Path) -> str:
    """How the model in a training's folder was fine-tuned; empty where it is none's."""
    try:
        settings = json.loads((model.parent / "request.json").read_text(encoding="utf-8"))["settings"]
    except FileNotFoundError:
        return ""
    return str(settings.get("method", "full"))


def _weights(folder: Path) -> int:
    """Bytes of the weights; of an exported model, of its file."""
    sizes = [path.stat().st_size for path in folder.glob("*.safetensors")]
    sizes = sizes or [
        path.stat().st_size for file in MODEL_FILES.values() for path in folder.glob(f"{Path(file).stem}.*")
    ]
    return sum(sizes)
