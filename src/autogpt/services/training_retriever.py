"""Trains a retriever: on the examples and FAQ entries of a workspace, or on files alone.

In: a store (or files) and its settings. Out: a `RetrieverRun`: a folder with the encoder, its metrics and curves, and
its row. Knows nothing about how training works.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from autogpt.config import Config, RetrieverTrainingSection
from autogpt.errors import CancelledError, DataError
from autogpt.models import layout
from autogpt.models.sources import resolve_encoder
from autogpt.progress import Progress, Sink, silent
from autogpt.records import FaqEntry, ReaderExample
from autogpt.retrieve.encoder import Encodes
from autogpt.services import runs
from autogpt.services.examples.chosen import require_no_choice
from autogpt.services.pair_files import kept_pairs
from autogpt.services.retriever_data import (
    Opening,
    RetrieverData,
    Search,
    file_data,
    mined_pairs,
    passage_search,
    workspace_data,
    workspace_search,
)
from autogpt.services.settings_search import Search as SettingsSearch
from autogpt.services.settings_search import search_of, trained
from autogpt.services.training_files import begin_anew, hold_out
from autogpt.store import Store
from autogpt.train import processes
from autogpt.train.pairs import Pair

KIND = "retriever"


@dataclass(frozen=True, slots=True)
class RetrieverRun(runs.Run):
    """A finished training of an encoder; its folder holds `pairs.jsonl` too, what was trained on.

    Attributes:
        metrics: as `before_…` also those of the base.
        pairs: questions (and phrasings) with a text that answers, as trained on.
        faq_left_out: vetted answers that were not trained on, so that a release can be fitted to them.
    """

    pairs: int
    validation_questions: int
    faq_left_out: int = 0

    @property
    def score(self) -> tuple[str, str]:
        return "ndcg_at_10", "nDCG@10"

    @property
    def summary(self) -> str:
        """One line for people: what it was trained on, and by how much the rest gains."""
        said = self.trained_on(f"{self.pairs:,} pairs")
        if self.faq_left_out:
            said += f", {self.faq_left_out:,} vetted answers left out to fit releases to"
        if not self.metrics:
            return f"{said}; nothing to validate on"
        gains = [
            f"{label} {self.metrics[name]:.1f} (before: {self.metrics[f'before_{name}']:.1f})"
            for name, label in (("recall_at_10", "recall@10"), ("ndcg_at_10", "nDCG@10"))
        ]
        return f"{said}; on {self.validation_questions:,} validation questions {', '.join(gains)}"


def train_retriever(
    store: Store, sink: Sink = silent, resume: bool = True, search_minutes: float = 0.0
) -> RetrieverRun:
    """Fine-tune the workspace's sentence encoder on the train part and the FAQ, validating on the validation part.

    Of many FAQ entries some are left out, so that a release has phrasings that are new to the encoder.

    A run that was killed or stopped is gone on with when settings, examples, documents and base are the same.

    Args:
        search_minutes: search for the settings that long, and keep the best training; 0 trains once.

    Raises:
        DataError: there are no examples to train on.
        UsageError: the base cannot be had, or makes its vectors of something else than the mean.
        BusyError: another process trains in this workspace.
    """
    with runs.alone(store):
        settings = store.config.train.retriever
        base = resolve_encoder(settings.base or store.config.workspace.pack)
        data = workspace_data(store, sink)
        if not data.asked and not data.faq:
            raise DataError(
                "There are no accepted extractive examples in the train part, and no FAQ entries.",
                "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
            )
        _require_trainable(base, settings)
        search = search_of(store.config, search_minutes)
        key = _key(settings, base, data, search)
        run_id, folder = runs.begin(store, KIND, settings, base, key, resume)
        with runs.recorded(store, run_id):
            run = _trained(settings, data, lambda: workspace_search(store), base, folder, key, sink, search)
            runs.end(store, run_id, "done", metrics=run.metrics)
    return run


def train_retriever_on_files(
    config: Config,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    faq: Sequence[FaqEntry] = (),
    search_minutes: float = 0.0,
) -> RetrieverRun:
    """The same without a workspace: `out` becomes the run's folder.

    Args:
        config: `train.retriever`, `train.search`, `ingest`, `retrieve` and `workspace.model` of it are used.
        validation: empty sets aside about 15% of `train`, by title.

    Raises DataError when no question has an answer, UsageError for such a base or when `out` holds another training.
    """
    settings = config.train.retriever
    require_no_choice(settings)
    base = resolve_encoder(settings.base or config.workspace.pack)
    if not validation:
        train, validation = hold_out(train, settings.seed)
    data, passages = file_data(config, train, validation)
    data = replace(data, faq=faq)
    if not data.asked:
        raise DataError("None of the questions has an answer, so no passage is theirs.", "Give another file.")
    _require_trainable(base, settings)
    tried = search_of(config, search_minutes)
    key = _key(settings, base, data, tried)
    if not resume:
        begin_anew(out, sink)

    @contextmanager
    def search() -> Iterator[tuple[Search, Encodes]]:
        with (
            _untuned(base, settings, sink) as encoder,
            passage_search(config, passages, encoder, sink) as (found, same),
        ):
            yield found, same

    run = _trained(settings, data, search, base, out, key, sink, tried)
    runs.write_config(out, config)
    return run


@contextmanager
def _untuned(base: Path | str, settings: RetrieverTrainingSection, sink: Sink) -> Iterator[Encodes]:
    """The base as the search takes it: exported where that can be done, which embeds several times as fast."""
    from autogpt.retrieve.encoder import Encoder
    from autogpt.train.arguments import uses_bf16
    from autogpt.train.sentence import SentenceEncoder

    with tempfile.TemporaryDirectory(prefix="autogpt-") as folder:
        if _exported(base, Path(folder) / "encoder", sink):
            yield Encoder(Path(folder) / "encoder", max_tokens=settings.max_length)
        else:
            yield SentenceEncoder(base, max_tokens=settings.max_length, bf16=uses_bf16(settings.precision))


def _exported(base: Path | str, out: Path, sink: Sink) -> bool:
    """Whether the base is exported to `out`: where its files are at hand, and can be converted."""
    from autogpt.compress.export import export_encoder

    if not (Path(base) / layout.TOKENIZER).is_file():
        return False
    try:
        export_encoder(Path(base), out, precision="bf16", sink=sink)
    except CancelledError:
        raise
    except Exception as error:  # converters raise all kinds, and what they cannot convert can be trained all the same
        sink(Progress("export", message=f"negatives are looked for with PyTorch, which takes longer: {error}"))
        return False
    return True


def _require_trainable(base: Path | str, settings: RetrieverTrainingSection) -> None:
    """Raises MissingExtraError, or UsageError for a base that would not serve or for trackers or an objective that
    cannot be had, before anything takes long.
    """
    processes.require_one("A training of a retriever")
    runs.require_packages("Training a retriever")
    runs.require_trackers(settings)
    runs.require_objective(settings.objective, "retriever")
    from autogpt.train.sentence import require_mean

    require_mean(base)


def _mined(data: RetrieverData, settings: RetrieverTrainingSection, opening: Opening, sink: Sink) -> list[Pair]:
    with opening() as (search, encoder):
        return mined_pairs(data, settings, search, encoder, sink)


def _trained(
    settings: RetrieverTrainingSection,
    data: RetrieverData,
    opening: Opening,
    base: Path | str,
    folder: Path,
    key: str,
    sink: Sink,
    tried: SettingsSearch | None,
) -> RetrieverRun:
    """The run in `folder`, on pairs that are mined with the search that `opening` opens, unless they are kept there."""
    pairs = kept_pairs(folder, key, lambda: _mined(data, settings, opening, sink))
    from autogpt.train.folder import BEFORE
    from autogpt.train.ranking import BEST
    from autogpt.train.retriever import train_retriever as fine_tune

    asked, left_out = len(data.validation.questions), data.faq_left_out
    result, trials = trained(
        tried,
        settings,
        lambda changed, out, watch: fine_tune(
            changed, pairs, data.validation, base, out, watch, before=folder / BEFORE
        ),
        folder,
        sink,
        base=base,
        score=BEST,
        validates=bool(asked),
    )
    return RetrieverRun(folder.name, folder, str(base), result.metrics, len(pairs), asked, left_out, trials=trials)


def _key(
    settings: RetrieverTrainingSection, base: Path | str, data: RetrieverData, tried: SettingsSearch | None
) -> str:
    """SHA-256 of all that decides how a training goes."""
    said = [settings.model_dump(mode="json"), str(base), data.facts, *([tried.facts] if tried else ())]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
