"""`autogpt train reranker`."""

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
    "autogpt train reranker",
    "autogpt train reranker --epochs 1 --set train.reranker.hard_negatives=8",
    "autogpt train reranker --max-minutes 30 --json",
    "autogpt train reranker --search 60              try settings for an hour, and keep the best",
    "autogpt train reranker --data train-v1.1.json --title-hash 0-7 --out runs/reranker",
)
def reranker(
    base: Annotated[str, base_option("train.reranker", "the folder of a reader, encoder or reranker")] = "",
    epochs: Annotated[float | None, epochs_option("train.reranker", "pairs")] = None,
    max_minutes: Annotated[float | None, minutes_option("train.reranker")] = None,
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
    """Fine-tune a reranker: it judges the best passages of a search together with the question.

    On the train part of the workspace's examples: the passage that holds an answer is told apart from passages that
    rank high without one. What the search finds for the validation part is reranked after every epoch; the best epoch
    is kept, and what it adds to the search is said. Stopped or killed, the same command goes on from the last
    checkpoint.
    """
    from autogpt.services.training_reranker import train_reranker, train_reranker_on_files

    given = all_settings("train.reranker", settings, base=base or None, epochs=epochs, max_minutes=max_minutes)
    files = Files(data or [], validation or [], title_hash, ids, out)
    run = run_training(train_reranker, train_reranker_on_files, files, given, workspace, resume, as_json, search)
    if as_json:
        print_json(run.to_json())
    else:
        shown = {"recall@1": "recall_at_1", "MRR@10": "mrr_at_10", "nDCG@10": "ndcg_at_10"}
        show_ranking(run, "reranker", "search alone", "reranked", shown, standalone=bool(files))
