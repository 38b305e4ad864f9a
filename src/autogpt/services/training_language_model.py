"""Trains a language model on: the documents of a workspace, or files alone.

In: a store (or files) and its settings. Out: a `LanguageModelRun`: a folder with the model, its metrics and curves, and
its row. Knows nothing about how training works.
"""

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from autogpt.annotate.formats.files import read_text
from autogpt.annotate.formats.jsonl import records
from autogpt.config import Config, LanguageModelTrainingSection
from autogpt.errors import DataError, NotFoundError
from autogpt.models.catalogue import packaged
from autogpt.models.gguf import gguf_file
from autogpt.models.sources import resolve_encoder, resolve_reader
from autogpt.prepare.sandbox import Sandbox
from autogpt.prepare.sources import ParsedDocument
from autogpt.progress import Progress, Sink, silent, track
from autogpt.services import runs
from autogpt.services.lineage import DOCUMENTS, Read, continued
from autogpt.services.settings_search import Search, search_of, trained
from autogpt.services.training_files import begin_anew
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, DocumentVersionRow
from autogpt.train import processes

KIND = "language-model"
#: Columns of JSON lines that may hold a text.
_TEXTS = ("text", "context", "content")


@dataclass(frozen=True, slots=True)
class LanguageModelRun(runs.Run):
    """A finished training of a language model.

    Attributes:
        metrics: as `before_…` also those of the base.
        texts, validation_texts: documents trained and validated on.
        left_out: documents with access labels that were not read.
    """

    texts: int
    validation_texts: int
    left_out: int = 0

    @property
    def score(self) -> tuple[str, str]:
        return "likelihood", "Likelihood"

    @property
    def summary(self) -> str:
        """One line for people."""
        said = self.trained_on(f"{self.metrics['tokens']:,.0f} tokens of {self.texts:,} documents")
        if self.metrics["new_head"]:
            said += ", with a new head for words"
        if self.left_out:
            said += f"; {self.left_out:,} documents with access labels left out"
        if "perplexity" not in self.metrics:
            return f"{said}; nothing to validate on"
        asked = "words that were left out" if self.metrics["masked"] else "next tokens"
        return (
            f"{said}; on {self.validation_texts:,} other documents perplexity {self.metrics['perplexity']:,.1f} "
            f"(before: {self.metrics['before_perplexity']:,.1f}), {self.metrics['accuracy']:.1f}% of {asked} told "
            f"(before: {self.metrics['before_accuracy']:.1f}%)"
        )


def train_language_model(
    store: Store, sink: Sink = silent, resume: bool = True, search_minutes: float = 0.0
) -> LanguageModelRun:
    """Continue the pre-training of a model on the workspace's documents; some are held out to validate on.

    Documents with access labels are left out unless `train.language_model.restricted` is set, and so are duplicates.
    A run that was killed or stopped is gone on with when settings, documents and base are the same.

    Args:
        search_minutes: search for the settings that long, and keep the best training; 0 trains once.

    Raises:
        DataError: there are no documents to train on, or none to choose by.
        UsageError: the base cannot be had, or cannot tell words.
        BusyError: another process trains in this workspace.
    """
    with runs.alone(store):
        settings = store.config.train.language_model
        documents, left_out = workspace_documents(store, settings.restricted)
        texts = [one.text for one in documents]
        if not texts:
            also = f" Those with access labels ({left_out:,}) are left out." if left_out else ""
            raise DataError(
                f"There are no documents to train on.{also}",
                "Set train.language_model.restricted to true to train on them too; mind who may ask the model."
                if left_out
                else "Bring some in with: autogpt ingest FOLDER",
            )
        if left_out:
            sink(Progress("train", message=f"{left_out:,} documents with access labels are left out"))
        runs.require_packages("Training a language model", "transformers")
        runs.require_trackers(settings)
        runs.require_objective(settings.objective, "language model")
        train, validation = hold_out_texts(texts, settings.held_out, settings.seed)
        base = _base(settings, store.config)
        search = search_of(store.config, search_minutes)
        told = [settings.model_dump(mode="json"), str(base), texts, *([search.facts] if search else ())]
        asked = hashlib.sha256(json.dumps(told).encode()).hexdigest()
        run_id, folder = runs.begin(store, KIND, settings, base, asked, resume)
        if processes.is_first():
            continued(base, named(documents, train), named(documents, validation), DOCUMENTS).save(folder, DOCUMENTS)
        with runs.recorded(store, run_id):
            run = _trained(settings, train, validation, base, folder, sink, search, left_out)
            runs.end(store, run_id, "done", metrics=run.metrics)
    return run


def train_language_model_on_files(
    config: Config,
    train: Sequence[str],
    validation: Sequence[str],
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    search_minutes: float = 0.0,
) -> LanguageModelRun:
    """The same without a workspace: `out` becomes the run's folder.

    Args:
        config: `train.language_model`, `train.search` and the model of it are used.
        train, validation: documents; without any to validate on, some of `train` are set aside.
    """
    settings = config.train.language_model
    if not validation:
        train, validation = hold_out_texts(train, settings.held_out, settings.seed)
    runs.require_packages("Training a language model", "transformers")
    runs.require_trackers(settings)
    runs.require_objective(settings.objective, "language model")
    base = _base(settings, config)
    if not resume:
        begin_anew(out, sink)
    run = _trained(settings, train, validation, base, out, sink, search_of(config, search_minutes))
    runs.write_config(out, config)
    return run


