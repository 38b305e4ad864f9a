"""Trains a reranker: on the examples of a workspace, or on files alone.

In: a store (or files) and its settings. Out: a `RerankerRun`: a folder with the reranker, its metrics and curves, and
its row. Knows nothing about how training works.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from autogpt.config import Config
from autogpt.errors import DataError
from autogpt.models.sources import resolve_reader
from autogpt.progress import Sink, silent
from autogpt.records import ReaderExample
from autogpt.retrieve.encoder import Encodes
from autogpt.services import runs
from autogpt.services.examples.chosen import choice_of, require_no_choice
from autogpt.services.pair_files import kept_pairs
from autogpt.services.reranker_data import found_for, kept_found, pairs_of
from autogpt.services.rerankers import KIND
from autogpt.services.retriever_data import (
    Opening,
    Parts,
    Search,
    file_parts,
    passage_search,
    workspace_parts,
    workspace_search,
)
from autogpt.services.settings_search import Search as SettingsSearch
from autogpt.services.settings_search import search_of, trained
from autogpt.services.training_files import begin_anew, hold_out
from autogpt.store import Store
from autogpt.train import processes
from autogpt.train.pairs import Asked, Pair


@dataclass(frozen=True, slots=True)
class RerankerRun(runs.Run):
    """A finished training of a reranker; its folder holds `pairs.jsonl` and `found.jsonl` too, what was trained and
    validated on.

    Attributes:
        metrics: as `before_…` also those of the search alone.
        pairs: questions with a text that answers, as trained on.
    """

    pairs: int
    validation_questions: int

    @property
    def score(self) -> tuple[str, str]:
        return "ndcg_at_10", "nDCG@10"

    @property
    def summary(self) -> str:
        """One line for people: what it was trained on, and what it adds to the search."""
        said = self.trained_on(f"{self.pairs:,} questions")
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


def train_reranker(store: Store, sink: Sink = silent, resume: bool = True, search_minutes: float = 0.0) -> RerankerRun:
    """Fine-tune a reranker on the workspace's train part, validating on the validation part.

    A run that was killed or stopped is gone on with when settings, examples, documents and base are the same.

    Args:
        search_minutes: search for the settings that long, and keep the best training; 0 trains once.

    Raises:
        DataError: there are no examples to train on.
        UsageError: the base cannot be had.
        BusyError: another process trains in this workspace.
    """
    with runs.alone(store):
        config = store.config
        settings = config.train.reranker
        base = resolve_reader(settings.base or config.workspace.pack)
        parts = workspace_parts(store, choice=choice_of(settings))
        if not parts.train:
            raise DataError(
                "There are no accepted extractive examples in the train part.",
                "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
            )
        processes.require_one("A training of a reranker")
        runs.require_packages("Training a reranker")
        runs.require_trackers(settings)
        tried = search_of(config, search_minutes)
        key = _key(config, base, parts, tried)
        run_id, folder = runs.begin(store, KIND, settings, base, key, resume)
        with runs.recorded(store, run_id):
            opening = partial(workspace_search, store, search_depth(config))
            run = _trained(config, parts, opening, base, folder, key, sink, tried)
            runs.end(store, run_id, "done", metrics=run.metrics)
    return run


def train_reranker_on_files(
    config: Config,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    search_minutes: float = 0.0,
) -> RerankerRun:
    """The same without a workspace: `out` becomes the run's folder.

    Args:
        config: `train.reranker`, `train.search`, `ingest`, `retrieve` and `workspace.model` of it are used; the encoder
            of that model searches.
        validation: empty sets aside about 15% of `train`, by title.

    Raises DataError when no question has an answer, UsageError when `out` holds another training.
    """
    settings = config.train.reranker
    require_no_choice(settings)
    base = resolve_reader(settings.base or config.workspace.pack)
    if not validation:
        train, validation = hold_out(train, settings.seed)
    parts = file_parts(config, train, validation)
    if not parts.train:
        raise DataError("None of the questions has an answer, so no passage is theirs.", "Give another file.")
    processes.require_one("A training of a reranker")
    runs.require_packages("Training a reranker")
    runs.require_trackers(settings)
    tried = search_of(config, search_minutes)
    key = _key(config, base, parts, tried)
    if not resume:
        begin_anew(out, sink)
    run = _trained(config, parts, lambda: file_search(config, parts, sink), base, out, key, sink, tried)
    runs.write_config(out, config)
    return run


@contextmanager
def file_search(config: Config, parts: Parts, sink: Sink) -> Iterator[tuple[Search, Encodes]]:
    """A search of all contexts, with the encoder of the model pack."""
    passages = [passage for key in parts.current for passage in parts.cut(key)]
    with passage_search(config, passages, _encoder(config, sink), sink, search_depth(config)) as opened:
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


def _trained(
    config: Config,
    parts: Parts,
    opening: Opening,
    base: Path | str,
    folder: Path,
    key: str,
    sink: Sink,
    tried: SettingsSearch | None,
) -> RerankerRun:
    """The run in `folder`, on what the search that `opening` opens finds, unless that is kept there."""
    pairs, asked = _made(parts, config, folder, key, opening, sink)
    from autogpt.train.ranking import BEST
    from autogpt.train.reranker import train_reranker as fine_tune

    result, trials = trained(
        tried,
        config.train.reranker,
        lambda changed, out, watch: fine_tune(changed, pairs, asked, base, out, watch),
        folder,
        sink,
        base=base,
        score=BEST,
        validates=bool(asked),
    )
    return RerankerRun(folder.name, folder, str(base), result.metrics, len(pairs), len(asked), trials=trials)


def search_depth(config: Config) -> int:
    """Passages that are looked for negatives, or judged, whichever are more."""
    return max(config.train.reranker.candidates, config.retrieve.rerank_passages)


def _key(config: Config, base: Path | str, parts: Parts, tried: SettingsSearch | None) -> str:
    """SHA-256 of all that decides how a training goes."""
    settings = config.train.reranker.model_dump(mode="json")
    asked = [[one.question, *texts] for one, texts in parts.asked()]
    held = [[one.question, one.version_id, *(span.start for span in one.spans)] for one in parts.validation]
    said = [settings, str(base), config.retrieve.rerank_passages, asked, held, sorted(map(str, parts.held_out))]
    said += [tried.facts] if tried else []
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
