"""Continued pre-training: a model learns its texts, keeps what else it could, and is a base for other trainings."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoModelForQuestionAnswering, BertForMaskedLM

from autogpt.config import LanguageModelTrainingSection
from autogpt.errors import CancelledError, DataError, UsageError
from autogpt.models import layout
from autogpt.progress import Progress
from autogpt.train.base import load_base, load_classifier, load_generator, rust_tokenizer
from autogpt.train.blocks import NO_WORD, Around, Collator, MaskingCollator, draw_words, make_blocks, words_of
from autogpt.train.language_base import open_language_base
from autogpt.train.language_model import train_language_model
from autogpt.train.objectives.language_model import LanguageModel
from tiny_models import build_gguf, make_examples

TEXTS = [one.context for one in make_examples(60)]
HELD = [one.context for one in make_examples(20, start=60)]


def settings(**changes: Any) -> LanguageModelTrainingSection:
    given: dict[str, Any] = {
        "epochs": 8, "batch_size": 8, "max_length": 32, "learning_rate": 3e-3, "trackers": (), "precision": "fp32",
        "patience": 0, "dropout": 0, "seed": 5,
    }  # fmt: skip
    return LanguageModelTrainingSection(**{**given, **changes})


@pytest.fixture(scope="module")
def base(tiny_model: Callable[[str], Path]) -> Path:
    return tiny_model("bert")


def test_a_reader_learns_the_texts_and_keeps_its_span_head(base: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    result = train_language_model(settings(), TEXTS, HELD, base, tmp_path / "run", seen.append)
    assert any("new one" in one.message for one in seen)
    found = result.metrics
    assert found["before_perplexity"] > 100  # of 300 words, before anything was learnt
    assert found["perplexity"] < 0.5 * found["before_perplexity"]
    assert found["accuracy"] > found["before_accuracy"] + 2  # 60 masked words: 5 to 19 of 100 over seeds, from under 2
    assert found["likelihood"] == pytest.approx(100 / found["perplexity"])
    assert (found["new_head"], found["masked"]) == (1, 1)

    before, after = (load_file(folder / layout.WEIGHTS) for folder in (base, result.model_dir))
    for name in ("qa_outputs.weight", "qa_outputs.bias"):
        assert torch.equal(before[name], after[name])
    name = "bert.encoder.layer.0.output.dense.weight"
    assert not torch.equal(before[name], after[name])
    reader, _ = load_base(result.model_dir, 0.0)
    assert torch.equal(reader.qa_outputs.weight, before["qa_outputs.weight"])
    assert torch.equal(reader.state_dict()[name], after[name])
    classifier, _ = load_classifier(result.model_dir, 0.0, 3)
    assert torch.equal(classifier.state_dict()[name], after[name])
    assert not open_language_base(result.model_dir, 0.0).new_head

    assert train_language_model(settings(), TEXTS, HELD, base, tmp_path / "run").metrics == found
    with pytest.raises(UsageError, match="other values of: train"):
        train_language_model(settings(), TEXTS[1:], HELD, base, tmp_path / "run")


def test_an_encoder_keeps_its_pooler_its_prompts_and_its_pooling(tiny_encoder: Path, tmp_path: Path) -> None:
    from autogpt.train.sentence import SentenceEncoder

    base = shutil.copytree(tiny_encoder, tmp_path / "encoder")
    (base / layout.PROMPTS).write_text(json.dumps({"prompts": {"query": "query: "}}))
    (base / "1_Pooling").mkdir()
    (base / layout.POOLING).write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    result = train_language_model(settings(epochs=1), TEXTS, HELD, base, tmp_path / "run")
    encoder = SentenceEncoder(result.model_dir)
    assert encoder.prompts == {"query": "query: "}
    assert np.isfinite(encoder.encode(["When was Arden founded?"])).all()
    model, told = AutoModel.from_pretrained(result.model_dir, output_loading_info=True)
    assert not told["missing_keys"]
    old = load_file(base / layout.WEIGHTS)["pooler.dense.weight"]
    assert torch.equal(model.pooler.dense.weight, old)
    (base / layout.POOLING).write_text(json.dumps({"pooling_mode_cls_token": True}))
    again = train_language_model(settings(epochs=1), TEXTS, [], base, tmp_path / "cls")
    with pytest.raises(UsageError, match="makes its vectors of cls"):
        SentenceEncoder(again.model_dir)


@pytest.mark.parametrize("family", ["gpt2", "roberta", "deberta", "xlm-roberta"])
def test_other_families_learn_too(family: str, tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    result = train_language_model(settings(epochs=3), TEXTS, HELD, tiny_model(family), tmp_path / "run")
    assert result.metrics["perplexity"] < 0.8 * result.metrics["before_perplexity"]
    assert result.metrics["new_head"] == (family != "gpt2")
    assert result.metrics["masked"] == (family != "gpt2")
    model, told = AutoModelForQuestionAnswering.from_pretrained(result.model_dir, output_loading_info=True)
    assert not told["missing_keys"]
    assert "QuestionAnswering" in type(model).__name__


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_gguf_file_learns_too(method: str, tmp_path: Path) -> None:
    file = tmp_path / "tiny.gguf"
    build_gguf(file)
    result = train_language_model(settings(epochs=3, method=method), TEXTS, HELD, file, tmp_path / "run")
    assert result.metrics["perplexity"] < 0.9 * result.metrics["before_perplexity"]
    assert (result.metrics["new_head"], result.metrics["masked"]) == (0, 0)
    _, tokenizer = load_generator(result.model_dir, 0.0)
    assert tokenizer.chat_template
    if method == "lora":
        assert open_language_base(tmp_path / "run" / "adapter", 0.0).kind == "causal"
    with pytest.raises(UsageError, match="only what is before"):
        open_language_base(file, 0.0, "masked")


@pytest.mark.parametrize("method", ["frozen", "lora", "adapter"])
def test_methods_leave_the_words_alone_and_open_again(method: str, base: Path, tmp_path: Path) -> None:
    given = settings(method=method, learning_rate=1e-2, epochs=2)
    result = train_language_model(given, TEXTS, HELD, base, tmp_path / "run")
    assert result.metrics["perplexity"] < result.metrics["before_perplexity"]
    name = "bert.embeddings.word_embeddings.weight"
    before, after = (load_file(folder / layout.WEIGHTS) for folder in (base, result.model_dir))
    assert torch.equal(before[name], after[name])
    ids = torch.arange(5, 25)[None]
    with torch.no_grad():
        whole, alone = (
            open_language_base(folder, 0.0).model.eval()(ids).logits
            for folder in (result.model_dir, tmp_path / "run" / "adapter")
        )
    torch.testing.assert_close(whole, alone, atol=1e-4, rtol=1e-4)


def test_what_works_against_overfitting_goes_with_it(base: Path, tmp_path: Path) -> None:
    teacher = train_language_model(settings(epochs=1), TEXTS, [], base, tmp_path / "teacher")
    told = settings(
        epochs=1, rdrop=1.0, dropout=0.1, adversarial="fgm", label_smoothing=0.1, teachers=(str(teacher.model_dir),)
    )
    result = train_language_model(told, TEXTS, HELD, base, tmp_path / "run")
    assert result.metrics["perplexity"] < result.metrics["before_perplexity"]
    with pytest.raises(UsageError, match="tells no words"):
        train_language_model(settings(teachers=(str(base),)), TEXTS, HELD, base, tmp_path / "other")


def test_a_training_that_was_stopped_goes_on_as_it_would_have(base: Path, tmp_path: Path) -> None:
    def stopping(progress: Progress) -> None:
        if progress.stage == "train" and progress.done >= 10:
            raise CancelledError("stopped")

    given = settings(epochs=3)
    with pytest.raises(CancelledError):
        train_language_model(given, TEXTS, HELD, base, tmp_path / "run", stopping)
    seen: list[Progress] = []
    result = train_language_model(given, TEXTS, HELD, base, tmp_path / "run", seen.append)
    assert any("going on from step" in one.message for one in seen)
    whole = train_language_model(given, TEXTS, HELD, base, tmp_path / "whole")
    assert result.metrics["perplexity"] == pytest.approx(whole.metrics["perplexity"], rel=1e-4)


def test_what_cannot_be_trained_is_said(tiny_model: Callable[[str], Path], base: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no text to train on"):
        train_language_model(settings(), [" "], [], base, tmp_path / "a")
    with pytest.raises(UsageError, match="sees both sides"):
        open_language_base(base, 0.0, "causal")
    with pytest.raises(UsageError, match="only what is before"):
        open_language_base(tiny_model("gpt2"), 0.0, "masked")
    without = shutil.copytree(base, tmp_path / "without")
    told = json.loads((without / "tokenizer_config.json").read_text())
    (without / "tokenizer_config.json").write_text(json.dumps({k: v for k, v in told.items() if k != "mask_token"}))
    with pytest.raises(UsageError, match="names no mask"):
        open_language_base(without, 0.0)


def test_only_what_is_asked_for_is_computed_and_comes_out_the_same(base: Path) -> None:
    model = BertForMaskedLM.from_pretrained(base).eval()
    ids = torch.randint(5, 100, (2, 9))
    asked = torch.rand(2, 9) < 0.4
    asked[0, 3] = True
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "asked": asked, "targets": ids[asked]}
    with torch.no_grad():
        (found,) = LanguageModel().logits(model, batch)
        torch.testing.assert_close(found, model(ids).logits[asked])


def test_words_are_told_in_both_languages() -> None:
    assert words_of("我的信用卡年费").tolist() == [0, 1, 2, 2, 2, 3, 4]
    assert words_of("網路銀行 on-line").tolist() == [0, 0, 1, 1, NO_WORD, 2, 2, 3, 4, 4, 4, 4]


def test_blocks_are_full_and_hold_every_token(base: Path) -> None:
    tokenizer = rust_tokenizer(open_language_base(base, 0.0).tokenizer)
    around = Around.of(tokenizer, None)
    assert (len(around.first), len(around.last)) == (1, 1)
    blocks = make_blocks(TEXTS[:9], tokenizer, around, 20, whole_words=True)
    assert {len(one) for one in blocks[:-1]} == {20}
    assert all(one.input_ids[0] == around.first[0] and one.input_ids[-1] == around.last[0] for one in blocks)
    inner = [token for one in blocks for token in one.input_ids[1:-1].tolist()]
    expected = [[*tokenizer.encode(text, add_special_tokens=False).ids, *around.between] for text in TEXTS[:9]]
    assert inner == [token for one in expected for token in one]
    assert all(number == NO_WORD for one in blocks for number in (one.words[0], one.words[-1]))


def test_whole_words_are_drawn_and_about_the_share_of_tokens() -> None:
    words = np.array([NO_WORD, *np.repeat(np.arange(100), 3), NO_WORD])
    for seed in range(5):
        drawn = draw_words(words, 0.15, np.random.default_rng(seed))
        assert 42 <= drawn.sum() <= 48
        assert not drawn[0]
        assert all(len(set(drawn[words == one])) == 1 for one in range(100))
    assert draw_words(np.array([NO_WORD, 0, 0, 0]), 0.15, np.random.default_rng(0)).sum() == 3


def test_masked_batches_ask_for_what_was_there_and_causal_ones_for_what_follows(base: Path) -> None:
    tokenizer = rust_tokenizer(open_language_base(base, 0.0).tokenizer)
    blocks = make_blocks(TEXTS[:9], tokenizer, Around.of(tokenizer, None), 20, whole_words=False)
    collator = MaskingCollator(0, True, 0.3, 4, np.arange(5, 100), seed=3)
    batch = collator(blocks[:4])
    ids = torch.from_numpy(np.stack([one.input_ids for one in blocks[:4]]))
    assert torch.equal(batch["targets"], ids[batch["asked"]])
    assert torch.equal(batch["input_ids"][~batch["asked"]], ids[~batch["asked"]])
    assert (batch["input_ids"] == 4).sum() > 0.6 * batch["asked"].sum()
    assert torch.equal(batch["asked"], collator(blocks[:4])["asked"])
    plain = Collator(0, False)(blocks[-2:])
    short = len(blocks[-1])
    assert plain["asked"][1, : short - 1].all()
    assert not plain["asked"][1, short - 1 :].any()
    assert plain["targets"][0] == blocks[-2].input_ids[1]
