"""One ranking of two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.retrieve.fuse import fuse

SCORES = st.dictionaries(st.integers(0, 20), st.floats(-100, 100), max_size=12)
WEIGHTS = st.floats(0, 1)


def keys(lexical: dict, dense: dict, weight: float) -> list:
    return [key for key, _ in fuse(lexical, dense, weight)]


def test_what_both_find_comes_before_what_one_finds() -> None:
    assert keys({"a": 5.0, "b": 4.0}, {"c": 0.9, "b": 0.8, "a": 0.1}, 0.5)[0] == "b"


def test_the_only_passage_with_a_word_gains_by_it() -> None:
    assert keys({"a": 3.0}, {"b": 0.51, "a": 0.5, "c": 0.1}, 0.5)[0] == "a"


def test_a_list_that_was_cut_says_less_against_what_it_lacks() -> None:
    lexical, dense = {"a": 9.0, "b": 8.0}, {"c": 0.9, "a": 0.5, "b": 0.1}
    whole, cut = (dict(fuse(lexical, dense, 0.6, absent=absent)) for absent in (0.0, 8.0))
    assert cut["a"] - cut["c"] < whole["a"] - whole["c"]


def test_how_far_apart_scores_are_counts_and_not_only_their_order() -> None:
    far = {"a": 20.0, "b": 5.0, "c": 4.0}
    near = {"a": 5.2, "b": 5.0, "c": 1.0}
    dense = {"b": 0.5, "a": 0.4, "c": 0.3}
    assert keys(far, dense, 0.5)[0] == "a"
    assert keys(near, dense, 0.5)[0] == "b"


@pytest.mark.parametrize(("weight", "first"), [(0.0, "a"), (1.0, "b")])
def test_the_weight_lets_one_search_decide(weight: float, first: str) -> None:
    assert keys({"a": 2.0, "b": 1.0}, {"b": 0.9, "a": 0.1}, weight)[0] == first


def test_scores_of_any_scale_fuse_to_the_same_ranking() -> None:
    lexical, dense = {"a": 9.0, "b": 3.0, "c": 1.0}, {"b": 0.9, "c": 0.88, "a": 0.8}
    stretched = {key: 7 * value + 100 for key, value in lexical.items()}
    assert dict(fuse(stretched, dense, 0.6, absent=100)) == pytest.approx(dict(fuse(lexical, dense, 0.6)))


@given(SCORES, SCORES, WEIGHTS)
def test_every_key_is_there_once_and_scores_fall(lexical: dict, dense: dict, weight: float) -> None:
    fused = fuse(lexical, dense, weight)
    assert sorted(key for key, _ in fused) == sorted({*lexical, *dense})
    scores = [score for _, score in fused]
    assert scores == sorted(scores, reverse=True)


@given(st.lists(st.integers(), unique=True, max_size=20), WEIGHTS)
def test_one_ranking_stays_as_it_is(ranking: list[int], weight: float) -> None:
    scores = {key: -float(rank) for rank, key in enumerate(ranking)}
    assert keys(scores, {}, weight) == ranking
