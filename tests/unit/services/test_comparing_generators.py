"""Generators side by side: by whether what they write may be shown."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from autogpt.answer.composer import refusal
from autogpt.cli import main
from autogpt.config import Config, override
from autogpt.errors import DataError, NotFoundError, UsageError
from autogpt.models.costs import Costs
from autogpt.services import comparing, comparing_generators
from autogpt.services.contenders import kind_of_folder
from autogpt.services.evaluating import Questions
from autogpt.services.examples import import_examples, split_examples
from autogpt.store import Store
from autogpt.store.tables import RunRow
from tiny_models import build_generator, build_gguf, make_examples, write_lines

SETTINGS: dict[str, Any] = {"train.generator.distractors": 0, "compose.max_tokens": 4}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_generator("llama", tmp_path_factory.mktemp("base"))


def training(folder: Path, base: Path | str) -> str:
    """The folder of a training that changed nothing."""
    shutil.copytree(base, folder / "model")
    told = {"base": str(base), "settings": {"method": "lora", "distractors": 0}}
    (folder / "request.json").write_text(json.dumps(told))
    Costs(60.0, 5_000_000, 1_000, 10).save(folder)
    return str(folder)


def questions(path: Path, count: int = 30) -> Questions:
    write_lines(path, make_examples(count))
    return Questions((path,))


class Writer:
    """Says what the passage says, or always the same."""

    max_tokens = 2_048

    def __init__(self, careful: bool) -> None:
        self._careful = careful
        self._asked = ""

    def tokenise(self, messages: Sequence[dict[str, str]]) -> list[int]:
        self._asked = messages[-1]["content"]
        return list(range(len(self._asked) // 4))

    def write(self, prompt: Sequence[int], max_new_tokens: int, seconds: float) -> tuple[str, bool]:
        if not self._careful:
            return "It was founded in 1066.", True
        passage, question = self._asked.split("Question:")
        word = next((one for one in ("founded", "people") if one in question), "nothing")
        said = next((one for one in passage.splitlines()[1].split(". ") if word in one), "")
        return (f"{said}." if said else refusal(question)), True


def test_generators_are_compared_by_what_may_be_shown(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [training(tmp_path / name, base) for name in ("careless", "careful")]
    monkeypatch.setattr(comparing_generators, "open_generator", lambda path: Writer(path.parent.name == "careful"))
    found = comparing.compare_on_files(names, questions(tmp_path / "a.jsonl"), config=override(Config(), SETTINGS))
    careless, careful = found.lines
    assert (found.measure, found.asked) == ("passes the check", "30 questions of a.jsonl")
    assert careless.score < 10
    assert (careful.score > 60, careful.verdict) == (True, "better")
    assert careful.contender.measures["f1"] > careless.contender.measures["f1"]
    assert careful.contender.measures["refused"] == 100
    assert (careful.contender.method, careful.contender.costs) == ("lora", Costs(60.0, 5_000_000, 1_000, 10))
    assert careful.contender.latency_ms is not None


def test_real_generators_files_and_what_they_began_as_are_compared(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build_gguf(tmp_path / "tiny.gguf")
    run = training(tmp_path / "run", base)
    asked = questions(tmp_path / "a.jsonl", 3).files[0]
    told = [part for key, value in SETTINGS.items() for part in ("--set", f"{key}={value}")]
    command = ["compare", "base", run, str(tmp_path / "tiny.gguf"), "--data", str(asked), "--limit", "2", *told]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["method"] for one in found["lines"]] == ["", "lora", ""]
    assert found["lines"][0]["size_bytes"] == found["lines"][1]["size_bytes"] > 0
    assert found["lines"][2]["size_bytes"] == (tmp_path / "tiny.gguf").stat().st_size
    assert all(one["latency_ms"] > 0 for one in found["lines"])
    assert found["lines"][1]["verdict"] == "no difference shown"
    assert main([*command, "--force-answer"]) == 2
    assert "these are generators" in capsys.readouterr().err


def test_runs_of_a_workspace_are_compared_on_its_validation_part(store: Store, base: Path, tmp_path: Path) -> None:
    ready = Store(store.folder, override(store.config, SETTINGS))
    for name in ("r1", "r2"):
        training(store.runs / name, base)
        with store.session() as session:
            told = {"settings": {}, "data_hash": "", "metrics": {}, "state": "done"}
            session.add(RunRow(id=name, kind="generator", **told))
    with pytest.raises(UsageError, match="validation part of the workspace has no accepted extractive examples"):
        comparing.compare_runs(ready, ["r1", "r2"])
    import_examples(store, questions(tmp_path / "towns.jsonl", 12).files[0], index=False)
    split_examples(store)
    found = comparing.compare_runs(ready, ["r1", "r2", "base"])
    assert [line.contender.name for line in found.lines] == ["r1", "r2", "base"]
    assert found.data == "the validation part"
    with pytest.raises(NotFoundError, match="no language model 'r9'"):
        comparing.compare_runs(ready, ["r1", "r9"])
    (store.runs / "r1" / "request.json").unlink()
    with pytest.raises(NotFoundError, match="was trained from is not known"):
        comparing.compare_runs(ready, ["base", "r1"])
    training(tmp_path / "gone", base)
    (tmp_path / "gone" / "request.json").write_text(json.dumps({"base": "/no/such/folder", "settings": {}}))
    with pytest.raises(NotFoundError, match="'/no/such/folder', which is not on this machine"):
        comparing.compare_runs(ready, ["base", str(tmp_path / "gone")])


def test_questions_that_do_not_fit_are_left_out_for_all(base: Path, tmp_path: Path) -> None:
    run = training(tmp_path / "run", base)
    config = override(Config(), {**SETTINGS, "compose.max_tokens": 1_000})
    with pytest.raises(DataError, match="No question fits into the 1,024 tokens"):
        comparing.compare_on_files(["base", run], questions(tmp_path / "a.jsonl", 3), config=config)


def test_a_model_that_writes_is_taken_for_a_generator(base: Path, tmp_path: Path) -> None:
    build_generator("gpt2", tmp_path / "gpt2")
    build_gguf(tmp_path / "tiny.gguf")
    (tmp_path / "alone").mkdir()
    shutil.copy(tmp_path / "tiny.gguf", tmp_path / "alone")
    for folder in (base, tmp_path / "gpt2", tmp_path / "tiny.gguf", tmp_path / "alone"):
        assert kind_of_folder(folder) == "generator"
    training(tmp_path / "run", base)
    assert kind_of_folder(tmp_path / "run") == "generator"
    (tmp_path / "run" / "request.json").write_text(json.dumps({"settings": {"mask_share": 0.15}}))
    assert kind_of_folder(tmp_path / "run") == "language-model"
