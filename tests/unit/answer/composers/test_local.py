"""The composer that runs a language model of this machine."""

from pathlib import Path
from typing import Any

import pytest

from autogpt.answer.composer import ComposerError, open_composer
from autogpt.config import ComposeSection
from autogpt.errors import NotFoundError
from tiny_models import build_tokenizer


def build(folder: Path, positions: int = 1_024) -> Path:
    """A random GPT-2 with a tokenizer, as a Hugging Face folder."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    tokenizer = build_tokenizer("gpt2")
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=tokenizer.get_vocab_size(),
        n_positions=positions,
        n_embd=32,
        n_layer=1,
        n_head=2,
        bos_token_id=0,
        eos_token_id=0,
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>").save_pretrained(folder)
    return folder


def section(model: str, **more: Any) -> ComposeSection:
    return ComposeSection(kind="local", model=model, **more)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    build(folder / "writer")
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


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        open_composer(section("nowhere"), tmp_path)
