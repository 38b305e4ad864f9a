"""`autogpt train`: fine-tune models on the workspace's examples, or on files."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autogpt.cli.console import print_json, progress, say, table
from autogpt.cli.options import HERE, App, JsonOption, SetOption, WorkspaceOption, examples, open_store, parse_settings
from autogpt.errors import UsageError

if TYPE_CHECKING:
    from autogpt.services.training import Run

app = App(help="Fine-tune a model on the examples.")

FILE = "FILE"


@app.command("reader")
@examples(
    "autogpt train reader",
    "autogpt train reader --epochs 1 --set train.reader.learning_rate=5e-5",
    "autogpt train reader --base bert-base-cased",
    "autogpt train reader --data train-v2.0.json --out runs/squad",
)
def reader(
    base: Annotated[
        str,
        typer.Option(
            metavar="PACK|FOLDER|ID",
            help="What to start from: a model pack, a folder, a model of the hub.",
            show_default="train.reader.base, else the workspace's model",
        ),
    ] = "",
    epochs: Annotated[
        float | None, typer.Option(min=0.001, help="Passes over the examples.", show_default="train.reader.epochs")
    ] = None,
    max_minutes: Annotated[
        float | None,
        typer.Option(min=0, help="End after so many minutes, wound down.", show_default="train.reader.max_minutes"),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            metavar=FILE,
            help="Train on these files (SQuAD JSON or JSON lines, plain or gzipped) and on no workspace. "
            "May be repeated.",
        ),
    ] = None,
    validation: Annotated[
        list[Path] | None,
        typer.Option(metavar=FILE, help="Validate on these.", show_default="15% of --data, by title"),
    ] = None,
    title_hash: Annotated[
        str,
        typer.Option(
            "--title-hash",
            metavar="DIGITS",
            help="Of --data, only articles whose title's SHA-256 begins with one of these hexadecimal digits: 0-7.",
        ),
    ] = "",
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="With --data: the folder of the training.")] = None,
    resume: Annotated[
        bool, typer.Option(help="Go on with the same training where it was killed or stopped, or begin anew.")
    ] = True,
    settings: SetOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Fine-tune a reader: extractive question answering.

    On the workspace's train part; the validation part is measured after every epoch, ends the training when F1 no
    longer rises, and fits the reader's confidence. The folder of the run holds the model, its metrics and its curves.
    Stopped or killed, the same command goes on from the last checkpoint.
    """
    given = {"base": base or None, "epochs": epochs, "max_minutes": max_minutes}
    changes = [f"train.reader.{key}={value}" for key, value in given.items() if value is not None]
    all_settings = [*(settings or ()), *changes]
    if data:
        run = _on_files(data, validation or [], title_hash, out, all_settings, resume, as_json)
    else:
        if validation or title_hash or out:
            raise UsageError(
                "--validation, --title-hash and --out belong to --data.", "Name files to train on with --data FILE."
            )
        from autogpt.services.training import train_reader

        with open_store(workspace, all_settings) as store, progress(as_json) as sink:
            run = train_reader(store, sink, resume)
    if as_json:
        print_json({**asdict(run), "model": run.model})
        return
    _show(run, standalone=bool(data))


def _on_files(
    data: list[Path],
    validation: list[Path],
    title_hash: str,
    out: Path | None,
    settings: list[str],
    resume: bool,
    as_json: bool,
) -> "Run":
    from autogpt.config import Config, override
    from autogpt.services.training import load_files, train_reader_on_files

    if out is None:
        raise UsageError("--data needs a folder for what is trained.", "Name one with --out FOLDER.")
    config = override(Config(), parse_settings(settings), "What was given with --set")
    train = load_files(data, title_hash)
    held = load_files(validation) if validation else []
    with progress(as_json) as sink:
        return train_reader_on_files(config, train, held, out, sink, resume)


def _show(run: "Run", standalone: bool) -> None:
    say(run.summary[0].upper() + run.summary[1:] + ".", "bold green")
    if run.metrics:
        shown = {"f1": "F1", "exact_match": "exact match", "forced_f1": "F1, never abstaining"}
        table(["on the validation questions", ""], [(label, run.metrics[key]) for key, label in shown.items()])
    say(f"The model is in {run.model}, the curves are in {run.folder / 'curves.png'}.")
    if standalone:
        say(f"Measure it with: autogpt evaluate reader --model {run.model} --data FILE")
    else:
        say("Next: autogpt release create")
