"""Trains a reranker: on the examples of a workspace, or on files alone.

In: a store (or files) and its settings. Out: a `RerankerRun`: a folder with the reranker, its metrics and curves, and
its row. Knows nothing about how training works.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from autogpt.config import Config, RerankerTrainingSection
from autogpt.errors import DataError, MissingExtraError
from autogpt.models.sources import resolve_reader
from autogpt.progress import Progress, Sink, silent
from autogpt.records import ReaderExample
from autogpt.retrieve.encoder import Encodes
from autogpt.services import runs
from autogpt.services.reranker_data import found_for, kept_found, pairs_of
from autogpt.services.rerankers import KIND
from autogpt.services.retriever_data import (
    Parts,
    Search,
    file_parts,
    kept_pairs,
    passage_search,
    workspace_parts,
    workspace_search,
)
from autogpt.services.training import hold_out
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.train.pairs import Asked, Pair

if TYPE_CHECKING:
    from autogpt.train.folder import TrainingResult

Opening = Callable[[], AbstractContextManager[tuple[Search, Encodes]]]


@dataclass(frozen=True, slots=True)
class RerankerRun:
    """A finished training.

    Attributes:
        id: of the run; its folder's name.
        folder: `model/`, `metrics.json`, `history.jsonl`, `curves.png`; `pairs.jsonl` and `found.jsonl`, what was
            trained and validated on.
        metrics: on the validation questions, in points, and as `before_…` those of the search alone; empty without any.
        pairs: questions with a text that answers, as trained on.
    """

    id: str
    folder: Path
    base: str
    metrics: Mapping[str, float]
    pairs: int
    validation_questions: int

    @property
    def model(self) -> Path:
        """The folder of the trained reranker."""
        return self.folder / "model"

    @property
    def summary(self) -> str:
        """One line for people: what it was trained on, and what it adds to the search."""
        said = f"run {self.id}: trained on {self.pairs:,} questions"
        if not self.metrics:
            return f"{said}; nothing to validate on"
        on = f"on {self.validation_questions:,} validation questions"
        if not self.metrics["weight"]:
            return f"{said}; {on} it adds nothing to the search (nDCG@10 {self.metrics['before_ndcg_at_10']:.1f})"
        gains = [
            f"{label} {self.metrics[name]:.1f} (search alone: {self.metrics[f'before_{name}']:.1f})"
            for name, label in (("recall_at_1", "recall@1"), ("ndcg_at_10", "nDCG@10"))
        ]
        return f"{said}; {on} {', '.join(gains)}"


def train_reranker(store: Store, sink: Sink = silent, resume: bool = True) -> RerankerRun:
    """Fine-tune a reranker on the workspace's train part, validating on the validation part.

    A run that was killed or stopped is gone on with when settings, examples, documents and base are the same.

    Raises:
        DataError: there are no examples to train on.
        UsageError: the base cannot be had.
        BusyError: another process trains in this workspace.
    """
    with exclusive(store.folder / ".training.lock", "training"):
        config = store.config
        settings = config.train.reranker
        base = resolve_reader(settings.base or config.workspace.pack)
        parts = workspace_parts(store)
        if not parts.train:
            raise DataError(
                "There are no accepted extractive examples in the train part.",
                "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
            )
        _require_packages()
        key = _key(config, base, parts)
        run_id, folder = runs.begin(store, KIND, {**settings.model_dump(mode="json"), "base": str(base)}, key, resume)
        with runs.recorded(store, run_id):
            pairs, asked = _made(parts, config, folder, key, lambda: workspace_search(store, _depth(config)), sink)
            result = _train(settings, pairs, asked, base, folder, sink)
            runs.end(store, run_id, "done", metrics=result.metrics)
    return RerankerRun(run_id, folder, str(base), result.metrics, len(pairs), len(asked))


def train_reranker_on_files(
    config: Config,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
) -> RerankerRun:
    """The same without a workspace: `out` becomes the run's folder.

    Args:
        config: `train.reranker`, `ingest`, `retrieve` and `workspace.model` of it are used; the encoder of that model
            searches.
        validation: empty sets aside about 15% of `train`, by title.

    Raises DataError when no question has an answer, UsageError when `out` holds another training.
    """
    settings = config.train.reranker
    base = resolve_reader(settings.base or config.workspace.pack)
    if not validation:
        train, validation = hold_out(train, settings.seed)
    parts = file_parts(config, train, validation)
    if not parts.train:
        raise DataError("None of the questions has an answer, so no passage is theirs.", "Give another file.")
    _require_packages()
    key = _key(config, base, parts)
    if not resume and out.exists():
        from autogpt.train.folder import clear

        sink(Progress("train", message=f"what {out} held is begun anew"))
        clear(out)
    pairs, asked = _made(parts, config, out, key, lambda: _file_search(config, parts, sink), sink)
    result = _train(settings, pairs, asked, base, out, sink)
    runs.write_config(out, config)
    return RerankerRun(out.name, out, str(base), result.metrics, len(pairs), len(asked))


@contextmanager
def _file_search(config: Config, parts: Parts, sink: Sink) -> Iterator[tuple[Search, Encodes]]:
    """A search of all contexts, with the encoder of the model pack."""
    passages = [passage for key in parts.current for passage in parts.cut(key)]
    with passage_search(config, passages, _encoder(config, sink), sink, _depth(config)) as opened:
        yield opened


def _encoder(config: Config, sink: Sink) -> Encodes:
    from autogpt.compress.cache import exported_encoder
    from autogpt.models.packs import find_pack
    from autogpt.retrieve.encoder import Encoder

    return Encoder(exported_encoder(find_pack(config.workspace.pack), sink))


def _made(
    parts: Parts, config: Config, folder: Path, key: str, opening: Opening, sink: Sink
) -> tuple[list[Pair], list[Asked]]:
    """What is trained on, and what is validated on; the search is opened once, where either is not kept yet."""
    settings, depth = config.train.reranker, config.retrieve.rerank_passages
    with ExitStack() as stack:

        @cache
        def opened() -> tuple[Search, Encodes]:
            return stack.enter_context(opening())

        pairs = kept_pairs(folder, key, lambda: pairs_of(parts, settings, *opened(), sink))
        asked = kept_found(folder, lambda: found_for(parts, settings, opened()[0], depth, sink))
    return pairs, asked


def _train(
    settings: RerankerTrainingSection,
    pairs: Sequence[Pair],
    asked: Sequence[Asked],
    base: Path | str,
    folder: Path,
    sink: Sink,
) -> "TrainingResult":
    from autogpt.train.reranker import train_reranker as fine_tune

    return fine_tune(settings, pairs, asked, base, folder, sink)


def _depth(config: Config) -> int:
    """Passages that are looked for negatives, or judged, whichever are more."""
    return max(config.train.reranker.candidates, config.retrieve.rerank_passages)


def _key(config: Config, base: Path | str, parts: Parts) -> str:
    """SHA-256 of all that decides how a training goes."""
    settings = config.train.reranker.model_dump(mode="json")
    asked = [[one.question, *texts] for one, texts in parts.asked()]
    held = [[one.question, one.version_id, *(span.start for span in one.spans)] for one in parts.validation]
    said = [settings, str(base), config.retrieve.rerank_passages, asked, held, sorted(map(str, parts.held_out))]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _require_packages() -> None:
    """Raises MissingExtraError before anything is begun that could not be finished."""
    if find_spec("sentence_transformers") is None:
        raise MissingExtraError("Training a reranker", "train")
