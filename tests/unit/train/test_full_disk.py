"""A disk without room: a limit on the size of files stands for it, which the system reports the same way."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autogpt.config import ClassifierTrainingSection, ReaderTrainingSection
from autogpt.errors import DiskFullError
from autogpt.progress import Progress, Sink
from autogpt.train.classifier import train_classifier
from autogpt.train.clock import last_checkpoint
from autogpt.train.folder import told_when_full
from autogpt.train.reader import train_reader
from labelled import labelled
from tiny_models import make_examples

SETTINGS: dict[str, Any] = {"epochs": 3, "batch_size": 8, "learning_rate": 1e-3, "patience": 0, "trackers": ()}
#: Bytes of a file under which the weights of a tiny model, and under which the state of its optimiser is not written.
WEIGHTS, OPTIMISER = 60_000, 200_000


@contextmanager
def filling_up(size: int) -> Iterator[Sink]:
    """A sink that lets files grow no further once the first epoch is over."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def sink(progress: Progress) -> None:
        if progress.metrics.get("epoch", 0) > 1:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

    try:
        yield sink
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def train(kind: str, base: Path, out: Path, sink: Sink | None = None) -> Any:
    given = {} if sink is None else {"sink": sink}
    if kind == "reader":
        settings = ReaderTrainingSection(max_length=96, stride=16, **SETTINGS)
        return train_reader(settings, make_examples(40), make_examples(9, 40), base, out, **given)
    told = ClassifierTrainingSection(few_shot="never", max_length=48, **SETTINGS)
    return train_classifier(told, labelled(40), labelled(21, 100), base, out, **given)


@pytest.mark.parametrize(("kind", "size"), [("reader", OPTIMISER), ("classifier", WEIGHTS)])
def test_a_full_disk_is_said_and_the_last_checkpoint_goes_on(
    kind: str, size: int, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    base, out = tiny_model("bert"), tmp_path / "full"
    with filling_up(size) as sink, pytest.raises(DiskFullError, match=r"full.*the last whole one \(checkpoint") as said:
        train(kind, base, out, sink)
    assert "same command again" in said.value.hint
    kept = last_checkpoint(out / "checkpoints")
    assert kept is not None
    assert list((out / "checkpoints").glob("checkpoint-*")) == [kept]
    assert not (out / "metrics.json").exists()
    told: list[str] = []
    resumed = train(kind, base, out, lambda progress: told.append(progress.message))
    assert f"going on from step {kept.name.rpartition('-')[2]}" in told
    unbroken = train(kind, base, tmp_path / "unbroken")
    losses = [[one["loss"] for one in found.history if "loss" in one] for found in (unbroken, resumed)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_other_errors_are_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="a shape is wrong"), told_when_full(tmp_path):
        raise RuntimeError("a shape is wrong")
    with pytest.raises(PermissionError), told_when_full(tmp_path):
        raise PermissionError(13, "Permission denied")
