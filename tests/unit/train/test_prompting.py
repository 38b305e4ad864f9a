"""A language model is asked for a text's class by a prompt: learnt, served and exported like any classifier."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from autogpt.classify.card import Card, load_card
from autogpt.classify.classifier import Classifier
from autogpt.compress.export import export_classifier
from autogpt.config import ClassifierTrainingSection, Config, LanguageModelTrainingSection, override
from autogpt.errors import ConfigError, UsageError
from autogpt.read.backends.facts import model_facts
from autogpt.read.backends.prompt import Prompt
from autogpt.read.backends.prompted import PromptModule
from autogpt.records import ClassifierExample
from autogpt.train.classifier import train_classifier
from autogpt.train.labelling import task_of
from autogpt.train.language_base import open_language_base
from autogpt.train.language_model import train_language_model
from autogpt.train.prompting import make_prompt
from labelled import labelled

TRAIN, VALIDATION = labelled(30), labelled(21, start=100, strange=12)
TEXTS = [one.text for one in labelled(6, start=200)]


def settings(**changes: Any) -> ClassifierTrainingSection:
    given: dict[str, Any] = {
        "epochs": 8, "batch_size": 6, "max_length": 48, "learning_rate": 3e-3, "trackers": (), "precision": "fp32",
        "patience": 0, "dropout": 0, "seed": 5, "few_shot": "prompt",
    }  # fmt: skip
    return ClassifierTrainingSection(**{**given, **changes})


@pytest.fixture(scope="module")
def masked(tiny_model: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT whose head for words has learnt a little."""
    texts = [f"{one.text} It was about {one.labels[0]}." for one in labelled(60, start=300)]
    told = LanguageModelTrainingSection(epochs=2, batch_size=4, max_length=32, learning_rate=3e-3, trackers=())
    return train_language_model(told, texts, [], tiny_model("bert"), tmp_path_factory.mktemp("masked")).model_dir


