"""What `Trainer` is told the same way whatever it trains.

In: a section of the configuration. Out: arguments of `TrainingArguments`. Knows nothing about models or data.
"""

from pathlib import Path
from typing import Any

import torch
from transformers import TrainingArguments

from autogpt.config import ObjectiveTrainingSection, TrainingSection
from autogpt.train.folder import CHECKPOINTS

#: Trainer's names of ours; its Adafactor takes the learning rate that it is given.
_OPTIMISERS = {"adamw": "adamw_torch_fused", "sgd": "sgd", "adafactor": "adafactor"}


def common_arguments(settings: TrainingSection, out: Path, bf16: bool, best: str | None) -> dict[str, Any]:
    """Epochs, optimiser, pace, precision, checkpoints and logging.

    Args:
        best: the validation metric, larger is better, whose best epoch is kept; None without validation.
    """
    return {
        "output_dir": str(out / CHECKPOINTS),
        "run_name": out.name,
        "num_train_epochs": settings.epochs,
        "learning_rate": settings.peak_rate,
        "weight_decay": settings.weight_decay,
        "optim": _OPTIMISERS[settings.optimizer],
        "optim_args": f"momentum=0.9,weight_decay={settings.weight_decay}" if settings.optimizer == "sgd" else None,
        "bf16": bf16,
        "use_cpu": not torch.cuda.is_available(),
        "seed": settings.seed,
        "logging_steps": 10,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "eval_strategy": "epoch" if best else "no",
        "save_strategy": "epoch",
        "save_total_limit": 2,
        "load_best_model_at_end": best is not None,
        "metric_for_best_model": best,
        "greater_is_better": True if best else None,
        "restore_callback_states_from_checkpoint": True,
        "report_to": list(settings.trackers) or "none",
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "dataloader_pin_memory": torch.cuda.is_available(),
    }


def objective_arguments(
    settings: ObjectiveTrainingSection, out: Path, bf16: bool, best: str | None, rows: int
) -> TrainingArguments:
    """Those of a training by an objective of ours, `rows` a step; `best` as for `common_arguments`."""
    return TrainingArguments(
        per_device_train_batch_size=rows,
        gradient_accumulation_steps=settings.gradient_accumulation,
        activation_checkpointing=settings.checkpointing,
        **common_arguments(settings, out, bf16, best),
    )


def uses_bf16(precision: str) -> bool:
    """Whether to compute in bf16: asked for, or "auto" on a processor or GPU that has instructions for it."""
    if precision != "auto":
        return precision == "bf16"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
