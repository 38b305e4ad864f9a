"""Agreement of two annotators: span F1, kappa on decisions and on tokens."""

import pytest

from autogpt.annotate.agreement import agreement, cohen_kappa, span_f1
from autogpt.records import Span

TEXT = "金卡年费45欧元 and it is free for students."


def test_two_who_say_the_same_agree_wholly() -> None:
    said = {"fee?": [Span(4, 8)], "platinum?": []}
    found = agreement(TEXT, said, dict(said))
    assert (found.shared, found.only_one, found.only_other) == (2, 0, 0)
    assert (found.span_f1, found.answerable_kappa, found.token_kappa) == (1.0, 1.0, 1.0)


def test_what_differs_lowers_it_and_what_one_alone_asked_is_counted_apart() -> None:
    one = {"fee?": [Span(4, 8)], "platinum?": [], "a?": []}
    other = {"fee?": [Span(4, 6)], "platinum?": [Span(0, 2)], "b?": []}
    found = agreement(TEXT, one, other)
    assert (found.shared, found.only_one, found.only_other) == (2, 1, 1)
    assert found.span_f1 == pytest.approx((2 / 3 + 0) / 2)
    assert found.answerable_kappa == 0.0
    assert found.token_kappa is not None
    assert 0 < found.token_kappa < 1


def test_without_anything_nothing_is_claimed() -> None:
    found = agreement(TEXT, {}, {})
    assert (found.span_f1, found.answerable_kappa, found.token_kappa) == (None, None, None)
    assert agreement(TEXT, {"a?": [Span(0, 2)]}, {}).token_kappa == 0.0


def test_kappa_is_agreement_beyond_chance() -> None:
    # The example of Cohen's formula: 70 of 100 agree, chance gives 54.
    one = [True] * 60 + [False] * 40
    other = [True] * 45 + [False] * 15 + [True] * 15 + [False] * 25
    assert cohen_kappa(one, other) == pytest.approx((0.70 - 0.52) / (1 - 0.52))
    assert cohen_kappa([True, False], [False, True]) == -1.0
    assert cohen_kappa([True], [True]) == 1.0
    assert cohen_kappa([], []) is None


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        ([], [], 1.0),
        ([Span(0, 1)], [], 0.0),
        ([Span(0, 4)], [Span(4, 8)], 0.0),
        ([Span(0, 4), Span(10, 14)], [Span(10, 14)], 1.0),
    ],
)
def test_the_best_overlap_counts(one: list[Span], other: list[Span], score: float) -> None:
    assert span_f1(one, other) == score
