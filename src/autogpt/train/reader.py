"""Fine-tunes a reader: any `AutoModelForQuestionAnswering` checkpoint, on reader examples.

In: settings, examples, a base model. Out: `out/model/`, a Hugging Face folder, with the metrics of its best epoch.
Knows nothing about workspaces or releases.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Sampler
from transformers import EarlyStoppingCallback, PrinterCallback, TrainingArguments, set_seed
from transformers.utils import logging as transformers_logging

from autogpt.config import ReaderTrainingSection
from autogpt.errors import DataError, UsageError
from autogpt.progress import Progress, Sink, silent
from autogpt.read.windows import WindowBuilder
from autogpt.records import ReaderExample
from autogpt.train.base import largest_input, load_base, rust_tokenizer
from autogpt.train.calibration import calibrate
from autogpt.train.callbacks import ClockCallback, HistoryCallback, ProgressCallback, read_history
from autogpt.train.clock import Clock, last_checkpoint
from autogpt.train.collate import Collator
from autogpt.train.curves import draw_curves
from autogpt.train.features import Row, labelled_windows, pack
from autogpt.train.objectives import OBJECTIVES
from autogpt.train.packable import first_position
from autogpt.train.sampler import LengthGroupedSampler
from autogpt.train.trainer import ReaderTrainer
from autogpt.train.validate import Validator

MODEL = "model"
CHECKPOINTS = "checkpoints"
HISTORY = "history.jsonl"
CURVES = "curves.png"
#: Written last: a training whose folder holds it is finished.
METRICS = "metrics.json"
#: What was asked for, to refuse resuming something else.
REQUEST = "request.json"


@dataclass(frozen=True)
class TrainingResult:
    """What a training left behind.

    Attributes:
        model_dir: a Hugging Face folder (safetensors and tokenizer.json), with `calibration.json` where the validation
            examples sufficed for one.
        metrics: of the saved model on the validation examples, in points (see `Validator.measure`); empty without any.
        history: what was logged, in order.
    """

    model_dir: Path
    metrics: dict[str, float]
    history: list[dict[str, float]] = field(default_factory=list)


def train_reader(
    settings: ReaderTrainingSection,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    base: str | Path,
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    *,
    save_minutes: float = 10.0,
) -> TrainingResult:
    """Fine-tune `base`, validate every epoch, and keep the model with the best validation F1.

    Called again with the same arguments after a kill, it goes on from the last checkpoint in `out`, and returns at
    once when it was finished. With `resume` false it begins anew.

    Args:
        save_minutes: checkpoints are written at each epoch's end and when so many minutes have passed since the last.

    Raises:
        DataError: there is nothing to train on.
        UsageError: the base cannot be had, or `out` holds another training.
        AutoGPTError: the hub is out of reach, or the loss is not finite.
    """
    if not train:
        raise DataError("There is nothing to train on.", "Import examples, or give a file that holds some.")
    objective = OBJECTIVES.load(settings.objective)
    _claim(out, _request(settings, train, validation, base), resume)
    if (out / METRICS).is_file():
        return _finished(out)
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    set_seed(settings.seed)
    model, tokenizer = load_base(base, settings.dropout)
    length = min(settings.max_length, largest_input(model) or settings.max_length)
    builder = WindowBuilder(rust_tokenizer(tokenizer), length, min(settings.stride, length // 3))
    windows = labelled_windows(train, builder, sink)
    plain = Collator(builder.pad_id, token_types="token_type_ids" in tokenizer.model_input_names)
    if model.config.pad_token_id is None:
        model.config.pad_token_id = builder.pad_id
    rows, collator, batch_size, order = _rows(settings, windows, plain, length, first_position(model.config))
    bf16 = uses_bf16(settings.precision)
    clock = Clock(settings.max_minutes * 60)
    validator = Validator(validation, builder, plain, bf16)
    callbacks = [
        HistoryCallback(out / HISTORY),
        ProgressCallback(sink, clock, sum(map(len, windows)) / len(rows) * batch_size * settings.gradient_accumulation),
        ClockCallback(clock, save_minutes),
    ]
    if validation and settings.patience:
        callbacks.append(EarlyStoppingCallback(settings.patience))
    trainer = ReaderTrainer(
        model=model,
        args=_arguments(settings, out, batch_size, bf16, bool(validation)),
        train_dataset=rows,
        eval_dataset=list(validation) or None,
        data_collator=collator,
        processing_class=tokenizer,
        objective=objective,
        clock=clock,
        schedule=settings.schedule,
        warmup=settings.warmup,
        measure=validator.measure if validation else None,
        order=order,
        callbacks=callbacks,
    )
    trainer.remove_callback(PrinterCallback)  # progress goes to the sink
    checkpoint = last_checkpoint(out / CHECKPOINTS)
    if checkpoint is not None:
        clock.load(checkpoint)
        sink(Progress("train", message=f"going on from step {checkpoint.name.rpartition('-')[2]}"))
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    _save_model(trainer, out)
    metrics = calibrate(trainer.model, validator, out / MODEL, settings.seed) if validation else {}
    return _finish(out, metrics)


def uses_bf16(precision: str) -> bool:
    """Whether to compute in bf16: asked for, or "auto" on a processor or GPU that has instructions for it."""
    if precision != "auto":
        return precision == "bf16"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _rows(
    settings: ReaderTrainingSection, windows: list[Any], plain: Collator, length: int, position: int | None
) -> tuple[list[Row], Collator, int, Sampler[int] | None]:
    """Rows, how to collate them, rows per step, and their order. `settings.batch_size` counts windows."""
    if settings.packing and position is not None:
        packed = pack(windows, length, settings.seed)
        per_step = max(1, round(settings.batch_size * len(packed) / len(windows)))
        return packed, Collator(plain.pad_id, length, position, plain.token_types), per_step, None
    rows: list[Row] = [(window,) for window in windows]
    grouped = settings.batch_size * settings.gradient_accumulation
    return rows, plain, settings.batch_size, LengthGroupedSampler([*map(len, windows)], grouped, settings.seed)


def _arguments(
    settings: ReaderTrainingSection, out: Path, batch_size: int, bf16: bool, validates: bool
) -> TrainingArguments:
    adamw = settings.optimizer == "adamw"
    return TrainingArguments(
        output_dir=str(out / CHECKPOINTS),
        run_name=out.name,
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=batch_size,
        gradient_accumulation_steps=settings.gradient_accumulation,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        optim="adamw_torch_fused" if adamw else "sgd",
        optim_args=None if adamw else f"momentum=0.9,weight_decay={settings.weight_decay}",
        bf16=bf16,
        use_cpu=not torch.cuda.is_available(),
        seed=settings.seed,
        logging_steps=10,
        logging_first_step=True,
        logging_nan_inf_filter=False,
        eval_strategy="epoch" if validates else "no",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=validates,
        metric_for_best_model="f1" if validates else None,
        greater_is_better=True if validates else None,
        restore_callback_states_from_checkpoint=True,
        report_to=list(settings.trackers) or "none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
    )


def _request(
    settings: ReaderTrainingSection,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    base: str | Path,
) -> dict[str, Any]:
    return {
        "base": str(base),
        "settings": settings.model_dump(mode="json"),
        "train": examples_hash(train),
        "validation": examples_hash(validation),
    }


def examples_hash(examples: Sequence[ReaderExample]) -> str:
    """SHA-256 over all that the examples say, in their order."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(asdict(example), sort_keys=True).encode())
    return digest.hexdigest()


