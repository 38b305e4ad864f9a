"""Sets retrievers, or rerankers, side by side on the same questions: what each ranks first.

In: runs, folders and packs, and a part of a workspace or files. Out: a `SideBySide`. Retrievers rank all passages by
their vectors alone; rerankers rank what the search that answers at present found, and are compared with that search.
Knows nothing about the command line.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from autogpt.config import Config
from autogpt.errors import UsageError
from autogpt.evaluate.side_by_side import SideBySide
from autogpt.metrics.ranking import ndcg, reciprocal_rank
from autogpt.models.packs import find_pack
from autogpt.models.sources import resolve_encoder
from autogpt.progress import Progress, Sink, track
from autogpt.read.backends.facts import MODEL_FILES
from autogpt.records import Split
from autogpt.retrieve.encoder import Encoder, Encodes
from autogpt.retrieve.reranker import Reranker
from autogpt.services.contenders import BASE, Measured, compare, model_in, run_model
from autogpt.services.evaluating import Questions
from autogpt.services.reranker_data import found_for
from autogpt.services.retriever_data import Parts, file_parts, ranking_of, workspace_parts, workspace_search
from autogpt.services.training_reranker import file_search, search_depth
from autogpt.store import Store
from autogpt.train.pairs import Asked, Ranking
from autogpt.train.ranking import reranked_orders

MEASURE = "nDCG@10"
#: Texts encoded, and questions ranked, at once.
_STEP = 256
_NOTHING = "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split"


def compare_retrievers(store: Store, names: Sequence[str], part: Split, sink: Sink) -> SideBySide:
    """Encoders of a workspace on one part of its examples, before all its passages."""
    parts = workspace_parts(store, part)
    pack = find_pack(store.config.workspace.pack).encoder
    models = [(name, pack if name == BASE else run_model(store, name, "retriever")) for name in names]
    return _encoders(store.config, models, parts, f"the {part} part", sink)


def compare_retrievers_on_files(config: Config, names: Sequence[str], questions: Questions, sink: Sink) -> SideBySide:
    """Encoders on files of questions, before the passages of all their contexts."""
    parts = file_parts(config, (), questions.load(sink))
    models = [(name, model_in(str(resolve_encoder(name)))) for name in names]
    return _encoders(config, models, parts, questions.name, sink)


def compare_rerankers(store: Store, names: Sequence[str], part: Split, sink: Sink) -> SideBySide:
    """Rerankers of a workspace on what its search finds for one part of its examples; `base` is that search alone."""
    parts, depth = workspace_parts(store, part), search_depth(store.config)
    with workspace_search(store, depth) as (search, _):
        asked = found_for(parts, store.config.train.reranker, search, store.config.retrieve.rerank_passages, sink)
    models = [(name, None if name == BASE else run_model(store, name, "reranker")) for name in names]
    return _rerankers(models, asked, f"the {part} part", sink)


def compare_rerankers_on_files(config: Config, names: Sequence[str], questions: Questions, sink: Sink) -> SideBySide:
    """Rerankers on what the search of the model's encoder finds in the contexts of files; `base` is that search
    alone.
    """
    parts = file_parts(config, (), questions.load(sink))
    with file_search(config, parts, sink) as (search, _):
        asked = found_for(parts, config.train.reranker, search, config.retrieve.rerank_passages, sink)
    models = [(name, None if name == BASE else model_in(name)) for name in names]
    return _rerankers(models, asked, questions.name, sink)


def _encoders(config: Config, models: Sequence[tuple[str, Path]], parts: Parts, data: str, sink: Sink) -> SideBySide:
    ranking = ranking_of(parts, config.train.retriever)
    if not ranking.questions:
        raise UsageError(f"No question of {data} has an answer to be found.", _NOTHING)
    with ExitStack() as stack:
        opened = [stack.enter_context(_opened_encoder(folder, sink)) for _, folder in track(models, "export", sink)]
        measured = []
        for (name, folder), encoder in zip(models, opened, strict=True):
            sink(Progress("embed", message=name))
            orders = _ranked(encoder, ranking, sink)
            ask = partial(_encode_one, encoder, ranking)
            measured.append(_measured(name, folder, orders, [right for _, right in ranking.questions], {}, ask))
        return compare(measured, MEASURE, data)


@contextmanager
def _opened_encoder(folder: Path, sink: Sink) -> Iterator[Encodes]:
    if (folder / MODEL_FILES["openvino"]).is_file():
        yield Encoder(folder)
        return
    from autogpt.compress.export import export_encoder

    with tempfile.TemporaryDirectory(prefix="autogpt-") as scratch:
        yield Encoder(export_encoder(folder, Path(scratch) / "encoder", sink=sink))


def _ranked(encoder: Encodes, ranking: Ranking, sink: Sink) -> list[list[int]]:
    """The ten nearest passages of each question, by their places."""
    vectors = []
    for at in range(0, len(ranking.passages), _STEP):
        vectors.append(encoder.encode(ranking.passages[at : at + _STEP]))
        sink(Progress("embed", min(at + _STEP, len(ranking.passages)), len(ranking.passages)))
    passages = np.concatenate(vectors)
    questions = encoder.encode([text for text, _ in ranking.questions], "query")
    orders: list[list[int]] = []
    for at in range(0, len(questions), _STEP):
        cosines = questions[at : at + _STEP] @ passages.T
        orders += np.argsort(-cosines, axis=1, kind="stable")[:, :10].tolist()
    return orders


def _encode_one(encoder: Encodes, ranking: Ranking, place: int) -> object:
    return encoder.encode([ranking.questions[place][0]], "query")


def _rerankers(models: Sequence[tuple[str, Path | None]], asked: Sequence[Asked], data: str, sink: Sink) -> SideBySide:
    if not asked:
        raise UsageError(f"No question of {data} has an answer to be found.", _NOTHING)
    right = [one.right for one in asked]
    with ExitStack() as stack:
        opened = [
            stack.enter_context(_opened_reranker(folder, sink)) if folder else None
            for _, folder in track(models, "export", sink)
        ]
        measured = []
        for (name, folder), reranker in zip(models, opened, strict=True):
            if reranker is None:
                found = [list(range(len(one.texts))) for one in asked]
                measured.append(_measured(name, None, found, right, {"weight": 0.0}, lambda place: None))
                continue
            sink(Progress("rerank", message=name))
            logits = [reranker.logits(one.question, one.texts) for one in track(asked, "rerank", sink)]
            orders, weight = reranked_orders(asked, logits)
            ask = partial(_judge_one, reranker, asked)
            measured.append(_measured(name, folder, orders, right, {"weight": weight}, ask))
        return compare(measured, MEASURE, data)


@contextmanager
def _opened_reranker(folder: Path, sink: Sink) -> Iterator[Reranker]:
    if (folder / MODEL_FILES["openvino"]).is_file():
        yield Reranker(folder)
        return
    from autogpt.compress.export import export_reranker

    with tempfile.TemporaryDirectory(prefix="autogpt-") as scratch:
        yield Reranker(export_reranker(folder, Path(scratch) / "reranker", sink=sink))


def _judge_one(reranker: Reranker, asked: Sequence[Asked], place: int) -> object:
    return reranker.logits(asked[place].question, asked[place].texts)


def _measured(
    name: str,
    folder: Path | None,
    orders: Sequence[Sequence[int]],
    right: Sequence[frozenset[int]],
    further: dict[str, float | None],
    ask: Callable[[int], object],
) -> Measured:
    pairs = [(list(order)[:10], wanted) for order, wanted in zip(orders, right, strict=True)]
    measures: dict[str, float | None] = {
        f"recall_at_{k}": float(np.mean([not wanted.isdisjoint(order[:k]) for order, wanted in pairs])) for k in (1, 10)
    }
    measures["mrr_at_10"] = float(np.mean([reciprocal_rank(order, wanted) for order, wanted in pairs]))
    scores = [100 * ndcg(order, dict.fromkeys(wanted, 1.0), 10) for order, wanted in pairs]
    return Measured(name, folder, scores, {**measures, **further}, ask)
