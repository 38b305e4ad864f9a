"""How an answer is shown on the command line."""

import pytest

from autogpt.cli.ask import show_answer
from autogpt.records import Answer, AnswerKind, Evidence

PLACES = (
    Evidence("fees.txt", "d1", "v1", 0, 19, "The card costs $45.", 0.9, context="The card costs $45."),
    Evidence("hours.txt", "d2", "v2", 0, 15, "It opens at ten", 0.9, context="It opens at ten"),
)


def shown(kind: AnswerKind, capsys: pytest.CaptureFixture[str], notices: tuple[str, ...] = ()) -> str:
    show_answer(Answer("The card costs $45. It opens at ten.", kind, 0.9, PLACES, notices=notices))
    out, err = capsys.readouterr()
    return out + err


def test_a_composed_answer_shows_all_that_it_stands_on(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(AnswerKind.GENERATED, capsys)
    assert "composed from what stands below" in text
    assert "fees.txt" in text
    assert "hours.txt" in text


def test_a_span_shows_its_own_place_and_why_nothing_was_composed(capsys: pytest.CaptureFixture[str]) -> None:
    notice = "The composed answer was not used: it was empty."
    text = shown(AnswerKind.SPAN, capsys, (notice,))
    assert notice in " ".join(text.split())
    assert "composed from" not in text
    assert "hours.txt" not in text
