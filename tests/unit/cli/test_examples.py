"""`autogpt examples`: what it prints and how it ends."""

import json
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from answers import TEXT, FakeAnswerer, add_document
from autogpt.cli import main
from autogpt.store import Store
from chat_server import says, served

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def workspace(store: Store, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUTOGPT_WORKSPACE", str(store.folder))
    monkeypatch.setattr("autogpt.services.indexing.sync", lambda *_: SimpleNamespace(passages=0))
    return store.folder


@pytest.fixture
def rivers(tmp_path: Path) -> Path:
    """Twelve contexts, each with a question that is answered and one that is not; one more cannot be used."""
    lines = []
    for number in range(12):
        name = f"River{chr(65 + number)}"
        asked = [
            {
                "id": f"{name}-1",
                "question": f"How long is {name}?",
                "answers": [{"text": f"{number} km", "answer_start": 0}],
            },
            {"id": f"{name}-2", "question": f"How deep is {name}?", "answers": [], "is_impossible": True},
        ]
        if not number:
            asked.append({"id": "bad", "question": "Where?", "answers": [{"text": "Nowhere", "answer_start": 3}]})
        lines.append(json.dumps({"title": name, "context": f"{name} is {number} km long.", "qas": asked}))
    path = tmp_path / "rivers.jsonl"
    path.write_text("\n".join(lines))
    return path


def run(*arguments: Any) -> int:
    return main(["examples", *map(str, arguments)])


def shown(capsys: Captured) -> Any:
    return json.loads(capsys.readouterr().out)


def test_the_whole_round_on_the_command_line(workspace: Path, rivers: Path, tmp_path: Path, capsys: Captured) -> None:
    assert run("import", rivers) == 0
    out = capsys.readouterr().out
    assert "rivers.jsonl: 24 added, 1 refused." in out
    assert "12 contexts became documents" in out
    assert "12 had answers that stand elsewhere than stated" in out
    assert "line 1, question 3" in out
    assert "'Nowhere' does not stand in 'RiverA'" in out

    assert run("split") == 0
    assert "24 examples got their part now (seed 13)." in capsys.readouterr().out
    assert run("check") == 0
    assert "24 examples (24 accepted)" in capsys.readouterr().out
    assert run("list", "--split", "test", "--unanswerable") == 0
    assert "(unanswerable)" in capsys.readouterr().out
    assert run("export", tmp_path / "out.json") == 0
    assert "Wrote 24 examples (12 unanswerable) about 12 documents" in capsys.readouterr().out
    assert run("import", tmp_path / "out.json") == 0
    assert "out.json: 24 unchanged." in capsys.readouterr().out


def test_everything_has_a_form_for_machines(workspace: Path, rivers: Path, tmp_path: Path, capsys: Captured) -> None:
    assert run("import", rivers, "--json", "--dry-run") == 0
    report = shown(capsys)
    assert (report["added"], report["documents"]) == (24, 12)
    assert report["refused"][0]["id"] == "bad"
    assert run("list", "--json") == 0
    assert shown(capsys) == {"count": 0, "examples": []}
    run("import", rivers, "--json")
    capsys.readouterr()
    assert run("split", "--json") == 0
    assert sum(part["examples"] for part in shown(capsys)["parts"].values()) == 24
    assert run("check", "--json") == 0
    assert shown(capsys)["errors"] == 0
    assert run("list", "--search", "long is riverb", "--json") == 0
    found = shown(capsys)
    assert found["count"] == 1
    assert found["examples"][0]["example"]["spans"] == [{"text": "1 km", "start": 10}]
    assert run("export", tmp_path / "out.csv", "--json") == 0
    assert shown(capsys)["format"] == "csv"


def test_an_import_and_a_division_are_taken_back(workspace: Path, rivers: Path, capsys: Captured) -> None:
    assert run("history") == 0
    assert capsys.readouterr().out == "Nothing was done yet.\n"
    run("import", rivers)
    run("split")
    capsys.readouterr()
    assert run("history", "--json") == 0
    division, brought = shown(capsys)
    assert [division["action"], brought["action"], brought["after"]["added"]] == ["split", "import", 24]
    assert (division["can_be_undone"], brought["can_be_undone"]) == (True, True)
    assert run("undo", division["id"]) == 0
    capsys.readouterr()
    run("list", "--split", "test", "--json")
    assert shown(capsys)["count"] == 0
    assert run("undo", brought["id"]) == 0
    assert "24 examples removed, 0 restored; 12 documents removed" in capsys.readouterr().out
    assert run("history") == 0
    told = capsys.readouterr().out
    assert "24 removed, 12 documents" in told
    assert " yes" not in told
    assert run("undo", brought["id"]) == 2
    assert "no such change that could be undone" in capsys.readouterr().err


def test_errors_of_the_examples_end_with_one(workspace: Path, rivers: Path, store: Store, capsys: Captured) -> None:
    from autogpt.store.tables import ExampleRow

    run("import", rivers)
    with store.session() as session:
        session.get_one(ExampleRow, "RiverA-1").question = " "
    capsys.readouterr()
    assert run("check") == 1
    out = capsys.readouterr().out
    assert "empty question" in out
    assert "RiverA-1" in out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["import", "nothing.csv"], 2, "There is no file nothing.csv"),
        (["import", "x.csv", "--column", "Frage"], 2, "expected OURS=THEIRS"),
        (["import", "x.csv", "--format", "xml"], 2, "Invalid value for '--format'"),
        (["export", "out.xml"], 2, "does not tell its format"),
        (["split"], 1, "no accepted example"),
        (["list", "--split", "exam"], 2, "Invalid value for '--split'"),
    ],
)
def test_wrong_use_is_one_clear_line(
    arguments: list[str], code: int, message: str, workspace: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace)
    assert run(*arguments) == code
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err


