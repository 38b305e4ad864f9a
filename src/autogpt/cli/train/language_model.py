"""`autogpt train language-model`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autogpt.cli.console import print_json
from autogpt.cli.options import HERE, JsonOption, SetOption, WorkspaceOption, examples
from autogpt.cli.train.options import (
    FILE,
    Files,
    OutOption,
    ResumeOption,
    SearchOption,
    all_settings,
    base_option,
    epochs_option,
    minutes_option,
    run_training,
)
from autogpt.cli.train.shown import show_language_model

if TYPE_CHECKING:
    from autogpt.progress import Sink


@dataclass(frozen=True)
class TextFiles(Files):
    """Documents in place of a workspace."""

    def read(self, settings: list[str], sink: "Sink") -> Any:
        from autogpt.services.training_language_model import load_texts

        config, out = self.config(settings)
        return config, load_texts(self.data, config), load_texts(self.validation, config), out


@examples(
    "autogpt train language-model",
    "autogpt train language-model --part encoder",
    "autogpt train language-model --base gpt2 --max-minutes 30",
    "autogpt train language-model --search 120                     try settings for two hours, and keep the best",
    "autogpt train language-model --data documents/ --out runs/domain",
    "autogpt train reader --base runs/1f…/model                fine-tune what it gave",
)
def language_model(
    base: Annotated[str, base_option("train.language_model", "a folder, a GGUF file")] = "",
    part: Annotated[
        str, typer.Option(help="Of a model pack: reader or encoder.", show_default="train.language_model.part")
    ] = "",
    kind: Annotated[str, typer.Option(help="auto, masked or causal.", show_default="train.language_model.kind")] = "",
    epochs: Annotated[float | None, epochs_option("train.language_model", "documents")] = None,
    max_minutes: Annotated[float | None, minutes_option("train.language_model")] = None,
    search: SearchOption = 0,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE|FOLDER",
            help="Train on these and on no workspace: documents, or JSON lines with a text each. May be repeated.",
        ),
    ] = None,
    validation: Annotated[
        list[Path] | None,
        typer.Option(metavar=FILE, help="Validate on these.", show_default="a part of --data, by document"),
    ] = None,
    out: OutOption = None,
    resume: ResumeOption = True,
    settings: SetOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Continue the pre-training of a model on the documents, before it is fine-tuned.

    It learns to tell words that are left out (BERT and its relatives) or each next token (GPT and its relatives). Some
    documents are held out, to say how much better it knows others like them. Documents with access labels are not read,
    unless train.language_model.restricted says so. The model that comes of it is a base for the other trainings.
    Stopped or killed, the same command goes on from the last checkpoint.
    """
    from autogpt.services.training_language_model import train_language_model, train_language_model_on_files

    given = all_settings(
        "train.language_model",
        settings,
        base=base or None,
        part=part or None,
        kind=kind or None,
        epochs=epochs,
        max_minutes=max_minutes,
    )
    files = TextFiles(data or [], validation or [], "", None, out)
    run = run_training(
        train_language_model, train_language_model_on_files, files, given, workspace, resume, as_json, search
    )
    if as_json:
        print_json(run.to_json())
    else:
        show_language_model(run)
