"""Compressing, in a workspace and without one, and its command."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autogpt.cli import main
from autogpt.compress.smallest import Compression
from autogpt.errors import NotFoundError, UsageError
from autogpt.models.packs import Pack
from autogpt.services import compressing
from autogpt.services.compressing import compress, compress_encoder, compress_reader
from autogpt.services.examples import import_examples, split_examples
from autogpt.store import Store
from tiny_models import make_examples

#: What a test wants to know of a call of `smallest_reader`.
Asked = list[dict[str, Any]]


def write(path: Path, count: int, start: int = 0) -> Path:
    lines = []
    for one in make_examples(count, start):
        answers = [{"text": span.text, "answer_start": span.start} for span in one.answers]
        asked = {"id": one.id, "question": one.question, "answers": answers, "is_impossible": not answers}
        lines.append(json.dumps({"title": one.title, "context": one.context, "qas": [asked]}))
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def pack(
    tmp_path: Path, tiny_encoder: Path, tiny_model: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> Pack:
    """The only pack there is, with forty questions for the gate."""
    folder = tmp_path / "pack"
    shutil.copytree(tiny_encoder, folder / "encoder")
    shutil.copytree(tiny_model("bert"), folder / "reader")
    parity = write(folder / "parity.jsonl", 40, start=100)
    made = Pack(folder, "en", "1.0", ("en",), "CC0-1.0", folder / "encoder", folder / "reader", parity)

    def find(name: str) -> Pack:
        if name != "en":
            raise NotFoundError(f"There is no model pack '{name}'.")
        return made

    monkeypatch.setattr(compressing, "find_pack", find)
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Keeps what `smallest_reader` is called with, and calls none."""
    calls: Asked = []

    def instead(source: Path, out: Path, **options: Any) -> Compression:
        calls.append({"source": source, "out": out, **options})
        return Compression(out, "openvino", 100, ())

    monkeypatch.setattr(compressing, "smallest_reader", instead)
    return calls


def test_the_gate_asks_the_packs_and_the_workspaces_questions(
    store: Store, pack: Pack, asked: Asked, tmp_path: Path
) -> None:
    import_examples(store, str(write(tmp_path / "towns.jsonl", 60)))
    split_examples(store)
    compress_reader(store, pack.reader, tmp_path / "out")
    (call,) = asked
    ids = {one.id for one in call["questions"]}
    assert {f"q{number}" for number in range(100, 140)} < ids
    own = ids - {f"q{number}" for number in range(100, 140)}
    assert 0 < len(own) < 40
    assert call["compress"] == store.config.compress
    assert call["read"] == store.config.read


def test_int8_takes_its_ranges_from_no_text_that_the_gate_asks_about(
    store: Store, pack: Pack, asked: Asked, tmp_path: Path
) -> None:
    import_examples(store, str(write(tmp_path / "towns.jsonl", 60)))
    split_examples(store)
    compress_reader(store, pack.reader, tmp_path / "out")
    questions = {(one.question, one.context) for one in asked[0]["questions"]}
    pairs = asked[0]["calibration"]
    assert len(pairs) > 40
    assert not questions & set(pairs)


def test_without_a_workspace_the_files_given_and_the_pack_are_asked(pack: Pack, asked: Asked, tmp_path: Path) -> None:
    data = write(tmp_path / "more.jsonl", 12)
    compress(None, str(pack.reader), tmp_path / "out", data=[data])
    assert len(asked[0]["questions"]) == 52
    assert asked[0]["source"] == pack.reader


def test_what_is_there_already_is_not_overwritten(pack: Pack, asked: Asked, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match="exists already"):
        compress(None, str(pack.reader), tmp_path / "out")
    assert not asked


def test_a_model_of_the_hub_is_not_fetched(asked: Asked, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model 'bert-base-cased' on this machine"):
        compress(None, "bert-base-cased", tmp_path / "out")


def test_a_workspace_without_runs_says_what_to_do(store: Store, asked: Asked, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no finished training"):
        compress(store, "", tmp_path / "out")


def test_the_encoder_is_copied_from_the_cache(store: Store, pack: Pack, tmp_path: Path) -> None:
    out = compress_encoder(store, tmp_path / "encoder")
    assert {path.name for path in out.iterdir()} == {"model.xml", "model.bin", "tokenizer.json", "export.json"}


def test_the_command_shows_sizes_and_the_verdict(
    pack: Pack, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["compress", "--model", str(pack.reader), "--out", "small", "--data", str(pack.parity)]
    command += ["--set", "compress.parity_questions=20", "--set", "compress.calibration_samples=8"]
    assert main([*command, "--set", "compress.tolerance=100"]) == 0
    shown = capsys.readouterr().out
    assert "int8" in shown
    assert "as good on 20 questions" in shown
    assert (tmp_path / "small" / "model.xml").is_file()


def test_the_command_says_as_json_why_int8_is_not_used(
    pack: Pack, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["compress", "--model", str(pack.reader), "--out", "small", "--json"]
    assert main([*command, "--set", "compress.calibration_samples=8"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["precision"] == "fp32"
    assert told["attempts"][0]["parity"]["verdict"] == "too_few"
    assert told["folder"] == "small"


def test_the_command_refuses_what_it_cannot_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compress", "--model", "x", "--out", str(tmp_path / "y"), "--format", "pickle"]) == 2
    assert main(["compress", "-w", str(tmp_path), "--out", str(tmp_path / "y")]) == 2
    assert "autogpt.toml" in capsys.readouterr().err
