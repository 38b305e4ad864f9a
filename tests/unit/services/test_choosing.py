"""Questions to label next, from a file or from what waits for review, written so that they can be imported."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autogpt.cli import main
from autogpt.config import Config, override
from autogpt.errors import DataError, NotFoundError, UsageError
from autogpt.services import choosing
from autogpt.services.auditing import queue_for_review
from autogpt.services.choosing import choose_next, write_chosen
from autogpt.services.examples import classifier_examples, import_examples, split_examples
from autogpt.services.training_classifier import train_classifier
from autogpt.store import Store
from labelled import labelled

QUESTIONS = "When was Arden founded?\nwhen was  arden FOUNDED?\nWho is the mayor of Gale?\n\nWhat does a ferry cost?\n"


@pytest.fixture(autouse=True)
def words(monkeypatch: pytest.MonkeyPatch, make_word_encoder: Callable[..., Any]) -> None:
    """Texts are alike when they share words; no model is needed."""
    monkeypatch.setattr(choosing, "load_encoder", lambda config, folder: make_word_encoder())
    monkeypatch.setattr(choosing, "current_encoder", lambda store: Path("none"))


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_without_a_classifier_what_is_unlike_the_labelled_comes_first(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import_examples(store, written(tmp_path / "known.jsonl", [{"text": "Who is the mayor of Gale?", "label": "mayor"}]))
    file = tmp_path / "questions.txt"
    file.write_text(QUESTIONS, encoding="utf-8")
    report = choose_next(store, file, count=2)
    assert (report.texts, report.known, report.uncertainty) == (3, 1, "nothing")
    assert "Gale" not in " ".join(one.text for one in report.chosen)
    out = tmp_path / "next.csv"
    assert main(["examples", "choose", str(file), "-w", str(store.folder), "--out", str(out), "--count", "2"]) == 0
    assert "without a label" in " ".join(capsys.readouterr().out.split())
    filled = out.read_text(encoding="utf-8").replace("?,,", "?,cost,")
    out.write_text(filled, encoding="utf-8")
    assert import_examples(store, out).added == 2
    assert {one.labels for one in classifier_examples(store)} == {("mayor",), ("cost",)}


def test_questions_that_wait_for_review_come_with_the_doubts_of_their_answers(store: Store) -> None:
    with store.session() as session:
        for at, (question, sure) in enumerate([("When was Arden founded?", 0.9), ("What does a ferry cost?", 0.2)]):
            queue_for_review(session, question, "low_confidence", audit_id=str(at), confidence=sure, labels=frozenset())
    report = choose_next(store)
    assert report.uncertainty == "confidence of answers"
    assert report.chosen[0].text == "What does a ferry cost?"
    assert report.chosen[0].uncertainty == pytest.approx(0.8)
    assert "its answer was 20% sure" in report.chosen[0].reasons


def test_a_trained_classifier_says_what_it_is_torn_between(
    store: Store, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    import torch

    torch.set_num_threads(1)
    config: Config = override(
        Config(),
        {
            "train.classifier.base": str(tiny_model("bert")),
            "train.classifier.few_shot": "never",
            "train.classifier.epochs": 1,
            "train.classifier.trackers": [],
        },
    )
    rows = [{"text": one.text, "label": one.labels[0]} for one in labelled(24)]
    import_examples(store, written(tmp_path / "known.jsonl", rows))
    split_examples(store)
    towns = Store(store.folder, config)
    run = train_classifier(towns)
    file = tmp_path / "questions.txt"
    file.write_text("\n".join(one.text for one in labelled(9, start=300)), encoding="utf-8")
    report = choose_next(towns, file, count=3, by="entropy")
    assert report.uncertainty == f"classifier run {run.id}"
    assert len(report.chosen) == 3
    assert report.chosen[0].suggested in {"founded", "people", "mayor"}
    assert " or " in report.chosen[0].reasons[0]
    write_chosen(report, tmp_path / "next.jsonl")
    first = json.loads((tmp_path / "next.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert first["label"] == ""
    assert first["suggested"] == report.chosen[0].suggested
    assert choose_next(towns, file, model="none").uncertainty == "nothing"


def test_what_cannot_be_chosen_from_is_said(store: Store, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No question waits"):
        choose_next(store)
    with pytest.raises(NotFoundError, match="no file"):
        choose_next(store, tmp_path / "none.txt")
    (tmp_path / "a.txt").write_text("A question?", encoding="utf-8")
    with pytest.raises(UsageError, match="Unknown uncertainty 'luck'"):
        choose_next(store, tmp_path / "a.txt", by="luck")
    with pytest.raises(NotFoundError, match="no finished run"):
        choose_next(store, tmp_path / "a.txt", model="r9")