def _claim(out: Path, request: dict[str, Any], resume: bool) -> None:
    """Make `out` this training's folder. Raises UsageError when it is another one's."""
    if not resume and out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    path = out / REQUEST
    if path.is_file():
        earlier = json.loads(path.read_text(encoding="utf-8"))
        changed = sorted(key for key in request if earlier.get(key) != request[key])
        if changed:
            raise UsageError(
                f"{out} holds a training that was begun with other values of: {', '.join(changed)}.",
                "Give another folder, or begin anew with --no-resume.",
            )
        return
    waiting = path.with_name(path.name + ".part")
    waiting.write_text(json.dumps(request, indent=1) + "\n", encoding="utf-8")
    waiting.replace(path)


def _save_model(trainer: Any, out: Path) -> None:
    waiting = out / f"{MODEL}.part"
    shutil.rmtree(waiting, ignore_errors=True)
    trainer.save_model(str(waiting))
    (waiting / "training_args.bin").unlink(missing_ok=True)  # pickled, and of no use without the data
    shutil.rmtree(out / MODEL, ignore_errors=True)
    waiting.replace(out / MODEL)


def _finish(out: Path, metrics: dict[str, float]) -> TrainingResult:
    """Draw the curves, write the metrics, and drop checkpoints, which only a resumed training needs."""
    history = read_history(out / HISTORY)
    draw_curves(history, out / CURVES)
    waiting = out / f"{METRICS}.part"
    waiting.write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
    waiting.replace(out / METRICS)
    for checkpoint in (out / CHECKPOINTS).glob("checkpoint-*"):
        shutil.rmtree(checkpoint)
    return TrainingResult(out / MODEL, metrics, history)


def _finished(out: Path) -> TrainingResult:
    metrics = json.loads((out / METRICS).read_text(encoding="utf-8"))
    return TrainingResult(out / MODEL, metrics, read_history(out / HISTORY))
