"""`autogpt compare`: what it prints and writes, of readers that were really trained and exported."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from autogpt.cli import main
from autogpt.config import ReaderTrainingSection
from autogpt.evaluate.side_by_side import NOTE
from autogpt.models.costs import Costs
from autogpt.train.reader import train_reader
from tiny_models import make_examples, write_lines


@pytest.fixture(scope="module")
def trained(tiny_model: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two readers of one base: one that learnt, and one whose few numbers stood still."""
    import torch

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("trained")
    train, validation = make_examples(90), make_examples(9, 90)
    told = {"batch_size": 8, "max_length": 96, "stride": 16, "precision": "fp32", "trackers": (), "dropout": 0}
    ways = {
        "lora": ReaderTrainingSection(epochs=1, method="lora", learning_rate=1e-9, **told),
        "full": ReaderTrainingSection(epochs=20, method="full", learning_rate=5e-3, **told),
    }
    for name, settings in ways.items():
        train_reader(settings, train, validation, tiny_model("bert"), folder / name)
    return {name: folder / name for name in ways}


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("questions") / "towns.jsonl"
    write_lines(path, make_examples(45, 10))
    return path


def test_readers_are_set_side_by_side_with_all_that_tells_them_apart(
    trained: dict[str, Path], questions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lora, full = trained["lora"], trained["full"]
    page, table = tmp_path / "page.html", tmp_path / "table.md"
    command = ["compare", str(lora), str(full), "--data", str(questions)]
    assert main([*command, "--html", str(page), "--markdown", str(table)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("45 questions of towns.jsonl")
    assert f"{full} against {lora}: better." in said
    assert f"The page is in {page}." in said
    assert f"The table is in {table}." in said

    lines = table.read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"45 questions of towns.jsonl. {NOTE}"
    heads, first, second = ([cell.strip() for cell in lines[at].strip("|").split("|")] for at in (2, 4, 5))
    assert heads == [
        *("model", "method", "F1", "95%", "to the first", "p", "trained", "minutes", "MB", "memory MB", "ms")
    ]
    told = dict(zip(heads, second, strict=True))
    assert (told["model"], told["method"], told["trained"]) == (str(full), "full", "100.00%")
    lower, upper = map(float, told["95%"].split(" to "))
    assert lower <= float(told["F1"]) <= upper
    gain, least, most = map(float, re.findall(r"[+-][\d.]+", told["to the first"]))
    assert 0 < least <= gain <= most
    assert float(told["p"]) < 0.05
    costs = Costs.load(full)
    assert costs is not None
    assert told["memory MB"] == f"{costs.peak_bytes / 1e6:,.0f}"
    assert float(told["minutes"]) == pytest.approx(costs.seconds / 60, abs=0.05)
    assert float(told["MB"]) == pytest.approx((full / "model" / "model.safetensors").stat().st_size / 1e6, abs=0.05)
    assert float(told["ms"]) > 0  # exported to OpenVINO, and asked
    base = dict(zip(heads, first, strict=True))
    assert (base["method"], base["to the first"], base["p"]) == ("lora", "", "")
    assert 0 < float(base["trained"].rstrip("%")) < 50

    written = page.read_text(encoding="utf-8")
    assert written.count("<svg") == 3
    for title in ("F1, with 95% intervals", "Quality and time to answer", "Quality and time to train"):
        assert title in written
    for cell in (*second[2:], "exact match", "coverage at 80", 'class="verdict pass"'):
        assert cell in written


def test_the_same_is_told_as_json(
    trained: dict[str, Path], questions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compare", str(trained["lora"]), str(trained["full"]), "--data", str(questions), "--limit", "12"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["questions"], found["measure"]) == (12, "F1")
    first, second = found["lines"]
    assert (first["verdict"], first["difference"], first["p_value"]) == ("first", None, None)
    assert second["lower"] <= second["score"] <= second["upper"]
    assert second["difference"] == pytest.approx(second["score"] - first["score"])
    assert second["costs"].keys() == {"seconds", "peak_bytes", "parameters", "trainable"}
    assert first["costs"]["trainable"] < second["costs"]["trainable"] == second["costs"]["parameters"]
    assert min(one["latency_ms"] for one in found["lines"]) > 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "Name two models or more"),
        (["nowhere", "--data", "towns.jsonl"], "There is no model pack 'nowhere'"),
        (["other", "--limit", "3"], "--title-hash and --limit belong to --data"),
    ],
)
def test_wrong_use_is_said(
    more: list[str], said: str, trained: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "autogpt.toml").write_text("")
    assert main(["compare", str(trained["lora"]), *more, "-w", str(tmp_path)]) != 0
    assert said in " ".join(capsys.readouterr().err.split())
