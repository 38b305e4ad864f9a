"""Whatever was trained, and by whichever method: opened again, it says what it said when its training ended."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autogpt.classify.classifier import Classifier
from autogpt.read.backends.facts import model_facts
from autogpt.read.backends.torch import load_module
from autogpt.train import classifier, few_shot
from autogpt.train.methods import METHODS
from autogpt.train.start import Start
from autogpt.train.trainer import Paced
from trainings import TRAININGS, Training

pytestmark = pytest.mark.usefixtures("no_curves")

CLASSIFIERS = {name: one for name, one in TRAININGS.items() if one.train is classifier.train_classifier}


def outputs(model: Any) -> list[torch.Tensor]:
    """What a model of transformers says of three rows, in evaluation."""
    ids = torch.arange(36).reshape(3, 12) % 50 + 5
    mask = torch.ones_like(ids)
    mask[1, 7:] = 0
    was_training = model.training
    with torch.inference_mode():
        found = model.eval()(input_ids=ids, attention_mask=mask).to_tuple()
    model.train(was_training)
    return [one.clone() for one in found if isinstance(one, torch.Tensor)]


def inside(trainer: Any) -> Any:
    """The model of transformers that is trained, which sentence-transformers put into one of theirs."""
    return trainer.model[0].model if isinstance(trainer.model, torch.nn.Sequential) else trainer.model


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[list[torch.Tensor]]:
    """What the model of a training says when it begins, and when it has ended and nothing is merged or saved yet."""
    seen: list[list[torch.Tensor]] = []
    go_on = Paced.go_on

    def watched(trainer: Any) -> None:
        seen.append(outputs(inside(trainer)))
        go_on(trainer)
        seen.append(outputs(inside(trainer)))

    monkeypatch.setattr(Paced, "go_on", watched)
    return seen


def same(found: list[torch.Tensor], expected: list[torch.Tensor]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


@pytest.fixture(autouse=True)
def _kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was trained is kept, whether it is better than what it began with or not."""
    monkeypatch.setattr(Start, "end", lambda *_: False)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("training", TRAININGS.values(), ids=list(TRAININGS))
def test_opened_again_a_model_says_what_it_said(
    training: Training,
    method: str,
    said: list[list[torch.Tensor]],
    base_for: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    classified: list[Any] = []
    for module in (classifier, few_shot):

        def noted(*args: Any, make: Any = module.make_card) -> Any:
            classified.append(args[4])  # of the validation part
            return make(*args)

        monkeypatch.setattr(module, "make_card", noted)
    classifies = training.name in CLASSIFIERS
    result = training.run(base_for(training.base), tmp_path / "run", validates=classifies, method=method)
    before, after = said
    assert max(float((one - other).abs().max()) for one, other in zip(before, after, strict=True)) > 1e-3
    same(outputs(training.opened(result.model_dir)), after)
    if training.section.__name__[:9] not in ("Generator", "LanguageM"):
        served: Any = load_module(result.model_dir, model_facts(result.model_dir))
        same(outputs(served.model), after)
    if method == "full":
        assert not (tmp_path / "run" / "adapter").exists()
    else:
        same(outputs(training.opened(tmp_path / "run" / "adapter")), after)
    if classifies:  # with its head, its pooling and its prompt
        texts, others = [one.text for one in training.held], [one.other for one in training.held]
        pairs = others if others[0] else ()
        logits, vectors = Classifier(result.model_dir, "torch").compute(texts, pairs)
        np.testing.assert_allclose(logits, classified[0].logits, atol=1e-4)
        np.testing.assert_allclose(vectors, classified[0].vectors, atol=1e-4)


@pytest.mark.parametrize("training", ["classifier", "few-shot", "few-shot binary", "retriever", "reranker"])
def test_a_base_that_has_no_token_to_pad_with_is_trained_and_opened(
    training: str, said: list[list[torch.Tensor]], base_for: Callable[[str], Path], tmp_path: Path
) -> None:
    one = TRAININGS[training]
    result = one.run(base_for("causal"), tmp_path / "run", validates=True)
    assert result.metrics
    same(outputs(one.opened(result.model_dir)), said[-1])
