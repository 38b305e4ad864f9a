"""Fine-tunes a classifier of texts: any `AutoModelForSequenceClassification` checkpoint; with few examples a sentence
encoder and a head (`train.few_shot`).

In: settings, examples, a base model. Out: `out/model/`, a folder that `classify.classifier` reads, with the metrics of
its best epoch. Knows nothing about workspaces or releases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from transformers import TrainingArguments, set_seed
from transformers.utils import logging as transformers_logging

from autogpt.classify.card import Card, save_card
from autogpt.config import ClassifierTrainingSection
from autogpt.errors import UsageError
from autogpt.progress import Sink, silent
from autogpt.records import ClassifierExample
from autogpt.train import processes
from autogpt.train.arguments import common_arguments, uses_bf16
from autogpt.train.base import largest_input, load_classifier, rust_tokenizer
from autogpt.train.collate import takes_types
from autogpt.train.folder import (
    TrainingResult,
    claim,
    finish,
    finished,
    finished_by_first,
    request_of,
    save_model,
    save_trained,
)
from autogpt.train.labelling import FEW, Task, task_of
from autogpt.train.memory import PROBED
from autogpt.train.methods import open_method
from autogpt.train.methods.saved import about_of, save_adapter
from autogpt.train.objectives import OBJECTIVES
from autogpt.train.regularisers import open_regularisers
from autogpt.train.sampler import LengthGroupedSampler
from autogpt.train.scope import BEST, Computed, make_card, measures
from autogpt.train.suspects import find_suspects, write_suspects
from autogpt.train.teachers import open_classifier_teacher
from autogpt.train.texts import TextCollator, TextRow, compute, text_rows
from autogpt.train.trackers import require_trackers
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
    if few:
        processes.require_one("A training with few examples a class")
    require_trackers(settings.trackers)
    processes.require_whole_models()
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


def _fine_tuned(
    settings: ClassifierTrainingSection, task: Task, base: str | Path, out: Path, sink: Sink, save_minutes: float
) -> TrainingResult:
    objective = OBJECTIVES.load(_OBJECTIVES[task.kind])(settings.label_smoothing)
    method = open_method(settings)
    model, tokenizer = load_classifier(base, settings.dropout, task.outputs)
    method.apply(model)
    about = about_of(model, settings, base)
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
    rust = rust_tokenizer(tokenizer)
    rows = text_rows(task.train, task.targets(task.train), rust, length)
    held = text_rows(task.validation, task.targets(task.validation), rust, length)
    bf16 = uses_bf16(settings.precision)
    validator = ClassifierValidator(task, held, collator, bf16, length)
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
        objective=objective,
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
    )
    trainer.go_on()
    if not processes.is_first():
        return finished_by_first(out)
    save_adapter(out, trainer.model, about)
    method.merge(trainer.model)
    fits_scope = held and task.kind == "intents"
    strange = text_rows(task.strange, np.zeros(len(task.strange)), rust, length) if fits_scope else []
    computed = [_computed(trainer.model, some, collator, bf16) for some in (rows if fits_scope else [], held, strange)]
    card, arrays, metrics = make_card(task, settings, length, *computed)

    def save(folder: Path) -> None:
        save_trained(trainer, folder)
        save_card(folder, card, arrays)

    save_model(out, save)
    write_suspects(out, find_suspects(task, card, computed[1]))
    return finish(out, metrics)


def _computed(model: Any, rows: Sequence[TextRow], collator: TextCollator, bf16: bool) -> Computed | None:
    return Computed(*compute(model, rows, collator, bf16)) if rows else None


@dataclass(frozen=True)
class ClassifierValidator:
    """Classifies the validation part of a task with a model that is being trained."""

    task: Task
    rows: Sequence[TextRow]
    collator: TextCollator
    bf16: bool
    max_tokens: int

    def measure(self, model: Any) -> dict[str, float]:
        """`train.scope.measures` with thresholds of 1/2 and no temperature."""
        logits, vectors = compute(model, self.rows, self.collator, self.bf16)
        card = Card(self.task.kind, self.task.labels, self.max_tokens, low=self.task.low, high=self.task.high)
        return measures(self.task, card.decide(logits, vectors, {}))
