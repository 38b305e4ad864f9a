"""Fine-tunes a reader: any `AutoModelForQuestionAnswering` checkpoint, on reader examples.

In: settings, examples, a base model. Out: `out/model/`, a Hugging Face folder, with the metrics of its best epoch;
where not everything was trained, `out/adapter/` with what was. Knows nothing about workspaces or releases.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch.utils.data import Sampler

from autogpt.config import ReaderTrainingSection
from autogpt.errors import DataError
from autogpt.progress import Sink, silent
from autogpt.read.windows import WindowBuilder
from autogpt.records import ReaderExample
from autogpt.train import processes
from autogpt.train.arguments import objective_arguments, uses_bf16
from autogpt.train.base import largest_input, load_base, rust_tokenizer
from autogpt.train.beginning import begin
from autogpt.train.calibration import calibrate
from autogpt.train.collate import Collator, takes_types
from autogpt.train.features import Row, labelled_windows, pack
from autogpt.train.folder import (
    TrainingResult,
    finish,
    finished_by_first,
    request_of,
    save_model,
    save_trained,
    tells_when_full,
)
from autogpt.train.memory import PROBED
from autogpt.train.methods import open_method
from autogpt.train.methods.saved import about_of, save_adapter
from autogpt.train.objectives import find_objective
from autogpt.train.packable import first_position
from autogpt.train.regularisers import open_regularisers
from autogpt.train.remembering import reader_before
from autogpt.train.sampler import LengthGroupedSampler
from autogpt.train.sharding import require_divisible
from autogpt.train.teachers import open_teacher
from autogpt.train.trainer import ObjectiveTrainer
from autogpt.train.validate import Validator


@tells_when_full
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

    The metrics are those of `train.validate.measures` and `train.calibration.calibrate`.

    Args:
        save_minutes: checkpoints are written at each epoch's end and when so many minutes have passed since the last.

    Raises:
        DataError: there is nothing to train on.
        UsageError: the base cannot be had or trained by the method or objective, a teacher does not fit, or `out` holds
            another training.
        AutoGPTError: the hub is out of reach, or the loss is not finite.
    """
    if not train:
        raise DataError("There is nothing to train on.", "Import examples, or give a file that holds some.")
    objective = find_objective(settings.objective, "reader")(settings.label_smoothing)
    method = open_method(settings)
    require_divisible(settings, "train.reader")
    if (done := begin(settings, request_of(settings, train, validation, base), out, resume)) is not None:
        return done
    model, tokenizer = load_base(base, settings.dropout)
    method.apply(model)
    about = about_of(model, settings, base)
    teachers = [open_teacher(name, tokenizer) for name in settings.teachers]
    before = reader_before(base) if settings.lwf_weight else None
    regularisers = open_regularisers(settings, teachers, before.hold(settings) if before else None)
    asked = (model, *teachers)
    length = min([settings.max_length, *(size for one in asked if (size := largest_input(one)))])
    builder = WindowBuilder(rust_tokenizer(tokenizer), length, min(settings.stride, length // 3))
    windows = labelled_windows(train, builder, sink)
    settings = settings.planned(len(windows))
    plain = Collator(builder.pad_id, token_types=any(map(takes_types, asked)))
    if model.config.pad_token_id is None:
        model.config.pad_token_id = builder.pad_id
    positions = {first_position(one.config) for one in asked}
    position = positions.pop() if len(positions) == 1 else None  # packed rows must suit the teachers too
    rows, collator, batch_size, order = _rows(settings, windows, plain, length, position)
    bf16 = uses_bf16(settings.precision)
    validator = Validator(validation, builder, plain, bf16, objective=objective)
    tokens = sum(map(len, windows)) / len(rows) * batch_size * settings.gradient_accumulation
    trainer = ObjectiveTrainer(
        model=model,
        args=objective_arguments(settings, out, bf16, "f1" if validation else None, batch_size),
        train_dataset=rows,
        eval_dataset=list(validation) or None,
        data_collator=collator,
        processing_class=tokenizer,
        objective=objective,
        regularisers=regularisers,
        order=order,
        longest=sorted(rows, key=lambda row: -sum(map(len, row)))[:PROBED],
        method=method,
        settings=settings,
        section="train.reader",
        out=out,
        sink=sink,
        measure=validator.measure if validation else None,
        score="f1",
        speed=("tokens_per_second", tokens),
        save_minutes=save_minutes,
    )
    trainer.go_on()
    if not processes.is_first():
        return finished_by_first(out)
    save_adapter(out, trainer.model, about)
    method.merge(trainer.model)
    save_model(out, lambda folder: save_trained(trainer, folder))
    metrics = calibrate(trainer.model, validator, out, settings.seed) if validation else {}
    return finish(out, metrics)


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
