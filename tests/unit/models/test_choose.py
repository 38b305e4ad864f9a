"""Candidates are tried in rounds."""

import pytest

from autogpt.models.choose import rounds, successive_halving

SCORES = {"a": 10.0, "b": 40.0, "c": 30.0, "d": 20.0, "e": 5.0}


def test_the_better_half_goes_on_and_the_best_is_left() -> None:
    tries = successive_halving(list(SCORES), 30, lambda name, number, minutes: SCORES[name] + minutes)
    by_round = [[one.name for one in tries if one.round == number] for number in range(3)]
    assert by_round == [["b", "c", "d", "a", "e"], ["b", "c", "d"], ["b", "c"]]


def test_every_round_takes_the_same_time_and_all_together_what_was_given() -> None:
    tries = successive_halving(list(SCORES), 30, lambda name, number, minutes: SCORES[name])
    for number in range(3):
        assert sum(one.minutes for one in tries if one.round == number) == pytest.approx(10)
    assert sum(one.minutes for one in tries) == pytest.approx(30)


def test_one_that_fails_is_dropped_however_good_the_others_are() -> None:
    def attempt(name: str, number: int, minutes: float) -> float | None:
        return None if name == "b" or (name == "c" and number) else SCORES[name]

    tries = successive_halving(list(SCORES), 30, attempt)
    assert [(one.name, one.score) for one in tries if one.round == 0][-1] == ("b", None)
    assert [one.name for one in tries if one.round == 1] == ["d", "c"]
    assert [one.name for one in tries if one.round == 2] == ["d"]


def test_when_all_fail_there_is_no_second_round() -> None:
    assert [one.round for one in successive_halving(["a", "b"], 1, lambda *_: None)] == [0, 0]


def test_one_alone_is_tried_once() -> None:
    (only,) = successive_halving(["a"], 7, lambda *_: 0.0)
    assert only.minutes == 7
    assert rounds(1) == 1
