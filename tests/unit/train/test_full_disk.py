"""A disk without room: a limit on the size of files stands for it, which the system reports the same way."""

import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autogpt.errors import DiskFullError
from autogpt.progress import Progress
from autogpt.train import folder
from autogpt.train.clock import last_checkpoint
from autogpt.train.folder import told_when_full
from autogpt.train.trainer import Paced
from trainings import TRAININGS, Training

#: Bytes of a file under which the weights of a tiny model, and under which the state of its optimiser is not written.
WEIGHTS, OPTIMISER = 60_000, 200_000


class Disk:
    """Lets files grow to some size and no further."""

    def __init__(self) -> None:
        self._limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def leave(self, size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, self._limits[1]))

    def empty(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limits)


@pytest.fixture
def disk() -> Iterator[Disk]:
    made = Disk()
    yield made
    made.empty()


def longer(training: Training) -> dict[str, Any]:
    """Three passes."""
    return {"few_shot_epochs" if training.told.get("few_shot") == "always" else "epochs": 3}


@pytest.mark.parametrize("training", TRAININGS.values(), ids=list(TRAININGS))
def test_a_full_disk_is_said_and_the_last_checkpoint_goes_on(
    training: Training, disk: Disk, base_for: Callable[[str], Path], tmp_path: Path
) -> None:
    base, out = base_for(training.base), tmp_path / "full"
    told = {**longer(training), "validates": True}
    size = WEIGHTS if training.name == "classifier" else OPTIMISER

    def filling_up(progress: Progress) -> None:
        if progress.metrics.get("epoch", 0) > 1:
            disk.leave(size)

    with pytest.raises(DiskFullError, match=r"full.*the last whole one \(checkpoint") as said:
        training.run(base, out, filling_up, **told)
    disk.empty()
    assert "same command again" in said.value.hint
    kept = last_checkpoint(out / "checkpoints")
    assert kept is not None
    assert list((out / "checkpoints").glob("checkpoint-*")) == [kept]
    assert not (out / "metrics.json").exists()
    messages: list[str] = []
    resumed = training.run(base, out, lambda progress: messages.append(progress.message), **told)
    assert f"going on from step {kept.name.rpartition('-')[2]}" in messages
    if training.name in ("reader", "classifier"):
        unbroken = training.run(base, tmp_path / "unbroken", **told)
        losses = [[one["loss"] for one in found.history if "loss" in one] for found in (unbroken, resumed)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-3)


@pytest.mark.parametrize("training", TRAININGS.values(), ids=list(TRAININGS))
def test_a_disk_that_fills_up_when_all_is_learnt_costs_no_step(
    training: Training,
    disk: Disk,
    base_for: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def filling_up_after(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any) -> None:
            call(*args)
            disk.leave(1)

        return called

    base, out = base_for(training.base), tmp_path / "full"
    messages: list[str] = []

    def run() -> Any:
        return training.run(base, out, lambda progress: messages.append(progress.message), method="lora")

    for where, name in ((Paced, "go_on"), (folder, "draw_curves")):  # then the adapter, then the metrics are written
        with monkeypatch.context() as patched:
            patched.setattr(where, name, filling_up_after(getattr(where, name)))
            with pytest.raises(DiskFullError, match=r"the last whole one \(checkpoint"):
                run()
        disk.empty()
        assert not (out / "metrics.json").exists()
    steps = {int(one["step"]) for one in folder.read_history(out / "history.jsonl")}
    assert [*run().model_dir.glob("*.safetensors")]
    assert f"going on from step {max(steps)}" in messages


def test_other_errors_are_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="a shape is wrong"), told_when_full(tmp_path):
        raise RuntimeError("a shape is wrong")
    with pytest.raises(PermissionError), told_when_full(tmp_path):
        raise PermissionError(13, "Permission denied")
