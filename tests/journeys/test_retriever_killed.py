"""A training of a retriever that is killed outright goes on from its last checkpoint, on the same pairs."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autogpt.progress import Progress
from autogpt.services.examples import import_examples, split_examples
from autogpt.services.runs import list_runs
from autogpt.services.training_retriever import train_retriever
from autogpt.store import Store
from tiny_models import make_examples

KILLED = """
import os, signal, sys
from autogpt.services.training_retriever import train_retriever
from autogpt.store import Store

store = Store(sys.argv[1])

def kill(progress):
    if list(store.runs.glob("*/checkpoints/checkpoint-*/clock.json")):
        os.kill(os.getpid(), signal.SIGKILL)

train_retriever(store, kill)
"""
SETTINGS = """
[workspace]
model = {pack}
[read]
threads = 1
[train.retriever]
epochs = 3
batch_size = 4
max_length = 64
learning_rate = 3e-3
precision = "fp32"
trackers = []
"""


@pytest.fixture
def towns(
    store: Store, tiny_model: Callable[[str], Path], tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Store:
    """A workspace with divided examples, and a pack of tiny models."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # tiny models gain nothing from more
    pack = tmp_path / "pack"
    shutil.copytree(tiny_encoder, pack / "encoder")
    shutil.copytree(tiny_model("bert"), pack / "reader")
    about = 'name = "tiny"\nversion = "1"\nformat_version = 1\nlanguages = ["en"]\nlicence = "none"\n'
    (pack / "pack.toml").write_text(about)
    (store.folder / "autogpt.toml").write_text(SETTINGS.format(pack=json.dumps(str(pack))))
    store = Store(store.folder)
    lines = []
    for one in make_examples(24):
        answers = [{"text": span.text, "answer_start": span.start} for span in one.answers]
        asked = {"id": one.id, "question": one.question, "answers": answers, "is_impossible": not answers}
        lines.append(json.dumps({"title": one.title, "context": one.context, "qas": [asked]}))
    (tmp_path / "towns.jsonl").write_text("\n".join(lines))
    import_examples(store, str(tmp_path / "towns.jsonl"))
    split_examples(store)
    return store


def test_a_killed_training_goes_on_from_its_checkpoint_on_the_same_pairs(towns: Store) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(towns.folder)], capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    (killed,) = list_runs(towns)
    assert (killed["state"], killed["metrics"]) == ("running", {})
    pairs = (towns.runs / killed["id"] / "pairs.jsonl").read_bytes()
    assert not (towns.runs / killed["id"] / "metrics.json").exists()

    said: list[Progress] = []
    run = train_retriever(towns, said.append)
    assert run.id == killed["id"]
    assert (run.folder / "pairs.jsonl").read_bytes() == pairs
    assert pairs.count(b"\n") == run.pairs + 1
    trained = [one for one in said if one.stage == "train" and one.total]
    assert f"going on from step {trained[0].done}" in {one.message for one in said}
    assert 0 < trained[0].done < trained[-1].done == trained[-1].total == 3 * trained[0].done  # epochs
    assert [(one["state"], one["metrics"]) for one in list_runs(towns)] == [("done", dict(run.metrics))]
