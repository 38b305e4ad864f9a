"""Reciprocal rank fusion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.retrieve.fuse import reciprocal_rank

RANKINGS = st.lists(st.lists(st.integers(0, 20), unique=True, max_size=12), min_size=1, max_size=4)


def test_what_both_find_comes_before_what_one_finds() -> None:
    assert [key for key, _ in reciprocal_rank([["a", "b"], ["c", "b"]])] == ["b", "a", "c"]


def test_scores_are_those_of_the_paper() -> None:
    assert dict(reciprocal_rank([["a", "b"], ["b"]], k=60)) == pytest.approx({"a": 1 / 61, "b": 1 / 62 + 1 / 61})


def test_a_weight_lets_one_ranking_lead() -> None:
    assert [key for key, _ in reciprocal_rank([["a"], ["b"]], weights=[1, 2])] == ["b", "a"]


def test_a_weight_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        reciprocal_rank([["a"], ["b"]], weights=[1])


@given(RANKINGS)
def test_every_key_is_there_once_and_scores_fall(rankings: list[list[int]]) -> None:
    fused = reciprocal_rank(rankings)
    assert sorted(key for key, _ in fused) == sorted({key for ranking in rankings for key in ranking})
    scores = [score for _, score in fused]
    assert scores == sorted(scores, reverse=True)


@given(st.lists(st.integers(), unique=True, max_size=20))
def test_one_ranking_stays_as_it_is(ranking: list[int]) -> None:
    assert [key for key, _ in reciprocal_rank([ranking])] == ranking
