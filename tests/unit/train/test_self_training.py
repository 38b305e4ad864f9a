"""Texts without labels train too, as far as the classifier is sure of them and validation gains."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from autogpt.classify.card import Classified
from autogpt.classify.classifier import Classifier
from autogpt.config import ClassifierTrainingSection
from autogpt.errors import CancelledError, DataError, UsageError
from autogpt.models.costs import Costs
from autogpt.progress import Progress
from autogpt.records import ClassifierExample
from autogpt.train import self_training
from autogpt.train.folder import TrainingResult, finished
from autogpt.train.labelling import task_of
from autogpt.train.self_training import ROUNDS, confident, new_texts, self_train
from labelled import labelled

TRAIN, VALIDATION = labelled(18), labelled(21, start=100)
UNLABELLED = [one.text for one in labelled(30, start=300)]


def settings(**changes: Any) -> ClassifierTrainingSection:
    given: dict[str, Any] = {
        "epochs": 3, "batch_size": 6, "max_length": 48, "learning_rate": 3e-3, "trackers": (), "precision": "fp32",
        "patience": 0, "dropout": 0, "seed": 5, "few_shot": "never", "pseudo_floor": 0.5,
    }  # fmt: skip
    return ClassifierTrainingSection(**{**given, **changes})


def said(label: str, probability: float, strange: bool = False) -> Classified:
    return Classified((label,), probability, {label: probability}, strange=strange)


def test_the_surest_are_taken_and_no_class_more_often_than_allowed() -> None:
    task = task_of(settings(), labelled(6), [])  # two of each class
    texts = [str(at) for at in range(8)]
    found = confident(
        task,
        texts,
        [
            said("mayor", 0.99), said("mayor", 0.95), said("mayor", 0.97), said("mayor", 0.94), said("mayor", 0.93),
            said("people", 0.89), said("people", 0.92), said("founded", 0.99, strange=True),
        ],
        floor=0.9,
        times=2.0,
    )  # fmt: skip
    assert [(one.text, one.labels[0]) for one in found] == [
        ("0", "mayor"), ("2", "mayor"), ("1", "mayor"), ("3", "mayor"), ("6", "people"),
    ]  # fmt: skip


def test_a_no_that_is_no_label_is_given_as_none() -> None:
    bare = [ClassifierExample("a", "one"), ClassifierExample("b", "two", ("advice",))]
    task = task_of(settings(kind="binary"), bare, [])
    found = confident(task, ["x"], [said("not advice", 0.99)], 0.9, 1.0)
    assert found[0].labels == ()
    assert task.given(found[0]) == ("not advice",)


def test_texts_that_are_known_are_not_taken_again() -> None:
    assert new_texts(["A b?", "a  B?", "", "c"], [ClassifierExample("1", "C")]) == ["A b?"]


def scored(scores: Sequence[float]) -> tuple[Callable[..., TrainingResult], list[int]]:
    """Stands in for a training; the validation score of each is known beforehand."""
    sizes: list[int] = []

    def train(
        told: Any, train: Sequence[Any], validation: Sequence[Any], base: Path, out: Path, sink: Any
    ) -> TrainingResult:
        done = finished(out)
        if done is None:
            sizes.append(len(train))
            (out / "model").mkdir(parents=True)
            (out / "model" / "scored").write_text(str(scores[int(out.name)]))
            Costs(10.0, 5, 3, 2).save(out)
            (out / "metrics.json").write_text(json.dumps({"accuracy": scores[int(out.name)]}))
            done = finished(out)
        assert done is not None
        return done

    return train, sizes


@pytest.mark.parametrize(
    ("scores", "best", "taken"), [((50, 60, 70), 2, 30), ((50, 60, 55), 1, 30), ((50, 40, 90), 0, 0)]
)
def test_validation_says_which_round_is_kept(
    scores: tuple[float, ...], best: int, taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, sizes = scored(scores)
    monkeypatch.setattr(self_training, "train_classifier", train)
    label = {one.text: one.labels[0] for one in labelled(30, start=300)}
    monkeypatch.setattr(
        self_training, "_classified", lambda folder, texts, sink: [said(label[text], 0.95) for text in texts]
    )
    given = settings(pseudo_rounds=2, pseudo_times=9)
    result = self_train(given, TRAIN, VALIDATION, UNLABELLED, "base", tmp_path / "run")
    assert result.metrics["accuracy"] == scores[best]
    assert result.metrics["pseudo_taken"] == taken
    assert result.metrics["pseudo_gain"] == scores[best] - 50
    assert (result.model_dir / "scored").read_text() == str(scores[best])
    told = json.loads((tmp_path / "run" / ROUNDS).read_text())
    assert [one["kept"] for one in told].count(True) == best + 1
    assert told[1]["taken"] == {"founded": 10, "mayor": 10, "people": 10}
    assert sizes[1] == len(TRAIN) + 30
    costs = Costs.load(tmp_path / "run")
    assert costs is not None
    assert costs.seconds == 10.0 * len(told)
    assert not (tmp_path / "run" / "rounds").exists()
    assert self_train(given, TRAIN, VALIDATION, UNLABELLED, "base", tmp_path / "run").metrics == result.metrics


def test_tiny_models_train_themselves_and_go_on_after_a_stop(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    def stopping(progress: Progress) -> None:
        if progress.stage == "pseudo-labels":
            raise CancelledError("stopped")

    base, given = tiny_model("bert"), settings(pseudo_times=1)
    with pytest.raises(CancelledError):
        self_train(given, TRAIN, VALIDATION, UNLABELLED, base, tmp_path / "run", stopping)
    seen: list[Progress] = []
    result = self_train(given, TRAIN, VALIDATION, UNLABELLED, base, tmp_path / "run", seen.append)
    assert next(one.message for one in seen if one.stage == "self-training").startswith("round 0: 0 texts")
    assert {"accuracy", "pseudo_taken", "pseudo_gain"} <= result.metrics.keys()
    assert len(Classifier(result.model_dir, "torch").classify(["When was Arden founded?"])) == 1


def test_what_cannot_teach_itself_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no validation texts"):
        self_train(settings(), TRAIN, [], UNLABELLED, "base", tmp_path)
    with pytest.raises(DataError, match="labelled already"):
        self_train(settings(), TRAIN, VALIDATION, [TRAIN[0].text.upper()], "base", tmp_path)
    with pytest.raises(UsageError, match="multi-label gives none"):
        self_train(settings(kind="multi-label"), TRAIN, VALIDATION, UNLABELLED, "base", tmp_path)
