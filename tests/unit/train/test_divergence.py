"""A learning rate that is far too high: every kind of training says so in words, and leaves no model of no numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import Trainer

from autogpt.errors import DivergedError
from autogpt.metrics.learning import remarks
from autogpt.models import layout
from autogpt.train.folder import TrainingResult
from autogpt.train.validate import Validator
from trainings import TRAININGS, Training

pytestmark = pytest.mark.usefixtures("no_curves")


def few(training: Training) -> str:
    """How the settings of passes and rate begin where texts of a class are drawn together."""
    return "few_shot_" if training.told.get("few_shot") == "always" else ""


def setting(training: Training) -> str:
    return f"Lower {training.where}.{few(training)}learning_rate"


def result_or_error(training: Training, base: Path, out: Path, **told: Any) -> TrainingResult | DivergedError:
    try:
        return training.run(base, out, validates=True, **told)
    except DivergedError as error:
        return error


@pytest.mark.parametrize("training", TRAININGS.values(), ids=list(TRAININGS))
def test_a_learning_rate_of_ten_is_told_of(training: Training, base_for: Callable[[str], Path], tmp_path: Path) -> None:
    told = {f"{few(training)}learning_rate": 10.0, f"{few(training)}epochs": 4}
    found = result_or_error(training, base_for(training.base), tmp_path, **told)
    if isinstance(found, DivergedError):
        assert setting(training) in found.hint
        assert not (tmp_path / "model").exists()
        return
    assert all(torch.isfinite(one).all() for one in load_file(found.model_dir / layout.WEIGHTS).values())
    if few(training):  # cosines cannot run away: what is kept is the best epoch, or it is said that none was better
        best = "micro_f1" if training.told.get("kind") == "multi-label" else "accuracy"
        before, *epochs = [entry[f"eval_{best}"] for entry in found.history if f"eval_{best}" in entry]
        assert max(epochs) >= before or any("has not helped" in one for one in remarks(found.history, best, best))
    else:
        assert any("learning rate" in one for one in remarks(found.history, "", ""))


@pytest.mark.parametrize("validates", [False, True])
@pytest.mark.parametrize("training", TRAININGS.values(), ids=list(TRAININGS))
def test_weights_that_the_last_step_spoilt_are_not_kept(
    training: Training,
    validates: bool,
    base_for: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The loss of a step tells of the weights before it."""

    def spoil(trainer: Any, **_: Any) -> None:
        for parameter in trainer.model.parameters():
            parameter.data.fill_(torch.nan)
        if validates:
            trainer.evaluate()

    monkeypatch.setattr(Trainer, "train", spoil)
    with pytest.raises(DivergedError, match="diverged") as caught:
        training.run(base_for(training.base), tmp_path, validates=validates)
    assert setting(training) in caught.value.hint
    assert not (tmp_path / "model").exists()


def test_what_is_no_number_on_the_validation_part_alone_is_told_of(
    base_for: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overflow(validator: Any, model: Any) -> dict[str, float]:
        raise FloatingPointError("the reader's logits are not finite")

    monkeypatch.setattr(Validator, "measure", overflow)
    with pytest.raises(DivergedError, match=r"of the validation part at step 4 is no number") as caught:
        TRAININGS["reader"].run(base_for("reader"), tmp_path, validates=True)
    assert "Lower train.reader.learning_rate, for example to 7e-03" in caught.value.hint
