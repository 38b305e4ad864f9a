"""`autogpt train classifier`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from autogpt.cli.console import print_json
from autogpt.cli.options import HERE, JsonOption, SetOption, WorkspaceOption, examples
from autogpt.cli.train.options import (
    FILE,
    LabelledFiles,
    NewOnlyOption,
    OutOption,
    RememberOption,
    ResumeOption,
    SearchOption,
    SeedsOption,
    all_settings,
    base_option,
    continual,
    epochs_option,
    minutes_option,
    run_training,
)
from autogpt.cli.train.shown import show_classifier


@examples(
    "autogpt train classifier",
    "autogpt train classifier --kind binary --set train.classifier.positive=advice",
    "autogpt train classifier --few-shot always --json",
    "autogpt train classifier --new-only",
    "autogpt train classifier --search 60            try settings for an hour, and keep the best",
    "autogpt train classifier --seeds 3              three trainings, their weights averaged",
    "autogpt train classifier --few-shot prompt --base bert-base-uncased",
    "autogpt train classifier --unlabelled questions.txt",
    "autogpt train classifier --data intents.csv --validation held-out.csv --out runs/intents",
)
def classifier(
    kind: Annotated[
        str,
        typer.Option(help="intents, binary, multi-label or similarity.", show_default="train.classifier.kind"),
    ] = "",
    few_shot: Annotated[
        str, typer.Option("--few-shot", help="auto, always, never or prompt.", show_default="train.classifier.few_shot")
    ] = "",
    base: Annotated[str, base_option("train.classifier", "a run, the folder of an encoder")] = "",
    epochs: Annotated[float | None, epochs_option("train.classifier", "texts")] = None,
    max_minutes: Annotated[float | None, minutes_option("train.classifier")] = None,
    new_only: NewOnlyOption = False,
    remember: RememberOption = None,
    search: SearchOption = 0,
    seeds: SeedsOption = 1,
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
    unlabelled: Annotated[
        Path | None,
        typer.Option(
            metavar=FILE,
            help="Texts without labels: those that the classifier is sure of train it again.",
            dir_okay=False,
        ),
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
    drawn together and a head is fitted; --few-shot prompt asks a language model instead. With --new-only it goes on
    from the current release's run, or the newest: its classes are kept, and new ones are added. Stopped or killed, the
    same command goes on from the last checkpoint.
    """
    from autogpt.annotate.classifier_data import load_unlabelled
    from autogpt.services.training_classifier import train_classifier, train_classifier_on_files

    given = all_settings(
        "train.classifier",
        settings,
        kind=kind or None,
        few_shot=few_shot or None,
        base=base or None,
        epochs=epochs,
        max_minutes=max_minutes,
        **continual(new_only, remember),
    )
    files = LabelledFiles(data or [], validation or [], "", None, out)
    texts = load_unlabelled(unlabelled) if unlabelled is not None else []
    on_workspace, on_files = (
        partial(one, unlabelled=texts, seeds=seeds) for one in (train_classifier, train_classifier_on_files)
    )
    run = run_training(on_workspace, on_files, files, given, workspace, resume, as_json, search)
    if as_json:
        print_json(run.to_json())
    else:
        show_classifier(run, standalone=bool(files))
