"""A language model in a GGUF file is opened, saved, trained upon and put back like any other."""

import sys
from pathlib import Path

import pytest
import torch

from autogpt.errors import MissingExtraError, NotFoundError, UsageError
from autogpt.models import gguf as reading
from autogpt.models.gguf import gguf_file, open_gguf
from autogpt.models.sources import generator_in, resolve_generator
from autogpt.train.base import load_generator
from autogpt.train.methods.saved import base_of, weights_hash
from tiny_models import TEMPLATE, build_generator, build_gguf, build_model

IDS = torch.arange(1, 40)[None]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    build_gguf(path)
    return path


def test_weights_and_tokenizer_are_those_of_the_file_and_can_be_saved(tmp_path: Path) -> None:
    original = build_gguf(tmp_path / "tiny.gguf")
    model, tokenizer = open_gguf(tmp_path / "tiny.gguf")
    with torch.inference_mode():
        expected = original(IDS).logits
        torch.testing.assert_close(model(IDS).logits, expected)
        assert tokenizer.chat_template == TEMPLATE
        assert tokenizer.eos_token_id == model.generation_config.eos_token_id == 0
        model.save_pretrained(tmp_path / "folder")
        tokenizer.save_pretrained(tmp_path / "folder")
        saved, again = load_generator(tmp_path / "folder", 0.0)
        torch.testing.assert_close(saved(IDS).logits, expected)
    assert again.chat_template == TEMPLATE
    assert again("Arden was founded.")["input_ids"] == tokenizer("Arden was founded.")["input_ids"]
    assert saved.lm_head.weight is saved.get_input_embeddings().weight


def test_a_file_or_the_folder_it_lies_in_is_a_base(file: Path) -> None:
    assert resolve_generator(file) == resolve_generator(file.parent) == generator_in(file.parent) == file
    model, _ = load_generator(file, 0.1)
    assert model.dtype == torch.float32
    assert len(weights_hash(file)) == 64


def test_the_folder_of_a_training_stands_for_its_model(tmp_path: Path) -> None:
    build_generator("gpt2", tmp_path / "run" / "model")
    (tmp_path / "run" / "config.json").write_text("{}")  # what it was told
    assert resolve_generator(tmp_path / "run") == tmp_path / "run" / "model"
    assert generator_in(tmp_path) is None


def test_what_is_no_gguf_file_is_said(tmp_path: Path, file: Path) -> None:
    wrong, cut = tmp_path / "wrong.gguf", tmp_path / "cut.gguf"
    wrong.write_text("a text")
    with pytest.raises(UsageError, match="no GGUF file"):
        load_generator(wrong, 0.0)
    cut.write_bytes(file.read_bytes()[:5_000])
    with pytest.raises(UsageError, match=r"cut\.gguf cannot be opened"):
        load_generator(cut, 0.0)
    with pytest.raises(UsageError, match=r"several GGUF files: cut\.gguf, wrong\.gguf"):
        gguf_file(tmp_path)
    with pytest.raises(NotFoundError, match="There is no file"):
        gguf_file(tmp_path / "none.gguf")
    with pytest.raises(NotFoundError, match="There is no"):
        resolve_generator(str(tmp_path / "none.gguf"))


def test_without_the_package_it_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)
    monkeypatch.setattr(reading, "find_spec", lambda name: None if name == "gguf" else True)
    with pytest.raises(MissingExtraError, match="GGUF"):
        open_gguf(file)


def test_what_cannot_write_is_no_generator(tmp_path: Path) -> None:
    bert = build_model("bert", tmp_path / "bert")
    with pytest.raises(UsageError, match="bert model reads both ways"):
        load_generator(bert, 0.0)
    with pytest.raises(UsageError, match="none is named"):
        resolve_generator("")
    with pytest.raises(UsageError, match="holds no model that writes"):
        resolve_generator("en")


def test_an_adapter_knows_the_file_that_it_belongs_on(file: Path, tmp_path: Path) -> None:
    from autogpt.config import AdaptedTrainingSection
    from autogpt.train.methods import open_method
    from autogpt.train.methods.saved import about_of, save_adapter

    settings = AdaptedTrainingSection(method="lora", rank=2)
    model, _ = load_generator(file, 0.0)
    method = open_method(settings)
    method.apply(model)
    about = about_of(model, settings, file)
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * 0.1)
        expected = model.eval()(IDS).logits
    save_adapter(tmp_path, model, about)
    assert base_of(tmp_path / "adapter") == str(file)
    with torch.inference_mode():
        torch.testing.assert_close(
            load_generator(tmp_path / "adapter", 0.0)[0](IDS).logits, expected, atol=1e-5, rtol=1e-5
        )
