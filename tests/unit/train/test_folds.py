"""Labels that the other folds contradict."""

import numpy as np
import pytest

from autogpt.train.folds import contradicted


def clouds(seed: int = 3, size: int = 30) -> tuple[np.ndarray, list[tuple[str, ...]], list[str]]:
    """Two classes far apart."""
    random = np.random.default_rng(seed)
    vectors = np.concatenate([random.normal(centre, 0.3, (size, 4)) for centre in (-1, 1)]).astype(np.float32)
    labels = [("low",)] * size + [("high",)] * size
    return vectors, labels, [f"text {at}" for at in range(2 * size)]


def test_a_wrong_label_is_found_and_right_ones_are_not() -> None:
    vectors, labels, keys = clouds()
    labels[4], labels[50] = ("high",), ("low",)
    found = contradicted(vectors, labels, keys)
    assert {(one.at, one.said) for one in found} == {(4, "low"), (50, "high")}
    assert all(0.5 < one.probability <= 1 for one in found)


def test_wrong_labels_are_found_among_classes_that_overlap() -> None:
    """A tenth of the labels is wrong, and the classes are not far apart: the estimate of how many are wrong counts."""
    random = np.random.default_rng(5)
    names = [f"class {at}" for at in range(5)]
    centres = random.normal(0, 1, (5, 8))
    right = random.integers(0, 5, 300)
    vectors = (centres[right] + random.normal(0, 0.5, (300, 8))).astype(np.float32)
    wrong = set(random.choice(300, 30, replace=False).tolist())
    labels = [(names[(one + (at in wrong)) % 5],) for at, one in enumerate(right)]
    found = {one.at for one in contradicted(vectors, labels, [f"text {at}" for at in range(300)])}
    assert len(found & wrong) >= 24
    assert len(found - wrong) <= 12


def test_a_class_that_a_fold_alone_holds_harms_nothing() -> None:
    vectors, labels, keys = clouds()
    labels[:5], keys[:5] = [("rare",)] * 5, ["the same"] * 5
    assert {one.at for one in contradicted(vectors, labels, keys)} <= {*range(5)}


def test_right_labels_are_not_contradicted() -> None:
    assert contradicted(*clouds()) == []


def test_a_text_is_not_judged_by_its_own_copy() -> None:
    vectors, labels, keys = clouds()
    # Copies of one text with the wrong label: in other folds than it, they would confirm the label.
    vectors[10:14], keys[10:14] = vectors[10], ["the same"] * 4
    labels[10:14] = [("high",)] * 4
    assert {one.at for one in contradicted(vectors, labels, keys)} >= {10, 11, 12, 13}


@pytest.mark.parametrize("labels", [[("one",)] * 12, [("one",)] * 9 + [("rare",)] * 3, [()] * 12])
def test_too_few_classes_or_texts_say_nothing(labels: list[tuple[str, ...]]) -> None:
    vectors = np.ones((12, 3), dtype=np.float32)
    assert contradicted(vectors, labels, [str(at) for at in range(12)]) == []


def test_of_several_labels_only_one_that_is_missing_is_named() -> None:
    vectors, labels, keys = clouds()
    labels = [(*some, "all") for some in labels]
    labels[4] = ("all", "high")
    assert [(one.at, one.said) for one in contradicted(vectors, labels, keys)] == [(4, "low")]
