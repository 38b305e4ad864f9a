"""Trains a retriever: on the examples and FAQ entries of a workspace, or on files alone.

In: a store (or files) and its settings. Out: a `RetrieverRun`: a folder with the encoder, its metrics and curves, and
its row. Knows nothing about how training works.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from autogpt.config import Config, RetrieverTrainingSection
from autogpt.errors import DataError, MissingExtraError
from autogpt.models import layout
from autogpt.models.sources import resolve_encoder
from autogpt.progress import Progress, Sink, silent
from autogpt.records import FaqEntry, ReaderExample
from autogpt.retrieve.encoder import Encodes
from autogpt.services import runs
from autogpt.services.retriever_data import (
    RetrieverData,
    Search,
    file_data,
    kept_pairs,
    mined_pairs,
    passage_search,
    workspace_data,
    workspace_search,
)
from autogpt.services.training import hold_out
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.train.pairs import Pair

if TYPE_CHECKING:
    from autogpt.train.folder import TrainingResult

KIND = "retriever"


@dataclass(frozen=True, slots=True)
class RetrieverRun:
    """A finished training.

    Attributes:
        id: of the run; its folder's name.
        folder: `model/`, `metrics.json`, `history.jsonl`, `curves.png`, and `pairs.jsonl`, what was trained on.
        metrics: on the validation questions, in points, and as `before_…` those of the base; empty without any.
        pairs: questions (and phrasings) with a text that answers, as trained on.
        faq_left_out: vetted answers that were not trained on, so that a release can be fitted to them.
    """

    id: str
    folder: Path
    base: str
    metrics: Mapping[str, float]
    pairs: int
    validation_questions: int
    faq_left_out: int = 0

    @property
    def model(self) -> Path:
        """The folder of the trained encoder."""
        return self.folder / "model"

    @property
    def summary(self) -> str:
        """One line for people: what it was trained on, and by how much the rest gains."""
        said = f"run {self.id}: trained on {self.pairs:,} pairs"
        if self.faq_left_out:
            said += f", {self.faq_left_out:,} vetted answers left out to fit releases to"
        if not self.metrics:
            return f"{said}; nothing to validate on"
        gains = [
            f"{label} {self.metrics[name]:.1f} (before: {self.metrics[f'before_{name}']:.1f})"
            for name, label in (("recall_at_10", "recall@10"), ("ndcg_at_10", "nDCG@10"))
        ]
        return f"{said}; on {self.validation_questions:,} validation questions {', '.join(gains)}"


def train_retriever(store: Store, sink: Sink = silent, resume: bool = True) -> RetrieverRun:
    """Fine-tune the workspace's sentence encoder on the train part and the FAQ, validating on the validation part.

    Of many FAQ entries some are left out, so that a release has phrasings that are new to the encoder.

    A run that was killed or stopped is gone on with when settings, examples, documents and base are the same.

    Raises:
        DataError: there are no examples to train on.
        UsageError: the base cannot be had.
        BusyError: another process trains in this workspace.
    """
    with exclusive(store.folder / ".training.lock", "training"):
        settings = store.config.train.retriever
        base = resolve_encoder(settings.base or store.config.workspace.pack)
        data = workspace_data(store, sink)
        if not data.asked and not data.faq:
            raise DataError(
                "There are no accepted extractive examples in the train part, and no FAQ entries.",
                "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
            )
        _require_packages()
        key = _key(settings, base, data)
        run_id, folder = runs.begin(store, KIND, {**settings.model_dump(mode="json"), "base": str(base)}, key, resume)
        with runs.recorded(store, run_id):
            pairs = kept_pairs(folder, key, lambda: _mined(data, settings, lambda: workspace_search(store), sink))
            result = _train(settings, pairs, data, base, folder, sink)
            runs.end(store, run_id, "done", metrics=result.metrics)
    asked, left_out = len(data.validation.questions), data.faq_left_out
    return RetrieverRun(run_id, folder, str(base), result.metrics, len(pairs), asked, left_out)


def train_retriever_on_files(
    config: Config,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    faq: Sequence[FaqEntry] = (),
) -> RetrieverRun:
    """The same without a workspace: `out` becomes the run's folder.

    Args:
        config: `train.retriever`, `ingest`, `retrieve` and `workspace.model` of it are used.
        validation: empty sets aside about 15% of `train`, by title.

    Raises DataError when no question has an answer, UsageError when `out` holds another training.
    """
    settings = config.train.retriever
    base = resolve_encoder(settings.base or config.workspace.pack)
    if not validation:
        train, validation = hold_out(train, settings.seed)
    data, passages = file_data(config, train, validation)
    data = replace(data, faq=faq)
    if not data.asked:
        raise DataError("None of the questions has an answer, so no passage is theirs.", "Give another file.")
    _require_packages()
    key = _key(settings, base, data)
    if not resume and out.exists():
        from autogpt.train.folder import clear

        sink(Progress("train", message=f"what {out} held is begun anew"))
        clear(out)

    @contextmanager
    def search() -> Iterator[tuple[Search, Encodes]]:
        with (
            _untuned(base, settings, sink) as encoder,
            passage_search(config, passages, encoder, sink) as (found, same),
        ):
            yield found, same

    pairs = kept_pairs(out, key, lambda: _mined(data, settings, search, sink))
    result = _train(settings, pairs, data, base, out, sink)
    runs.write_config(out, config)
    return RetrieverRun(out.name, out, str(base), result.metrics, len(pairs), len(data.validation.questions))


@contextmanager
def _untuned(base: Path | str, settings: RetrieverTrainingSection, sink: Sink) -> Iterator[Encodes]:
    """The base as the search takes it: exported where its files are at hand, which embeds several times as fast."""
    if (Path(base) / layout.TOKENIZER).is_file():
        from autogpt.compress.export import export_encoder
        from autogpt.retrieve.encoder import Encoder

        with tempfile.TemporaryDirectory(prefix="autogpt-") as folder:
            exported = export_encoder(Path(base), Path(folder) / "encoder", precision="bf16", sink=sink)
            yield Encoder(exported, max_tokens=settings.max_length)
        return
    from autogpt.train.arguments import uses_bf16
    from autogpt.train.sentence import SentenceEncoder

    yield SentenceEncoder(base, max_tokens=settings.max_length, bf16=uses_bf16(settings.precision))


def _mined(
    data: RetrieverData,
    settings: RetrieverTrainingSection,
    opening: Callable[[], AbstractContextManager[tuple[Search, Encodes]]],
    sink: Sink,
) -> list[Pair]:
    with opening() as (search, encoder):
        return mined_pairs(data, settings, search, encoder, sink)


def _train(
    settings: RetrieverTrainingSection,
    pairs: Sequence[Pair],
    data: RetrieverData,
    base: Path | str,
    folder: Path,
    sink: Sink,
) -> "TrainingResult":
    from autogpt.train.retriever import train_retriever as fine_tune

    return fine_tune(settings, pairs, data.validation, base, folder, sink)


def _key(settings: RetrieverTrainingSection, base: Path | str, data: RetrieverData) -> str:
    """SHA-256 of all that decides how a training goes."""
    said = [settings.model_dump(mode="json"), str(base), data.facts]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _require_packages() -> None:
    """Raises MissingExtraError before anything is begun that could not be finished."""
    if find_spec("sentence_transformers") is None:
        raise MissingExtraError("Training a retriever", "train")
