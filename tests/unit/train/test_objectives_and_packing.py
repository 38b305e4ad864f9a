from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autogpt.classify.probability import Kind
from autogpt.errors import UsageError
from autogpt.read.windows import WindowBuilder
from autogpt.train.base import load_base, rust_tokenizer
from autogpt.train.collate import Collator
from autogpt.train.features import LabelledWindow, labelled_windows, pack
from autogpt.train.objectives import OBJECTIVES
from autogpt.train.objectives.base import Loss
from autogpt.train.objectives.span import Span
from autogpt.train.packable import first_position
from tiny_models import FAMILIES, make_examples
from trainings import TRAININGS, Training

PACKABLE = ("bert", "roberta", "xlm-roberta")


def test_every_objective_can_be_loaded_and_says_what_it_trains() -> None:
    made = [OBJECTIVES.load(name) for name in OBJECTIVES]
    assert all(issubclass(one, Loss) for one in made)
    trained = [one for found in made for one in found.trains]
    assert {f"{kind} classifier" for kind in get_args(Kind)} | {"reader", "retriever", "generator"} < {*trained}


#: What a training of each kind is told to minimise: the usual, and something that trains another kind.
NAMED = {
    "reader": ("span", "cross-entropy"),
    "classifier": ("cross-entropy", "binary-cross-entropy"),
    "binary": ("binary-cross-entropy", "mean-squared-error"),
    "multi-label": ("binary-cross-entropy", "cross-entropy"),
    "similarity": ("mean-squared-error", "contrastive"),
    "prompt masked": ("cross-entropy", "language-model"),
    "retriever": ("contrastive", "span"),
    "generator": ("causal", "language-model"),
    "language-model masked": ("language-model", "causal"),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_loss_is_named_and_another_kinds_is_refused(
    name: str, base_for: Callable[[str], Path], tmp_path: Path
) -> None:
    usual, other = NAMED[name]
    training = TRAININGS[name]
    base = base_for(training.base)
    for wrong, said in ((other, f"is trained by the objective '{other}'"), ("spam", "Unknown objective 'spam'")):
        with pytest.raises(UsageError, match=said) as caught:
            training.run(base, tmp_path / "refused", objective=wrong)
        assert caught.value.hint == f"Available: {usual}."
        assert not (tmp_path / "refused").exists()
    result = training.run(base, tmp_path / "run", objective=usual)
    assert [one["loss"] for one in result.history if "loss" in one]


@pytest.mark.parametrize("training", TRAININGS.values(), ids=list(TRAININGS))
def test_a_tracker_that_there_is_not_is_refused_before_anything_is_written(
    training: Training, base_for: Callable[[str], Path], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="Unknown tracker 'spam'"):
        training.run(base_for(training.base), tmp_path / "run", trackers=("spam",))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("family", PACKABLE)
def test_packed_rows_give_the_loss_and_logits_of_single_windows(family: str, tiny_model: Callable[[str], Path]) -> None:
    model, tokenizer = load_base(tiny_model(family), 0.0)
    model.eval()
    builder = WindowBuilder(rust_tokenizer(tokenizer), 128, 32)
    windows = labelled_windows(make_examples(12), builder)
    types = "token_type_ids" in tokenizer.model_input_names
    rows = pack(windows, 128, seed=1)
    assert len(rows) < len(windows)
    in_rows_order = [(window,) for row in rows for window in row]
    position = first_position(model.config)
    assert position is not None
    packed = Collator(builder.pad_id, 128, position, types)(rows)
    single = Collator(builder.pad_id, None, token_types=types)(in_rows_order)
    with torch.inference_mode():
        span = Span()
        assert span(model, packed).item() == pytest.approx(span(model, single).item(), abs=1e-4)
        for one, other in zip(span.logits(model, packed), span.logits(model, single), strict=True):
            torch.testing.assert_close(one, other, atol=1e-4, rtol=0)


@pytest.mark.parametrize("family", [family for family in FAMILIES if family not in PACKABLE])
def test_models_that_cannot_be_packed_are_known(family: str, tiny_model: Callable[[str], Path]) -> None:
    assert first_position(load_base(tiny_model(family), 0.0)[0].config) is None


def window(length: int) -> LabelledWindow:
    return LabelledWindow([5] * length, [0] * length, (0, length), 0, 0, 0)


@given(st.lists(st.integers(1, 64), min_size=1, max_size=80), st.integers(0, 5))
def test_packing_keeps_every_window_and_no_row_overflows(lengths: list[int], seed: int) -> None:
    windows = [window(length) for length in lengths]
    rows = pack(windows, 64, seed)
    assert sorted(id(one) for row in rows for one in row) == sorted(map(id, windows))
    assert all(0 < sum(map(len, row)) <= 64 for row in rows)


def test_packing_leaves_little_padding() -> None:
    rows = pack([window(3 + number % 61) for number in range(600)], 64, seed=3)
    assert sum(len(one) for row in rows for one in row) / (64 * len(rows)) > 0.95


def test_unpacked_rows_are_padded_to_multiples_of_32() -> None:
    batch = Collator(0)([(window(3),), (window(33),)])
    assert batch["input_ids"].shape == (2, 64)
    assert batch["attention_mask"].sum(1).tolist() == [3, 33]


def test_no_answer_may_start_in_the_question_or_in_padding() -> None:
    asked = LabelledWindow([1, 2, 3, 4, 5], [0, 0, 1, 1, 1], (2, 4), 0, 2, 3)
    batch = Collator(0)([(asked,), (window(9),)])
    assert batch["allowed"][0].tolist() == [True, False, True, True, False, False, False, False, False]


def test_smoothing_gives_nothing_to_what_may_not_be_chosen() -> None:
    logits = torch.tensor([[4.0, 0.0, -torch.inf]])
    batch = {"starts": torch.tensor([0]), "ends": torch.tensor([0])}
    plain, smoothed = (Span(smoothing).loss([logits, logits], batch).item() for smoothing in (0.0, 0.2))
    assert smoothed == pytest.approx(plain + 0.2 * 4.0 / 2, abs=1e-6)


def test_divergence_is_none_from_itself_and_grows_with_distance() -> None:
    target = [torch.tensor([[2.0, 0.0, -torch.inf]]), torch.tensor([[0.0, 1.0, 0.0]])]
    near, far = ([one + shift * torch.tensor([1.0, -1.0, 0.0]) for one in target] for shift in (0.1, 1.0))
    span = Span()
    assert span.divergence(target, target).item() == 0.0
    assert 0 < span.divergence(near, target).item() < span.divergence(far, target).item()
    expected = torch.nn.functional.kl_div(far[1].log_softmax(-1), target[1].softmax(-1), reduction="sum").item()
    assert span.divergence(far[1:], target[1:]).item() == pytest.approx(expected, abs=1e-6)
