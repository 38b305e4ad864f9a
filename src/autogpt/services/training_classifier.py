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

from autogpt.annotate.classifier_data import load_classifier_examples
from autogpt.config import ClassifierTrainingSection, Config
from autogpt.errors import DataError, UsageError
from autogpt.models.sources import resolve_encoder
from autogpt.prepare.split import SplitItem
from autogpt.prepare.stratify import stratified
from autogpt.progress import Sink, silent
from autogpt.records import ClassifierExample, Split
from autogpt.services import runs
from autogpt.services.examples.classes import classifier_examples
from autogpt.services.examples.grouping import question_key
from autogpt.services.training_files import begin_anew
from autogpt.store import Store

KIND = "classifier"
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
    "pseudo_gain": "gained by texts without labels",
    "out_of_scope_auroc": "area under ROC, out of scope",
}


@dataclass(frozen=True, slots=True)
class ClassifierRun(runs.Run):
    """A finished training of a classifier.

    Attributes:
        kind: intents, binary, multi-label or similarity.
        texts, validation_texts: trained and validated on, out-of-scope ones among them.
        classes: labels that occur in training.
    """

    kind: str
    texts: int
    validation_texts: int
    classes: int

    @property
    def score(self) -> tuple[str, str]:
        from autogpt.train.scope import BEST

        return BEST[self.kind], SHOWN[BEST[self.kind]]

    @property
    def summary(self) -> str:
        """One line for people."""
        said = self.trained_on(f"{self.texts:,} {self._what}")
        if self.metrics.get("few_shot"):
            said += ", drawn together by class"
        if "pseudo_taken" in self.metrics:
            said += f", and on {self.metrics['pseudo_taken']:,.0f} that it labelled itself"
        if "before_training" in self.metrics:
            said += ", asked by a prompt"
        if not self.metrics:
            return f"{said}; nothing to validate on, so nothing tells what is out of scope"
        first = next(name for name in SHOWN if name in self.metrics)
        return f"{said}; on {self.validation_texts:,} validation texts {SHOWN[first]} {self.metrics[first]:.1f}"

    @property
    def _what(self) -> str:
        return "pairs" if self.kind == "similarity" else f"texts of {self.classes:,} classes"


def train_classifier(
    store: Store, sink: Sink = silent, resume: bool = True, unlabelled: Sequence[str] = ()
) -> ClassifierRun:
    """Train a classifier on the train part of the workspace's labelled questions, validating on the validation part.

    A run that was killed or stopped is gone on with when settings, examples and base are the same.

    Args:
        unlabelled: texts without labels, from which the classifier learns too where it is sure (`train.self_training`).

    Raises:
        DataError: there is nothing to train on, or nothing to tell apart.
        UsageError: the base cannot be had.
        BusyError: another process trains in this workspace.
    """
    with runs.alone(store):
        settings = store.config.train.classifier
        train, validation = (classifier_examples(store, part) for part in (Split.TRAIN, Split.VALIDATION))
        if not train:
            raise DataError(
                "There are no accepted labelled questions in the train part.",
                "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
            )
        runs.require_packages("Training a classifier")
        base = resolve_encoder(settings.base or store.config.workspace.pack)
        asked = _hash(settings, base, train, validation, unlabelled)
        run_id, folder = runs.begin(store, KIND, settings, base, asked, resume)
        with runs.recorded(store, run_id):
            run = _trained(settings, train, validation, base, folder, sink, unlabelled)
            runs.end(store, run_id, "done", metrics=run.metrics)
    return run


def train_classifier_on_files(
    config: Config,
    train: Sequence[ClassifierExample],
    validation: Sequence[ClassifierExample],
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    unlabelled: Sequence[str] = (),
) -> ClassifierRun:
    """The same without a workspace: `out` becomes the run's folder.

    Args:
        config: `train.classifier` and the model of it are used.
        validation: empty sets aside about 15% of `train`, class by class; nothing of fewer than eight texts a class.
    """
    settings = config.train.classifier
    if not validation:
        train, validation = hold_out(train, settings.seed)
    runs.require_packages("Training a classifier")
    base = resolve_encoder(settings.base or config.workspace.pack)
    if not resume:
        begin_anew(out, sink)
    run = _trained(settings, train, validation, base, out, sink, unlabelled)
    runs.write_config(out, config)
    return run


def load_labelled(paths: Sequence[Path]) -> list[ClassifierExample]:
    """Labelled texts of several files. Raises NotFoundError or DataError for a file, UsageError without one."""
    if not paths:
        raise UsageError("There is no file to train on.", "Name one with --data FILE.")
    return [example for path in paths for example in load_classifier_examples(path)]


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


def _trained(
    settings: ClassifierTrainingSection,
    train: Sequence[ClassifierExample],
    validation: Sequence[ClassifierExample],
    base: Path | str,
    folder: Path,
    sink: Sink,
    unlabelled: Sequence[str],
) -> ClassifierRun:
    if unlabelled:
        from autogpt.train.self_training import self_train

        result = self_train(settings, train, validation, unlabelled, base, folder, sink)
    else:
        from autogpt.train.classifier import train_classifier as fine_tune

        result = fine_tune(settings, train, validation, base, folder, sink)
    classes = {label for one in train for label in one.labels} - {*settings.out_of_scope}
    return ClassifierRun(
        id=folder.name,
        folder=folder,
        base=str(base),
        metrics=result.metrics,
        kind=settings.kind,
        texts=len(train),
        validation_texts=len(validation),
        classes=len(classes),
    )


def _hash(
    settings: ClassifierTrainingSection,
    base: Path | str,
    train: Sequence[ClassifierExample],
    validation: Sequence[ClassifierExample],
    unlabelled: Sequence[str],
) -> str:
    """SHA-256 of all that decides how a training goes."""
    said = [
        settings.model_dump(mode="json"),
        str(base),
        *([asdict(one) for one in some] for some in (train, validation)),
        *([list(unlabelled)] if unlabelled else []),
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
