"""A language model of a workspace's documents, or of files; what may not be read is left out."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autogpt.cli import main
from autogpt.config import Config, override
from autogpt.errors import DataError, NotFoundError
from autogpt.services.examples import import_examples
from autogpt.services.runs import list_runs
from autogpt.services.training_language_model import (
    hold_out_texts,
    load_texts,
    train_language_model,
    train_language_model_on_files,
    workspace_documents,
)
from autogpt.store import Store
from autogpt.store.tables import DocumentRow
from tiny_models import make_examples

SETTINGS: dict[str, Any] = {
    "train.language_model.epochs": 1,
    "train.language_model.max_length": 32,
    "train.language_model.precision": "fp32",
    "train.language_model.trackers": [],
}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def towns(store: Store, tiny_model: Callable[[str], Path], tmp_path: Path) -> Store:
    rows = [
        {"title": one.title, "context": one.context, "qas": [{"id": one.id, "question": one.question, "answers": []}]}
        for one in make_examples(12)
    ]
    path = tmp_path / "towns.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    import_examples(store, path, index=False)
    config = override(Config(), {**SETTINGS, "train.language_model.base": str(tiny_model("bert"))})
    return Store(store.folder, config)


def test_documents_with_access_labels_are_left_out_unless_they_are_wanted(towns: Store) -> None:
    with towns.session() as session:
        first, second = session.query(DocumentRow).order_by(DocumentRow.created_at, DocumentRow.id).limit(2)
        first.labels = ["claims"]
        second.current_version_id = None  # as a removal leaves it
    texts, left_out = workspace_documents(towns)
    assert (len(texts), left_out) == (10, 1)
    assert len(workspace_documents(towns, restricted=True)[0]) == 11
    run = train_language_model(towns)
    assert (run.texts + run.validation_texts, run.left_out) == (10, 1)
    assert "1 documents with access labels left out" in run.summary
    assert "with a new head for words" in run.summary
    assert "perplexity" in run.summary
    (row,) = list_runs(towns)
    assert (row["kind"], row["state"]) == ("language-model", "done")
    with towns.session() as session:
        for one in session.query(DocumentRow):
            one.labels = ["claims"]
    with pytest.raises(DataError, match=r"access labels \(11\)"):
        train_language_model(towns)


def test_files_are_trained_on_from_the_command_line(
    tiny_model: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    for one in make_examples(6):
        (folder / f"{one.id}.txt").write_text(one.context, encoding="utf-8")
    rows = [{"title": one.title, "context": one.context} for one in make_examples(3, start=20)]
    with gzip.open(tmp_path / "held.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(map(json.dumps, rows)))
    told = [part for key, value in SETTINGS.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    command = [
        "train", "language-model", "--base", str(tiny_model("gpt2")), "--data", str(folder), "--validation",
        str(tmp_path / "held.jsonl.gz"), "--out", str(tmp_path / "run"), *told,
    ]  # fmt: skip
    assert main([*command, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["texts"], said["validation_texts"]) == (6, 3)
    assert said["metrics"]["masked"] == 0
    assert said["costs"]["parameters"] > 0
    assert main(command) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "next tokens told" in shown
    assert "autogpt train reader --base" in shown


def test_of_a_pack_its_encoder_or_its_reader_is_trained_on(
    tiny_model: Callable[[str], Path], tiny_encoder: Path, tmp_path: Path
) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "encoder").symlink_to(tiny_encoder)
    (pack / "reader").symlink_to(tiny_model("roberta"))
    (pack / "pack.toml").write_text(
        'name = "tiny"\nversion = "1"\nformat_version = 1\nlanguages = ["en"]\nlicence = "CC0-1.0"\n'
    )
    texts = [one.context for one in make_examples(6)]
    for part, family in (("encoder", "bert"), ("reader", "roberta")):
        changes = {"workspace.model": str(pack), "train.language_model.part": part}
        run = train_language_model_on_files(override(Config(), {**SETTINGS, **changes}), texts, [], tmp_path / part)
        assert run.base == str(pack / part)
        assert json.loads((run.model / "config.json").read_text())["model_type"] == family


def test_rows_of_one_title_are_one_document_and_a_broken_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"title": "A", "text": "one"}\n{"title": "A", "text": "two"}\n{"text": "three"}\n')
    assert load_texts([path], Config()) == ["one\n\ntwo", "three"]
    path.write_text('{"words": "one"}\n')
    with pytest.raises(DataError, match="line 1: it has no text"):
        load_texts([path], Config())
    with pytest.raises(NotFoundError, match="no file"):
        load_texts([tmp_path / "none.txt"], Config())


def test_whole_documents_are_held_out_and_the_end_of_a_single_one() -> None:
    texts = [str(at) * 100 for at in range(10)]
    train, held = hold_out_texts(texts, 0.2, seed=1)
    assert len(held) == 2
    assert sorted(train + held) == sorted(texts)
    assert hold_out_texts(texts, 0.2, seed=1) == (train, held)
    assert hold_out_texts(texts, 0.0, seed=1) == (texts, [])
    (start,), (end,) = hold_out_texts(["line one\n" * 10], 0.1, seed=1)
    assert start + end == "line one\n" * 10
    assert end == "line one\n"


def test_a_workspace_without_documents_says_what_to_do(store: Store) -> None:
    with pytest.raises(DataError, match="no documents to train on"):
        train_language_model(store)
