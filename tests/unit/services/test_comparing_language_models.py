"""Language models side by side: by how likely the words of texts are that none of them was trained on."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from autogpt.cli import main
from autogpt.config import Config, override
from autogpt.errors import UsageError
from autogpt.services import comparing
from autogpt.services.contenders import kind_of_folder
from autogpt.services.evaluating import Questions
from autogpt.services.examples import import_examples
from autogpt.services.lineage import DOCUMENTS
from autogpt.services.training_language_model import (
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
    "train.language_model.held_out": 0.3,
    "train.language_model.precision": "fp32",
    "train.language_model.dropout": 0,
    "train.language_model.trackers": [],
}
LONGER: dict[str, Any] = {"train.language_model.epochs": 8, "train.language_model.learning_rate": 3e-3}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def bring_in(store: Store, path: Path, numbers: Sequence[int]) -> None:
    rows = [
        {"title": one.title, "context": one.context, "qas": [{"id": one.id, "question": one.question, "answers": []}]}
        for number in numbers
        for one in make_examples(1, number)
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    import_examples(store, path, index=False)


def told(store: Store, base: Path, **more: Any) -> Store:
    return Store(store.folder, override(Config(), {**SETTINGS, "train.language_model.base": str(base), **more}))


def test_runs_are_compared_on_documents_that_none_was_trained_on(
    store: Store, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    base = tiny_model("bert")
    bring_in(store, tmp_path / "a.jsonl", range(12))
    brief = train_language_model(told(store, base))
    longer = train_language_model(told(store, base, **LONGER))
    held = brief.validation_texts
    found = comparing.compare_runs(told(store, base), ["base", brief.id, longer.id])
    assert found.unit == "pieces"
    assert found.data == "documents that none of them was trained on"
    assert held <= found.questions < 3 * held
    before, little, much = found.lines
    assert before.score <= little.score < much.score
    assert (much.verdict, much.contender.latency_ms) == ("better", None)
    assert much.contender.measures["perplexity"] < before.contender.measures["perplexity"]
    assert much.contender.costs is not None

    bring_in(store, tmp_path / "b.jsonl", range(40, 50))  # neither has read them, in whatever part they are now
    more = comparing.compare_runs(told(store, base), [brief.id, longer.id])
    assert more.questions >= found.questions + 10
    with store.session() as session:  # what not everybody may see is not asked
        for row in session.query(DocumentRow).order_by(DocumentRow.created_at, DocumentRow.id).limit(12):
            row.labels = ["claims"]
    fewer = comparing.compare_runs(told(store, base), [brief.id, longer.id])
    assert fewer.questions == more.questions - found.questions

    with pytest.raises(UsageError, match="Documents have no test part"):
        comparing.compare_runs(told(store, base), [brief.id, longer.id], "test")
    (brief.folder / DOCUMENTS).unlink()
    with pytest.raises(UsageError, match=f"Which documents '{brief.id}' was trained on is not known"):
        comparing.compare_runs(told(store, base), [brief.id, longer.id])


def test_where_all_was_trained_on_files_are_asked_for(
    store: Store, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    bring_in(store, tmp_path / "a.jsonl", range(4))
    ready = told(store, tiny_model("bert"), **{"train.language_model.held_out": 0})
    run = train_language_model(ready)
    with pytest.raises(UsageError, match="no document that none of them was trained on") as refused:
        comparing.compare_runs(ready, ["base", run.id])
    assert "--data FILE" in refused.value.hint


def test_of_the_only_document_its_end_is_asked(store: Store, tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    one = {"title": "Towns", "context": "\n".join(one.context for one in make_examples(20))}
    (tmp_path / "a.jsonl").write_text(json.dumps({**one, "qas": [{"id": "1", "question": "Who?", "answers": []}]}))
    import_examples(store, tmp_path / "a.jsonl", index=False)
    ready = told(store, tiny_model("bert"))
    assert len(workspace_documents(ready)[0]) == 1
    run = train_language_model(ready)
    found = comparing.compare_runs(ready, ["base", run.id])
    assert 0 < found.questions < 20


def test_files_are_asked_for_from_the_command_line(
    tiny_model: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = tiny_model("gpt2")
    config = override(Config(), {**SETTINGS, "train.language_model.base": str(base)})
    texts = [one.context for one in make_examples(20)]
    folders = [tmp_path / "brief", tmp_path / "longer"]
    train_language_model_on_files(config, texts, texts[:2], folders[0])
    train_language_model_on_files(override(config, LONGER), texts, texts[:2], folders[1])
    assert [kind_of_folder(one) for one in folders] == ["language-model"] * 2
    (tmp_path / "new.txt").write_text("\n".join(one.context for one in make_examples(20, 60)))
    given = [part for key, value in SETTINGS.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    page, table = tmp_path / "page.html", tmp_path / "table.md"
    command = ["compare", *map(str, folders), "--data", str(tmp_path / "new.txt"), *given]
    assert main([*command, "--html", str(page), "--markdown", str(table)]) == 0
    said = capsys.readouterr().out
    assert "pieces of new.txt" in said
    assert f"{folders[1]} against {folders[0]}: better." in said
    row = next(line for line in table.read_text().splitlines() if "longer" in line)
    assert row.endswith("|  |")  # no time: it answers nothing
    written = page.read_text()
    assert "perplexity" in written
    assert "Quality and time to answer" not in written
    assert main([*command, "--title-hash", "8"]) == 2
    assert "--title-hash is for files of questions" in capsys.readouterr().err


def test_what_is_not_asked_for_the_same_words_is_refused(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text(make_examples(1)[0].context)
    config = override(Config(), {**SETTINGS})
    for family in ("bert", "roberta", "gpt2"):
        changed = override(config, {"train.language_model.base": str(tiny_model(family))})
        train_language_model_on_files(changed, [one.context for one in make_examples(6)], [], tmp_path / family)
    for other, why in (("roberta", "makes other tokens of a text"), ("gpt2", "reads in another direction")):
        names = [str(tmp_path / "bert"), str(tmp_path / other)]
        with pytest.raises(UsageError, match=why):
            comparing.compare_on_files(names, Questions((tmp_path / "new.txt",)), config=config)
