"""A workspace goes on from its last training when examples come in, and says what was forgotten."""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autogpt.cli import main
from autogpt.config import Config, override
from autogpt.errors import DataError, NotFoundError, UsageError
from autogpt.records import ClassifierExample, ReaderExample
from autogpt.services.averaging import average_models, average_on_files
from autogpt.services.examples import import_examples, split_examples
from autogpt.services.runs import list_runs
from autogpt.services.training_classifier import train_classifier_on_files
from autogpt.services.training_reader import train_reader, train_reader_on_files
from autogpt.store import Store
from labelled import labelled
from tiny_models import make_examples

SETTINGS: dict[str, Any] = {
    "train.reader.epochs": 1,
    "train.reader.batch_size": 8,
    "train.reader.max_length": 96,
    "train.reader.stride": 16,
    "train.reader.trackers": [],
    "train.reader.retrieved_negatives": 0,
    "train.classifier.few_shot": "never",
    "train.classifier.epochs": 1,
    "train.classifier.max_length": 48,
    "train.classifier.trackers": [],
}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    """Tiny models gain nothing from more threads."""
    import torch

    torch.set_num_threads(1)


def write(path: Path, examples: list[ReaderExample]) -> Path:
    lines = []
    for one in examples:
        answers = [{"text": span.text, "answer_start": span.start} for span in one.answers]
        asked = {"id": one.id, "question": one.question, "answers": answers, "is_impossible": not answers}
        lines.append(json.dumps({"title": one.title, "context": one.context, "qas": [asked]}))
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def pack(tiny_model: Callable[[str], Path], tiny_encoder: Path, tmp_path: Path) -> Path:
    """The folder of a model pack with general questions of its own."""
    folder = tmp_path / "pack"
    shutil.copytree(tiny_encoder, folder / "encoder")
    shutil.copytree(tiny_model("bert"), folder / "reader")
    (folder / "pack.toml").write_text(
        'name = "tiny"\nversion = "1"\nformat_version = 1\nlanguages = ["en"]\nlicence = "CC0-1.0"\n'
    )
    general = write(tmp_path / "general.jsonl", make_examples(12, 900)).read_bytes()
    (folder / "parity.jsonl.gz").write_bytes(gzip.compress(general))
    return folder


def with_settings(store: Store, base: Path, **changes: Any) -> Store:
    given = {**SETTINGS, "train.classifier.base": str(base), **changes}
    return Store(store.folder, override(store.config, given))


def test_new_examples_are_learnt_and_what_was_forgotten_is_said(
    store: Store, pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (store.folder / "autogpt.toml").write_text(f'[workspace]\nmodel = "{pack}"\n')
    store = Store(store.folder)
    import_examples(store, str(write(tmp_path / "towns.jsonl", make_examples(30))))
    split_examples(store)
    with pytest.raises(UsageError, match="no finished training of a reader to go on from"):
        train_reader(with_settings(store, Path(), **{"train.reader.new_only": True}))
    first = train_reader(with_settings(store, Path()))
    assert first.forgetting is None
    going_on = with_settings(store, Path(), **{"train.reader.new_only": True})
    with pytest.raises(DataError, match="nothing new"):
        train_reader(going_on)
    import_examples(store, str(write(tmp_path / "more.jsonl", make_examples(15, 100))))
    split_examples(store)
    old = write(tmp_path / "old.jsonl", make_examples(6, 500))
    command = ["train", "reader", "-w", str(store.folder), "--new-only", "--remember", str(old)]
    settings = [f"{key}={json.dumps(value)}" for key, value in SETTINGS.items() if ".reader." in key]
    assert main([*command, *(part for one in settings for part in ("--set", one))]) == 0
    said = capsys.readouterr().out
    assert "of them replayed" in said
    assert "On old (4): F1, never abstaining" in said
    newest = list_runs(store)[0]["id"]
    told = json.loads((store.runs / newest / "forgetting.json").read_text())
    names = {one["name"] for one in told["sets"]}
    assert names == {"old", "earlier validation questions", "general questions of 'tiny'"}
    row = json.loads((store.runs / newest / "request.json").read_text())
    assert row["base"] == str(store.runs / first.id / "model")
    # What it goes on from can be named by the id of the run.
    told_to = {"train.reader.new_only": True, "train.reader.base": first.id, "train.reader.general_questions": 0}
    named = with_settings(store, Path(), **told_to)
    import_examples(store, str(write(tmp_path / "even-more.jsonl", make_examples(9, 200))))
    split_examples(store)
    last = train_reader(named)
    assert last.base == str(store.runs / first.id / "model")
    assert 0 < last.replayed < last.questions
    assert last.forgetting is not None
    assert {one.name for one in last.forgetting.sets} == {"earlier validation questions"}

    soup = average_models(store, [first.id, last.id], "uniform")
    assert (soup.model / "model.safetensors").is_file()
    assert list_runs(store)[0]["id"] == soup.id
    assert "2 of 2 models" in soup.summary


def test_files_go_on_too(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    replay = write(tmp_path / "replay.jsonl", make_examples(20))
    changes = {"train.reader.base": str(tiny_model("bert")), "train.reader.replay_data": [str(replay)]}
    config = override(Config(), {**SETTINGS, **changes, "train.reader.remember": [str(replay)]})
    run = train_reader_on_files(config, make_examples(8, 100), make_examples(4, 200), tmp_path / "run")
    assert (run.questions, run.replayed) == (16, 8)
    assert run.forgetting is not None
    assert run.to_json()["forgetting"]["sets"][0]["name"] == "replay"
    with pytest.raises(NotFoundError):
        missing = override(config, {"train.reader.remember": ["none.jsonl"]})
        train_reader_on_files(missing, make_examples(8), [], tmp_path / "other")


def test_a_classifier_says_what_it_forgot(
    tiny_model: Callable[[str], Path], tiny_encoder: Path, tmp_path: Path
) -> None:
    config = override(Config(), {**SETTINGS, "train.classifier.base": str(tiny_model("bert"))})
    old = labelled(24)
    first = train_classifier_on_files(config, old, labelled(21, 100), tmp_path / "first")
    new = [ClassifierExample(f"n{one}", f"It lies by the sea {1800 + one}.", ("place",)) for one in range(8)]
    going_on = override(config, {"train.classifier.base": str(first.folder), "train.classifier.new_only": True})
    run = train_classifier_on_files(going_on, [*old, *new], labelled(21, 100), tmp_path / "second")
    assert (run.texts, run.replayed, run.classes) == (16, 8, 4)
    assert run.forgetting is not None
    (kept,) = run.forgetting.sets
    assert (kept.measure, kept.questions) == ("accuracy", 21)
    with pytest.raises(UsageError, match="no classifier yet"):
        asked = {"train.classifier.base": str(tiny_encoder), "train.classifier.remember": ["any.csv"]}
        train_classifier_on_files(override(config, asked), old, [], tmp_path / "third")
    with pytest.raises(UsageError, match="differ in"):
        average_on_files(config, [str(first.folder), str(run.folder)], [], tmp_path / "soup", "uniform")
    with pytest.raises(UsageError, match="Name two models"):
        average_on_files(config, [str(first.folder)], [], tmp_path / "soup")
    with pytest.raises(UsageError, match="nothing that tells which"):
        average_on_files(config, [str(first.folder), str(first.model)], [], tmp_path / "soup")
