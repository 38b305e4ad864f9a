"""Where the metrics of a training are sent."""

from collections.abc import Callable
from pathlib import Path

import pytest

from autogpt.config import ReaderTrainingSection
from autogpt.errors import UsageError
from autogpt.train.reader import train_reader
from autogpt.train.trackers import require_trackers
from tiny_models import make_examples


def settings(*trackers: str) -> ReaderTrainingSection:
    return ReaderTrainingSection(epochs=1, batch_size=8, max_length=96, stride=16, trackers=trackers)


def test_a_tracker_that_cannot_be_had_is_refused_before_anything_is_written(
    tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    with pytest.raises(
        UsageError, match=r"Unknown tracker 'paper'\. Available: .*mlflow.*tensorboard.*wandb"
    ) as caught:
        train_reader(settings("tensorboard", "paper"), make_examples(8), [], tiny_model("bert"), tmp_path / "run")
    assert "Here at present: " in caught.value.hint
    assert "tensorboard" in caught.value.hint
    assert not (tmp_path / "run").exists()


def test_a_tracker_whose_package_is_missing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.integrations import integration_utils

    monkeypatch.setattr(integration_utils, "get_available_reporting_integrations", lambda: ["tensorboard"])
    with pytest.raises(UsageError, match="'wandb' needs its package, which is not installed"):
        require_trackers(["wandb"])
    require_trackers(["tensorboard"])
    require_trackers([])


def test_weights_and_biases_keeps_a_training_offline(
    tiny_model: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb = pytest.importorskip("wandb")
    for name, value in {"MODE": "offline", "DIR": str(tmp_path), "SILENT": "true"}.items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    try:
        train_reader(settings("wandb"), make_examples(8), [], tiny_model("bert"), tmp_path / "run")
    finally:
        wandb.teardown()  # ends the process that it writes by
    (kept,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    sent = kept.read_bytes()
    assert b"learning_rate" in sent
    examples = make_examples(8)
    assert not any(text.encode() in sent for one in examples for text in (one.question, one.context))
