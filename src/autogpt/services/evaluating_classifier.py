"""Measures a classifier: on files of labelled texts, or on a part of a workspace.

In: names of models and files, or a store. Out: reports and pages. Knows nothing about the command line.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import select

from autogpt.classify.classifier import Classifier
from autogpt.classify.ensemble import ClassifierEnsemble
from autogpt.errors import NotFoundError, UsageError, unknown_name
from autogpt.evaluate.classifier import ClassifierReport, evaluate_classifier
from autogpt.evaluate.classifier_page import classifier_html
from autogpt.evaluate.results import write_text
from autogpt.progress import Sink, silent
from autogpt.read.backends.facts import MODEL_FILES
from autogpt.records import ClassifierExample, Split
from autogpt.services.examples.classes import classifier_examples
from autogpt.services.training_files import load_labelled
from autogpt.store import Store
from autogpt.store.tables import RunRow

#: Of runs.
KIND = "classifier"


def measure_classifier(
    model: str | Sequence[str],
    files: Sequence[Path],
    *,
    limit: int = 0,
    backend: str = "",
    threads: int = 0,
    sink: Sink = silent,
) -> ClassifierReport:
    """Measure a classifier on files of labelled texts.

    Args:
        model: its folder; of several the mean of their probabilities is measured (`classify.ensemble`).
        limit: the first so many texts; 0 takes all.
        backend: openvino, onnx or torch; empty takes the fastest there is.

    Raises NotFoundError or DataError for a model or file, UsageError without a text.
    """
    examples = load_labelled(files)[: limit or None]
    names = [model] if isinstance(model, str) else list(model)
    folders = [(name, classifier_folder(Path(name))) for name in names]
    data = ", ".join(path.name for path in files)
    return _measured(folders, examples, data, backend, threads, sink)


def measure_workspace_classifier(
    store: Store,
    model: str | Sequence[str] = "",
    part: str = "test",
    *,
    backend: str = "",
    threads: int = 0,
    sink: Sink = silent,
) -> ClassifierReport:
    """Measure a classifier on the labelled questions of one part of a workspace.

    Args:
        model: id of a classifier's run, or a folder; empty takes the newest finished run; several as above.
        part: train, validation or test.

    Raises UsageError for an unknown part or one without labelled questions, NotFoundError without such a model.
    """
    if part not in set(Split):
        raise unknown_name("part", part, Split)
    examples = classifier_examples(store, Split(part))
    if not examples:
        raise UsageError(
            f"The {part} part of the workspace has no labelled questions.",
            "Import some with: autogpt examples import FILE, then divide them with: autogpt examples split",
        )
    folders = []
    for name in [model] if isinstance(model, str) else model:
        run, folder = run_or_folder(store, name)
        folders.append((f"run {run}" if run else name, folder))
    return _measured(folders, examples, f"{part} part", backend, threads, sink)


def _measured(
    folders: Sequence[tuple[str, Path]],
    examples: Sequence[ClassifierExample],
    data: str,
    backend: str,
    threads: int,
    sink: Sink,
) -> ClassifierReport:
    with ExitStack() as stack:
        members = [
            (name, stack.enter_context(open_classifier(folder, backend=backend, threads=threads)))
            for name, folder in folders
        ]
        asked = members[0][1] if len(members) == 1 else ClassifierEnsemble(members)
        name = " + ".join(name for name, _ in members)
        return evaluate_classifier(asked, examples, model=name, data=data, sink=sink)


def run_or_folder(store: Store, model: str) -> tuple[str, Path]:
    """Id of a classifier's run (empty when it was none) and the folder of its model.

    Args:
        model: id of a run, or a folder; empty takes the newest finished run.

    Raises NotFoundError when there is none.
    """
    if model and Path(model).is_dir():
        return "", classifier_folder(Path(model))
    query = select(RunRow.id).where(RunRow.kind == KIND, RunRow.state == "done").order_by(RunRow.created_at.desc())
    with store.session() as session:
        run = session.scalar((query.where(RunRow.id == model) if model else query).limit(1))
    if run is None:
        what = f"There is no finished run '{model}' of a classifier" if model else "No classifier was trained here"
        raise NotFoundError(f"{what}.", "Train one with: autogpt train classifier, or name a folder.")
    return run, store.runs / run / "model"


def classifier_folder(folder: Path) -> Path:
    """The folder of a classifier: one given as such, or that of a run. Raises NotFoundError when it is no folder."""
    if not folder.is_dir():
        raise NotFoundError(f"There is no folder {folder}.", "Name the folder of a classifier: runs/ID/model.")
    return folder / "model" if (folder / "model").is_dir() else folder


@contextmanager
def open_classifier(folder: Path, *, backend: str = "", threads: int = 0) -> Iterator[Classifier]:
    """A classifier to measure. One that was never exported runs in OpenVINO all the same, from an export of its own
    precision that is thrown away afterwards; `backend="torch"` runs it as it is.

    Raises NotFoundError or DataError when the folder holds no classifier.
    """
    with tempfile.TemporaryDirectory(prefix="autogpt-") as scratch:
        if not backend:
            backend = next((name for name in ("openvino", "onnx") if (folder / MODEL_FILES[name]).is_file()), "")
        if not backend:
            from autogpt.compress.export import export_classifier

            folder, backend = export_classifier(folder, Path(scratch) / "classifier"), "openvino"
        yield Classifier(folder, backend, threads)


def write_classifier_report(report: ClassifierReport, html: Path) -> None:
    """Write the report's page. Raises DataError when it cannot be written."""
    write_text(html, classifier_html(report))
