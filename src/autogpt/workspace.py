"""The Python door: a workspace and the same verbs as the command line.

    from autogpt import Workspace

    with Workspace.create("bank", domain="finance") as bank:
        bank.ingest("documents/")
        bank.import_examples("examples.jsonl")
        bank.split()
        bank.train_reader(epochs=2)
        bank.promote(bank.create_release().version)
        print(bank.ask("What is the daily withdrawal limit?").text)

Only calls services; see there for what each verb raises.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from autogpt.config import Config, override
from autogpt.progress import Sink, silent
from autogpt.records import Answer
from autogpt.store import Store

if TYPE_CHECKING:
    from autogpt.answer.release import Release
    from autogpt.evaluate.side_by_side import SideBySide
    from autogpt.evaluate.workspace_report import WorkspaceReport
    from autogpt.retrieve.retriever import Retrieved
    from autogpt.services.answering import Answerer
    from autogpt.services.choosing import ChoiceReport
    from autogpt.services.examples import ImportReport, SplitReport
    from autogpt.services.ingesting import IngestReport
    from autogpt.services.release_gate import GateReport
    from autogpt.services.releasing import Promotion
    from autogpt.services.training_classifier import ClassifierRun
    from autogpt.services.training_generator import GeneratorRun
    from autogpt.services.training_language_model import LanguageModelRun
    from autogpt.services.training_reader import ReaderRun
    from autogpt.services.training_reranker import RerankerRun
    from autogpt.services.training_retriever import RetrieverRun


class Workspace:
    """A workspace on disk.

    Args:
        folder: holds an `autogpt.toml`; make one with `Workspace.create`.
        sink: receives the progress of long work.

    Raises:
        NotFoundError: there is no workspace in `folder`.
        ConfigError: its configuration has problems.
    """

    def __init__(self, folder: Path | str, sink: Sink = silent) -> None:
        self.store = Store(folder)
        self.sink = sink
        self._answerer: Answerer | None = None

    @classmethod
    def create(
        cls,
        folder: Path | str,
        *,
        name: str = "",
        domain: str = "general",
        language: str = "en",
        sink: Sink = silent,
    ) -> Self:
        """Make a workspace in `folder`. Raises UsageError when there is one already."""
        from autogpt.services.workspaces import create

        create(Path(folder), name=name, domain=domain, language=language).close()
        return cls(folder, sink)

    @property
    def config(self) -> Config:
        return self.store.config

    def ingest(self, *sources: Path | str) -> "IngestReport":
        """Bring in files, folders and URLs; what is unchanged is left alone."""
        from autogpt.services.ingesting import ingest

        return ingest(self.store, [str(source) for source in sources], self.sink)

    def import_examples(self, source: Path | str, **options: Any) -> "ImportReport":
        """Bring in question-answer pairs: SQuAD JSON, CSV, JSON lines, or a data set's id."""
        from autogpt.services.examples import import_examples

        return import_examples(self.store, str(source), **{"sink": self.sink, **options})

    def split(self, **options: Any) -> "SplitReport":
        """Set the test part aside and divide the rest into training and validation."""
        from autogpt.services.examples import split_examples

        return split_examples(self.store, **{"sink": self.sink, **options})

    def train_reader(self, **settings: Any) -> "ReaderRun":
        """Fine-tune the reader; `settings` replace values of `[train.reader]`: `train_reader(epochs=2)`."""
        from autogpt.services.training_reader import train_reader

        return train_reader(self._with({f"train.reader.{key}": value for key, value in settings.items()}), self.sink)

    def train_retriever(self, **settings: Any) -> "RetrieverRun":
        """Fine-tune the sentence encoder; `settings` replace values of `[train.retriever]`."""
        from autogpt.services.training_retriever import train_retriever

        changes = {f"train.retriever.{key}": value for key, value in settings.items()}
        return train_retriever(self._with(changes), self.sink)

    def train_reranker(self, **settings: Any) -> "RerankerRun":
        """Fine-tune a reranker; `settings` replace values of `[train.reranker]`."""
        from autogpt.services.training_reranker import train_reranker

        changes = {f"train.reranker.{key}": value for key, value in settings.items()}
        return train_reranker(self._with(changes), self.sink)

    def train_classifier(self, **settings: Any) -> "ClassifierRun":
        """Train a classifier on the labelled questions; `settings` replace values of `[train.classifier]`."""
        from autogpt.services.training_classifier import train_classifier

        changes = {f"train.classifier.{key}": value for key, value in settings.items()}
        return train_classifier(self._with(changes), self.sink)

    def train_language_model(self, **settings: Any) -> "LanguageModelRun":
        """Let a model read the documents; `settings` replace values of `[train.language_model]`."""
        from autogpt.services.training_language_model import train_language_model

        changes = {f"train.language_model.{key}": value for key, value in settings.items()}
        return train_language_model(self._with(changes), self.sink)

    def train_generator(self, base: Path | str, **settings: Any) -> "GeneratorRun":
        """Fine-tune a language model to word answers; `settings` replace values of `[train.generator]`."""
        from autogpt.services.training_generator import train_generator

        changes = {f"train.generator.{key}": value for key, value in {**settings, "base": str(base)}.items()}
        return train_generator(self._with(changes), self.sink)

    def choose(self, source: Path | str | None = None, **options: Any) -> "ChoiceReport":
        """What to label next of a file, or of what waits for review; `options` as for `choose_next`."""
        from autogpt.services.choosing import choose_next

        return choose_next(self.store, None if source is None else Path(source), sink=self.sink, **options)

    def compare(self, *models: str, part: str = "validation") -> "SideBySide":
        """Ask the same questions of trainings of one kind, by their ids; "base" is what the workspace began with."""
        from autogpt.services.comparing import compare_runs

        return compare_runs(self.store, models, part, sink=self.sink)

    def evaluate(self, release: str = "", data: Sequence[str | Path] = ()) -> "WorkspaceReport":
        """Measure the whole answer path on the test part, with a release or the current one.

        `data` are files to measure on in its place: SQuAD JSON or JSON lines, about texts that stand in the documents.
        """
        from autogpt.services.evaluating import Questions, measure_file, measure_workspace

        if data:
            return measure_file(self.store, Questions(tuple(map(Path, data))), release, self.sink)
        return measure_workspace(self.store, release, sink=self.sink)

    def create_release(
        self,
        source: str = "",
        settings: Mapping[str, Any] | None = None,
        encoder: str = "",
        reranker: str = "",
        classifier: str = "",
    ) -> "Release":
        """Make a release of a run (by default the newest), a folder with a reader, or `base`.

        `encoder` is a retriever's run, a folder or `pack`; without it the encoder that answers now is kept. So it is
        with `reranker` and `classifier`: a run, a folder or `none`.
        `settings` replace values of the configuration for this release: `{"answer.risk": 0.1}`.
        """
        from autogpt.services.releasing import create_release

        return create_release(self._with(dict(settings or {})), source, self.sink, encoder, reranker, classifier)

    def promote(self, version: str, *, force: bool = False) -> "Promotion":
        """Make a release the one that answers, if the gate lets it pass."""
        from autogpt.services.releasing import promote

        return promote(self.store, version, force=force, sink=self.sink)

    def measure(self, version: str) -> "GateReport":
        """What the gate says of a release, beside what answers now; nothing is switched."""
        from autogpt.services.releasing import measure

        return measure(self.store, version, sink=self.sink)

    def rollback(self, version: str = "") -> "Promotion":
        """Make an earlier release current again."""
        from autogpt.services.releasing import rollback

        return rollback(self.store, version, self.sink)

    def ask(self, question: str, labels: Sequence[str] | None = None) -> Answer:
        """Answer a question; `labels` ask as somebody who holds only these, None as the owner."""
        from autogpt.services.answering import Answerer

        if self._answerer is None:
            self._answerer = Answerer(self.store)
        else:
            self._answerer.reload_if_changed()
        return self._answerer.ask(question, None if labels is None else frozenset(labels))

    def retrieve(self, question: str, k: int | None = None) -> "list[Retrieved]":
        """The passages that an answer would be read from, best first."""
        from autogpt.services.retrieving import open_retriever

        with open_retriever(self.store) as retriever:
            return list(retriever.retrieve(question, k, None))

    def close(self) -> None:
        if self._answerer is not None:
            self._answerer.close()
            self._answerer = None
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _with(self, changes: dict[str, Any]) -> Store:
        return Store(self.store.folder, override(self.config, changes)) if changes else self.store
