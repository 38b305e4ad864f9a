"""`autogpt retrieve`: what a person and a program see."""

import json

import pytest

from autogpt.cli import main
from autogpt.services import retrieving
from autogpt.services.indexing import sync
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, DocumentVersionRow


@pytest.fixture
def workspace(store: Store, word_encoder, monkeypatch) -> str:
    texts = {
        "fees": "The Gold card costs 90 euros a year.",
        "hours": "The branch opens at nine.",
        "board": "A card secret.",
    }
    with store.session() as session:
        for name, text in texts.items():
            labels = ["board"] if name == "board" else []
            session.add(DocumentRow(id=name, uri=name, name=f"{name}.txt", labels=labels))
            session.flush()
            version = DocumentVersionRow(id=f"{name}-1", document_id=name, number=1, text=text, language="en")
            version.title, version.media_type = name.title(), "text/plain"
            version.text_checksum = version.raw_checksum = name
            session.add(version)
            session.get(DocumentRow, name).current_version_id = version.id
    sync(store, encoder=word_encoder)
    monkeypatch.setattr(retrieving, "current_encoder", lambda store: store.folder)
    monkeypatch.setattr(retrieving, "encoder_id", lambda folder: word_encoder.id)
    monkeypatch.setattr(retrieving, "load_encoder", lambda config, folder: word_encoder)
    return str(store.folder)


def test_json_has_every_rank_score_and_matched_word(workspace: str, capsys) -> None:
    assert main(["retrieve", "What does the Gold card cost?", "-w", workspace, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    first = shown["passages"][0]
    assert first["passage"]["document_id"] == "fees"
    assert (first["lexical_rank"], first["dense_rank"]) == (1, 1)
    assert first["matched_terms"] == ["gold", "card", "cost"]
    assert {"score", "lexical_score", "dense_score"} <= first.keys()
    assert (shown["language"], shown["words"]) == ("en", ["gold", "card", "cost"])


def test_a_person_sees_place_ranks_and_words(workspace: str, capsys) -> None:
    assert main(["retrieve", "gold card", "-w", workspace, "-k", "1", "--text"]) == 0
    shown = capsys.readouterr().out
    assert "Fees" in shown
    assert "gold card" in shown
    assert "The Gold card costs 90 euros a year." in shown
    assert "Hours" not in shown


def test_a_label_searches_as_somebody_who_holds_it(workspace: str, capsys) -> None:
    def documents(*options: str) -> set[str]:
        assert main(["retrieve", "card", "-w", workspace, "--json", *options]) == 0
        return {one["passage"]["document_id"] for one in json.loads(capsys.readouterr().out)["passages"]}

    assert "board" in documents()
    assert "board" in documents("--label", "board")
    assert "board" not in documents("--label", "staff")


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("", "no word"),
        ("?!", "no word"),
        ("😀🎉", "no word"),
        ("x" * 100_000, "100,000 characters"),
    ],
)
def test_what_cannot_be_searched_is_a_wrong_use(workspace: str, capsys, question: str, says: str) -> None:
    assert main(["retrieve", question, "-w", workspace]) == 2
    shown = capsys.readouterr().err
    assert says in shown
    assert "hint: " in shown


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("золотая card", "Language of the question: und. Words looked up: золотая card."),
        ("card البطاقة הכרטיס", "Language of the question: und. Words looked up: card البطاقة הכרטיס."),
        ("what is the", "Language of the question: en. Words looked up: none."),
    ],
)
def test_whatever_the_language_the_search_is_made(workspace: str, capsys, question: str, line: str) -> None:
    assert main(["retrieve", question, "-w", workspace]) == 0
    shown = capsys.readouterr().out
    assert line in shown
    assert "Fees" in shown