@pytest.mark.parametrize("kind", ["masked", "causal"])
def test_classes_are_learnt_and_an_export_says_the_same(
    kind: str, masked: Path, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    base = masked if kind == "masked" else tiny_model("gpt2")
    result = train_classifier(settings(), TRAIN, VALIDATION, base, tmp_path / "run")
    assert result.metrics["accuracy"] > 60  # by chance 33
    assert 0 <= result.metrics["before_training"] <= 100
    assert result.history[0]["eval_accuracy"] == result.metrics["before_training"]
    assert model_facts(result.model_dir).task == "classifier"

    exported = export_classifier(result.model_dir, tmp_path / "export")
    trained, served = Classifier(result.model_dir, "torch"), Classifier(exported)
    for one, other in zip(served.compute(TEXTS), trained.compute(TEXTS), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)
    assert served.classify(TEXTS)[0].out_of_scope is not None
    assert train_classifier(settings(), TRAIN, VALIDATION, base, tmp_path / "run").metrics == result.metrics


def test_yes_or_no_has_one_logit_and_its_card_is_kept_exactly(masked: Path, tmp_path: Path) -> None:
    def named(some: list[ClassifierExample]) -> list[ClassifierExample]:
        return [replace(one, labels=("yes" if one.labels[0] == "mayor" else "no",)) for one in some]

    words = {"yes": ("mayor",), "no": ("founded", "people")}
    told = settings(kind="binary", label_words=words, epochs=12)
    result = train_classifier(told, named(TRAIN), named(labelled(21, 100)), masked, tmp_path / "run")
    assert result.metrics["f1"] > 60  # 50 where all are taken for yes
    logits, _ = Classifier(result.model_dir, "torch").compute(TEXTS)
    assert logits.shape == (6, 1)
    card, _ = load_card(result.model_dir)
    assert card.prompt is not None
    assert card.prompt.single
    assert Card.from_json(json.loads(json.dumps(card.to_json()))) == card


def test_what_lora_trained_says_the_same_merged_and_put_on_its_base(masked: Path, tmp_path: Path) -> None:
    told = settings(method="lora", learning_rate=1e-2, epochs=1)
    result = train_classifier(told, TRAIN, [], masked, tmp_path / "run")
    classifier = Classifier(result.model_dir, "torch")
    assert classifier.card.prompt is not None
    tokenizer: Tokenizer = Tokenizer.from_file(str(masked / "tokenizer.json"))
    rows = classifier.card.prompt.rows(tokenizer, TEXTS[:1], 48)
    ids = torch.tensor([rows[0].ids])
    alone = open_language_base(tmp_path / "run" / "adapter", 0.0).model.eval()
    module = PromptModule(alone, ("input_ids", "attention_mask"), classifier.card.prompt)
    with torch.no_grad():
        logits, _ = module(ids, torch.ones_like(ids))
    np.testing.assert_allclose(classifier.compute(TEXTS[:1])[0], logits.numpy(), atol=1e-4)
    untrained = PromptModule(open_language_base(masked, 0.0).model.eval(), module.names, classifier.card.prompt)
    with torch.no_grad():
        assert not torch.allclose(untrained(ids, torch.ones_like(ids))[0], logits, atol=1e-3)


def test_the_logit_of_a_class_is_the_mean_of_its_pieces_at_the_mask(masked: Path, tmp_path: Path) -> None:
    opened = open_language_base(masked, 0.0)
    words = {"founded": ("founded", "sea"), "people": ("live",)}
    prompt = make_prompt(settings(label_words=words), task_of(settings(), TRAIN, []), opened)
    assert [len(one) for one in prompt.pieces][:2] == [2, 1]
    row = opened.tokenizer(prompt.filled(TEXTS[0]), return_tensors="pt")
    at = row["input_ids"][0].tolist().index(opened.tokenizer.mask_token_id)
    assert at - row["input_ids"].shape[1] == prompt.place
    with torch.no_grad():
        logits = opened.model.eval()(**row).logits[0, at]
    expected = [float(logits[list(pieces)].mean()) for pieces in prompt.pieces]

    told = settings(label_words=words, epochs=1e-3, learning_rate=1e-12)
    folder = train_classifier(told, TRAIN, [], masked, tmp_path / "run").model_dir
    found, _ = Classifier(folder, "torch").compute(TEXTS[:1])
    np.testing.assert_allclose(found[0], expected, atol=1e-4)


def test_a_long_text_is_cut_and_the_pattern_is_not(masked: Path) -> None:
    tokenizer: Tokenizer = Tokenizer.from_file(str(masked / "tokenizer.json"))
    tokenizer.no_truncation()
    mask = tokenizer.token_to_id("[MASK]")
    for pattern, place in (("{text} It was about {mask}.", -3), ("About {mask}: {text}", None)):
        prompt = Prompt(pattern, "[MASK]", 0, ())
        long, short = prompt.rows(tokenizer, ["Who is the mayor of Arden? " * 30, "{mask} {text}"], 24)
        assert 20 <= len(long.ids) <= 24
        assert long.ids.count(mask) == 1
        assert place is None or long.ids[place] == mask
        assert short.ids.count(mask) == 1  # what a user writes is text


def test_what_cannot_be_asked_for_is_said(masked: Path, tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    def train(base: Path, **changes: Any) -> None:
        train_classifier(settings(**changes), TRAIN, [], base, tmp_path / str(len(changes)))

    with pytest.raises(UsageError, match="no head that tells words"):
        train(tiny_model("bert"))
    with pytest.raises(UsageError, match="multi-label has none"):
        train(masked, kind="multi-label")
    with pytest.raises(UsageError, match="the same to the base"):
        train(masked, label_words={"people": ("live",), "mayor": ("live",)})
    with pytest.raises(UsageError, match="no label of the data"):
        train(masked, label_words={"spam": ("live",)}, seed=6)
    with pytest.raises(UsageError, match="goes on after"):
        train(tiny_model("gpt2"), pattern="{mask} is what {text} is about", seed=7, epochs=1)
    with pytest.raises(ConfigError, match=r"\{text\} and \{mask\} once"):
        override(Config(), {"train.classifier.pattern": "It was {mask}."})


def test_chinese_texts_get_a_chinese_pattern(masked: Path) -> None:
    examples = [
        ClassifierExample(str(at), text, (label,))
        for at, (text, label) in enumerate([("信用卡丢了怎么办？", "live"), ("年费是多少？", "founded")])
    ]
    prompt = make_prompt(settings(), task_of(settings(), examples, []), open_language_base(masked, 0.0))
    assert prompt.filled("年费是多少？") == "年费是多少？这是关于[MASK]的问题。"