def test_made_examples_are_shown_written_and_suggested(
    workspace: Path, rivers: Path, tmp_path: Path, capsys: Captured
) -> None:
    run("import", rivers)
    run("split")
    capsys.readouterr()
    assert run("augment", "--kinds", "paraphrase,typos") == 0
    out = capsys.readouterr().out
    assert "Made" in out
    assert "before" in out
    assert "Nothing was written" in out
    assert run("augment", "--out", tmp_path / "made.jsonl", "--json") == 0
    report = shown(capsys)
    assert report["made"] == sum(report["kinds"].values()) > 0
    assert (tmp_path / "made.jsonl").is_file()
    assert run("augment", "--into-workspace") == 0
    assert "--status suggested" in capsys.readouterr().out
    assert run("list", "--status", "suggested", "--json") == 0
    assert shown(capsys)["count"] > 0


def test_made_examples_of_files_need_no_workspace(rivers: Path, tmp_path: Path, capsys: Captured) -> None:
    assert run("augment", "--data", rivers, "--out", tmp_path / "made.jsonl") == 0
    assert "train with --data" in capsys.readouterr().out
    assert run("augment", "--data", rivers, "--kinds", "spam") == 2
    assert "synonyms" in capsys.readouterr().err
    assert run("augment", "--data", rivers, "--kinds", "back-translation") == 2
    assert "--translate" in capsys.readouterr().err
    assert run("augment", "--data", rivers, "--into-workspace") == 2


def test_suspects_are_listed_with_both_answers(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    from autogpt.services.examples import doubts
    from autogpt.services.examples.doubts import Doubt, DoubtReport

    one = Doubt("river-1", "another answer", "train", "RiverA", "How long is RiverA?", "0 km", "12 km", 0.97)
    report = DoubtReport(240, (one,) * 25, ("run 1", "folds"), False)
    monkeypatch.setattr(doubts, "find_doubts", lambda *arguments, **options: report)
    assert run("suspects") == 0
    said = capsys.readouterr()
    assert "Contradicted with confidence are 25 of 240 examples, by run 1 and the other fifths." in said.out
    assert all(word in said.out for word in ("another answer", "0 km", "12 km", "97%"))
    assert "5 more: --all" in said.err
    assert "not calibrated" in said.err
    assert run("suspects", "--json") == 0
    assert shown(capsys)["doubts"][0]["said"] == "12 km"


def test_suggested_questions_are_read_by_the_reader_that_answers_where_that_is_asked_for(
    workspace: Path, store: Store, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = add_document(store, "fees.txt", TEXT)
    assert run("suggest", "fees.txt", "--json") == 0
    assert {one["confidence"] for one in shown(capsys)["suggestions"]} == {None}
    reader = FakeAnswerer(store, place, TEXT, {"How much does the Gold card cost?": ("45 euro", 0.83)})
    monkeypatch.setattr("autogpt.services.answering.Answerer", lambda store, record, compose: nullcontext(reader))
    assert run("suggest", "fees.txt", "--read") == 0
    assert "The reader answers 1 earlier suggestions otherwise now." in capsys.readouterr().out
    add_document(store, "more.txt", TEXT)
    assert run("suggest", "more.txt", "--read") == 0
    assert "83%" in capsys.readouterr().out


def test_suggested_questions_are_shown_and_then_kept(workspace: Path, store: Store, capsys: Captured) -> None:
    add_document(store, "fees.txt", TEXT)
    assert run("suggest", "fees.txt", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "How much does the Gold card cost?" in out
    assert "nothing was kept" in out
    assert run("suggest", "fees.txt", "--json") == 0
    assert shown(capsys)["added"] == 2
    assert run("list", "--status", "suggested", "--json") == 0
    assert len(shown(capsys)["examples"]) == 2
    assert run("suggest", "fees.txt") == 0
    assert "No new question" in capsys.readouterr().out
    with served(says("Q: Who is it free for?\nA: students under 26")) as model:
        told = f'[compose]\nkind = "endpoint"\nendpoint = "{model.url}"\nmodel = "small"\n'
        (workspace / "autogpt.toml").write_text((workspace / "autogpt.toml").read_text() + told)
        assert run("suggest", "fees.txt", "--rules-only") == 0
        assert not model.asked
        capsys.readouterr()
        assert run("suggest", "fees.txt", "--json") == 0
        (one,) = shown(capsys)["suggestions"]
        assert (one["question"], one["kind"]) == ("Who is it free for?", "model")
        assert "Gold card" in str(model.asked[0][2]["messages"])
    assert run("suggest", "fees.txt") == 0
    assert "could not be asked" in capsys.readouterr().err
    assert run("suggest", "none.txt") == 1
    assert "there is no document 'none.txt'" in capsys.readouterr().err
