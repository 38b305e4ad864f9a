"""Fine-tunes a classifier of texts: any `AutoModelForSequenceClassification` checkpoint; with few examples a sentence
encoder and a head (`train.few_shot`), or any language model that is asked by a prompt (`train.prompting`).

In: settings, examples, a base model. Out: `out/model/`, a folder that `classify.classifier` reads, with the metrics of
its best epoch. Knows nothing about workspaces or releases.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import set_seed

from autogpt.classify.card import Card, save_card
from autogpt.config import ClassifierTrainingSection
from autogpt.errors import UsageError
from autogpt.models.adapters import kept, pooling
from autogpt.progress import Progress, Sink, silent
from autogpt.read.backends.prompt import Prompt
from autogpt.records import ClassifierExample
from autogpt.train import processes
from autogpt.train.arguments import objective_arguments, uses_bf16
from autogpt.train.base import largest_input, load_classifier, rust_tokenizer
from autogpt.train.beginning import begin
from autogpt.train.classifier_plan import plan_of
from autogpt.train.collate import takes_types
from autogpt.train.folder import (
    TrainingResult,
    finish,
    finished_by_first,
    request_of,
    save_model,
    save_trained,
    tells_when_full,
)
from autogpt.train.labelling import Task
from autogpt.train.language_base import open_language_base
from autogpt.train.linear_probe import fit_head
from autogpt.train.memory import PROBED
from autogpt.train.methods import open_method
from autogpt.train.methods.saved import about_of, save_adapter
from autogpt.train.objectives import find_objective
from autogpt.train.objectives.base import Objective
from autogpt.train.objectives.prompted import Prompted
from autogpt.train.prompting import make_prompt, require_words
from autogpt.train.regularisers import open_regularisers
from autogpt.train.remembering import (
    Before,
    classifier_before,
    trained_as,
)
from autogpt.train.sampler import LengthGroupedSampler
from autogpt.train.scope import BEST, Computed, make_card, measures
from autogpt.train.sharding import require_divisible
from autogpt.train.start import Start
from autogpt.train.suspects import find_suspects, write_suspects
from autogpt.train.teachers import open_classifier_teacher
from autogpt.train.texts import TextCollator, TextRow, compute, prompted_rows, text_rows
from autogpt.train.trainer import ObjectiveTrainer

#: What each kind minimises.
_OBJECTIVES = {
    "intents": "cross-entropy",
    "binary": "binary-cross-entropy",
    "multi-label": "binary-cross-entropy",
    "similarity": "mean-squared-error",
}
#: How classes of models end that have a head for classification.
_CLASSIFIES = "ForSequenceClassification"


@tells_when_full
def train_classifier(
    settings: ClassifierTrainingSection,
    train: Sequence[ClassifierExample],
    validation: Sequence[ClassifierExample],
    base: str | Path,
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    *,
    save_minutes: float = 10.0,
) -> TrainingResult:
    """Fine-tune `base`, validate every epoch, and keep the model with the best validation score (`train.scope.BEST`).

    Temperature, thresholds and what tells out-of-scope texts are fitted on the validation part. Called again with the
    same arguments after a kill, it goes on from the last checkpoint in `out`, and returns at once when it was finished.
    With `resume` false it begins anew.

    With `new_only` or `lwf_weight` it goes on from a classifier: its classes are told on, those that are new beside
    them, and it stays of its form.

    Args:
        save_minutes: checkpoints are written at each epoch's end and when so many minutes have passed since the last.

    Raises:
        DataError: there is nothing to train on, or nothing to tell apart.
        UsageError: the base cannot be had, or is no classifier to go on from, or `out` holds another training.
        AutoGPTError: the hub is out of reach, or the loss is not finite.
    """
    plan = plan_of(settings, train, validation, base)
    task = plan.task
    objective = _objective(settings)
    if plan.few:
        processes.require_one("A training with few examples a class")
    require_divisible(settings, "train.classifier")
    if (done := begin(settings, request_of(settings, train, validation, base), out, resume)) is not None:
        return done
    if plan.few:
        from autogpt.train.few_shot import train_few_shot

        return train_few_shot(settings, task, base, out, sink, save_minutes=save_minutes)
    before = classifier_before(base, task.labels, task.outputs) if plan.goes_on else None
    return _fine_tuned(settings, task, objective, base, out, sink, save_minutes, before)


def _objective(settings: ClassifierTrainingSection) -> Objective:
    name = settings.objective or _OBJECTIVES[settings.kind]
    made: Objective = find_objective(name, f"{settings.kind} classifier")(settings.label_smoothing)
    return made


@dataclass(frozen=True)
class Form:
    """What is fine-tuned.

    Attributes:
        prompt: None for a model with a head for classes.
    """

    model: Any
    tokenizer: Any
    objective: Objective
    prompt: Prompt | None = None

    def rows(self, examples: Sequence[ClassifierExample], targets: NDArray[np.float64], length: int) -> list[TextRow]:
        """The examples as the model reads them."""
        tokenizer = rust_tokenizer(self.tokenizer)
        if self.prompt is None:
            return text_rows(examples, targets, tokenizer, length)
        return prompted_rows(examples, targets, tokenizer, length, self.prompt)


def _form(settings: ClassifierTrainingSection, task: Task, objective: Objective, base: str | Path) -> Form:
    if settings.few_shot != "prompt":
        model, tokenizer = load_classifier(base, settings.dropout, task.outputs)
        if _takes_mean(settings, task, model):
            pooling.attach(model)
        return Form(model, tokenizer, objective)
    opened = open_language_base(base, settings.dropout)
    require_words(opened, str(base))
    prompt = make_prompt(settings, task, opened)
    return Form(opened.model, opened.tokenizer, Prompted(objective, prompt), prompt)


def _takes_mean(settings: ClassifierTrainingSection, task: Task, model: Any) -> bool:
    """Whether the head is to look at the mean of all tokens and does not yet.

    Raises UsageError where that is asked for and cannot be.
    """
    if settings.pooling == "first" or pooling.NAME in kept(model):
        return False
    if settings.pooling == "mean" and not pooling.fits(model):
        raise UsageError(
            f"A {model.config.model_type} classifier does not look at the first token: there is no mean to put there.",
            "Set train.classifier.pooling to auto.",
        )
    new = not trained_as(model).endswith(_CLASSIFIES) and task.kind != "similarity"
    return settings.pooling == "mean" or (new and pooling.fits(model))


def _fine_tuned(
    settings: ClassifierTrainingSection,
    task: Task,
    objective: Objective,
    base: str | Path,
    out: Path,
    sink: Sink,
    save_minutes: float,
    before: Before | None,
) -> TrainingResult:
    method = open_method(settings)
    form = _form(settings, task, objective, base)
    model, tokenizer = form.model, form.tokenizer
    if before is not None:
        before.keep_head(model)
    teachers = [open_classifier_teacher(name, tokenizer, task) for name in settings.teachers]
    asked = (model, *teachers)
    length = min(settings.max_length, *(size for one in asked if (size := largest_input(one))))
    if model.config.pad_token_id is None:
        model.config.pad_token_id = tokenizer.pad_token_id or 0
    collator = TextCollator(
        pad_id=int(model.config.pad_token_id),
        token_types=any(map(takes_types, asked)),
        classes=task.kind == "intents",
    )
    rows = form.rows(task.train, task.targets(task.train), length)
    held = form.rows(task.validation, task.targets(task.validation), length)
    bf16 = uses_bf16(settings.precision)
    validator = ClassifierValidator(task, held, collator, bf16, length, form.prompt, form.objective)
    untrained = validator.measure(model) if held and form.prompt else {}  # what the words of the labels alone tell
    probed = settings.linear_probe and _has_new_head(form, task, before)
    start = Start(out)
    if probed and not start.is_past:
        sink(Progress("train", message="fitting the head"))
        fit_head(model, rows, collator, task.outputs, settings.seed, bf16)
        set_seed(settings.seed)
    method.apply(model)
    if probed and held:
        untrained = start.begin(model, validator.measure)
    about = about_of(model, settings, base)
    if untrained:
        set_seed(settings.seed)  # validating the base must not change what follows
    trainer = ObjectiveTrainer(
        model=model,
        args=objective_arguments(settings, out, bf16, BEST[task.kind] if held else None, settings.batch_size),
        train_dataset=rows,
        eval_dataset=held or None,
        data_collator=collator,
        processing_class=tokenizer,
        objective=form.objective,
        regularisers=open_regularisers(settings, teachers, before.hold(settings) if before else None),
        order=LengthGroupedSampler(
            [len(row.input_ids) for row in rows], settings.batch_size * settings.gradient_accumulation, settings.seed
        ),
        longest=sorted(rows, key=lambda row: -len(row.input_ids))[:PROBED],
        method=method,
        settings=settings,
        section="train.classifier",
        out=out,
        sink=sink,
        measure=validator.measure if held else None,
        score=BEST[task.kind],
        speed=("texts_per_second", settings.batch_size),
        save_minutes=save_minutes,
        before=untrained,
    )
    trainer.go_on()
    if not processes.is_first():
        return finished_by_first(out)
    if start.end(trainer.model, BEST[task.kind], trainer.state.best_metric):
        sink(Progress("train", message="no epoch was better than the fitted head alone, which is kept"))
    save_adapter(out, trainer.model, about)
    method.merge(trainer.model)
    fits_scope = held and task.kind == "intents"
    strange = form.rows(task.strange, np.zeros(len(task.strange)), length) if fits_scope else []
    computed = [
        Computed(*compute(trainer.model, some, collator, bf16, form.prompt)) if some else None
        for some in (rows if fits_scope else [], held, strange)
    ]
    card, arrays, metrics = make_card(task, settings, length, *computed)
    card = replace(card, prompt=form.prompt)

    def save(folder: Path) -> None:
        save_trained(trainer, folder)
        save_card(folder, card, arrays)

    save_model(out, save)
    write_suspects(out, find_suspects(task, card, computed[1]))
    if untrained:
        metrics = {**metrics, "head_alone" if probed else "before_training": untrained[BEST[task.kind]]}
    return finish(out, metrics)


def _has_new_head(form: Form, task: Task, before: Before | None) -> bool:
    """Whether the head of a classifier of single texts is fresh, so that there is nothing to lose in it."""
    fresh = not trained_as(form.model).endswith(_CLASSIFIES)
    return fresh and before is None and form.prompt is None and task.kind != "similarity"


@dataclass(frozen=True)
class ClassifierValidator:
    """Classifies the validation part of a task with a model that is being trained.

    Args:
        objective: whose loss is measured, too; None: of no interest.
    """

    task: Task
    rows: Sequence[TextRow]
    collator: TextCollator
    bf16: bool
    max_tokens: int
    prompt: Prompt | None = None
    objective: Objective | None = None

    def measure(self, model: Any) -> dict[str, float]:
        """`train.scope.measures` with thresholds of 1/2 and no temperature, and `loss`, the mean of the texts."""
        logits, vectors = compute(model, self.rows, self.collator, self.bf16, self.prompt)
        card = Card(self.task.kind, self.task.labels, self.max_tokens, low=self.task.low, high=self.task.high)
        found = measures(self.task, card.decide(logits, vectors, {}))
        if self.objective is None:
            return found
        targets = self.collator.targets(self.rows)
        loss = self.objective.loss([torch.from_numpy(logits).float()], {"targets": targets})
        return {**found, "loss": float(loss)}
