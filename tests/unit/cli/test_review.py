"""`autogpt review`: what waits, and decisions about it, by the beginning of an id."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from answers import QUESTIONS, TEXT, FakeAnswerer, add_document
from autogpt.cli import main, review
from autogpt.services.examples.listing import load_examples
from autogpt.store import Store

LOST = ("How do I report a lost card?", "How do I report a lost card")


@pytest.fixture
def answerer(store: Store, monkeypatch: pytest.MonkeyPatch) -> FakeAnswerer:
    made = FakeAnswerer(store, add_document(store, "fees.txt", TEXT), TEXT, QUESTIONS)

    @contextmanager
    def search(store: Store) -> Iterator[Any]:
        yield made

    monkeypatch.setattr(review, "_search", search)
    monkeypatch.setattr(review, "_encoder", lambda store: made.encoder)
    return made


def test_a_question_is_found_answered_taken_back_and_kept_as_unanswerable(
    store: Store, answerer: FakeAnswerer, capsys: pytest.CaptureFixture[str]
) -> None:
    def typed(*words: str) -> str:
        assert main(["review", *words, "-w", str(store.folder)]) == 0
        return " ".join(capsys.readouterr().out.split())

    assert "No question waits" in typed("list")
    for question in LOST:
        answerer.ask(question)
    (item,) = json.loads(typed("list", "--json"))
    assert ([one["text"] for one in item["questions"]], item["times"]) == (list(LOST), 2)
    id = item["id"][:8]
    assert f"{id} 2 12% abstained" in typed("list")
    shown = typed("show", id)
    assert "Answered: abstain (12% sure, needed 40%; release r7)" in shown
    assert "The Gold card costs 45 euro a year." in shown
    told = json.loads(typed("answer", id, "Call 0800 1.", "--json"))
    assert (told["action"], told["questions"]) == ("answered", list(LOST))
    answerer.reload_if_changed()
    assert answerer.ask(LOST[1]).text == "Call 0800 1."
    answerer.ask("My card is gone")
    (other,) = json.loads(typed("list", "--json"))
    assert "vetted" in typed("show", other["id"])
    assert "1 question of the queue: phrased." in typed("phrase", other["id"], told["faq"][:8])
    typed("undo", other["id"][:8])
    typed("dismiss", other["id"])
    assert "2 questions of the queue: undo." in typed("undo", id)
    assert "2 questions of the queue: unanswerable." in typed("unanswerable", id)
    assert [one.answerable for one in load_examples(store)] == [False, False]
    answerer.ask(next(iter(QUESTIONS)))
    assert main(["review", "accept", "none", "-w", str(store.folder)]) == 2
    assert "No question 'none' waits." in capsys.readouterr().err
    assert main(["review", "assign", id, "bo", "-w", str(store.folder)]) == 2
