"""A base model is recommended by trying those that are there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autogpt.cli import main
from autogpt.config import override
from autogpt.errors import CancelledError, UsageError
from autogpt.models import catalogue
from autogpt.progress import Progress
from autogpt.services.examples import import_examples, split_examples
from autogpt.services.recommending import PRESENT, recommend
from autogpt.store import Store
from tiny_models import make_examples, write_lines

SETTINGS: dict[str, Any] = {
    "train.reader.epochs": 1,
    "train.reader.batch_size": 8,
    "train.reader.max_length": 96,
    "train.reader.stride": 16,
    "train.reader.retrieved_negatives": 0,
}
ABOUT = 'name = "tiny"\nversion = "1"\nformat_version = 1\nlanguages = ["en"]\nlicence = "MIT"\n'


@pytest.fixture
def pack(tmp_path: Path, tiny_model: Callable[[str], Path]) -> Path:
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "pack.toml").write_text(ABOUT)
    for name in ("encoder", "reader"):
        (folder / name).symlink_to(tiny_model("bert"))
    return folder


@pytest.fixture
def towns(store: Store, tmp_path: Path, pack: Path) -> Store:
    """A workspace with divided examples and a tiny pack."""
    write_lines(tmp_path / "towns.jsonl", make_examples(45))
    import_examples(store, str(tmp_path / "towns.jsonl"))
    split_examples(store)
    return Store(store.folder, override(store.config, {**SETTINGS, "workspace.model": str(pack)}))


def headless(folder: Path) -> str:
    from transformers import ViTConfig

    ViTConfig().save_pretrained(folder)
    return str(folder)


def test_candidates_are_tried_and_set_beside_what_is_there(
    towns: Store, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    names = [str(tiny_model("bert")), str(tiny_model("roberta")), headless(tmp_path / "vit")]
    found = recommend(towns, 5, names)
    assert found.best in names[:2]
    assert [one.name for one in found.failures] == names[2:]
    assert "cannot be opened as a model" in found.failures[0].reason
    assert [line.contender.name for line in found.table.lines] == [PRESENT, *sorted(names[:2], key=names.index)]
    assert found.line.contender.costs is not None
    assert {one.round for one in found.tries} == {0, 1}
    assert found.elsewhere == ()
    assert not any((towns.folder / "cache" / "recommend").iterdir())
    json.dumps(found.to_json())


def test_what_was_tried_already_is_not_tried_again(
    towns: Store, tiny_model: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [str(tiny_model("bert")), str(tiny_model("roberta"))]
    trained: list[str] = []

    def stops(progress: Progress) -> None:
        if "minutes" in progress.message:
            trained.append(progress.message)
        if len(trained) == 2:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        recommend(towns, 5, names, stops)
    steps: list[Progress] = []
    recommend(towns, 5, names, steps.append)
    began = [one.message for one in steps if one.message.startswith((*names, "going"))]
    first, second = began[:2]
    assert first.startswith(names[0])
    assert second.startswith(names[1])
    between = steps[next(at for at, one in enumerate(steps) if one.message == first) + 1]
    assert between.message == second


def test_without_names_the_catalogue_is_asked(
    towns: Store, pack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = catalogue.BaseModel(str(pack), "bert", 1, ("en",), ("general",), "MIT", origin="pack", here=True)
    monkeypatch.setattr(catalogue, "_packs", lambda: [packed])
    monkeypatch.setattr(catalogue, "_copies", set)
    (towns.folder / "autogpt.toml").write_text("")
    given = [f"--set={key}={json.dumps(value)}" for key, value in SETTINGS.items()]
    command = ["models", "recommend", "--minutes", "1", "-w", str(towns.folder), f"--set=workspace.model={pack}"]
    assert main([*command, *given]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"Recommended: {pack}" in said
    assert "Not on this machine, so not tried:" in said
    assert "roberta-base" in said
    assert "bert-base-chinese" not in said
    assert "SmolLM2" not in said


def test_nothing_that_can_be_trained_is_said(towns: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"No candidate could be trained.*cannot be opened"):
        recommend(towns, 1, [headless(tmp_path / "vit")])
