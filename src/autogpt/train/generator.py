"""Fine-tunes a generator: any `AutoModelForCausalLM` checkpoint, on questions with passages and answers.

In: settings, examples, a base model. Out: `out/model/`, a Hugging Face folder that the local composer runs, with the
metrics of its best epoch; where not everything was trained, `out/adapter/` with what was. Knows nothing about
workspaces or releases.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from autogpt.config import GeneratorTrainingSection
from autogpt.errors import DataError, UsageError
from autogpt.progress import Progress, Sink, silent
from autogpt.read.backends.causal import end_tokens
from autogpt.train import processes
from autogpt.train.arguments import objective_arguments, uses_bf16
from autogpt.train.base import largest_input, load_generator
from autogpt.train.beginning import begin
from autogpt.train.folder import (
    BEFORE,
    TrainingResult,
    finish,
    finished_by_first,
    measured_once,
    request_of,
    save_model,
    save_trained,
    tells_when_full,
)
from autogpt.train.generator_data import GeneratorExample
from autogpt.train.generator_rows import GeneratorCollator, Rows, generator_rows
from autogpt.train.generator_validate import BEST, GeneratorValidator
from autogpt.train.memory import PROBED
from autogpt.train.methods import open_method
from autogpt.train.methods.saved import about_of, save_adapter
from autogpt.train.objectives import find_objective
from autogpt.train.regularisers import open_regularisers
from autogpt.train.sampler import LengthGroupedSampler
from autogpt.train.sharding import require_divisible
from autogpt.train.teachers import open_generator_teacher
from autogpt.train.trainer import ObjectiveTrainer


@tells_when_full
def train_generator(
    settings: GeneratorTrainingSection,
    train: Sequence[GeneratorExample],
    validation: Sequence[GeneratorExample],
    base: str | Path,
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    *,
    save_minutes: float = 10.0,
    before: Path | None = None,
) -> TrainingResult:
    """Fine-tune `base`, validate every epoch, and keep the model under which the validation answers are likeliest.

    Called again with the same arguments after a kill, it goes on from the last checkpoint in `out`, and returns at once
    when it was finished. With `resume` false it begins anew.

    The metrics are those of `GeneratorValidator.measure`, and the same of the base as `before_…`.

    Args:
        save_minutes: checkpoints are written at each epoch's end and when so many minutes have passed since the last.
        before: file in which the base's own metrics are kept; empty means one of this training's folder.

    Raises:
        DataError: there is nothing to train on, or nothing that fits.
        UsageError: the base cannot be had, cannot write or cannot be trained by the method, a teacher does not fit, or
            `out` holds another training.
        AutoGPTError: the hub is out of reach, or the loss is not finite.
    """
    if not train:
        raise DataError("There is nothing to train on.", "Import examples, or give a file that holds some.")
    objective = find_objective(settings.objective, "generator")(settings.label_smoothing)
    method = open_method(settings)
    require_divisible(settings, "train.generator")
    if (done := begin(settings, request_of(settings, train, validation, base), out, resume)) is not None:
        return done
    model, tokenizer = load_generator(base, settings.dropout)
    end = _end(model, tokenizer, base)
    teachers = [open_generator_teacher(name, tokenizer) for name in settings.teachers]
    length = min([settings.max_length, *(size for one in (model, *teachers) if (size := largest_input(one)))])
    rows, held = (generator_rows(some, tokenizer, end, length, sink) for some in (train, validation))
    _tell(rows, "training", length, sink)
    _tell(held, "validation", length, sink)
    collator = GeneratorCollator(end)
    bf16 = uses_bf16(settings.precision)
    validator = GeneratorValidator(
        held.rows, _asked(settings, held), tokenizer, collator, settings.max_answer_tokens, bf16, sink
    )
    divided = processes.divide_models()
    model.to("cuda" if torch.cuda.is_available() and not divided else "cpu")
    kept = before or out / BEFORE
    scored = processes.done_by_first(lambda: measured_once(kept, lambda: validator.measure(model))) if held.rows else {}
    method.apply(model)
    about = about_of(model, settings, base)
    lengths = [len(row) for row in rows.rows]
    step = settings.batch_size * settings.gradient_accumulation
    trainer = ObjectiveTrainer(
        model=model,
        args=objective_arguments(settings, out, bf16, BEST if held.rows else None, settings.batch_size),
        train_dataset=rows.rows,
        eval_dataset=held.rows or None,
        data_collator=collator,
        processing_class=tokenizer,
        objective=objective,
        regularisers=open_regularisers(settings, teachers),
        order=LengthGroupedSampler(lengths, step, settings.seed),
        longest=sorted(rows.rows, key=lambda row: -len(row))[:PROBED],
        method=method,
        settings=settings,
        section="train.generator",
        out=out,
        sink=sink,
        # Divided, a model is asked by all at once, and an answer may take one of them longer.
        measure=(replace(validator, asked=()) if divided else validator).measure if held.rows else None,
        score=BEST,
        speed=("tokens_per_second", sum(lengths) / len(lengths) * step),
        save_minutes=save_minutes,
        before=scored,
    )
    trainer.go_on()
    if not processes.is_first():
        return finished_by_first(out)
    save_adapter(out, trainer.model, about)
    method.merge(trainer.model)
    save_model(out, lambda folder: save_trained(trainer, folder))
    after = trainer.measured()
    if divided and held.rows:  # what it writes is looked at now
        after = validator.measure(trainer.model)
    return finish(out, {**after, **{f"before_{name}": value for name, value in scored.items()}})


def _end(model: Any, tokenizer: Any, base: str | Path) -> int:
    """The token that ends an answer, which the model's generation then stops at."""
    ends, own = end_tokens(model), tokenizer.eos_token_id
    if ends:
        return int(own if own in ends else ends[0])
    if own is None:
        raise UsageError(
            f"The model '{base}' names no token that ends a text, so it could not learn where an answer ends.",
            "Name one as eos_token in its tokenizer_config.json, or take another model.",
        )
    model.generation_config.eos_token_id = own
    return int(own)


def _tell(rows: Rows, part: str, length: int, sink: Sink) -> None:
    """Say what did not fit. Raises DataError where nothing does that is to be trained on."""
    if part == "training" and not rows.rows:
        raise DataError(
            f"No question fits in {length:,} tokens with its answer and what that is taken from.",
            "Raise train.generator.max_length, or take a base that reads more at once.",
        )
    if rows.remark:
        sink(Progress("tokenise", message=f"of the {part} part {rows.remark} (in {length:,} tokens)"))


def _asked(settings: GeneratorTrainingSection, held: Rows) -> list[GeneratorExample]:
    """The validation questions that answers are written to: the same in every epoch."""
    count = min(settings.validation_questions, len(held.fitting))
    chosen = random.Random(settings.seed).sample(range(len(held.fitting)), count)
    return [held.fitting[at] for at in sorted(chosen)]
