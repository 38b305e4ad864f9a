"""Fine-tunes a reader: any `AutoModelForQuestionAnswering` checkpoint, on reader examples.

In: settings, examples, a base model. Out: `out/model/`, a Hugging Face folder, and the metrics of its best epoch.
Knows nothing about workspaces, releases or calibration.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, EarlyStoppingCallback, TrainingArguments, set_seed

from autogpt.config import ReaderTrainingSection
from autogpt.errors import DataError
from autogpt.progress import Sink, silent
from autogpt.read.windows import WindowBuilder
from autogpt.records import ReaderExample
from autogpt.train.callbacks import ProgressCallback
from autogpt.train.collate import Collator
from autogpt.train.features import Row, labelled_windows, pack
from autogpt.train.objectives import OBJECTIVES
from autogpt.train.packable import first_position
from autogpt.train.trainer import Clock, ClockCallback, PacedTrainer
from autogpt.train.validate import Validator


@dataclass(frozen=True)
class TrainingResult:
    """What a training left behind.

    Attributes:
        model_dir: a Hugging Face folder (safetensors and tokenizer.json).
        metrics: of the saved model on the validation examples, in points; empty without any.
        history: what was logged, in order.
    """

    model_dir: Path
    metrics: dict[str, float]
    history: list[dict[str, Any]] = field(default_factory=list)


def train_reader(
    settings: ReaderTrainingSection,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    base: str | Path,
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    save_minutes: float = 10.0,
) -> TrainingResult:
    """Fine-tune `base` and keep the best model by validation F1.

    Called again with the same arguments after a kill it goes on from the last checkpoint in `out`.
    Raises DataError without training examples, UsageError for a base that cannot be had.
    """
    if not train:
        raise DataError("There is nothing to train on.", "Import examples, or give a file that holds some.")
    set_seed(settings.seed)
    model = AutoModelForQuestionAnswering.from_pretrained(
        base,
        dtype=torch.float32,
        hidden_dropout_prob=settings.dropout,
        attention_probs_dropout_prob=settings.dropout,
    )
    tokenizer = AutoTokenizer.from_pretrained(base)
    builder = WindowBuilder(Tokenizer.from_str(tokenizer.backend_tokenizer.to_str()), settings.max_length, settings.stride)
    windows = labelled_windows(train, builder, sink)
    start_position = first_position(model.config) if settings.packing else None
    types = "token_type_ids" in tokenizer.model_input_names
    plain = Collator(builder.pad_id, token_types=types)
    if start_position is None:
        rows: list[Row] = [(window,) for window in windows]
        collator, batch_size = plain, settings.batch_size
    else:
        rows = pack(windows, settings.max_length, settings.seed)
        collator = Collator(builder.pad_id, settings.max_length, start_position, types)
        batch_size = max(1, round(settings.batch_size * len(rows) / len(windows)))
    bf16 = uses_bf16(settings.precision)
    clock = Clock(settings.max_minutes * 60)
    limited = bool(settings.max_minutes)
    arguments = TrainingArguments(
        output_dir=str(out / "checkpoints"),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=batch_size,
        gradient_accumulation_steps=settings.gradient_accumulation,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        optim="adamw_torch_fused",
        bf16=bf16,
        use_cpu=not torch.cuda.is_available(),
        seed=settings.seed,
        logging_steps=10,
        logging_nan_inf_filter=False,
        save_strategy="no" if limited else "epoch",
        save_total_limit=2,
        eval_strategy="no",
        report_to=["tensorboard"] if "tensorboard" in settings.trackers else [],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )
    validator = Validator(validation, builder, plain, bf16)
    trainer = PacedTrainer(
        model=model,
        args=arguments,
        train_dataset=rows,
        data_collator=collator,
        processing_class=tokenizer,
        objective=OBJECTIVES.load(settings.objective),
        clock=clock,
        schedule=settings.schedule,
        warmup=settings.warmup,
        callbacks=[
            ClockCallback(clock, save_minutes),
            ProgressCallback(sink, clock, sum(map(len, windows)) / len(rows), batch_size),
        ],
    )
    checkpoint = _last_checkpoint(out / "checkpoints") if resume else None
    if checkpoint is not None:
        clock.load(checkpoint)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    model_dir = out / "model"
    trainer.save_model(str(model_dir))
    metrics = validator.measure(trainer.model) if validation else {}
    (out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    return TrainingResult(model_dir, metrics, trainer.state.log_history)


def uses_bf16(precision: str) -> bool:
    """Whether to compute in bf16: asked for, or "auto" on a processor that has instructions for it."""
    if precision != "auto":
        return precision == "bf16"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported())


def _last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written whole."""
    found = [path for path in folder.glob("checkpoint-*") if (path / "clock.json").exists()]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
