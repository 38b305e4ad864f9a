"""`autogpt train`: fine-tune models on the workspace's examples, or on files."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from autogpt.cli.console import print_json, progress
from autogpt.cli.options import HERE, App, JsonOption, SetOption, WorkspaceOption, examples, open_store, parse_settings
from autogpt.cli.trained import show_classifier, show_ranking, show_reader
from autogpt.errors import UsageError

if TYPE_CHECKING:
    from autogpt.config import Config
    from autogpt.records import ReaderExample
    from autogpt.services.runs import Run

app = App(help="Fine-tune a model on the examples.")

FILE = "FILE"
R = TypeVar("R", bound="Run")


def _base(section: str, what: str) -> Any:
    return typer.Option(
        metavar="PACK|FOLDER|ID",
        help=f"What to start from: a model pack, {what}, the adapter/ of a run, a model of the hub.",
        show_default=f"{section}.base, else the workspace's model",
    )


def _epochs(section: str, what: str) -> Any:
    return typer.Option(min=0.001, help=f"Passes over the {what}.", show_default=f"{section}.epochs")


def _max_minutes(section: str) -> Any:
    return typer.Option(min=0, help="End after so many minutes, wound down.", show_default=f"{section}.max_minutes")


DataOption = Annotated[
    list[Path] | None,
    typer.Option(
        metavar=FILE,
        help="Train on these files (SQuAD JSON or JSON lines, plain or gzipped) and on no workspace. May be repeated.",
    ),
]
ValidationOption = Annotated[
    list[Path] | None,
    typer.Option(metavar=FILE, help="Validate on these.", show_default="15% of --data, by title"),
]
HashOption = Annotated[
    str,
    typer.Option(
        "--title-hash",
        metavar="DIGITS",
        help="Of --data, only articles whose title's SHA-256 begins with one of these hexadecimal digits: 0-7.",
    ),
]
IdsOption = Annotated[
    Path | None,
    typer.Option(metavar=FILE, dir_okay=False, help="Of --data, only the questions whose ids the file lists."),
]
OutOption = Annotated[Path | None, typer.Option(metavar="FOLDER", help="With --data: the folder of the training.")]
SearchOption = Annotated[
    float,
    typer.Option(
        "--search",
        metavar="MINUTES",
        min=0,
        help="Try settings that long, those of train.search, and keep the best training.",
        show_default="no search",
    ),
]
ResumeOption = Annotated[
    bool, typer.Option(help="Go on with the same training where it was killed or stopped, or begin anew.")
]


@dataclass(frozen=True)
class _Files:
    """What was asked to be trained on in place of a workspace."""

    data: list[Path]
    validation: list[Path]
    title_hash: str
    ids: Path | None
    out: Path | None

    def __bool__(self) -> bool:
        """Whether there are any. Raises UsageError for what belongs to files, without files."""
        if not self.data and (self.validation or self.title_hash or self.ids or self.out):
            raise UsageError(
                "--validation, --title-hash, --ids and --out belong to --data.",
                "Name files to train on with --data FILE.",
            )
        return bool(self.data)

    def read(self, settings: list[str]) -> "tuple[Config, list[ReaderExample], list[ReaderExample], Path]":
        """Configuration, examples to train and to validate on, and the folder of the training."""
        from autogpt.services.training_files import load_files

        config, out = self.config(settings)
        train = load_files(self.data, self.title_hash, self.ids)
        return config, train, load_files(self.validation) if self.validation else [], out

    def config(self, settings: list[str]) -> "tuple[Config, Path]":
        """Configuration, and the folder of the training."""
        from autogpt.config import Config, override

        if self.out is None:
            raise UsageError("--data needs a folder for what is trained.", "Name one with --out FOLDER.")
        return override(Config(), parse_settings(settings), "What was given with --set"), self.out


@dataclass(frozen=True)
class _LabelledFiles(_Files):
    """The same of labelled texts."""

    def read(self, settings: list[str]) -> Any:
        from autogpt.services.training_classifier import load_labelled

        config, out = self.config(settings)
        return config, load_labelled(self.data), load_labelled(self.validation) if self.validation else [], out


@app.command("reader")
@examples(
    "autogpt train reader",
    "autogpt train reader --epochs 1 --set train.reader.learning_rate=5e-5",
    "autogpt train reader --base bert-base-cased",
    "autogpt train reader --search 60                          try settings for an hour, and keep the best",
    "autogpt train reader --set train.reader.method=lora",
    "autogpt train reader --data train-v2.0.json --out runs/squad",
)
def reader(
    base: Annotated[str, _base("train.reader", "a folder")] = "",
    epochs: Annotated[float | None, _epochs("train.reader", "examples")] = None,
    max_minutes: Annotated[float | None, _max_minutes("train.reader")] = None,
    search: SearchOption = 0,
    data: DataOption = None,
    validation: ValidationOption = None,
    title_hash: HashOption = "",
    ids: IdsOption = None,
    out: OutOption = None,
    resume: ResumeOption = True,
    settings: SetOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Fine-tune a reader: extractive question answering.

    On the workspace's train part; the validation part is measured after every epoch, ends the training when F1 no
    longer rises, and fits the reader's confidence. The folder of the run holds the model, its metrics and its curves.
    With --search several trainings are tried, the first with the settings as they are. Stopped or killed, the same
    command goes on from the last checkpoint.
    """
    from autogpt.services.training import train_reader, train_reader_on_files

    given = _settings("train.reader", settings, base=base or None, epochs=epochs, max_minutes=max_minutes)
    files = _Files(data or [], validation or [], title_hash, ids, out)
    on_workspace, on_files = (partial(one, search_minutes=search) for one in (train_reader, train_reader_on_files))
    run = _train(on_workspace, on_files, files, given, workspace, resume, as_json)
    if as_json:
        print_json(run.to_json())
    else:
        show_reader(run, standalone=bool(files))


