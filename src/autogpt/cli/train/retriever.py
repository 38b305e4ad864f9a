"""`autogpt train retriever`."""

from typing import Annotated

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
    base_option,
    epochs_option,
    minutes_option,
    run_training,
)
from autogpt.cli.train.shown import show_ranking


@examples(
    "autogpt train retriever",
    "autogpt train retriever --epochs 1 --set train.retriever.hard_negatives=4",
    "autogpt train retriever --max-minutes 30 --json",
    "autogpt train retriever --search 60             try settings for an hour, and keep the best",
    "autogpt train retriever --data train-v1.1.json --title-hash 0-7 --out runs/encoder",
)
def retriever(
    base: Annotated[str, base_option("train.retriever", "the folder of an encoder")] = "",
    epochs: Annotated[float | None, epochs_option("train.retriever", "pairs")] = None,
    max_minutes: Annotated[float | None, minutes_option("train.retriever")] = None,
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
    """Fine-tune the sentence encoder that finds passages.

    On the train part of the workspace's examples and on its FAQ entries: each question is drawn to the passage that
    holds its answer, and away from passages that rank high without one. The validation part is searched for before the
    training and after every epoch, among all passages; the best epoch is kept. Stopped or killed, the same command goes
    on from the last checkpoint.
    """
    from autogpt.services.training_retriever import train_retriever, train_retriever_on_files

    given = all_settings("train.retriever", settings, base=base or None, epochs=epochs, max_minutes=max_minutes)
    files = Files(data or [], validation or [], title_hash, ids, out)
    run = run_training(train_retriever, train_retriever_on_files, files, given, workspace, resume, as_json, search)
    if as_json:
        print_json(run.to_json())
    else:
        shown = {"recall@1": "recall_at_1", "recall@10": "recall_at_10", "MRR@10": "mrr_at_10", "nDCG@10": "ndcg_at_10"}
        show_ranking(run, "encoder", "before", "after", shown, standalone=bool(files))
