"""Measures: a reader on files of questions, the whole answer path of a workspace, and a reader's calibration.

In: names of models and files, or a store. Out: reports, pages and files. Knows nothing about the command line.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.errors import DataError, NotFoundError, UsageError, unknown_name
from autogpt.evaluate.compare import Comparison, compare
from autogpt.evaluate.reader import evaluate_reader, read_all
from autogpt.evaluate.reference import ReferenceReader
from autogpt.evaluate.report import comparison_html, reader_html, workspace_html
from autogpt.evaluate.results import ReaderReport, write_text
from autogpt.evaluate.slices import with_title_hash
from autogpt.evaluate.workspace import evaluate_workspace
from autogpt.evaluate.workspace_report import LEFT_OUT, WorkspaceReport
from autogpt.metrics.calibrator import Calibrator
from autogpt.progress import Sink, silent
from autogpt.read.backends.facts import MODEL_FILES
from autogpt.read.calibrate import fit_reader_calibrator
from autogpt.read.ensemble import Ensemble
from autogpt.read.reader import Reader
from autogpt.records import Example, ReaderExample, Split, Status, Task
from autogpt.store import Store
from autogpt.store.tables import DocumentRow

#: Ways from logits to spans.
DECODERS = ("windows", "reference")


@dataclass(frozen=True, slots=True)
class Questions:
    """Which questions of which files.

    Attributes:
        files: SQuAD JSON or JSON lines.
        title_hash: hexadecimal digits that the SHA-256 of an article's title may begin with; empty takes all.
        limit: the first so many; 0 takes all.
        ids: a file of question ids, one a line, that alone are taken.
    """

    files: tuple[Path, ...]
    title_hash: str = ""
    limit: int = 0
    ids: Path | None = None

    @property
    def name(self) -> str:
        """What reports call them."""
        parts = [", ".join(path.name for path in self.files)]
        if self.title_hash:
            parts.append(f"articles {self.title_hash}")
        if self.ids:
            parts.append(f"ids of {self.ids.name}")
        if self.limit:
            parts.append(f"first {self.limit:,}")
        return "; ".join(parts)

    def load(self, sink: Sink = silent) -> list[ReaderExample]:
        """The questions; `sink` is told of those that cannot be used.

        Raises NotFoundError or DataError for a file, UsageError when nothing is left."""
        examples = [example for path in self.files for example in load_reader_examples(path, sink=sink)]
        if self.title_hash:
            examples = with_title_hash(examples, self.title_hash)
        if self.ids:
            wanted = _lines(self.ids)
            examples = [example for example in examples if example.id in wanted]
            if not examples:
                raise UsageError(
                    f"None of the {len(wanted):,} ids in {self.ids} is that of a question here.",
                    "The file holds one id a line, as the questions' files write them.",
                )
        return examples[: self.limit or None]


def _lines(path: Path) -> set[str]:
    """The lines of a file that are not empty. Raises NotFoundError or DataError."""
    try:
        return {line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()}
    except FileNotFoundError:
        raise NotFoundError(f"There is no file {path}.", "Name a file of question ids, one a line.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}.", "Name a file of question ids, one a line.") from None


def measure_reader(
    model: str | Sequence[str],
    questions: Questions,
    *,
    force_answer: bool = False,
    threshold: float | None = None,
    backend: str = "",
    threads: int = 0,
    decoder: str = "windows",
    sink: Sink = silent,
) -> ReaderReport:
    """Measure a reader on files of questions.

    Args:
        model: name of a pack, or a folder; of several the mean of their probabilities is measured (`read.ensemble`).
        threshold: another one than the reader ships with.
        backend: openvino, onnx or torch; empty takes the fastest there is.
        decoder: "windows", or "reference" for the published SQuAD post-processing.
    """
    examples = questions.load()
    names = [model] if isinstance(model, str) else list(model)
    with ExitStack() as stack:
        readers = [
            stack.enter_context(open_reader(name, backend=backend, threads=threads, decoder=decoder)) for name in names
        ]
        return evaluate_reader(
            readers[0] if len(readers) == 1 else Ensemble(readers),
            examples,
            force_answer,
            threshold=threshold,
            model=" + ".join(names),
            data=questions.name,
            decoder=decoder,
            sink=sink,
        )


def calibrate_reader(
    model: str,
    questions: Questions,
    *,
    risk: float = 0.2,
    backend: str = "",
    threads: int = 0,
    sink: Sink = silent,
) -> Calibrator:
    """Fit a reader's confidence and threshold on questions that it was not trained on.

    Args:
        risk: share of wrong answers that the threshold accepts.

    Raises DataError when all answers are right, or all wrong.
    """
    examples = questions.load()
    with open_reader(model, backend=backend, threads=threads) as reader:
        decoded = read_all(reader, examples, sink)
    return fit_reader_calibrator(decoded, examples, risk=risk, data=questions.name)


def measure_workspace(store: Store, release: str = "", part: str = "test", sink: Sink = silent) -> WorkspaceReport:
    """Ask every accepted extractive example of one part of the workspace, as its owner, who sees every document.
    Nothing is left in the audit trail.

    Args:
        release: empty takes the current one, or the untuned models before the first.
        part: train, validation or test.

    Raises UsageError for an unknown part or one without examples, NotFoundError for an unknown release.
    """
    from autogpt.services.examples.listing import load_examples

    if part not in set(Split):
        raise UsageError(f"Unknown part '{part}'.", f"Available: {', '.join(Split)}.")
    accepted = load_examples(store, Status.ACCEPTED, split=Split(part))
    examples = [one for one in accepted if one.task is Task.EXTRACTIVE]
    if not examples:
        raise UsageError(
            f"The {part} part of the workspace has no examples.",
            "Import some with: autogpt examples import FILE, then divide them with: autogpt examples split",
        )
    return measure_examples(store, release, examples, part, sink)


def measure_file(store: Store, questions: Questions, release: str = "", sink: Sink = silent) -> WorkspaceReport:
    """Ask, over all documents, the questions of files whose texts stand in documents of the workspace; the others are
    left out. As `measure_workspace` asks: as the owner, without a trace.

    Args:
        release: empty takes the current one, or the untuned models before the first.

    Raises UsageError where no text of theirs stands in a document, NotFoundError for an unknown release or a file,
    DataError for one that cannot be read.
    """
    from autogpt.services.examples.placing import placed

    asked = questions.load()
    examples = placed(store, asked, sink)
    if not examples:
        raise UsageError(
            f"None of the {len(asked):,} questions of {questions.name} is about a text that stands in the documents of "
            "this workspace.",
            "Bring their documents in first; or measure the reader alone, with the texts of the questions.",
        )
    report = measure_examples(store, release, examples, questions.name, sink)
    return replace(report, metrics={**report.metrics, LEFT_OUT: len(asked) - len(examples)})


def measure_examples(
    store: Store, release: str, examples: Sequence[Example], name: str, sink: Sink = silent, *, take_time: bool = False
) -> WorkspaceReport:
    """Ask examples of a workspace, or placed in it, as its owner and without a trace.

    Args:
        release: empty takes the current one, or the untuned models before the first.
        name: what the report calls the examples.
        take_time: have a reranker judge all passages, so that no answer depends on how busy the machine is.

    Raises NotFoundError for an unknown release.
    """
    from autogpt.services.answering import Answerer

    if release:
        from autogpt.services.bundles import find_release
        from autogpt.services.encoders import ready_index

        ready_index(store, find_release(store, release).encoder, sink)
    with Answerer(store, release, record=False, compose=False) as answerer:
        if take_time:
            answerer.take_time()
        return evaluate_workspace(
            answerer,
            examples,
            labels=None,
            names=_document_names(store),
            release=answerer.release,
            part=name,
            sink=sink,
        )


def compare_results(before: Path, after: Path) -> Comparison:
    """Two results that were written as JSON, side by side.

    Raises NotFoundError or DataError for a file, UsageError when they cannot be compared.
    """
    return compare(read_report(before), read_report(after))


def write_report(report: ReaderReport | WorkspaceReport | Comparison, html: Path) -> None:
    """Write the report's page. Raises DataError when it cannot be written."""
    if isinstance(report, ReaderReport):
        write_text(html, reader_html(report))
    elif isinstance(report, WorkspaceReport):
        write_text(html, workspace_html(report))
    else:
        write_text(html, comparison_html(report))


