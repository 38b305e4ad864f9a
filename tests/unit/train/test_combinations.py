"""Every kind of training, with what works against overfitting and with what saves memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from autogpt.errors import UsageError
from autogpt.models import layout
from autogpt.train.folder import TrainingResult
from autogpt.train.methods import METHODS
from trainings import TRAININGS, Training

pytestmark = pytest.mark.usefixtures("no_curves")

#: What changes what is learnt.
AGAINST: dict[str, dict[str, Any]] = {
    "rdrop": {"rdrop": 5.0, "dropout": 0.1},
    "fgm": {"adversarial": "fgm", "adversarial_epsilon": 0.5},
    "pgd": {"adversarial": "pgd", "adversarial_epsilon": 0.5},
    "smoothing": {"label_smoothing": 0.2},
}
BY_OBJECTIVE = [one for one in TRAININGS.values() if one.by_objective]
SMALLER = [one for one in TRAININGS.values() if one.has("checkpointing")]


def weights(result: TrainingResult) -> dict[str, torch.Tensor]:
    return load_file(result.model_dir / layout.WEIGHTS)


def apart(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    """The largest difference of two models' weights."""
    assert one.keys() == other.keys()
    return max(float((one[name] - other[name]).abs().max()) for name in one)


@pytest.fixture(scope="module")
def plain(base_for: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., TrainingResult]:
    """A training by its name with some settings, made once."""
    made: dict[str, TrainingResult] = {}

    def get(training: Training, **changes: Any) -> TrainingResult:
        key = f"{training.name} {changes}"
        if key not in made:
            made[key] = training.run(base_for(training.base), tmp_path_factory.mktemp("plain") / "run", **changes)
        return made[key]

    return get


@pytest.mark.parametrize("name", AGAINST)
@pytest.mark.parametrize("training", BY_OBJECTIVE, ids=lambda one: one.name)
def test_what_works_against_overfitting_changes_what_is_learnt(
    training: Training,
    name: str,
    plain: Callable[..., TrainingResult],
    base_for: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    base, changes = base_for(training.base), AGAINST[name]
    if training.name == "similarity" and name == "smoothing":
        with pytest.raises(UsageError, match="no choices"):
            training.run(base, tmp_path / "run", **changes)
        assert not (tmp_path / "run").exists()
        return
    expected = plain(training, dropout=changes.get("dropout", 0.0))
    assert apart(weights(training.run(base, tmp_path / "run", **changes)), weights(expected)) > 1e-4


@pytest.mark.parametrize("training", BY_OBJECTIVE, ids=lambda one: one.name)
def test_a_teacher_is_learnt_from(
    training: Training,
    plain: Callable[..., TrainingResult],
    base_for: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    base, teacher = base_for(training.base), plain(training, dropout=0.0)
    told = {"teachers": (str(teacher.model_dir),), "distil_weight": 1.0}
    if "prompt" in training.name:
        with pytest.raises(UsageError, match="no teachers"):
            training.run(base, tmp_path / "run", **told)
        return
    assert apart(weights(training.run(base, tmp_path / "run", **told)), weights(teacher)) > 1e-4


@pytest.mark.parametrize("adversarial", ["fgm", "pgd"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_goes_with_all_of_it(
    method: str, adversarial: str, base_for: Callable[[str], Path], tmp_path: Path
) -> None:
    base = base_for("reader")
    result = TRAININGS["reader"].run(
        base,
        tmp_path / "run",
        method=method,
        adversarial=adversarial,
        rdrop=1.0,
        dropout=0.1,
        label_smoothing=0.1,
        layer_decay=0.9,
        teachers=(str(base),),
        distil_weight=0.2,
        lwf_weight=0.2,
        gradient_accumulation=2,
        checkpointing=True,
    )
    assert all(entry["loss"] > 0 for entry in result.history if "loss" in entry)
    assert (tmp_path / "run" / "adapter").exists() is (method != "full")


@pytest.mark.parametrize("method", ["full", "lora", "prefix"])
@pytest.mark.parametrize("training", SMALLER, ids=lambda one: one.name)
def test_activations_that_are_computed_again_teach_the_same(
    training: Training,
    method: str,
    plain: Callable[..., TrainingResult],
    base_for: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    saving = training.run(base_for(training.base), tmp_path / "run", dropout=0.0, method=method, checkpointing=True)
    assert apart(weights(saving), weights(plain(training, dropout=0.0, method=method))) < 1e-5
