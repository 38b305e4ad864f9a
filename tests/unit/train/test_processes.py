"""Several processes that train one model together."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from autogpt.config import Config, override
from autogpt.errors import UsageError
from autogpt.machine import Memory
from autogpt.services.examples import import_examples, split_examples
from autogpt.services.runs import list_runs
from autogpt.services.settings_search import search_of, trained
from autogpt.services.training_reader import reader_data
from autogpt.services.training_retriever import train_retriever_on_files
from autogpt.store import Store
from autogpt.train import memory, processes
from autogpt.train.classifier import train_classifier
from autogpt.train.history import read_history
from autogpt.train.reader import train_reader
from labelled import labelled
from tiny_models import make_examples, write_lines

SETTINGS: dict[str, Any] = {
    "train.reader.epochs": 3,
    "train.reader.batch_size": 4,
    "train.reader.max_length": 96,
    "train.reader.stride": 16,
    "train.reader.learning_rate": 1e-3,
    "train.reader.packing": False,
    "train.reader.precision": "fp32",
    "train.reader.trackers": [],
    "train.reader.retrieved_negatives": 0,
    "train.classifier.epochs": 2,
    "train.classifier.batch_size": 4,
    "train.classifier.few_shot": "never",
    "train.classifier.method": "lora",
    "train.classifier.precision": "fp32",
    "train.classifier.trackers": [],
}
#: Both trainings by one start, which takes most of the time. At the first start one of the processes is killed in the
#: second epoch of the first training.
BOTH = """
import os
import signal
import sys
from pathlib import Path
from autogpt.cli import main
from autogpt.train.callbacks import ClockCallback

killed = Path(__file__).with_name("killed")
begin, step_end = ClockCallback.on_train_begin, ClockCallback.on_step_end

def tell(self, args, state, control, **kwargs):
    sys.stdout.write(f"from step {state.global_step}\\n")  # whole, as two processes write to one pipe
    begin(self, args, state, control, **kwargs)

def fall(self, args, state, control, **kwargs):
    step_end(self, args, state, control, **kwargs)
    if state.global_step == 6 and not killed.exists() and os.environ["RANK"] == "1":
        killed.touch()
        os.kill(os.getpid(), signal.SIGKILL)

ClockCallback.on_train_begin, ClockCallback.on_step_end = tell, fall
end = sys.argv.index("--")
sys.exit(main(sys.argv[1:end]) or main(sys.argv[end + 1 :]))
"""


def line(command: list[str], changes: dict[str, Any], section: str) -> list[str]:
    chosen = {key: value for key, value in changes.items() if key.startswith(f"train.{section}.")}
    return [*command, *(part for key, value in chosen.items() for part in ("--set", f"{key}={json.dumps(value)}"))]


@pytest.mark.timeout(900)
def test_two_processes_train_a_reader_of_a_workspace_also_after_a_kill_and_a_classifier_on_files(
    store: Store, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    write_lines(tmp_path / "towns.jsonl", make_examples(45))
    import_examples(store, str(tmp_path / "towns.jsonl"))
    split_examples(store)
    texts = [json.dumps({"text": one.text, "label": one.labels[0]}) for one in labelled(60)]
    (tmp_path / "labels.jsonl").write_text("\n".join(texts))
    (tmp_path / "both.py").write_text(BOTH)
    given = {**SETTINGS, "train.reader.base": str(tiny_model("bert")), "train.classifier.base": str(tiny_model("bert"))}
    out = tmp_path / "classifier"
    files = ["--data", str(tmp_path / "labels.jsonl"), "--out", str(out)]
    reader = line(["train", "reader", "-w", str(store.folder)], given, "reader")
    classifier = line(["train", "classifier", *files], given, "classifier")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]

    def start() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, str(tmp_path / "both.py"), *reader, "--", *classifier],
            capture_output=True,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            check=False,
        )

    assert start().returncode != 0
    assert (tmp_path / "killed").exists()
    done = start()
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("trained") == 2  # one of them speaks
    (row,) = list_runs(store)
    assert (row["kind"], row["state"]) == ("reader", "done")
    assert row["metrics"]["f1"] >= 0
    ready = Store(store.folder, override(store.config, given))
    data = reader_data(ready)
    history = read_history(store.runs / row["id"] / "history.jsonl")
    epoch = ceil(ceil(len(data.train) / 4) / 2)  # as of one process with twice the batch
    assert steps(history) == 3 * epoch
    assert done.stdout.count(f"from step {epoch}\n") == 2  # both, from the checkpoint before the kill
    alone = override(ready.config, {"train.reader.batch_size": 8}).train.reader
    same = train_reader(alone, data.train, data.validation, tiny_model("bert"), tmp_path / "alone")
    assert steps(same.history) == steps(history)
    last = [[one["loss"] for one in some if "loss" in one][-1] for some in (history, same.history)]
    assert last[0] == pytest.approx(last[1], rel=0.2)
    # Every label is written once, the adapter with it, and no checkpoint is left.
    assert len(json.loads((out / "model" / "classifier.json").read_text())["labels"]) == 3
    assert (out / "adapter" / "adapter.safetensors").is_file()
    assert (
        len([one for one in read_history(out / "history.jsonl") if "eval_accuracy" in one]) == 3
    )  # the fitted head alone, and two epochs
    assert not list((out / "checkpoints").glob("checkpoint-*"))


def steps(history: list[dict[str, float]]) -> int:
    taken = [int(one["step"]) for one in history if "loss" in one]
    assert taken == sorted(set(taken))
    return taken[-1]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes on this machine, of which this is the first."""
    for name, value in {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "RANK": "0"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("two")
def test_what_several_processes_cannot_do_is_refused(tiny_encoder: Path, tmp_path: Path) -> None:
    config = override(Config(), {"train.retriever.base": str(tiny_encoder), "train.classifier.few_shot": "always"})
    with pytest.raises(UsageError, match="retriever runs in one process; here are 2"):
        train_retriever_on_files(config, make_examples(12), [], tmp_path / "run")
    with pytest.raises(UsageError, match="few examples a class runs in one process"):
        train_classifier(config.train.classifier, labelled(9), [], tiny_encoder, tmp_path / "run")
    settings, never = config.train.reader, lambda *given: pytest.fail("it trained")
    with pytest.raises(UsageError, match="A search for settings runs in one process"):
        trained(search_of(config, 5), settings, never, tmp_path / "run", never, base="", score="f1", validates=True)
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("two")
def test_processes_share_the_memory_of_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    need = memory.Need(weights=0, gradients=0, optimizer=0, activations=700)
    monkeypatch.setattr(memory, "memory", lambda: Memory(1_000, 4_000))
    with pytest.raises(UsageError):
        memory.require(need, "train.reader", 4)
    monkeypatch.delenv("LOCAL_WORLD_SIZE")
    memory.require(need, "train.reader", 4)


def test_one_process_waits_for_none() -> None:
    processes.wait()
    assert processes.said_by_first("x") == "x"
    assert processes.is_first()
