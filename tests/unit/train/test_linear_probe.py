"""A new head begins with what can be told from the base's vectors."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autogpt.models.adapters import pooling
from autogpt.records import ClassifierExample
from autogpt.train import linear_probe
from autogpt.train.base import load_classifier, rust_tokenizer
from autogpt.train.linear_probe import fit_head, last_map
from autogpt.train.texts import TextCollator, TextRow, compute, text_rows

WORDS = ("ferry", "market", "mayor")


def opened(folder: Path, outputs: int, targets: list[Any]) -> tuple[Any, list[TextRow], TextCollator]:
    """A model, and rows of which every third says the same word."""
    model, tokenizer = load_classifier(folder, 0.0, outputs)
    if pooling.fits(model):
        pooling.attach(model)
    examples = [ClassifierExample(str(at), f"{WORDS[at % 3]} number {at}", ()) for at in range(30)]
    exclusive = not isinstance(targets[0], list)
    rows = text_rows(examples, np.array([targets[at % 3] for at in range(30)], float), rust_tokenizer(tokenizer), 64)
    return model, rows, TextCollator(model.config.pad_token_id or 0, False, exclusive)


@pytest.mark.parametrize("family", ["bert", "roberta", "deberta", "gpt2"])
def test_a_fitted_head_tells_what_the_vectors_tell(tiny_model: Callable[[str], Path], family: str) -> None:
    torch.manual_seed(0)
    model, rows, collator = opened(tiny_model(family), 3, [0, 1, 2])
    model.config.pad_token_id = collator.pad_id
    before = {name: one.clone() for name, one in model.named_parameters()}
    assert fit_head(model, rows, collator, 3, seed=0, bf16=False)
    found, _ = compute(model, rows, collator, False)
    right = np.mean(found.argmax(axis=1) == [row.target for row in rows])
    assert right > 0.8
    changed = {name for name, one in model.named_parameters() if not torch.equal(one, before[name])}
    assert changed <= {name for name in before if name.startswith(("classifier", "score"))}


def test_labels_that_do_not_exclude_each_other_have_a_line_each(tiny_model: Callable[[str], Path]) -> None:
    model, rows, collator = opened(tiny_model("bert"), 2, [[1, 0], [1, 1], [0, 0]])
    fit_head(model, rows, collator, 2, seed=0, bf16=False)
    found, _ = compute(model, rows, collator, False)
    assert np.mean((found > 0) == np.array([row.target for row in rows])) > 0.9


def test_of_classes_that_were_not_drawn_the_head_stays(
    tiny_model: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, rows, collator = opened(tiny_model("bert"), 4, [0, 2, 0])
    monkeypatch.setattr(linear_probe, "MOST", 20)
    head = last_map(model, 4)
    assert head is not None
    before = head.weight.detach().clone()
    fit_head(model, rows, collator, 4, seed=0, bf16=False)
    same = [torch.equal(one, other) for one, other in zip(head.weight, before, strict=True)]
    assert same == [False, True, False, True]


def test_a_model_without_a_linear_map_to_its_logits_stays_as_it_is() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh())
    assert not fit_head(model, [], TextCollator(0, False, True), 3, seed=0, bf16=False)
