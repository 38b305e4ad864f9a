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
from numpy.typing import NDArray
from transformers import TrainingArguments, set_seed
from transformers.utils import logging as transformers_logging

from autogpt.classify.card import Card, save_card
from autogpt.config import ClassifierTrainingSection
from autogpt.errors import UsageError
from autogpt.progress import Sink, silent
from autogpt.read.backends.prompt import Prompt
from autogpt.records import ClassifierExample
from autogpt.train.arguments import common_arguments, uses_bf16
from autogpt.train.base import largest_input, load_classifier, rust_tokenizer
from autogpt.train.collate import takes_types
from autogpt.train.folder import TrainingResult, claim, finish, finished, request_of, save_model, save_trained
from autogpt.train.labelling import FEW, Task, task_of
from autogpt.train.language_base import open_language_base
from autogpt.train.memory import PROBED
from autogpt.train.methods import open_method
from autogpt.train.methods.saved import about_of, save_adapter
from autogpt.train.objectives import OBJECTIVES
from autogpt.train.objectives.base import Objective
from autogpt.train.objectives.prompted import Prompted
from autogpt.train.prompting import make_prompt, require_promptable, require_words
from autogpt.train.regularisers import open_regularisers
from autogpt.train.sampler import LengthGroupedSampler
from autogpt.train.scope import BEST, Computed, make_card, measures
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

    Args:
        save_minutes: checkpoints are written at each epoch's end and when so many minutes have passed since the last.

    Raises:
        DataError: there is nothing to train on, or nothing to tell apart.
        UsageError: the base cannot be had, or `out` holds another training.
        AutoGPTError: the hub is out of reach, or the loss is not finite.
    """
    task = task_of(settings, train, validation)
    few = is_few(settings, task)
    claim(out, request_of(settings, train, validation, base), resume)
    done = finished(out)
    if done is not None:
        return done
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    set_seed(settings.seed)
    if few:
        from autogpt.train.few_shot import train_few_shot

        return train_few_shot(settings, task, base, out, sink, save_minutes=save_minutes)
    return _fine_tuned(settings, task, base, out, sink, save_minutes)


def is_few(settings: ClassifierTrainingSection, task: Task) -> bool:
    """Whether texts of a class are drawn together and a head is fitted, in place of fine-tuning a classifier.

    Raises UsageError where that is asked for and cannot be.
    """
    if settings.few_shot == "prompt":
        require_promptable(settings, task)
        return False
    if task.kind == "similarity":
        if settings.few_shot == "always":
            raise UsageError(
                "Similarity has no classes whose texts could be drawn together.",
                "Set train.classifier.few_shot to auto.",
            )
        return False
    whole = settings.method == "full" and not settings.teachers
    if settings.few_shot == "always" and not whole:
        raise UsageError(
            "With few examples the encoder is trained whole and a head is fitted: there is no place for "
            f"{'teachers' if settings.teachers else 'the method ' + settings.method}.",
            "Set train.classifier.few_shot to never or auto, or train.classifier.method to full.",
        )
    return settings.few_shot == "always" or (settings.few_shot == "auto" and whole and task.mean_size < FEW)


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


def _form(settings: ClassifierTrainingSection, task: Task, base: str | Path) -> Form:
    objective = OBJECTIVES.load(_OBJECTIVES[task.kind])(settings.label_smoothing)
    if settings.few_shot != "prompt":
        model, tokenizer = load_classifier(base, settings.dropout, task.outputs)
        return Form(model, tokenizer, objective)
    opened = open_language_base(base, settings.dropout)
    require_words(opened, str(base))
    prompt = make_prompt(settings, task, opened)
    return Form(opened.model, opened.tokenizer, Prompted(objective, prompt), prompt)


def _fine_tuned(
    settings: ClassifierTrainingSection, task: Task, base: str | Path, out: Path, sink: Sink, save_minutes: float
) -> TrainingResult:
    method = open_method(settings)
    form = _form(settings, task, base)
    model, tokenizer = form.model, form.tokenizer
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
    validator = ClassifierValidator(task, held, collator, bf16, length, form.prompt)
    before = validator.measure(model) if held and form.prompt else {}  # what the words of the labels alone tell
    method.apply(model)
    about = about_of(model, settings, base)
    if before:
        set_seed(settings.seed)  # validating the base must not change what follows
    trainer = ObjectiveTrainer(
        model=model,
        args=TrainingArguments(
            per_device_train_batch_size=settings.batch_size,
            gradient_accumulation_steps=settings.gradient_accumulation,
            activation_checkpointing=settings.checkpointing,
            **common_arguments(settings, out, bf16, BEST[task.kind] if held else None),
        ),
        train_dataset=rows,
        eval_dataset=held or None,
        data_collator=collator,
        processing_class=tokenizer,
        objective=form.objective,
        regularisers=open_regularisers(settings, teachers),
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
        before=before,
    )
    trainer.go_on()
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
    return finish(out, {**metrics, "before_training": before[BEST[task.kind]]} if before else metrics)


@dataclass(frozen=True)
class ClassifierValidator:
    """Classifies the validation part of a task with a model that is being trained."""

    task: Task
    rows: Sequence[TextRow]
    collator: TextCollator
    bf16: bool
    max_tokens: int
    prompt: Prompt | None = None

    def measure(self, model: Any) -> dict[str, float]:
        """`train.scope.measures` with thresholds of 1/2 and no temperature."""
        logits, vectors = compute(model, self.rows, self.collator, self.bf16, self.prompt)
        card = Card(self.task.kind, self.task.labels, self.max_tokens, low=self.task.low, high=self.task.high)
        return measures(self.task, card.decide(logits, vectors, {}))
