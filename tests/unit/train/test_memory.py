"""The memory of a training, before it is begun."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from autogpt.errors import UsageError
from autogpt.machine import Memory
from autogpt.train import memory
from autogpt.train.memory import Need, needed, require
from trainings import TRAININGS, Training

ROWS, WIDTH = 4, 256


def model() -> nn.Sequential:
    return nn.Sequential(nn.Linear(WIDTH, WIDTH, bias=False), nn.Tanh(), nn.Linear(WIDTH, 1, bias=False))


def test_what_is_kept_for_the_backward_pass_is_counted_once() -> None:
    net, rows = model(), torch.ones(ROWS, WIDTH)
    need = needed(net, lambda: net(rows).sum(), times=10)
    numbers = WIDTH * WIDTH + WIDTH
    # The rows, and what comes out of the tanh, which two layers keep.
    kept = 2 * ROWS * WIDTH * 4
    assert need == Need(numbers * 4, numbers * 4, numbers * 8, int(10 * memory._AT_ONCE * kept))


def test_what_is_frozen_needs_neither_gradient_nor_state() -> None:
    net, rows = model(), torch.ones(ROWS, WIDTH)
    net[0].weight.requires_grad_(False)
    need = needed(net, lambda: net(rows).sum(), times=1, optimizer="sgd")
    assert (need.gradients, need.optimizer) == (WIDTH * 4, WIDTH * 4)
    assert need.activations == int(memory._AT_ONCE * ROWS * WIDTH * 4)


def test_looking_ahead_changes_no_chance() -> None:
    net, rows = nn.Sequential(nn.Dropout(0.5), model()), torch.ones(ROWS, WIDTH)
    torch.manual_seed(3)
    wanted = torch.rand(3)
    torch.manual_seed(3)
    needed(net, lambda: net(rows).sum(), times=1)
    assert torch.equal(torch.rand(3), wanted)
    assert all(one.grad is None for one in net.parameters())


def test_what_cannot_fit_is_refused_with_a_batch_that_can(monkeypatch: pytest.MonkeyPatch) -> None:
    need = Need(weights=100_000_000, gradients=100_000_000, optimizer=200_000_000, activations=1_600_000_000)
    monkeypatch.setattr(memory, "memory", lambda: Memory(2_000_000_000, 4_000_000_000))
    require(need, "train.reader", 16)
    monkeypatch.setattr(memory, "memory", lambda: Memory(1_000_000_000, 4_000_000_000))
    with pytest.raises(UsageError, match=r"takes about 2.0 GB .*activations 1.6 GB.* and 1.0 GB are free") as caught:
        require(need, "train.reader", 16)
    assert caught.value.hint == "Set train.reader.batch_size to 7 or less (it is 16)."


def test_the_setting_that_counts_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    need = Need(weights=0, gradients=0, optimizer=0, activations=1_600_000_000)
    monkeypatch.setattr(memory, "memory", lambda: Memory(800_000_000, 4_000_000_000))
    with pytest.raises(UsageError) as caught:
        require(need, "train.retriever", 16, "mini_batch")
    assert caught.value.hint == "Set train.retriever.mini_batch to 8 or less (it is 16)."


def test_a_model_that_is_too_large_at_any_batch_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "memory", lambda: Memory(100_000_000, 4_000_000_000))
    with pytest.raises(UsageError) as caught:
        require(Need(100_000_000, 100_000_000, 200_000_000, 50_000_000), "train.reader", 16)
    assert "smaller base model" in caught.value.hint
    assert "train.reader.method" in caught.value.hint


def test_checkpointing_leaves_one_layer_and_the_inputs_of_all() -> None:
    net, rows = model(), torch.ones(ROWS, WIDTH)
    whole, saving = (needed(net, lambda: net(rows).sum(), 1, checkpointed_layers=layers) for layers in (0, 12))
    assert saving.activations == pytest.approx(whole.activations * (1 / 12 + 1 / 17), rel=0.01)
    assert needed(net, lambda: net(rows).sum(), 1, checkpointed_layers=1).activations == whole.activations


@pytest.mark.parametrize("training", TRAININGS.values(), ids=list(TRAININGS))
def test_no_training_begins_that_does_not_fit(
    training: Training, base_for: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "memory", lambda: Memory(100_000, 8_000_000_000))
    with pytest.raises(UsageError, match=r"takes about .* of memory .* and 0 MB are free") as caught:
        training.run(base_for(training.base), tmp_path)
    assert training.where in caught.value.hint
    assert not (tmp_path / "history.jsonl").exists()
    assert not (tmp_path / "model").exists()
