"""What is labelled next: uncertain, like many others, unlike what is known."""

import numpy as np
import pytest

from autogpt.annotate.choosing import choose, density


def rows(*angles: float) -> np.ndarray:
    """Unit vectors by their angles, in degrees."""
    turns = np.radians(angles)
    return np.stack([np.cos(turns), np.sin(turns)], axis=1)


def test_the_uncertain_one_comes_first_and_its_neighbours_last() -> None:
    vectors = rows(0, 1, 2, 88, 90)
    found = choose(5, vectors, np.array([0.9, 0.8, 0.8, 0.3, 0.3]))
    assert found[0].at == 0
    assert found[1].at in (3, 4)  # far away, though less uncertain than what is like the first
    assert sorted(one.at for one in found) == [0, 1, 2, 3, 4]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_what_is_like_labelled_texts_is_not_chosen_first() -> None:
    vectors = rows(0, 60)
    assert choose(1, vectors, known=rows(1))[0].at == 1
    assert choose(1, vectors, known=rows(61))[0].at == 0
    assert choose(1, vectors, known=rows(1))[0].novelty == pytest.approx(1 - np.cos(np.radians(59)))


def test_a_stray_text_comes_after_a_common_one_and_a_frequent_one_before() -> None:
    vectors = rows(*range(10), 90)
    assert density(vectors)[10] < density(vectors)[5]
    assert choose(1, vectors)[0].at != 10
    times = [1] * 10 + [2**16]
    assert choose(1, vectors, times=times)[0].at == 10


def test_nothing_and_one_text_are_no_trouble() -> None:
    assert choose(3, np.zeros((0, 2))) == []
    (only,) = choose(3, rows(10))
    assert (only.at, only.score) == (0, 1)


def test_a_score_is_the_product_of_what_speaks_for_it() -> None:
    (one,) = choose(1, rows(0, 5, 10), np.array([0.2, 0.9, 0.1]), known=rows(90))
    assert one.score == pytest.approx(one.uncertainty * one.density * one.novelty)
