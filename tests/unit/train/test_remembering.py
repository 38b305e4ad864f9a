"""A model that learns something new is held near what it was, and a classifier keeps the classes it had."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autogpt.classify.classifier import Classifier
from autogpt.config import ClassifierTrainingSection, ReaderTrainingSection
from autogpt.errors import DataError, UsageError
from autogpt.records import AnswerSpan, ClassifierExample, ReaderExample
from autogpt.train.base import load_base, load_classifier
from autogpt.train.classifier import train_classifier
from autogpt.train.objectives.binary import BinaryCrossEntropy
from autogpt.train.objectives.span import Span
from autogpt.train.reader import train_reader
from autogpt.train.regularisers.distil import Distil
from autogpt.train.remembering import Before, classifier_before, reader_before
from labelled import labelled
from tiny_models import make_examples


def reading(**changes: Any) -> ReaderTrainingSection:
    given = {
        "epochs": 6, "batch_size": 8, "max_length": 96, "stride": 16, "learning_rate": 1e-2, "trackers": (),
        "dropout": 0, "precision": "fp32",
    }  # fmt: skip
    return ReaderTrainingSection(**{**given, **changes})


def classifying(**changes: Any) -> ClassifierTrainingSection:
    given: dict[str, Any] = {
        "epochs": 8, "batch_size": 4, "max_length": 48, "learning_rate": 4e-3, "trackers": (), "precision": "fp32",
        "patience": 0, "dropout": 0, "few_shot": "never",
    }  # fmt: skip
    return ClassifierTrainingSection(**{**given, **changes})


def contrary(examples: list[ReaderExample]) -> list[ReaderExample]:
    """The same questions with another answer: what forgets most."""
    return [replace(one, answers=(AnswerSpan("sea", one.context.index("sea")),)) for one in examples]


def test_a_reader_is_held_near_what_it_was(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    from autogpt.read.windows import WindowBuilder
    from autogpt.train.base import rust_tokenizer
    from autogpt.train.collate import Collator
    from autogpt.train.features import labelled_windows

    base, examples = tiny_model("bert"), make_examples(16)
    before = reader_before(base).model
    builder = WindowBuilder(rust_tokenizer(load_base(base, 0.0)[1]), 96, 16)
    batch = Collator(builder.pad_id)([(one,) for one in labelled_windows(examples, builder)])
    apart = []
    for weight in (0.0, 0.9):
        given = reading(lwf_weight=weight)
        after = load_base(train_reader(given, contrary(examples), [], base, tmp_path / str(weight)).model_dir, 0.0)[0]
        with torch.inference_mode():
            said = [Span().logits(model.eval(), batch) for model in (after, before)]
        apart.append(Span().divergence(*said).item())
    assert apart[1] < apart[0] / 2


def test_a_base_that_has_learnt_nothing_forgets_nothing(
    tiny_encoder: Path, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no reader yet"):
        train_reader(reading(lwf_weight=0.5), make_examples(3), [], tiny_encoder, tmp_path / "a")
    with pytest.raises(UsageError, match="no classifier yet"):
        train_classifier(classifying(new_only=True), labelled(6), [], tiny_model("bert"), tmp_path / "b")


def test_only_the_classes_that_the_base_had_are_compared() -> None:
    class Told(BinaryCrossEntropy):
        def logits(self, model: Any, batch: Any) -> Any:
            return model(batch)

    class Two:
        def __call__(self, batch: Any) -> Any:
            return [torch.tensor([[2.0, -1.0]])]

        def to(self, device: Any) -> "Two":
            return self

    batch = {"targets": torch.tensor([[0.0, 1.0, 0.0]])}
    objective = Distil([Two()], 1.0, 1.0, (0, 2)).wrap(Told(), None)
    assert objective.loss([torch.tensor([[2.0, 9.0, -1.0]])], batch).item() == pytest.approx(0, abs=1e-6)
    assert objective.loss([torch.tensor([[2.0, -1.0, 9.0]])], batch).item() > 0.1


@pytest.fixture(scope="module")
def trained(tiny_model: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier of three classes."""
    out = tmp_path_factory.mktemp("classifier")
    train_classifier(classifying(epochs=20), labelled(36), labelled(21, 100), tiny_model("bert"), out)
    return out / "model"


def test_a_class_is_added_to_those_that_were_known(trained: Path, tmp_path: Path) -> None:
    new = [ClassifierExample(f"n{one}", f"It lies by the sea {1800 + one}.", ("a place",)) for one in range(12)]
    # Earlier ones come up again: alone, so small a model would take everything for the new class.
    again = [*new, *labelled(30)]
    given = classifying(new_only=True, lwf_weight=0.5, epochs=12, learning_rate=2e-3)
    after = Classifier(train_classifier(given, again, [], trained, tmp_path).model_dir, "torch")
    assert after.card.labels == ("a place", "founded", "mayor", "people")

    def right(classifier: Classifier) -> float:
        held = labelled(30, 200)
        said = classifier.classify([one.text for one in held])
        return float(np.mean([one.labels == found.labels for one, found in zip(held, said, strict=True)]))

    assert right(after) > right(Classifier(trained, "torch")) - 0.15
    assert [one.labels for one in after.classify([one.text for one in new])].count(("a place",)) > 8


def test_the_head_goes_on_with_the_outputs_it_had(trained: Path) -> None:
    before = classifier_before(trained, ("a", "founded", "mayor", "people"), 4)
    assert before.columns == (1, 2, 3)
    wider, _ = load_classifier(trained, 0.0, 4)
    before.keep_head(wider)
    tokens = torch.arange(5, 25)[None]
    with torch.inference_mode():
        ours, theirs = wider.eval()(tokens).logits, before.model(tokens).logits
    torch.testing.assert_close(ours[:, 1:], theirs)
    assert Before(before.model).hold(classifying()) is None


def test_a_head_that_is_fitted_anew_needs_examples_of_all_its_classes(
    tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    few = classifying(few_shot="always", few_shot_pairs=2, few_shot_learning_rate=3e-3)
    base = train_classifier(few, labelled(12), labelled(21, 100), tiny_model("bert"), tmp_path / "few").model_dir
    given = few.model_copy(update={"new_only": True, "few_shot": "auto"})
    with pytest.raises(DataError, match="'mayor'"):
        train_classifier(given, [one for one in labelled(9) if one.labels != ("mayor",)], [], base, tmp_path / "a")
    with pytest.raises(UsageError, match="no logits"):
        train_classifier(given.model_copy(update={"lwf_weight": 0.5}), labelled(9), [], base, tmp_path / "b")
    again = train_classifier(given, labelled(9, 300), labelled(21, 100), base, tmp_path / "c")
    assert "few_shot" in again.metrics  # it was learnt as the base was
