import pytest

from autogpt.metrics.squad import exact_match, f1, normalise_answer


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("The Answer.", "answer"),
        ("  an   apple a day ", "apple day"),
        ("anthem", "anthem"),
        ("U.S.", "us"),
        ("$1,000", "1000"),
        ("", ""),
        ("the", ""),
        ("Beyoncé Knowles-Carter", "beyoncé knowlescarter"),
        ("“quoted”", "“quoted”"),
    ],
)
def test_normalisation_is_that_of_the_official_script(text: str, normalised: str) -> None:
    assert normalise_answer(text) == normalised


def test_best_of_several_golds_counts() -> None:
    assert exact_match("Denver Broncos", ["the Broncos", "Denver Broncos"]) == 1.0
    assert f1("Denver Broncos", ["Broncos", "Carolina"]) == pytest.approx(2 / 3)


def test_f1_counts_repeated_words_once_per_occurrence() -> None:
    # common: "very" once, "old" once; precision 2/3, recall 2/2.
    assert f1("very very old", ["very old"]) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("prediction", "golds", "score"),
    [("", [], 1.0), ("anything", [], 0.0), ("", ["gold"], 0.0), ("the", [], 1.0), ("gold", ["the", "gold"], 1.0)],
)
def test_no_answer_rules_of_squad_2(prediction: str, golds: list[str], score: float) -> None:
    assert exact_match(prediction, golds) == score
    assert f1(prediction, golds) == score
