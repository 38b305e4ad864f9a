"""`autogpt train reranker`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autogpt.cli import main
from autogpt.services import training_reranker
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


def test_files_are_trained_on(
    tiny_model: Callable[[str], Path],
    make_word_encoder: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training_reranker, "_encoder", lambda *_: make_word_encoder())
    data, held, out = write(tmp_path / "a.jsonl", 18), write(tmp_path / "b.jsonl", 9, 18), tmp_path / "run"
    ids = tmp_path / "ids.txt"
    ids.write_text("\n".join(f"q{number}" for number in range(12)))
    command = ["train", "reranker", "--data", str(data), "--ids", str(ids), "--validation", str(held)]
    command += ["--out", str(out), "--base", str(tiny_model("bert")), "--epochs", "1"]
    command += ["--set", "train.reranker.max_length=64", "--set", "train.reranker.trackers=[]"]
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["model"] == str(out / "model")
    assert (told["pairs"], told["validation_questions"]) == (8, 6)
    assert {"recall_at_1", "mrr_at_10", "ndcg_at_10", "before_ndcg_at_10", "weight"} <= told["metrics"].keys()
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "search alone" in shown
    assert "nDCG@10" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "none.json"], "--out"),
        (["--set", "train.reranker.hard_negatives=0"], "train.reranker.hard_negatives: expected > 0"),
        (["--base", "no such model"], "no model 'no such model'"),
    ],
)
def test_wrong_use_is_said_and_exits_with_2(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "autogpt.toml").write_text("")
    assert main(["train", "reranker", "-w", str(tmp_path), *arguments]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