def read_report(path: Path) -> ReaderReport | WorkspaceReport:
    """A report that was written as JSON. Raises NotFoundError or DataError."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(f"There is no file {path}.", "Write one with: autogpt evaluate --json > FILE") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", "Name a file.") from None
    except ValueError:
        raw = None
    if not isinstance(raw, dict):
        raise DataError(f"{path} holds no evaluation.", "Write one with: autogpt evaluate --json > FILE")
    return WorkspaceReport.from_json(raw) if raw.get("kind") == "workspace" else ReaderReport.from_json(raw)


@contextmanager
def open_reader(model: str, *, backend: str = "", threads: int = 0, decoder: str = "windows") -> Iterator[Reader]:
    """A reader to measure. A model that was never exported runs in OpenVINO all the same, from an export of its own
    precision that is thrown away afterwards; `backend="torch"` runs it as it is.

    Raises:
        NotFoundError: there is no such model.
        UsageError: no such backend or decoder, or the model is no reader.
    """
    if decoder not in DECODERS:
        raise unknown_name("decoder", decoder, DECODERS)
    folder = reader_folder(model)
    kind = ReferenceReader if decoder == "reference" else Reader
    with ExitStack() as stack:
        if not backend:
            backend = next((name for name in ("openvino", "onnx") if (folder / MODEL_FILES[name]).is_file()), "")
        if not backend:
            from autogpt.compress.export import export_reader

            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="autogpt-"))
            folder, backend = export_reader(folder, Path(scratch) / "reader"), "openvino"
        reader = kind(folder, backend, threads=threads)
        stack.callback(reader.close)
        yield reader


def reader_folder(model: str) -> Path:
    """The folder of a reader: one given as such, a training's, a model pack's, or a pack's by name. Raises
    NotFoundError.
    """
    folder = Path(model)
    for part in ("reader", "model"):
        if (folder / part).is_dir():
            return folder / part
    if folder.is_dir():
        return folder
    from autogpt.models.packs import find_pack

    return find_pack(model).reader


def _document_names(store: Store) -> dict[str, str]:
    with store.session() as session:
        return {row.id: row.name for row in session.execute(select(DocumentRow.id, DocumentRow.name))}
