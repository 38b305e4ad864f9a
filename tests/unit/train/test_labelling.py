"""What is to be learnt of labelled texts, and what is wrong with them in words."""

from typing import Any

import numpy as np
import pytest

from autogpt.config import ClassifierTrainingSection
from autogpt.errors import AutoGPTError, DataError, UsageError
from autogpt.records import ClassifierExample
from autogpt.train.labelling import task_of


def example(text: str, *labels: str, **more: Any) -> ClassifierExample:
    return ClassifierExample(text, text, labels, **more)


def settings(**changes: Any) -> ClassifierTrainingSection:
    return ClassifierTrainingSection(**changes)


TWO = [example("one", "a"), example("two", "b"), example("three", "a")]


def test_out_of_scope_examples_are_no_class_and_those_of_the_train_part_are_not_trained_on() -> None:
    task = task_of(settings(), [*TWO, example("four", "oos")], [example("five", "b"), example("six", "oos")])
    assert task.labels == ("a", "b")
    assert [one.text for one in task.train] == ["one", "two", "three"]
    assert [one.text for one in task.strange] == ["six", "four"]
    np.testing.assert_array_equal(task.targets(task.train), [0, 1, 0])
    assert task.mean_size == 1.5


def test_several_labels_become_a_row_of_zeros_and_ones() -> None:
    task = task_of(settings(kind="multi-label"), [*TWO, example("four", "a", "b"), example("five")], [])
    np.testing.assert_array_equal(task.targets(task.train), [[1, 0], [0, 1], [1, 0], [1, 1], [0, 0]])


@pytest.mark.parametrize(
    ("labels", "positive", "expected"),
    [
        (("yes", "no"), "", ("no", "yes")),
        (("false", "True"), "", ("false", "True")),
        (("advice", "chat"), "advice", ("chat", "advice")),
        (("advice", "chat", "other"), "advice", ("not advice", "advice")),
    ],
)
def test_yes_and_no_are_told_by_their_names_or_by_the_configuration(
    labels: tuple[str, ...], positive: str, expected: tuple[str, str]
) -> None:
    task = task_of(settings(kind="binary", positive=positive), [example(one, one) for one in labels], [])
    assert task.labels == expected
    said = task.targets(task.train)[:, 0]
    np.testing.assert_array_equal(said, [float(one == expected[1]) for one in labels])


def test_texts_without_a_label_mean_no() -> None:
    task = task_of(settings(kind="binary"), [example("one", "advice"), example("two")], [])
    assert task.labels == ("not advice", "advice")


def test_scores_of_pairs_are_brought_between_zero_and_one() -> None:
    pairs = [example("one", other="two", score=1.0), example("three", other="four", score=5.0)]
    task = task_of(settings(kind="similarity"), pairs, [])
    np.testing.assert_array_equal(task.targets(pairs), [[0], [1]])


@pytest.mark.parametrize(
    ("changes", "train", "validation", "error", "message"),
    [
        ({}, [], [], DataError, "nothing to train on"),
        ({}, [example("one", "a"), example("two", "a")], [], DataError, r"one class only \('a'\)"),
        ({}, [example("one", "a"), example("two", "oos")], [], DataError, "one class only"),
        ({}, [*TWO, example(" ", "a")], [], DataError, "is empty"),
        ({}, TWO, [example("five", "c")], DataError, "labels that the train part has not: 'c'"),
        ({}, [*TWO, example("five", "a", "b")], [], DataError, "has 2 labels"),
        ({}, [*TWO, example("five")], [], DataError, "has 0 labels"),
        ({"kind": "multi-label"}, [example("one")], [], DataError, "No example has a label"),
        ({"kind": "binary"}, TWO, [], UsageError, "means yes cannot be told"),
        ({"kind": "binary"}, [example("one", "yes")], [], DataError, "one class only"),
        ({"kind": "binary"}, [*TWO, example("x", "c")], [], UsageError, "there are 3"),
        ({"kind": "binary", "positive": "z"}, TWO, [], UsageError, "No example has the label 'z'"),
        ({"kind": "similarity"}, TWO, [], DataError, "is no pair with a score"),
        ({"kind": "similarity"}, [example("one", other="b", score=1.0)], [], DataError, "All pairs have the score 1"),
    ],
)
def test_what_cannot_be_learnt_is_said(
    changes: dict[str, Any],
    train: list[ClassifierExample],
    validation: list[ClassifierExample],
    error: type[AutoGPTError],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        task_of(settings(**changes), train, validation)
