"""A classifier learns its classes, tells what is none of them, and serves as it was trained."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autogpt.classify.classifier import Classifier
from autogpt.compress.export import export_classifier
from autogpt.config import ClassifierTrainingSection
from autogpt.errors import CancelledError, DataError, UsageError
from autogpt.models import layout
from autogpt.models.costs import Costs
from autogpt.progress import Progress
from autogpt.records import ClassifierExample
from autogpt.train.base import load_classifier
from autogpt.train.classifier import train_classifier
from autogpt.train.classifier_plan import is_few
from autogpt.train.few_shot import draw_pairs, usual_pairs
from autogpt.train.heads import fit_logistic
from autogpt.train.labelling import task_of
from autogpt.train.objectives import OBJECTIVES
from autogpt.train.scope import choose_threshold, fit_arrays
from autogpt.train.sentence import SentenceEncoder
from labelled import labelled

TRAIN, VALIDATION = labelled(36, strange=4), labelled(21, start=100, strange=12)
TEXTS = [one.text for one in labelled(12, start=200, strange=12)]


#: Enough for a tiny model that knows nothing, on any processor and with any seed.
LEARNS: dict[str, Any] = {"epochs": 30, "learning_rate": 1e-3, "schedule": "linear", "warmup": 0.1}


def settings(**changes: Any) -> ClassifierTrainingSection:
    given: dict[str, Any] = {
        "epochs": 6, "batch_size": 4, "max_length": 48, "learning_rate": 4e-3, "schedule": "constant",
        "warmup": 0.02, "few_shot_learning_rate": 3e-3,
        "few_shot_pairs": 3, "trackers": (), "precision": "fp32", "patience": 0, "dropout": 0, "seed": 5,
        "few_shot": "never",
    }  # fmt: skip
    return ClassifierTrainingSection(**{**given, **changes})


@pytest.fixture(scope="module")
def base(tiny_model: Callable[[str], Path]) -> Path:
    return tiny_model("bert")


def same(folder: Path, exported: Path, texts: list[str], others: list[str] | None = None) -> None:
    """The export says what the trained model says."""
    ours = Classifier(exported).compute(texts, others or ())
    theirs = Classifier(folder, "torch").compute(texts, others or ())
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)


@pytest.mark.parametrize(("few_shot", "learnt"), [("never", 60), ("always", 90)])
def test_classes_are_learnt_and_what_is_none_of_them_is_told(
    few_shot: str, learnt: float, base: Path, tmp_path: Path
) -> None:
    seen: list[Progress] = []
    given = settings(few_shot=few_shot, **LEARNS)
    result = train_classifier(given, TRAIN, VALIDATION, base, tmp_path / "run", seen.append)
    assert result.metrics["accuracy"] > learnt  # by chance 33
    losses = [one["loss"] for one in result.history if "loss" in one]
    assert losses[-1] < losses[0]
    held = [one["eval_loss"] for one in result.history if "eval_loss" in one]
    assert held == [] if few_shot == "always" else min(held) < held[0]
    assert result.metrics["out_of_scope_auroc"] > 90
    assert result.metrics["in_scope_kept"] >= 95
    assert result.metrics["out_of_scope_recall"] > 60
    assert {"loss", "seconds_left"} <= {name for one in seen if one.stage == "train" for name in one.metrics}
    assert not list((tmp_path / "run" / "checkpoints").glob("checkpoint-*"))

    said = Classifier(result.model_dir, "torch").classify(TEXTS)
    assert sum(one.strange for one in said[12:]) >= 4
    assert sum(one.strange for one in said[:12]) < 6
    same(result.model_dir, export_classifier(result.model_dir, tmp_path / "export"), TEXTS)

    again = train_classifier(given, TRAIN, VALIDATION, base, tmp_path / "run")
    assert again.metrics == result.metrics
    with pytest.raises(UsageError, match="other values of: settings"):
        train_classifier(settings(few_shot=few_shot, seed=6, **LEARNS), TRAIN, VALIDATION, base, tmp_path / "run")


@pytest.mark.parametrize(
    ("kind", "few_shot"),
    [("binary", "never"), ("binary", "always"), ("multi-label", "never"), ("multi-label", "always")],
)
def test_labels_that_do_not_exclude_each_other_are_learnt(kind: str, few_shot: str, base: Path, tmp_path: Path) -> None:
    several = {"founded": ("fact", "year"), "people": ("fact",), "mayor": ()}
    yes_or_no = {"founded": ("yes",), "people": ("no",), "mayor": ("no",)}
    named = several if kind == "multi-label" else yes_or_no
    train, validation, held = (
        [ClassifierExample(one.id, one.text, named[one.labels[0]]) for one in some]
        for some in (labelled(36), labelled(24, 100), labelled(12, 200))
    )
    result = train_classifier(
        settings(kind=kind, few_shot=few_shot, **LEARNS), train, validation, base, tmp_path / "run"
    )
    assert result.metrics["f1" if kind == "binary" else "micro_f1"] > 75
    texts = [one.text for one in held]
    said = Classifier(result.model_dir, "torch").classify(texts)
    assert sum(one.labels == gold.labels for one, gold in zip(said, held, strict=True)) >= 6  # by chance 3 or fewer
    same(result.model_dir, export_classifier(result.model_dir, tmp_path / "export"), texts)


def test_graded_similarity_is_learnt_of_pairs(base: Path, tmp_path: Path) -> None:
    def pairs(count: int, start: int) -> list[ClassifierExample]:
        found = labelled(2 * count, start)
        return [
            ClassifierExample(one.id, one.text, other=other.text, score=4.0 if one.labels == other.labels else 1.0)
            for one, other in [(found[at], found[at + (3 if at % 2 else 1)]) for at in range(count)]
        ]

    given = settings(kind="similarity", **{**LEARNS, "learning_rate": 2e-3})
    result = train_classifier(given, pairs(30, 0), pairs(24, 200), base, tmp_path / "r")
    assert {"spearman", "mean_squared_error"} == set(result.metrics)
    assert result.metrics["spearman"] > 50  # 80 and more with any of nine seeds; by chance 0
    held = pairs(4, 400)
    texts, others = [one.text for one in held], [one.other for one in held]
    said = Classifier(result.model_dir, "torch").classify(texts, others)
    assert all(one.score is not None and -2 < one.score < 7 for one in said)
    same(result.model_dir, export_classifier(result.model_dir, tmp_path / "export"), texts, others)
    with pytest.raises(UsageError, match="no classes"):
        is_few(settings(kind="similarity", few_shot="always"), task_of(settings(kind="similarity"), held, []))


@pytest.mark.parametrize(
    ("method", "few_shot", "told"),
    [
        *((one, "never", "the fitted head alone") for one in ("full", "lora", "prefix")),
        *((one, "always", "so it stays as it was") for one in ("full", "lora")),
    ],
)
def test_where_no_epoch_is_better_the_fitted_head_alone_is_kept(
    base: Path, tmp_path: Path, method: str, few_shot: str, told: str
) -> None:
    seen: list[Progress] = []
    rates = {"learning_rate": 0.5, "few_shot_learning_rate": 0.5, "few_shot_epochs": 2}
    spoils = settings(epochs=2, method=method, few_shot=few_shot, schedule="constant", warmup=0, **rates)
    result = train_classifier(spoils, TRAIN, VALIDATION, base, tmp_path / "run", seen.append)
    assert any(told in one.message for one in seen)
    assert result.metrics.get("few_shot") == (0 if few_shot == "always" else None)
    evaluated = [one["eval_accuracy"] for one in result.history if "eval_accuracy" in one]
    assert evaluated[0] == pytest.approx(result.metrics["head_alone"])  # step 0 of the curve
    assert max(evaluated[1:]) <= evaluated[0]
    held = [one for one in VALIDATION if one.labels != ("oos",)]
    said = Classifier(result.model_dir, "torch").classify([one.text for one in held])
    best = [max(one.probabilities, key=one.probabilities.get) for one in said]
    right = sum((name,) == gold.labels for name, gold in zip(best, held, strict=True))
    assert 100 * right / len(held) == pytest.approx(result.metrics["head_alone"], abs=0.1)
    assert not (tmp_path / "run" / "checkpoints" / "start").exists()


@pytest.mark.parametrize(("beside", "pairs"), [(layout.PROMPTS, 4), (layout.FAQ, 4), ("other.json", 20)])
def test_an_encoder_of_sentences_is_shown_fewer_pairs(base: Path, tmp_path: Path, beside: str, pairs: int) -> None:
    shutil.copytree(base, tmp_path / "base")
    (tmp_path / "base" / beside).write_text("{}", encoding="utf-8")
    shown: set[int] = set()
    known = sum(one.labels != ("oos",) for one in TRAIN)
    few = settings(few_shot="always", few_shot_pairs=0, batch_size=known)
    train_classifier(few, TRAIN, [], tmp_path / "base", tmp_path / "run", lambda one: shown.add(one.total))
    assert 2 * pairs in shown  # steps


def test_of_many_texts_another_base_is_shown_fewer_pairs() -> None:
    assert [usual_pairs(False, texts) for texts in (2, 25, 75, 150, 375, 5_000)] == [20, 20, 20, 10, 4, 4]
    assert {usual_pairs(True, texts) for texts in (2, 5_000)} == {4}


def test_a_training_that_was_stopped_goes_on(base: Path, tmp_path: Path) -> None:
    def stopping(progress: Progress) -> None:
        if progress.stage == "train" and progress.done >= 12:
            raise CancelledError("stopped")

    given = settings(epochs=2)
    with pytest.raises(CancelledError):
        train_classifier(given, TRAIN, VALIDATION, base, tmp_path / "run", stopping)
    seen: list[Progress] = []
    result = train_classifier(given, TRAIN, VALIDATION, base, tmp_path / "run", seen.append)
    assert any("going on from step" in one.message for one in seen)
    whole = train_classifier(given, TRAIN, VALIDATION, base, tmp_path / "whole")
    assert result.metrics["accuracy"] == pytest.approx(whole.metrics["accuracy"])


def test_without_validation_there_is_a_model_and_no_threshold(base: Path, tmp_path: Path) -> None:
    result = train_classifier(settings(epochs=1), TRAIN, [], base, tmp_path / "run")
    assert result.metrics == {}
    (said,) = Classifier(result.model_dir, "torch").classify(TEXTS[:1])
    assert said.out_of_scope is None
    assert not said.strange


def test_without_out_of_scope_examples_the_stated_share_of_questions_is_kept(base: Path, tmp_path: Path) -> None:
    given = settings(few_shot="always", few_shot_pairs=1, in_scope_kept=0.8)
    result = train_classifier(given, labelled(30), labelled(30, 100), base, tmp_path / "run")
    assert result.metrics["in_scope_kept"] == pytest.approx(80, abs=7)
    assert "out_of_scope_recall" not in result.metrics


def test_few_examples_a_class_are_drawn_together_unless_told_otherwise() -> None:
    few, many = (task_of(settings(), labelled(count), []) for count in (21, 30))
    assert is_few(settings(few_shot="auto"), few)
    assert not is_few(settings(few_shot="auto"), many)
    assert not is_few(settings(few_shot="never"), few)


def test_pairs_are_as_many_alike_as_not() -> None:
    task = task_of(settings(), labelled(15), [])
    rows = draw_pairs(task, 4, seed=0)
    labels = {one.text: one.labels for one in task.train}
    assert all((labels[one] == labels[other]) == bool(alike) for one, other, alike in rows)
    assert sum(alike for _, _, alike in rows) == pytest.approx(len(rows) / 2, abs=len(rows) / 10)


def test_a_head_for_two_classes_has_a_row_for_each() -> None:
    vectors = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]])
    head = fit_logistic(True, vectors, np.array([0, 0, 1, 1]), 0)
    logits = vectors @ head["head_weights"].T + head["head_bias"]
    assert logits.argmax(1).tolist() == [0, 0, 1, 1]


def test_whitened_distances_are_those_of_mahalanobis() -> None:
    generator = np.random.default_rng(0)
    vectors, classes = generator.normal(size=(2000, 3)) @ np.diag([1.0, 2.0, 0.5]), np.repeat([0, 1], 1000)
    arrays = fit_arrays("mahalanobis", vectors, classes)
    spread = (vectors @ arrays["whitening"]).std(axis=0)
    np.testing.assert_allclose(spread, 1, atol=0.1)


def test_the_threshold_keeps_what_was_promised_and_then_rejects_most() -> None:
    inside, outside = np.linspace(0, 0.6, 100), np.linspace(0.4, 1, 20)
    loose = choose_threshold(inside, np.ones(100, bool), outside, 0.5)
    strict = choose_threshold(inside, np.ones(100, bool), outside, 0.99)
    assert (inside < strict).mean() >= 0.99
    assert (outside >= loose).sum() > (outside >= strict).sum()


@pytest.mark.parametrize("name", ["cross-entropy", "binary-cross-entropy", "mean-squared-error"])
def test_a_choice_does_not_diverge_from_itself_and_does_from_another(name: str) -> None:
    objective = OBJECTIVES.load(name)()
    ours, theirs = [torch.tensor([[2.0, -1.0]])], [torch.tensor([[-1.0, 2.0]])]
    assert objective.divergence(ours, ours, 2.0).item() == pytest.approx(0, abs=1e-6)
    assert objective.divergence(ours, theirs, 2.0).item() > 0.1


def test_smoothing_draws_yes_and_no_towards_the_middle() -> None:
    logits = [torch.tensor([[3.0]])]
    plain, smoothed = (OBJECTIVES.load("binary-cross-entropy")(one) for one in (0.0, 0.2))
    batch = {"targets": torch.tensor([[1.0]])}
    assert smoothed.loss(logits, batch) > plain.loss(logits, batch)


def test_one_class_is_refused_before_anything_is_written(base: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one class only"):
        train_classifier(settings(), [one for one in TRAIN if one.labels == ("mayor",)], [], base, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("method", ["lora", "adapter", "prefix"])
def test_a_method_trains_a_classifier_that_serves_and_is_put_on_its_base(
    method: str, base: Path, tmp_path: Path
) -> None:
    given = settings(method=method, learning_rate=6e-3, bottleneck=8, prefix_tokens=4, epochs=2, label_smoothing=0.05)
    result = train_classifier(given, TRAIN, VALIDATION, base, tmp_path / "run")
    costs = Costs.load(tmp_path / "run")
    assert costs is not None
    assert costs.share < 0.4
    same(result.model_dir, export_classifier(result.model_dir, tmp_path / "export"), TEXTS)
    outputs = len(Classifier(result.model_dir, "torch").card.labels)
    whole, alone = (load_classifier(tmp_path / "run" / name, 0.0, outputs)[0].eval() for name in ("model", "adapter"))
    tokens = torch.arange(5, 25)[None]
    with torch.inference_mode():
        torch.testing.assert_close(alone(tokens).logits, whole(tokens).logits, atol=1e-4, rtol=1e-4)


def test_a_classifier_learns_from_one_that_tells_the_same_labels(base: Path, tmp_path: Path) -> None:
    teacher = train_classifier(settings(**LEARNS), TRAIN, VALIDATION, base, tmp_path / "teacher")
    given = settings(teachers=(str(teacher.model_dir),), distil_weight=1.0, **LEARNS)
    # What the student is told itself is wrong; it learns from the teacher alone.
    labels = sorted({label for one in TRAIN for label in one.labels} - {*given.out_of_scope})
    turned = dict(zip(labels, [*labels[1:], labels[0]], strict=True))
    wrong = [replace(one, labels=tuple(turned.get(label, label) for label in one.labels)) for one in TRAIN]
    student = train_classifier(given, wrong, VALIDATION, base, tmp_path / "student")
    assert student.metrics["accuracy"] > 50  # by chance 33, by what it was told 0
    with pytest.raises(UsageError, match="classifier of other labels"):
        train_classifier(given, [one for one in TRAIN if labels[0] not in one.labels], [], base, tmp_path / "fewer")
    with pytest.raises(UsageError, match="is no classifier"):
        train_classifier(settings(teachers=(str(base),)), TRAIN, [], base, tmp_path / "none")


def test_few_examples_and_teachers_do_not_go_together() -> None:
    task = task_of(settings(), labelled(21), [])
    assert is_few(settings(few_shot="auto"), task)
    assert is_few(settings(few_shot="auto", method="lora"), task)
    assert not is_few(settings(few_shot="auto", method="frozen"), task)  # there is only a head to train
    assert not is_few(settings(few_shot="auto", teachers=("t",)), task)
    with pytest.raises(UsageError, match="no place for teachers"):
        is_few(settings(few_shot="always", teachers=("t",)), task)


@pytest.mark.parametrize(
    "told", [{"rdrop": 1.0}, {"adversarial": "fgm"}, {"label_smoothing": 0.1}, {"objective": "cross-entropy"}]
)
def test_what_has_no_place_where_texts_are_drawn_together_is_refused(told: dict[str, Any]) -> None:
    task = task_of(settings(), labelled(21), [])
    (name,) = told
    with pytest.raises(UsageError, match=f"no place for {name}") as caught:
        is_few(settings(few_shot="always", **told), task)
    assert "few_shot to never or auto" in caught.value.hint
    assert is_few(settings(few_shot="auto", **told), task)


@pytest.mark.parametrize("kind", ["binary", "multi-label"])
def test_centroids_are_refused_where_classes_do_not_exclude_each_other(kind: str) -> None:
    one = settings(kind=kind, few_shot="always", head="centroid")
    texts = [replace(text, labels=("yes" if at % 3 else "no",)) for at, text in enumerate(labelled(21))]
    with pytest.raises(UsageError, match="A head of centroids tells classes apart of which a text has one"):
        is_few(one, task_of(one, texts, []))


def test_accumulated_pairs_teach_the_same(base: Path, tmp_path: Path) -> None:
    given = {"few_shot": "always", "few_shot_pairs": 2, "schedule": "linear", "warmup": 0.1}
    losses = []
    for size in (8, 4):
        told = settings(**given, batch_size=size, gradient_accumulation=8 // size)
        result = train_classifier(told, labelled(12), [], base, tmp_path / str(size))
        losses.append([one["loss"] for one in result.history if "loss" in one])
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


@pytest.mark.parametrize("method", ["lora", "adapter", "prefix"])
def test_texts_of_a_class_are_drawn_together_by_every_method(method: str, base: Path, tmp_path: Path) -> None:
    given = settings(few_shot="always", few_shot_pairs=2, few_shot_learning_rate=3e-4, method=method, rank=2)
    result = train_classifier(given, TRAIN, [], base, tmp_path / "run")  # nothing tells that it was no better before
    assert (tmp_path / "run" / "adapter" / "adapter.safetensors").is_file()
    texts = [one.text for one in VALIDATION]
    same(result.model_dir, export_classifier(result.model_dir, tmp_path / "exported"), texts)
    untouched = SentenceEncoder(base).encode(texts, "query")
    whole, alone = (SentenceEncoder(tmp_path / "run" / name).encode(texts, "query") for name in ("model", "adapter"))
    np.testing.assert_allclose(alone, whole, atol=1e-4)
    assert np.abs(whole - untouched).max() > 1e-3
