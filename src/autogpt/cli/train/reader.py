"""`autogpt train reader`."""

from functools import partial
from typing import Annotated

from autogpt.cli.console import print_json
from autogpt.cli.options import HERE, JsonOption, SetOption, WorkspaceOption, examples
from autogpt.cli.train.options import (
    DataOption,
    Files,
    HashOption,
    IdsOption,
    NewOnlyOption,
    OutOption,
    RememberOption,
    ResumeOption,
    SearchOption,
    SeedsOption,
    ValidationOption,
    all_settings,
    base_option,
    continual,
    epochs_option,
    minutes_option,
    run_training,
)
from autogpt.cli.train.shown import show_reader


@examples(
    "autogpt train reader",
    "autogpt train reader --epochs 1 --set train.reader.learning_rate=5e-5",
    "autogpt train reader --base bert-base-cased",
    "autogpt train reader --search 60                          try settings for an hour, and keep the best",
    "autogpt train reader --seeds 3                            three trainings, their weights averaged",
    "autogpt train reader --set train.reader.method=lora",
    "autogpt train reader --new-only                           go on from the last training, and say what it forgot",
    "autogpt train reader --data train-v2.0.json --out runs/squad",
)
def reader(
    base: Annotated[str, base_option("train.reader", "a run, a folder")] = "",
    epochs: Annotated[float | None, epochs_option("train.reader", "examples")] = None,
    max_minutes: Annotated[float | None, minutes_option("train.reader")] = None,
    search: SearchOption = 0,
    seeds: SeedsOption = 1,
    new_only: NewOnlyOption = False,
    remember: RememberOption = None,
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
    With --search several trainings are tried, the first with the settings as they are. With --new-only it goes on from
    the current release's run, or the newest. Stopped or killed, the same command goes on from the last checkpoint.
    """
    from autogpt.services.training_reader import train_reader, train_reader_on_files

    kept = continual(new_only, remember)
    given = all_settings("train.reader", settings, base=base or None, epochs=epochs, max_minutes=max_minutes, **kept)
    files = Files(data or [], validation or [], title_hash, ids, out)
    on_workspace, on_files = (partial(one, seeds=seeds) for one in (train_reader, train_reader_on_files))
    run = run_training(on_workspace, on_files, files, given, workspace, resume, as_json, search)
    if as_json:
        print_json(run.to_json())
    else:
        show_reader(run, standalone=bool(files))
