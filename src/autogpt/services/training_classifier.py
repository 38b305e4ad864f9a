"""Trains a classifier: on the labelled questions of a workspace, or on files alone.

In: a store (or files) and its settings. Out: a `ClassifierRun`: a folder with the model, its metrics and curves, and
its row. Knows nothing about how training works.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autogpt.annotate.classifier_data import load_classifier_examples
from autogpt.config import ClassifierTrainingSection, Config
from autogpt.errors import DataError, UsageError
from autogpt.models.layout import MODEL
from autogpt.models.sources import resolve_encoder
from autogpt.prepare.split import SplitItem
from autogpt.prepare.stratify import stratified
from autogpt.progress import Sink, silent
from autogpt.records import ClassifierExample, Split
from autogpt.services import runs
from autogpt.services.continuing import base_of, divide, set_aside, unseen
from autogpt.services.evaluating_classifier import KIND
from autogpt.services.examples.chosen import choice_of, require_no_choice
from autogpt.services.examples.classes import classifier_examples
from autogpt.services.examples.grouping import question_key
from autogpt.services.examples.made_texts import made_texts
from autogpt.services.forgetting import classifier_sets, require_model, tell_classifier
from autogpt.services.glossary import read_glossary
from autogpt.services.label_remarks import contradictions, suspected
from autogpt.services.lineage import continued
from autogpt.services.settings_search import Search, require_apart, require_validation, search_of, trained
from autogpt.services.training_files import begin_anew
from autogpt.store import Store
from autogpt.text.glossary import NO_GLOSSARY
from autogpt.train import processes

if TYPE_CHECKING:
    from autogpt.train.search import Trial
    from autogpt.train.seeds import Measured

#: Share of the texts of a file that are held out where no validation is given; none of fewer texts a class than `_FEW`.
_HELD_OUT, _FEW = 0.15, 8
#: Validation metrics by the words they are shown with.
SHOWN = {
    "accuracy": "accuracy",
    "f1": "F1 of yes",
    "micro_f1": "F1 over all labels",
    "macro_f1": "mean F1 of the classes",
    "spearman": "rank correlation",
    "in_scope_kept": "in-scope questions kept",
    "out_of_scope_recall": "out-of-scope questions told",
    "before_training": "by the labels' words alone",
    "head_alone": "by the fitted head alone",
    "pseudo_gain": "gained by texts without labels",
    "out_of_scope_auroc": "area under ROC, out of scope",
}


@dataclass(frozen=True, slots=True)
class ClassifierRun(runs.Run):
    """A finished training of a classifier.

    Attributes:
        kind: intents, binary, multi-label or similarity.
        texts, validation_texts: trained and validated on, made and out-of-scope ones among them.
        classes: labels that occur in training.
        replayed: texts that the base was trained on before, and that came up again.
        contradictions: what is doubtful about the labels by themselves, in words.
        seeds: each of several seeds, their soup, which is the model, and their ensemble; empty with one seed.
        unheard: what of the settings had no place in it, in words; empty where all had.
    """

    kind: str
    texts: int
    validation_texts: int
    classes: int
    replayed: int = 0
    contradictions: tuple[str, ...] = ()
    seeds: tuple["Measured", ...] = ()
    unheard: str = ""

    @property
    def score(self) -> tuple[str, str]:
        from autogpt.train.scope import BEST

        return BEST[self.kind], SHOWN[BEST[self.kind]]

    @property
    def doubts(self) -> list[str]:
        return [*((self.unheard,) if self.unheard else ()), *self.contradictions, *suspected(self.folder)]

    @property
    def summary(self) -> str:
        """One line for people."""
        again = f", {self.replayed:,} of them replayed" if self.replayed else ""
        said = self.trained_on(f"{self.texts:,} {self._what}{again}")
        if self.seeds:
            said += f", {len(self.seeds) - 2} seeds averaged"
        if "few_shot" in self.metrics:
            said += ", drawn together by class" if self.metrics["few_shot"] else ", a head on the encoder as it was"
        if "pseudo_taken" in self.metrics:
            said += f", and on {self.metrics['pseudo_taken']:,.0f} that it labelled itself"
        if "before_training" in self.metrics:
            said += ", asked by a prompt"
        if not self.metrics:
            return f"{said}; nothing to validate on, so nothing tells what is out of scope"
        first = next(name for name in SHOWN if name in self.metrics)
        said += f"; on {self.validation_texts:,} validation texts {SHOWN[first]} {self.metrics[first]:.1f}"
        return f"{said} ({SHOWN[alone]} {self.metrics[alone]:.1f})" if (alone := "head_alone") in self.metrics else said

    @property
    def _what(self) -> str:
        return "pairs" if self.kind == "similarity" else f"texts of {self.classes:,} classes"


def train_classifier(
    store: Store,
    sink: Sink = silent,
    resume: bool = True,
    search_minutes: float = 0.0,
    unlabelled: Sequence[str] = (),
    seeds: int = 1,
) -> ClassifierRun:
    """Train a classifier on the train part of the workspace's labelled questions, validating on the validation part.

    A run that was killed or stopped is gone on with when settings, examples and base are the same.

    Args:
        search_minutes: search for the settings that long, and keep the best training; 0 trains once.
        unlabelled: texts without labels, from which the classifier learns too where it is sure (`train.self_training`).
        seeds: train with so many, and average their weights.

    Raises:
        DataError: there is nothing to train on, to tell apart, or to choose by.
        UsageError: the base cannot be had, no texts can be made in the way that is asked for, or two of search, texts
            without labels and several seeds were asked for.
        BusyError: another process trains in this workspace.
    """
    with runs.alone(store):
        settings = store.config.train.classifier
        train = classifier_examples(store, Split.TRAIN, choice_of(settings))
        validation = classifier_examples(store, Split.VALIDATION)
        if not train:
            raise DataError(
                "There are no accepted labelled questions in the train part.",
                "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
            )
        runs.require_packages("Training a classifier")
        runs.require_trackers(settings)
        base = base_of(store, KIND, settings, resolve_encoder)
        require_model(settings, base, KIND)
        found = divide(settings, train, base, _earlier(settings, store.folder))
        validation = unseen(settings, validation, base)
        sets = classifier_sets(settings, base, validation, store.folder) if settings.continues else {}
        way = _Way(search_of(store.config, search_minutes), unlabelled, seeds)
        made = made_texts(settings, found.new, validation, read_glossary(store), sink)
        data = _Data(found.all, made, validation, len(found.replayed))
        asked = _hash(settings, base, data.train, validation, way)
        run_id, folder = runs.begin(store, KIND, settings, base, asked, resume)
        with runs.recorded(store, run_id):
            run = _trained(settings, data, base, folder, sink, way)
            tell_classifier(folder, base, run.model, sets, sink)
            runs.end(store, run_id, "done", metrics=run.metrics)
    return run


def train_classifier_on_files(
    config: Config,
    train: Sequence[ClassifierExample],
    validation: Sequence[ClassifierExample],
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    search_minutes: float = 0.0,
    unlabelled: Sequence[str] = (),
    seeds: int = 1,
) -> ClassifierRun:
    """The same without a workspace: `out` becomes the run's folder.

    Args:
        config: `train.classifier`, `train.search` and the model of it are used.
        validation: empty sets aside about 15% of `train`, class by class; nothing of fewer than eight texts a class.
    """
    settings, way = config.train.classifier, _Way(search_of(config, search_minutes), unlabelled, seeds)
    require_no_choice(settings)
    runs.require_packages("Training a classifier")
    runs.require_trackers(settings)
    base = resolve_encoder(settings.base or config.workspace.pack)
    require_model(settings, base, KIND)
    if not validation:
        train, validation = set_aside(settings, train, base, hold_out)
    found = divide(settings, train, base, _earlier(settings, Path()))
    validation = unseen(settings, validation, base)
    sets = classifier_sets(settings, base, validation, Path()) if settings.continues else {}
    made = made_texts(settings, found.new, validation, NO_GLOSSARY, sink)
    if not resume:
        begin_anew(out, sink)
    run = _trained(settings, _Data(found.all, made, validation, len(found.replayed)), base, out, sink, way)
    tell_classifier(out, base, run.model, sets, sink)
    runs.write_config(out, config)
    return run


def hold_out(
    examples: Sequence[ClassifierExample], seed: int
) -> tuple[list[ClassifierExample], list[ClassifierExample]]:
    """Training and validation texts, each class divided alike, texts of one title and of the same words together.

    Nothing is held out where there are few texts a class: they are all needed.
    """
    counts = Counter(label for one in examples for label in one.labels)
    if counts and sum(counts.values()) < _FEW * len(counts):
        return list(examples), []
    items = [
        SplitItem(str(at), (f"title {one.title}",) if one.title else (), question_key(f"{one.text} {one.other}"))
        for at, one in enumerate(examples)
    ]
    classes = {str(at): one.labels for at, one in enumerate(examples)}
    parts = stratified(items, classes, test=0.0, train=1 - _HELD_OUT, seed=seed).parts
    train, held = (
        [one for at, one in enumerate(examples) if parts[str(at)] == part] for part in (Split.TRAIN, Split.VALIDATION)
    )
    return train, held


@dataclass(frozen=True, slots=True)
class _Way:
    """How a training goes: once, with a search, on with texts without labels, or with several seeds."""

    search: Search | None
    unlabelled: Sequence[str]
    seeds: int

    def __post_init__(self) -> None:
        require_apart(self.search, bool(self.unlabelled), "texts without labels", "--unlabelled")
        require_apart(self.search, self.seeds > 1, "several seeds", "--seeds")
        if self.unlabelled and self.seeds > 1:
            raise UsageError(
                "Texts without labels and several seeds do not go together.",
                "Each seed would label other texts. Leave --unlabelled or --seeds out.",
            )


@dataclass(frozen=True, slots=True)
class _Data:
    """What a classifier is trained and validated on.

    Attributes:
        own: labelled by people; `replayed` of them came up before.
        made: of them.
    """

    own: list[ClassifierExample]
    made: list[ClassifierExample]
    validation: Sequence[ClassifierExample]
    replayed: int

    @property
    def train(self) -> list[ClassifierExample]:
        return self.own + self.made


def _earlier(settings: ClassifierTrainingSection, relative_to: Path) -> list[ClassifierExample]:
    return [one for file in settings.replay_data for one in load_classifier_examples(relative_to / file)]


def _trained(
    settings: ClassifierTrainingSection,
    data: _Data,
    base: Path | str,
    folder: Path,
    sink: Sink,
    way: _Way,
) -> ClassifierRun:
    from autogpt.train.classifier import train_classifier as fine_tune
    from autogpt.train.classifier_plan import plan_of, remark_on_unused
    from autogpt.train.remembering import is_headed_encoder
    from autogpt.train.scope import BEST

    train, validation = data.train, data.validation
    few = plan_of(settings, data.own, validation, base).few
    if few and data.made:  # the way of training stays, though there are more examples
        settings = settings.model_copy(update={"few_shot": "always"})
    trials: tuple[Trial, ...] = ()
    seeds: tuple[Measured, ...] = ()
    if way.unlabelled:
        from autogpt.train.self_training import self_train

        result = self_train(settings, train, validation, way.unlabelled, base, folder, sink)
    elif way.seeds > 1:
        require_validation(bool(validation))
        from autogpt.train.seeds import train_classifier_seeds

        result, seeds = train_classifier_seeds(settings, way.seeds, train, validation, base, folder, sink)
    else:
        result, trials = trained(
            way.search,
            settings,
            lambda changed, out, watch: fine_tune(changed, train, validation, base, out, watch),
            folder,
            sink,
            base=base,
            score=BEST[settings.kind],
            validates=bool(validation),
            rate="few_shot_learning_rate" if few else "learning_rate",
        )
    if processes.is_first():
        continued(base, data.own, validation).save(folder)
    classes = {label for one in train for label in one.labels} - {*settings.out_of_scope}
    known = [*data.own, *validation] if settings.kind != "similarity" else []
    return ClassifierRun(
        id=folder.name,
        folder=folder,
        base=str(base),
        metrics=result.metrics,
        kind=settings.kind,
        texts=len(train),
        validation_texts=len(validation),
        classes=len(classes),
        replayed=data.replayed,
        trials=trials,
        contradictions=tuple(contradictions(known)),
        seeds=seeds,
        unheard=remark_on_unused(settings) if is_headed_encoder(folder / MODEL) else "",
    )


def _hash(
    settings: ClassifierTrainingSection,
    base: Path | str,
    train: Sequence[ClassifierExample],
    validation: Sequence[ClassifierExample],
    way: _Way,
) -> str:
    """SHA-256 of all that decides how a training goes."""
    said = [
        settings.model_dump(mode="json"),
        str(base),
        *([asdict(one) for one in some] for some in (train, validation)),
        *([way.search.facts] if way.search else ()),
        *([list(way.unlabelled)] if way.unlabelled else []),
        *([way.seeds] if way.seeds > 1 else []),
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
