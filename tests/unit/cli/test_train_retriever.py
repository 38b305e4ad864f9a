"""`autogpt train retriever`."""

import json
from pathlib import Path

import pytest

from autogpt.cli import main
from tiny_models import make_examples


def write(path: Path, count: int, start: int = 0) -> Path:
    lines = []
    for one in make_examples(count, start):
        answers = [{"text": span.text, "answer_start": span.start} for span in one.answers]
        asked = {"id": one.id, "question": one.question, "answers": answers}
        lines.append(json.dumps({"title": one.title, "context": one.context, "qas": [asked]}))
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    """Tiny models gain nothing from more threads."""
    import torch

    torch.set_num_threads(1)


def test_files_are_trained_on(tiny_encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, held, out = write(tmp_path / "a.jsonl", 24), write(tmp_path / "b.jsonl", 9, 24), tmp_path / "run"
    ids = tmp_path / "ids.txt"
    ids.write_text("\n".join(f"q{number}" for number in range(12)))
    command = ["train", "retriever", "--data", str(data), "--ids", str(ids), "--validation", str(held)]
    command += ["--out", str(out), "--base", str(tiny_encoder), "--epochs", "1"]
    command += ["--set", "train.retriever.max_length=64", "--set", "train.retriever.trackers=[]"]
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["model"] == str(out / "model")
    assert (told["pairs"], told["validation_questions"]) == (8, 6)
    assert {"recall_at_1", "recall_at_10", "mrr_at_10", "ndcg_at_10"} <= told["metrics"].keys()
    assert (out / "model" / "model.safetensors").is_file()
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "recall@10" in shown
    assert "before" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "none.json"], "--out"),
        (["--ids", "x"], "belong to --data"),
        (["--data", "none.json", "--out", "x"], "no file none.json"),
        (["--set", "train.retriever.batch_size=1"], "train.retriever.batch_size: expected > 1"),
        (["--base", "no such model"], "no model 'no such model'"),
    ],
)
def test_wrong_use_is_said_and_exits_with_2(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "autogpt.toml").write_text("")
    assert main(["train", "retriever", "-w", str(tmp_path), *arguments]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_workspace_without_examples_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "autogpt.toml").write_text("")
    assert main(["train", "retriever", "-w", str(tmp_path)]) != 0
    assert "autogpt examples import" in " ".join(capsys.readouterr().err.split())
