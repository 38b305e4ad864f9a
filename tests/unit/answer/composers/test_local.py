"""The composer that runs a language model of this machine."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from autogpt.answer.composer import ComposerError, open_composer
from autogpt.config import ComposeSection
from autogpt.errors import NotFoundError
from tiny_models import build_generator, build_gguf


def section(model: str, **more: Any) -> ComposeSection:
    return ComposeSection(kind="local", model=model, **more)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    build_generator("gpt2", folder / "writer", template="")
    build_gguf(folder / "writer.gguf")
    return folder


def test_a_model_of_the_workspace_writes_the_same_every_time(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    composer = open_composer(section("writer", max_tokens=8), workspace)
    assert composer is not None
    ends(composer, monkeypatch)
    first = composer.compose("When was Arden founded?", ["Arden was founded in 1850."])
    assert first == composer.compose("When was Arden founded?", ["Arden was founded in 1850."])
    assert first != ""
    composer.close()


def ends(composer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take what a random model writes for ended: it hardly ever ends by itself."""
    write = composer._model.write
    monkeypatch.setattr(composer._model, "write", lambda *given: (write(*given)[0], True))


def test_what_the_model_did_not_end_is_no_answer(workspace: Path) -> None:
    composer = open_composer(section("writer", max_tokens=4), workspace)
    assert composer is not None
    with pytest.raises(ComposerError, match="did not end"):
        composer.compose("When was Arden founded?", ["Arden was founded in 1850."])


def test_a_model_that_was_tuned_to_chat_is_asked_by_its_template(workspace: Path) -> None:
    composer: Any = open_composer(section("writer"), workspace)
    model = composer._model
    model._tokenizer.chat_template = "{% for one in messages %}{{ one.role }}: {{ one.content }}\n{% endfor %}answer:"
    told = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "When?"}]
    assert model._tokenizer.decode(model.tokenise(told)) == "system: Be short.\nuser: When?\nanswer:"


def test_passages_that_do_not_fit_are_left_out_the_last_first(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    composer: Any = open_composer(section("writer", max_tokens=4), workspace)
    ends(composer, monkeypatch)
    seen: list[int] = []
    tokenise = composer._model.tokenise

    def counted(messages: list[dict[str, str]]) -> list[int]:
        seen.append(messages[1]["content"].count("</passage>"))
        tokens: list[int] = tokenise(messages)
        return tokens

    monkeypatch.setattr(composer._model, "tokenise", counted)
    composer.compose("When was Arden founded?", ["Arden was founded in 1850.", "It lies by the sea. " * 200])
    assert seen == [2, 1]
    with pytest.raises(ComposerError, match="does not fit"):
        composer.compose("When was Arden founded?", ["It lies by the sea. " * 400])


@pytest.mark.parametrize("model", ["writer.gguf", "run", "run/model", "run/adapter"])
def test_a_gguf_file_and_a_training_can_be_named(model: str, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (workspace / "run").exists():
        shutil.copytree(workspace / "writer", workspace / "run" / "model")
        (workspace / "run" / "adapter").mkdir()
    composer = open_composer(section(model, max_tokens=8), workspace)
    assert composer is not None
    ends(composer, monkeypatch)
    assert composer.compose("When was Arden founded?", ["Arden was founded in 1850."])


def test_what_a_method_kept_beside_the_weights_is_put_back(workspace: Path, tmp_path: Path) -> None:
    import torch

    from autogpt.config import AdaptedTrainingSection
    from autogpt.train.base import load_generator
    from autogpt.train.methods import open_method

    model, tokenizer = load_generator(workspace / "writer", 0.0)
    open_method(AdaptedTrainingSection(method="prefix")).apply(model)
    with torch.no_grad():
        for layer in model.transformer.h:
            layer.attn.prefix.values.add_(1.0)
    model.save_pretrained(tmp_path / "tuned")
    tokenizer.save_pretrained(tmp_path / "tuned")
    ids = torch.arange(1, 20)[None]
    composer: Any = open_composer(section("tuned"), tmp_path)
    with torch.inference_mode():
        torch.testing.assert_close(composer._model._model(ids).logits, model.eval()(ids).logits)


@pytest.mark.parametrize("model", ["nowhere", "nowhere.gguf"])
def test_a_model_that_is_not_there_is_named(model: str, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=model):
        open_composer(section(model), tmp_path)
