import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autogpt.config import ReaderTrainingSection
from autogpt.errors import AutoGPTError, CancelledError, DataError, UsageError
from autogpt.models.costs import Costs
from autogpt.progress import Progress
from autogpt.train import clock, trainer
from autogpt.train.arguments import uses_bf16
from autogpt.train.reader import TrainingResult, train_reader
from tiny_models import FAMILIES, build_model, make_examples


def settings(**changes: Any) -> ReaderTrainingSection:
    given = {"epochs": 1, "batch_size": 8, "max_length": 96, "stride": 16, "learning_rate": 1e-3, "trackers": ()}
    return ReaderTrainingSection(**{**given, **changes})


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_trains_and_opens_again(family: str, tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    from transformers import AutoModelForQuestionAnswering

    result = train_reader(settings(), make_examples(24), make_examples(9, 24), tiny_model(family), tmp_path / "run")
    assert {"f1", "exact_match", "forced_f1"} <= result.metrics.keys()
    names = {path.name for path in result.model_dir.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= names
    assert not any(name.endswith(".bin") for name in names)
    AutoModelForQuestionAnswering.from_pretrained(result.model_dir)
    assert any("loss" in one for one in result.history)


def test_a_reader_learns_what_it_is_shown(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    examples = make_examples(90)
    result = train_reader(
        settings(epochs=12, learning_rate=5e-3, dropout=0), examples, examples[:30], tiny_model("bert"), tmp_path
    )
    assert result.metrics["f1"] > 60
    losses = [one["loss"] for one in result.history if "loss" in one]
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_validation_loss_is_what_the_training_minimises(
    smoothing: float, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    examples = make_examples(40)  # the same in both parts
    given = settings(epochs=20, learning_rate=5e-3, dropout=0, label_smoothing=smoothing, precision="fp32", patience=0)
    result = train_reader(given, examples, examples, tiny_model("bert"), tmp_path)
    losses = [one["loss"] for one in result.history if "loss" in one]
    held = [one["eval_loss"] for one in result.history if "eval_loss" in one]
    assert held[-1] == pytest.approx(losses[-1], rel=0.2)
    assert held[-1] < held[0] / 2


def test_the_run_folder_holds_history_curves_and_tensorboard(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    seen: list[Progress] = []
    given = settings(epochs=2, trackers=("tensorboard",))
    result = train_reader(given, make_examples(24), make_examples(9, 24), tiny_model("bert"), tmp_path, seen.append)
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert len([one for one in result.history if {"eval_f1", "eval_loss"} <= one.keys()]) == 2
    assert list(tmp_path.rglob("events.out.tfevents.*"))
    shown = {name for one in seen if one.stage == "train" for name in one.metrics}
    assert {"loss", "f1", "tokens_per_second", "seconds_left"} <= shown
    assert not list((tmp_path / "checkpoints").glob("checkpoint-*"))


def test_asking_again_returns_the_finished_training(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    arguments = (settings(), make_examples(16), make_examples(6, 16), tiny_model("bert"), tmp_path)
    first = train_reader(*arguments)
    weights = (first.model_dir / "model.safetensors").stat().st_mtime_ns
    again = train_reader(*arguments)
    assert again.metrics == first.metrics
    assert (again.model_dir / "model.safetensors").stat().st_mtime_ns == weights


def test_a_folder_of_another_training_is_refused(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    train_reader(settings(), make_examples(8), [], tiny_model("bert"), tmp_path)
    with pytest.raises(UsageError, match="train"):
        train_reader(settings(), make_examples(9), [], tiny_model("bert"), tmp_path)


def test_training_ends_early_when_f1_no_longer_rises(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    given = settings(epochs=30, learning_rate=1e-9, patience=2)
    result = train_reader(given, make_examples(16), make_examples(9, 16), tiny_model("bert"), tmp_path)
    assert len([one for one in result.history if "eval_f1" in one]) == 3


def test_the_time_limit_ends_training_with_a_falling_rate(
    tiny_model: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count(step=0.02)  # seconds; each look at the clock takes one tick
    monkeypatch.setattr(clock.time, "monotonic", lambda: next(ticks))
    given = settings(epochs=100_000, max_minutes=0.05, patience=0)
    result = train_reader(given, make_examples(64), [], tiny_model("bert"), tmp_path)
    rates = [one["learning_rate"] for one in result.history if "learning_rate" in one]
    assert len(rates) > 3
    assert rates[-1] < max(rates) / 2
    assert (result.model_dir / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("changes", "optimiser"),
    [
        ({"optimizer": "sgd", "learning_rate": 0.05, "weight_decay": 0.2}, "SGD"),
        ({"optimizer": "adafactor", "layer_decay": 0.8, "weight_decay": 0.2}, "Adafactor"),
        ({"gradient_accumulation": 3, "schedule": "cosine", "weight_decay": 0.2}, "AdamW"),
        ({"packing": False, "schedule": "constant", "precision": "fp32"}, "AdamW"),
        ({"precision": "bf16"}, "AdamW"),
    ],
)
def test_optimisers_schedules_and_precisions_train(
    changes: dict[str, Any],
    optimiser: str,
    tiny_model: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trainers: list[Any] = []
    go_on = trainer.ObjectiveTrainer.go_on
    monkeypatch.setattr(trainer.ObjectiveTrainer, "go_on", lambda self: trainers.append(self) or go_on(self))
    given = settings(epochs=12, **changes)
    result = train_reader(given, make_examples(40), [], tiny_model("bert"), tmp_path)
    losses = [one["loss"] for one in result.history if "loss" in one]
    assert losses[-1] < losses[0]
    (made,) = trainers
    used = getattr(made.optimizer, "optimizer", made.optimizer)
    assert type(used).__name__ == optimiser
    # Biases and layer norms are not drawn to nothing.
    assert {group["weight_decay"] for group in used.param_groups} == {given.weight_decay, 0.0}
    assert made.args.bf16 == (given.precision == "bf16" or (given.precision == "auto" and uses_bf16("auto")))
    rates = [one["learning_rate"] for one in result.history if "learning_rate" in one]
    if given.schedule == "constant":
        assert rates[-1] == max(rates) == given.learning_rate
    else:
        assert rates[-1] < max(rates) / 2


@pytest.mark.parametrize(
    ("schedule", "middle", "late"), [("linear", 0.5, 0.1), ("cosine", 0.5, 0.0245), ("constant", 1, 1)]
)
def test_the_rate_rises_while_it_warms_up_and_falls_as_it_is_told(schedule: str, middle: float, late: float) -> None:
    at = trainer.pace(schedule, 0.2)
    assert [at(0.05), at(0.1), at(0.2)] == pytest.approx([0.25, 0.5, 1])
    assert [at(0.6), at(0.92)] == pytest.approx([middle, late], abs=1e-4)


def test_the_same_seed_gives_the_same_weights(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    def weights(name: str, seed: int) -> bytes:
        result = train_reader(settings(seed=seed), make_examples(16), [], tiny_model("bert"), tmp_path / name)
        return (result.model_dir / "model.safetensors").read_bytes()

    assert weights("a", 1) == weights("b", 1)
    assert weights("c", 2) != weights("a", 1)


def test_checkpointing_trains_the_same_in_less_memory(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    told: dict[str, str] = {}

    def trained(name: str, **changes: Any) -> TrainingResult:
        def sink(progress: Progress) -> None:
            if progress.message.startswith("takes"):
                told[name] = progress.message

        given = settings(dropout=0.0, **changes)
        return train_reader(given, make_examples(24), [], tiny_model("bert"), tmp_path / name, sink)

    plain, saving = trained("plain"), trained("saving", checkpointing=True)
    assert plain.history[-2]["loss"] == pytest.approx(saving.history[-2]["loss"], rel=1e-4)
    before, after = (int(told[name].partition("activations ")[2].partition(" ")[0]) for name in ("plain", "saving"))
    assert after < before


def test_nothing_to_train_on_is_said(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to train on"):
        train_reader(settings(), [], [], tiny_model("bert"), tmp_path)


def test_a_diverged_training_is_said_in_words(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    given = settings(epochs=50, learning_rate=1e30, optimizer="sgd", warmup=0)
    with pytest.raises(AutoGPTError, match="diverged") as caught:
        train_reader(given, make_examples(32), [], tiny_model("bert"), tmp_path)
    assert "learning_rate" in caught.value.hint


def test_a_model_without_the_head_for_it_is_said(tmp_path: Path) -> None:
    from transformers import ViTConfig

    ViTConfig().save_pretrained(tmp_path / "vit")
    with pytest.raises(UsageError, match="vit"):
        train_reader(settings(), make_examples(3), [], tmp_path / "vit", tmp_path / "run")


def test_an_unreachable_hub_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autogpt.train import base

    monkeypatch.setattr(base.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(AutoGPTError, match=r"bert-base-cased.*out of reach") as caught:
        train_reader(settings(), make_examples(3), [], "bert-base-cased", tmp_path)
    assert "folder" in caught.value.hint


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = build_model("bert", tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UsageError, match="safetensors"):
        train_reader(settings(), make_examples(3), [], folder, tmp_path / "run")


def test_cancelled_training_goes_on_where_it_stopped(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    arguments = (settings(epochs=3, patience=0), make_examples(24), make_examples(9, 24), tiny_model("bert"))
    unbroken = train_reader(*arguments, tmp_path / "unbroken")

    def cancel_in_second_epoch(progress: Progress) -> None:
        if "f1" in progress.metrics and progress.done > 3:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        train_reader(*arguments, tmp_path / "broken", cancel_in_second_epoch)
    messages: list[str] = []
    resumed = train_reader(*arguments, tmp_path / "broken", lambda progress: messages.append(progress.message))
    assert any("going on from step" in message for message in messages)
    same(unbroken, resumed)


def test_a_training_notes_what_it_cost_in_all_its_parts(
    tiny_model: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = (settings(epochs=12), make_examples(16), [], tiny_model("bert"), tmp_path)

    def cancel_on_the_way(progress: Progress) -> None:
        if progress.stage == "train" and progress.done >= 10:
            raise CancelledError("Stopped.")

    monkeypatch.setattr(clock, "_peak_bytes", lambda: 2_000)
    with pytest.raises(CancelledError):
        train_reader(*arguments, cancel_on_the_way)
    first = json.loads((clock.last_checkpoint(tmp_path / "checkpoints") / clock.FILE_NAME).read_text())["seconds"]
    monkeypatch.setattr(clock, "_peak_bytes", lambda: 1_000)
    train_reader(*arguments)
    costs = Costs.load(tmp_path)
    assert costs is not None
    assert costs.seconds > first > 0
    assert costs.peak_bytes == 2_000
    assert costs.parameters == costs.trainable > 1_000


KILLED = """
import os, signal, sys
from pathlib import Path
from autogpt.config import ReaderTrainingSection
from autogpt.train.reader import train_reader
sys.path.insert(0, sys.argv[1])
from tiny_models import make_examples

def kill(progress):
    if progress.stage == "train" and progress.metrics.get("epoch", 0) > 1.5:
        os.kill(os.getpid(), signal.SIGKILL)

given = ReaderTrainingSection.model_validate_json(sys.argv[2])
train_reader(given, make_examples(40), make_examples(12, 40), sys.argv[3], Path(sys.argv[4]), kill)
"""


@pytest.mark.parametrize("packing", [True, False])
def test_a_training_killed_outright_ends_as_the_unbroken_one(
    packing: bool, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    given = settings(epochs=3, packing=packing, batch_size=1, patience=0, precision="fp32")
    base = tiny_model("bert")
    unbroken = train_reader(given, make_examples(40), make_examples(12, 40), base, tmp_path / "unbroken")
    folder = tmp_path / "killed"
    command = [
        sys.executable,
        "-c",
        KILLED,
        str(Path(__file__).parents[2]),
        given.model_dump_json(),
        str(base),
        str(folder),
    ]
    ended = subprocess.run(command, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert not (folder / "metrics.json").exists()
    same(unbroken, train_reader(given, make_examples(40), make_examples(12, 40), base, folder))


def same(one: TrainingResult, other: TrainingResult) -> None:
    assert other.metrics["f1"] == pytest.approx(one.metrics["f1"], abs=0.1)
    assert other.metrics["forced_f1"] == pytest.approx(one.metrics["forced_f1"], abs=0.1)
    assert [entry["step"] for entry in other.history if "loss" in entry] == [
        entry["step"] for entry in one.history if "loss" in entry
    ]
    last = [[entry["loss"] for entry in result.history if "loss" in entry][-1] for result in (one, other)]
    assert last[0] == pytest.approx(last[1], rel=1e-3)


def test_calibration_is_written_where_the_questions_suffice(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    from autogpt.metrics.calibrator import Calibrator

    examples = make_examples(90)
    given = settings(epochs=8, learning_rate=5e-3, dropout=0, patience=0)
    result = train_reader(given, examples, examples, tiny_model("bert"), tmp_path)
    assert result.metrics["calibrated"] == 1.0
    made = Calibrator.load(result.model_dir / "calibration.json")
    assert {one["domain"] for one in made.fitted_on} == {"general", "mismatched"}
    assert json.loads((tmp_path / "metrics.json").read_text()) == result.metrics