def workspace_documents(store: Store, restricted: bool = False) -> tuple[list[Read], int]:
    """The present documents, each once, and how many were left out for their access labels.

    Args:
        restricted: whether those with access labels are wanted too.
    """
    query = (
        select(DocumentRow.id, DocumentVersionRow.text, DocumentRow.labels)
        .join(DocumentRow, DocumentRow.current_version_id == DocumentVersionRow.id)
        .where(DocumentRow.removed_at.is_(None), DocumentRow.duplicate_of.is_(None))
        .order_by(DocumentRow.created_at, DocumentRow.id)
    )
    with store.session() as session:
        found = [(Read(id, text), bool(labels)) for id, text, labels in session.execute(query) if text.strip()]
    kept = [one for one, labelled in found if restricted or not labelled]
    return kept, len(found) - len(kept)


def named(documents: Sequence[Read], texts: Sequence[str]) -> list[Read]:
    """Texts with the ids of the documents that `hold_out_texts` divided into them."""
    ids = {one.text: one.id for one in documents}
    return [Read(ids.get(text, documents[0].id), text) for text in texts]  # a part is of the only document


def load_texts(paths: Sequence[Path], config: Config, sink: Sink = silent) -> list[str]:
    """The documents of files: of JSON lines (plain or gzipped) each row's text, of any other format that can be
    ingested the file's. A folder stands for what is in it.

    Raises NotFoundError without a file, DataError for one that cannot be read.
    """
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise NotFoundError(f"There is no file {path}.", "Check the path.")
        files += sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    found: list[str] = []
    with Sandbox(config.ingest) as sandbox:
        for path in track(files, "read", sink):
            if path.name.removesuffix(".gz").endswith(".jsonl"):
                found += _rows(path)
                continue
            parsed = sandbox.parse(path.read_bytes(), path.name)
            if not isinstance(parsed, ParsedDocument):
                raise DataError(f"{path} holds question-answer pairs, no document.", "Leave it out.")
            found.append(parsed.text)
    return found


def hold_out_texts(texts: Sequence[str], share: float, seed: int) -> tuple[list[str], list[str]]:
    """Texts to train and to validate on: whole documents, drawn until they hold the share of all characters. Of a
    single document its end is held out, from where a line begins.
    """
    if not share:
        return list(texts), []
    if len(texts) == 1:
        (only,) = texts
        at = only.rfind("\n", 0, int(len(only) * (1 - share))) + 1 or int(len(only) * (1 - share))
        return [only[:at]], [only[at:]]
    order = list(range(len(texts)))
    random.Random(seed).shuffle(order)  # noqa: S311
    wanted, taken = share * sum(map(len, texts)), 0
    held: set[int] = set()
    for at in order[1:]:
        if taken >= wanted:
            break
        held.add(at)
        taken += len(texts[at])
    return [one for at, one in enumerate(texts) if at not in held], [texts[at] for at in sorted(held)]


def _rows(path: Path) -> list[str]:
    """Rows of one title are one document."""
    found: dict[str, list[str]] = {}
    for where, row in records(read_text(path)):
        text = next((row[name] for name in _TEXTS if row.get(name)), None) if isinstance(row, dict) else None
        if not isinstance(text, str):
            raise DataError(f"{path}, {where}: it has no text.", f"Name its column one of: {', '.join(_TEXTS)}.")
        found.setdefault(str(row.get("title") or where), []).append(text)
    return ["\n\n".join(one) for one in found.values()]


def _base(settings: LanguageModelTrainingSection, config: Config) -> Path | str:
    resolve = resolve_encoder if settings.part == "encoder" else resolve_reader
    file = gguf_file(settings.base) or packaged(settings.base) if settings.base else None
    return file or resolve(settings.base or config.workspace.pack)


def _trained(
    settings: LanguageModelTrainingSection,
    train: Sequence[str],
    validation: Sequence[str],
    base: Path | str,
    folder: Path,
    sink: Sink,
    search: Search | None,
    left_out: int = 0,
) -> LanguageModelRun:
    from autogpt.train.folder import BEFORE
    from autogpt.train.language_model import BEST
    from autogpt.train.language_model import train_language_model as pre_train

    result, trials = trained(
        search,
        settings,
        lambda changed, out, watch: pre_train(changed, train, validation, base, out, watch, before=folder / BEFORE),
        folder,
        sink,
        base=base,
        score=BEST,
        validates=bool(validation),
    )
    return LanguageModelRun(
        id=folder.name,
        folder=folder,
        base=str(base),
        metrics=result.metrics,
        texts=len(train),
        validation_texts=len(validation),
        left_out=left_out,
        trials=trials,
    )
