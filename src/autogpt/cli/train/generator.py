"""`autogpt train generator`."""

from typing import Annotated

import typer

from autogpt.cli.console import print_json
from autogpt.cli.options import HERE, JsonOption, SetOption, WorkspaceOption, examples
from autogpt.cli.train.options import (
    DataOption,
    Files,
    HashOption,
    IdsOption,
    OutOption,
    ResumeOption,
    SearchOption,
    ValidationOption,
    all_settings,
    epochs_option,
    minutes_option,
    run_training,
)
from autogpt.cli.train.shown import show_generator


@examples(
    "autogpt train generator --base models/SmolLM2-135M-Instruct.gguf --set train.generator.method=lora",
    "autogpt train generator --base Qwen/Qwen2.5-0.5B-Instruct --epochs 1",
    "autogpt train generator --base models/smollm2 --search 120    try settings for two hours, and keep the best",
    "autogpt train generator --base models/smollm2 --data train-v2.0.json --out runs/writer",
)
def generator(
    base: Annotated[
        str,
        typer.Option(
            metavar="FOLDER|GGUF|ID",
            help="The causal language model to start from: a folder, a GGUF file, the adapter/ of a run, a model of "
            "the hub.",
            show_default="train.generator.base",
        ),
    ] = "",
    epochs: Annotated[float | None, epochs_option("train.generator", "questions")] = None,
    max_minutes: Annotated[float | None, minutes_option("train.generator")] = None,
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
    """Fine-tune a language model that words answers out of passages, for the composer `local`.

    On the workspace's train part and its vetted answers: it learns to write the sentence that holds the answer, from
    the prompt that it will be served with. After every epoch the likelihood of the validation part's answers is
    measured, and answers are written to some of its questions and checked; the epoch with the likeliest answers is
    kept. Stopped or killed, the same command goes on from the last checkpoint.
    """
    from autogpt.services.training_generator import train_generator, train_generator_on_files

    given = all_settings("train.generator", settings, base=base or None, epochs=epochs, max_minutes=max_minutes)
    files = Files(data or [], validation or [], title_hash, ids, out)
    run = run_training(train_generator, train_generator_on_files, files, given, workspace, resume, as_json, search)
    if as_json:
        print_json(run.to_json())
    else:
        show_generator(run, standalone=bool(files))
