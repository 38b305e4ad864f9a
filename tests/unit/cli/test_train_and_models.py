"""`autogpt train reader` and `autogpt models list`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from autogpt.cli import main
from tiny_models import make_examples


def write(path: Path, count: int) -> Path:
    lines = []
    for one in make_examples(count):
        answers = [{"text": span.text, "answer_start": span.start} for span in one.answers]
        asked = {"id": one.id, "question": one.question, "answers": answers}
        lines.append(json.dumps({"title": one.title, "context": one.context, "qas": [asked]}))
    path.write_text("\n".join(lines))
    return path


def test_files_are_trained_on(
    tiny_model: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = write(tmp_path / "a.jsonl", 30), tmp_path / "run"
    command = ["train", "reader", "--data", str(data), "--out", str(out), "--base", str(tiny_model("bert"))]
    command += ["--epochs", "1", "--set", "train.reader.max_length=96", "--set", "train.reader.stride=16", "--json"]
    assert main(command) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["model"] == str(out / "model")
    assert {"f1", "exact_match"} <= told["metrics"].keys()
    assert (out / "model" / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "none.json"], "--out"),
        (["--out", "x"], "belong to --data"),
        (["--data", "none.json", "--out", "x"], "no file none.json"),
        (["--set", "train.reader.epochs=-1"], "train.reader.epochs: expected > 0"),
    ],
)
def test_wrong_use_is_said_and_exits_with_2(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "autogpt.toml").write_text("")
    assert main(["train", "reader", "-w", str(tmp_path), *arguments]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_models_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--domain", "finance"]) == 0
    assert "ProsusAI/finbert" in capsys.readouterr().out
    assert main(["models", "list", "--language", "zh", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {"name", "family", "parameters", "languages", "domains", "licence", "here"} <= listed[0].keys()
    assert all("zh" in one["languages"] for one in listed)
