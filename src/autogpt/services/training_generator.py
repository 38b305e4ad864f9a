"""Trains a generator: on the examples and vetted answers of a workspace, or on files alone.

In: a store (or files) and its settings. Out: a `GeneratorRun`: a folder with the model, its metrics and curves, and its
row. Knows nothing about how training works.
"""

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from autogpt.config import Config, GeneratorTrainingSection
from autogpt.errors import DataError
from autogpt.models.sources import resolve_generator
from autogpt.progress import Sink, silent
from autogpt.records import ReaderExample, Split
from autogpt.services import runs
from autogpt.services.examples.chosen import require_no_choice
from autogpt.services.examples.wording import generator_examples, vetted_examples, worded_files
from autogpt.services.generators import KIND
from autogpt.services.settings_search import Search, search_of, trained
from autogpt.services.training_files import begin_anew, hold_out
from autogpt.store import Store
from autogpt.train.generator_data import GeneratorExample

#: Validation metrics by the words they are shown with.
SHOWN = {
    "likelihood": "probability of a right token",
    "shown": "answers that pass the check",
    "holds": "that hold a known answer",
    "f1": "F1 to the known answers",
    "refused": "refused where there is no answer",
}


@dataclass(frozen=True, slots=True)
class GeneratorRun(runs.Run):
    """A finished training of a generator.

    Attributes:
        questions: trained on, those of vetted answers among them.
        validation_questions: that likelihood is measured on; answers are written to some of them.
    """

    questions: int
    validation_questions: int

    @property
    def score(self) -> tuple[str, str]:
        return "likelihood", "The probability of a right token"

    @property
    def summary(self) -> str:
        """One line for people."""
        said = self.trained_on(f"{self.questions:,} questions")
        if not self.metrics:
            return f"{said}; nothing to validate on"
        told = (
            f"probability of a right token {self.metrics['before_likelihood']:.1f} → {self.metrics['likelihood']:.1f}%"
        )
        if "shown" in self.metrics:
            told += f", answers that pass the check {self.metrics['before_shown']:.1f} → {self.metrics['shown']:.1f}%"
        return f"{said}; on {self.validation_questions:,} validation questions {told}"


def train_generator(
    store: Store, sink: Sink = silent, resume: bool = True, search_minutes: float = 0.0
) -> GeneratorRun:
    """Fine-tune a language model on the train part of the workspace's examples, validating on the validation part.

    A run that was killed or stopped is gone on with when settings, examples and base are the same.

    Args:
        search_minutes: search for the settings that long, and keep the best training; 0 trains once.

    Raises:
        DataError: there are no examples to train on, or none to choose by.
        UsageError: no base is named, or it cannot be had.
        BusyError: another process trains in this workspace.
    """
    with runs.alone(store):
        settings = store.config.train.generator
        base = resolve_generator(settings.base)
        train = [
            *generator_examples(store, Split.TRAIN, sink),
            *(vetted_examples(store) if settings.faq else ()),
        ]
        if not train:
            raise DataError(
                "There are no accepted extractive examples in the train part, nor vetted answers.",
                "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
            )
        validation = generator_examples(store, Split.VALIDATION, sink)
        runs.require_packages("Training a generator", "transformers")
        search = search_of(store.config, search_minutes)
        runs.require_trackers(settings)
        runs.require_objective(settings.objective, "generator")
        asked = _hash(settings, base, train, validation, search)
        run_id, folder = runs.begin(store, KIND, settings, base, asked, resume)
        with runs.recorded(store, run_id):
            run = _trained(settings, train, validation, base, folder, sink, search)
            runs.end(store, run_id, "done", metrics=run.metrics)
    return run


def train_generator_on_files(
    config: Config,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    search_minutes: float = 0.0,
) -> GeneratorRun:
    """The same without a workspace: `out` becomes the run's folder.

    Args:
        config: `train.generator` and `train.search` of it are used.
        validation: empty sets aside about 15% of `train`, by title.
    """
    settings = config.train.generator
    require_no_choice(settings)
    base = resolve_generator(settings.base)
    runs.require_packages("Training a generator", "transformers")
    runs.require_trackers(settings)
    runs.require_objective(settings.objective, "generator")
    if not validation:
        train, validation = hold_out(train, settings.seed)
    shown, held = (worded_files(settings, some) for some in (train, validation))
    if not resume:
        begin_anew(out, sink)
    run = _trained(settings, shown, held, base, out, sink, search_of(config, search_minutes))
    runs.write_config(out, config)
    return run


def _trained(
    settings: GeneratorTrainingSection,
    train: Sequence[GeneratorExample],
    validation: Sequence[GeneratorExample],
    base: Path | str,
    folder: Path,
    sink: Sink,
    search: Search | None,
) -> GeneratorRun:
    from autogpt.train.folder import BEFORE
    from autogpt.train.generator import train_generator as fine_tune
    from autogpt.train.generator_validate import BEST

    validation = _measured_on(validation, settings)
    result, trials = trained(
        search,
        settings,
        lambda changed, out, watch: fine_tune(changed, train, validation, base, out, watch, before=folder / BEFORE),
        folder,
        sink,
        base=base,
        score=BEST,
        validates=bool(validation),
    )
    return GeneratorRun(folder.name, folder, str(base), result.metrics, len(train), len(validation), trials=trials)


def _measured_on(
    validation: Sequence[GeneratorExample], settings: GeneratorTrainingSection
) -> Sequence[GeneratorExample]:
    """The questions that validate, of many some by chance: each is read with all its passages, after each epoch."""
    count = settings.likelihood_questions
    if not count or len(validation) <= count:
        return validation
    chosen = random.Random(settings.seed).sample(range(len(validation)), count)  # noqa: S311
    return [validation[at] for at in sorted(chosen)]


def _hash(
    settings: GeneratorTrainingSection,
    base: Path | str,
    train: Sequence[GeneratorExample],
    validation: Sequence[GeneratorExample],
    search: Search | None,
) -> str:
    """SHA-256 of all that decides how a training goes."""
    said = [
        settings.model_dump(mode="json"),
        str(base),
        *([asdict(one) for one in some] for some in (train, validation)),
        *([search.facts] if search else ()),
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
