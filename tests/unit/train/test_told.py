"""What a language model tells, block by block."""

import math

import numpy as np
import pytest
import torch

from autogpt.train.told import Told

ASKED = torch.tensor([[True, False, True, False], [False, False, False, True], [False] * 4])


def test_each_block_has_the_sums_of_its_own_tokens() -> None:
    torch.manual_seed(0)
    logits, targets = torch.randn(3, 7), torch.tensor([4, 0, 2])
    logits[1, 0] = 9.0
    told = Told.of(logits, targets, ASKED)
    losses = [float(torch.nn.functional.cross_entropy(logits[at : at + 1], targets[at : at + 1])) for at in range(3)]
    assert told.lost == pytest.approx([losses[0] + losses[1], losses[2], 0.0])
    assert told.asked.tolist() == [2, 1, 0]
    hits = (logits.argmax(-1) == targets).tolist()
    assert told.right.tolist() == [sum(hits[:2]), int(hits[2]), 0]
    assert told.likelihoods[1] == pytest.approx(100 * math.exp(-losses[2]))


def test_metrics_are_of_all_tokens_of_all_batches() -> None:
    batches = [
        Told(np.array([math.log(4) * 3]), np.array([1]), np.array([3])),
        Told(np.array([0.0]), np.array([1]), np.array([1])),
    ]
    found = Told.together(batches).metrics
    assert found["perplexity"] == pytest.approx(4 ** (3 / 4))
    assert found["likelihood"] == pytest.approx(100 / found["perplexity"])
    assert found["accuracy"] == 50


def test_what_is_beyond_all_numbers_stays_a_number() -> None:
    found = Told(np.array([1e9]), np.array([0]), np.array([1])).metrics
    assert math.isfinite(found["perplexity"])