@app.command("retriever")
@examples(
    "autogpt train retriever",
    "autogpt train retriever --epochs 1 --set train.retriever.hard_negatives=4",
    "autogpt train retriever --max-minutes 30 --json",
    "autogpt train retriever --data train-v1.1.json --title-hash 0-7 --out runs/encoder",
)
def retriever(
    base: Annotated[str, _base("train.retriever", "the folder of an encoder")] = "",
    epochs: Annotated[float | None, _epochs("train.retriever", "pairs")] = None,
    max_minutes: Annotated[float | None, _max_minutes("train.retriever")] = None,
    data: DataOption = None,
    validation: ValidationOption = None,
    title_hash: HashOption = "",
    ids: IdsOption = None,
    out: OutOption = None,
    resume: ResumeOption = True,
    settings: SetOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Fine-tune the sentence encoder that finds passages.

    On the train part of the workspace's examples and on its FAQ entries: each question is drawn to the passage that
    holds its answer, and away from passages that rank high without one. The validation part is searched for before the
    training and after every epoch, among all passages; the best epoch is kept. Stopped or killed, the same command goes
    on from the last checkpoint.
    """
    from autogpt.services.training_retriever import train_retriever, train_retriever_on_files

    given = _settings("train.retriever", settings, base=base or None, epochs=epochs, max_minutes=max_minutes)
    files = _Files(data or [], validation or [], title_hash, ids, out)
    run = _train(train_retriever, train_retriever_on_files, files, given, workspace, resume, as_json)
    if as_json:
        print_json(run.to_json())
    else:
        shown = {"recall@1": "recall_at_1", "recall@10": "recall_at_10", "MRR@10": "mrr_at_10", "nDCG@10": "ndcg_at_10"}
        show_ranking(run, "encoder", "before", "after", shown, standalone=bool(files))


@app.command("reranker")
@examples(
    "autogpt train reranker",
    "autogpt train reranker --epochs 1 --set train.reranker.hard_negatives=8",
    "autogpt train reranker --max-minutes 30 --json",
    "autogpt train reranker --data train-v1.1.json --title-hash 0-7 --out runs/reranker",
)
def reranker(
    base: Annotated[str, _base("train.reranker", "the folder of a reader, encoder or reranker")] = "",
    epochs: Annotated[float | None, _epochs("train.reranker", "pairs")] = None,
    max_minutes: Annotated[float | None, _max_minutes("train.reranker")] = None,
    data: DataOption = None,
    validation: ValidationOption = None,
    title_hash: HashOption = "",
    ids: IdsOption = None,
    out: OutOption = None,
    resume: ResumeOption = True,
    settings: SetOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Fine-tune a reranker: it judges the best passages of a search together with the question.

    On the train part of the workspace's examples: the passage that holds an answer is told apart from passages that
    rank high without one. What the search finds for the validation part is reranked after every epoch; the best epoch
    is kept, and what it adds to the search is said. Stopped or killed, the same command goes on from the last
    checkpoint.
    """
    from autogpt.services.training_reranker import train_reranker, train_reranker_on_files

    given = _settings("train.reranker", settings, base=base or None, epochs=epochs, max_minutes=max_minutes)
    files = _Files(data or [], validation or [], title_hash, ids, out)
    run = _train(train_reranker, train_reranker_on_files, files, given, workspace, resume, as_json)
    if as_json:
        print_json(run.to_json())
    else:
        shown = {"recall@1": "recall_at_1", "MRR@10": "mrr_at_10", "nDCG@10": "ndcg_at_10"}
        show_ranking(run, "reranker", "search alone", "reranked", shown, standalone=bool(files))


@app.command("classifier")
@examples(
    "autogpt train classifier",
    "autogpt train classifier --kind binary --set train.classifier.positive=advice",
    "autogpt train classifier --few-shot always --json",
    "autogpt train classifier --data intents.csv --validation held-out.csv --out runs/intents",
)
def classifier(
    kind: Annotated[
        str,
        typer.Option(help="intents, binary, multi-label or similarity.", show_default="train.classifier.kind"),
    ] = "",
    few_shot: Annotated[
        str, typer.Option("--few-shot", help="auto, always or never.", show_default="train.classifier.few_shot")
    ] = "",
    base: Annotated[str, _base("train.classifier", "the folder of an encoder")] = "",
    epochs: Annotated[float | None, _epochs("train.classifier", "texts")] = None,
    max_minutes: Annotated[float | None, _max_minutes("train.classifier")] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            metavar=FILE,
            help="Train on these files (CSV or JSON lines of texts and labels) and on no workspace. May be repeated.",
        ),
    ] = None,
    validation: Annotated[
        list[Path] | None,
        typer.Option(metavar=FILE, help="Validate on these.", show_default="15% of --data, of each class"),
    ] = None,
    out: OutOption = None,
    resume: ResumeOption = True,
    settings: SetOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Train a classifier: what a question is about, and whether it is about anything that is known.

    On the labelled questions of the workspace's train part; the validation part chooses the best epoch, makes
    probabilities honest, and fits what tells out-of-scope questions. With few examples a class, texts of a class are
    drawn together and a head is fitted. Stopped or killed, the same command goes on from the last checkpoint.
    """
    from autogpt.services.training_classifier import train_classifier, train_classifier_on_files

    given = _settings(
        "train.classifier",
        settings,
        kind=kind or None,
        few_shot=few_shot or None,
        base=base or None,
        epochs=epochs,
        max_minutes=max_minutes,
    )
    files = _LabelledFiles(data or [], validation or [], "", None, out)
    run = _train(train_classifier, train_classifier_on_files, files, given, workspace, resume, as_json)
    if as_json:
        print_json(run.to_json())
    else:
        show_classifier(run, standalone=bool(files))


def _settings(section: str, settings: list[str] | None, **given: str | float | None) -> list[str]:
    """What was given with --set and with options of its own."""
    return [*(settings or ()), *(f"{section}.{key}={value}" for key, value in given.items() if value is not None)]


def _train(
    on_workspace: Callable[..., R],
    on_files: Callable[..., R],
    files: _Files,
    settings: list[str],
    workspace: Path,
    resume: bool,
    as_json: bool,
) -> R:
    """What a training service gives: the one for a workspace, or the one for files where there are any."""
    if files:
        given = files.read(settings)
        with progress(as_json) as sink:
            return on_files(*given, sink, resume)
    with open_store(workspace, settings) as store, progress(as_json) as sink:
        return on_workspace(store, sink, resume)
