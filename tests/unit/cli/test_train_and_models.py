"""`autogpt train reader` and `autogpt models`."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autogpt.cli import console, main, models
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
        (["--set", "train.reader.epochs=-1"], "train.reader.epochs: expected >= 0"),
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
    shown = capsys.readouterr().out.splitlines()
    assert " ".join(shown[0].split()) == "name family millions languages domains licence from here note"
    row = next(line for line in shown if line.startswith("ProsusAI/finbert")).split()
    assert row[:9] == ["ProsusAI/finbert", "bert", "110", "en", "finance", "see", "card", "hub", "no"]
    assert any("hub, PyPI" in line for line in shown if "SmolLM2-135M" in line)
    assert main(["models", "list", "--language", "zh", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {"name", "family", "parameters", "languages", "domains", "licence", "here"} <= listed[0].keys()
    assert all("zh" in one["languages"] for one in listed)


def test_the_list_reads_well_on_a_terminal_of_100_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in (console, models):
        monkeypatch.setattr(module, "on_terminal", lambda stream=None: True)
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["models", "list"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert max(map(len, shown)) <= 100
    names = [line.split()[0] for line in shown if line.split()[-1:] in (["yes"], ["no"])]
    assert {"roberta-base", "emilyalsentzer/Bio_ClinicalBERT", "hfl/chinese-roberta-wwm-ext-large"} <= set(names)
    assert "licence" not in shown[0]
    assert main(["models", "list", "--wide"]) == 0
    assert "licence" in capsys.readouterr().out


def test_a_pack_is_got_ready_once_for_this_machine(
    tiny_encoder: Path,
    tiny_model: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "pack"
    shutil.copytree(tiny_encoder, folder / "encoder")
    shutil.copytree(tiny_model("bert"), folder / "reader")
    shutil.copy(folder / "reader" / "tokenizer_config.json", folder / "encoder")
    (folder / "pack.toml").write_text(
        'name = "tiny"\nversion = "1"\nformat_version = 1\nlanguages = ["en"]\nlicence = "CC0-1.0"\n'
    )
    assert main(["models", "prepare", str(folder), "--json"]) == 0
    ready = json.loads(capsys.readouterr().out)
    assert (Path(ready["encoder"]) / "model.xml").is_file()
    assert (Path(ready["reader"]) / "model.xml").is_file()
    made = (Path(ready["reader"]) / "model.xml").stat().st_mtime_ns
    assert main(["models", "prepare", str(folder)]) == 0
    assert "is ready: encoder, reader." in capsys.readouterr().out
    assert (Path(ready["reader"]) / "model.xml").stat().st_mtime_ns == made


def test_models_are_averaged_into_a_folder_without_a_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong with the models is said, not that there is no workspace."""
    monkeypatch.chdir(tmp_path)
    assert main(["models", "average", "nowhere", "elsewhere", "--out", "soup"]) != 0
    assert "There is no model pack 'nowhere'" in capsys.readouterr().err
