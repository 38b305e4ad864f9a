"""The cache of exports: made once, whole, by whoever comes first."""

import json
import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from autogpt.compress import cache
from autogpt.compress.cache import NotExportedError, exported_encoder, exported_reader
from autogpt.errors import NotFoundError
from autogpt.models.packs import Pack
from autogpt.read.backends.cache import KEPT, cache_folder, used


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def pack(tmp_path: Path, tiny_encoder: Path, tiny_model: Callable[[str], Path]) -> Pack:
    shutil.copytree(tiny_encoder, tmp_path / "pack" / "encoder")
    shutil.copytree(tiny_model("bert"), tmp_path / "pack" / "reader")
    folder = tmp_path / "pack"
    return Pack(folder, "tiny", "1.0", ("en",), "CC0-1.0", folder / "encoder", folder / "reader")


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Replaces exporting by writing a mark; keeps what was exported."""
    made: list[Path] = []

    def export(source: Path, out: Path, **options: object) -> Path:
        made.append(source)
        out.mkdir(parents=True)
        (out / "export.json").write_text(json.dumps({"made": len(made), "precision": options["precision"]}))
        return out

    monkeypatch.setattr(cache, "export_encoder", export)
    monkeypatch.setattr(cache, "export_reader", export)
    return made


def test_a_pack_is_exported_once(pack: Pack, exports: list[Path]) -> None:
    first = exported_encoder(pack)
    assert exported_encoder(pack) == first
    assert exported_reader(pack) == exported_reader(pack) != first
    assert exports == [pack.encoder, pack.reader]


def test_the_reader_is_in_the_precision_that_its_pack_says(pack: Pack, exports: list[Path]) -> None:
    whole, small = exported_reader(pack), exported_reader(replace(pack, reader_precision="int8-dynamic"))
    found = [json.loads((folder / "export.json").read_text())["precision"] for folder in (whole, small)]
    assert found == ["fp32", "int8-dynamic"]
    assert whole != small


def test_a_changed_pack_is_exported_again_and_the_old_export_stays(pack: Pack, exports: list[Path]) -> None:
    first = exported_reader(pack)
    (pack.reader / "calibration.json").write_text("{}")
    second = exported_reader(pack)
    assert second != first
    assert (first / "export.json").is_file()
    (pack.reader / "calibration.json").unlink()
    assert exported_reader(pack) == first
    assert len(exports) == 2


def test_a_half_made_entry_is_made_again(pack: Pack, exports: list[Path]) -> None:
    first = exported_encoder(pack)
    shutil.rmtree(first)
    assert exported_encoder(pack) == first
    assert len(exports) == 2


def test_those_that_come_together_wait_for_one_export(pack: Pack, exports: list[Path]) -> None:
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(exported_encoder(pack))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 6
    assert len(set(found)) == 1
    assert len(exports) == 1


def test_a_pack_without_a_reader_says_what_to_do(pack: Pack) -> None:
    (pack.reader / "model.safetensors").unlink()
    with pytest.raises(NotFoundError, match="autogpt train reader"):
        exported_reader(pack)


def test_without_pytorch_what_was_exported_serves_and_what_was_not_is_a_clear_error(
    pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = exported_encoder(pack)
    for name in [*sys.modules]:
        if name.split(".")[0] in {"torch", "transformers"} or name in {
            "autogpt.read.backends.torch",
            "autogpt.compress.convert",
        }:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "transformers", None)
    assert exported_encoder(pack) == made
    with pytest.raises(NotExportedError, match="reader of the model pack 'tiny' has not been exported") as missing:
        exported_reader(pack)
    assert "autogpt-qa[train]" in missing.value.hint


def test_the_cache_follows_xdg_and_ignores_a_relative_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder("exports") == tmp_path / "cache" / "autogpt" / "exports"
    monkeypatch.setenv("XDG_CACHE_HOME", "somewhere")
    assert cache_folder("exports") == Path.home() / ".cache" / "autogpt" / "exports"


def test_what_nobody_used_for_long_is_removed(tmp_path: Path) -> None:
    import os
    import time

    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    long_ago = time.time() - KEPT - 60
    for folder in (old, new):
        os.utime(folder, (long_ago, long_ago))
    used(new)
    assert new.is_dir()
    assert not old.exists()
