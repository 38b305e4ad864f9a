"""Weights are averaged where they have a mean, and of several models those are taken that help."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from autogpt.classify.card import Card, save_card
from autogpt.classify.classifier import Classifier
from autogpt.config import ClassifierTrainingSection, ReaderTrainingSection
from autogpt.errors import DataError, UsageError
from autogpt.read.backends.prompt import Prompt
from autogpt.train.averaging import GREEDY, UNIFORM, Model, average_classifiers, average_readers
from autogpt.train.base import load_base
from autogpt.train.classifier import train_classifier
from autogpt.train.reader import train_reader
from autogpt.train.seeds import read_seeds, train_classifier_seeds, train_reader_seeds
from autogpt.train.soup import greedy, uniform
from labelled import labelled
from tiny_models import build_model, make_examples


@pytest.fixture
def three(tiny_model: Callable[[str], Path], tmp_path: Path) -> list[Path]:
    """A reader, and two whose head is moved by +1 and by +4."""
    folders = [tmp_path / name for name in "abc"]
    for folder, step in zip(folders, (0.0, 1.0, 4.0), strict=True):
        shutil.copytree(tiny_model("bert"), folder)
        model, _ = load_base(folder, 0.0)
        with torch.no_grad():
            model.qa_outputs.bias += step
        model.save_pretrained(folder)
    return folders


def bias(folder: Path) -> float:
    return float(load_file(folder / "model.safetensors")["qa_outputs.bias"][0])


def test_the_mean_is_a_model_like_the_others(three: list[Path], tmp_path: Path) -> None:
    uniform(three, tmp_path / "soup")
    assert bias(tmp_path / "soup") == pytest.approx(bias(three[0]) + 5 / 3, abs=1e-6)
    model, tokenizer = load_base(tmp_path / "soup", 0.0)
    assert type(model).__name__ == "BertForQuestionAnswering"
    assert tokenizer.is_fast


def test_a_greedy_soup_takes_what_does_not_make_it_worse(three: list[Path], tmp_path: Path) -> None:
    start = bias(three[0])

    def score(folder: Path) -> float:
        """Best where the bias was moved by 1/2."""
        return -abs(bias(folder) - start - 0.5)

    used = greedy(three, [score(one) for one in three], score, tmp_path / "soup")
    assert used == (0, 1)
    assert bias(tmp_path / "soup") == pytest.approx(start + 0.5, abs=1e-6)
    assert not list(tmp_path.glob("*.tried"))


def test_what_has_no_mean_is_refused(three: list[Path], tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="differ in architecture"):
        uniform([three[0], tiny_model("roberta")], tmp_path / "soup")
    words = json.loads((three[1] / "tokenizer.json").read_text())
    words["model"]["vocab"] = {f"{word}x": place for word, place in words["model"]["vocab"].items()}
    (three[1] / "tokenizer.json").write_text(json.dumps(words))
    with pytest.raises(UsageError, match="differ in tokenizer"):
        uniform(three[:2], tmp_path / "soup")
    (three[2] / "model.safetensors").unlink()
    with pytest.raises(DataError, match=r"has no model\.safetensors"):
        uniform([three[0], three[2]], tmp_path / "soup")


def test_a_soup_of_readers_is_measured_and_says_what_is_in_it(three: list[Path], tmp_path: Path) -> None:
    settings = ReaderTrainingSection(max_length=96, stride=16)
    models = [Model(one.name, one) for one in three]
    result, made = average_readers(settings, models, make_examples(6), tmp_path / "run", GREEDY)
    assert 0 <= result.metrics["f1"] <= 100
    assert result.metrics["calibrated"] == 0  # too few questions
    assert any(one.used for one in made)
    told = json.loads((tmp_path / "run" / "soup.json").read_text())
    assert [one["name"] for one in told["models"]] == ["a", "b", "c"]
    plain, _ = average_readers(settings, models, [], tmp_path / "plain", UNIFORM)
    assert plain.metrics == {}


def test_a_soup_of_classifiers_has_thresholds_of_its_own(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    settings = ClassifierTrainingSection(
        epochs=10, batch_size=4, max_length=48, learning_rate=1e-3, trackers=(), precision="fp32", few_shot="never"
    )
    train, held = labelled(36, strange=4), labelled(21, 100, strange=12)
    models = []
    for seed in (1, 2):
        given = settings.model_copy(update={"seed": seed})
        found = train_classifier(given, train, held, tiny_model("bert"), tmp_path / str(seed))
        models.append(Model(str(seed), found.model_dir))
    result, _ = average_classifiers(settings, models, train, held, tmp_path / "soup", GREEDY)
    soup = Classifier(result.model_dir, "torch")
    assert soup.card.labels == ("founded", "mayor", "people")
    assert soup.card.scope is not None
    assert soup.classify(["When was Arden founded?"])[0].out_of_scope is not None
    # Without what they were trained on nothing tells what is out of scope.
    alone, _ = average_classifiers(settings, models, [], held, tmp_path / "alone", UNIFORM)
    assert Classifier(alone.model_dir, "torch").card.scope is None


def test_several_seeds_make_one_reader(tmp_path: Path) -> None:
    base = build_model("bert", tmp_path / "base")
    settings = ReaderTrainingSection(
        epochs=2, batch_size=8, max_length=96, stride=16, learning_rate=1e-2, trackers=(), seed=3
    )
    train, held = make_examples(16), make_examples(9, 100)
    result, lines = train_reader_seeds(settings, 2, train, held, base, tmp_path / "run")
    assert [one.name for one in lines[:2]] == ["seed-3", "seed-4"]
    assert [one.models for one in lines] == [1, 1, 1, 2]
    assert result.metrics["f1"] == pytest.approx(lines[2].metrics["f1"])
    assert result.metrics["f1"] >= max(one.metrics["f1"] for one in lines[:2]) - 1e-6
    weights = (tmp_path / "run" / "seed-3" / "model" / "model.safetensors").stat().st_mtime_ns
    again, kept = train_reader_seeds(settings, 2, train, held, base, tmp_path / "run")  # nothing is done twice
    assert (again.metrics, kept) == (result.metrics, read_seeds(tmp_path / "run"))
    assert (tmp_path / "run" / "seed-3" / "model" / "model.safetensors").stat().st_mtime_ns == weights
    # Together they teach one reader; a training is named by its folder.
    teachers = tuple(str(tmp_path / "run" / one.name) for one in lines[:2])
    taught = settings.model_copy(update={"teachers": teachers, "epochs": 1})
    assert train_reader(taught, train, held, base, tmp_path / "student").metrics
    with pytest.raises(UsageError, match="other values of: seeds"):
        train_reader_seeds(settings, 3, train, held, base, tmp_path / "run")


def test_figures_of_seeds_in_the_first_format_are_read(tmp_path: Path) -> None:
    line = {"name": "seed-3", "f1": 61.0, "exact_match": 50.0, "models": 1}
    (tmp_path / "seeds.json").write_text(json.dumps({"format_version": 1, "models": [line]}))
    (found,) = read_seeds(tmp_path)
    assert (found.name, found.metrics) == ("seed-3", {"f1": 61.0, "exact_match": 50.0})


def test_several_seeds_make_one_classifier(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    settings = ClassifierTrainingSection(
        epochs=6, batch_size=4, max_length=48, learning_rate=1e-3, trackers=(), precision="fp32", few_shot="never"
    )
    train, held = labelled(36, strange=4), labelled(21, 100, strange=12)
    given = (train, held, tiny_model("bert"), tmp_path / "run")
    result, lines = train_classifier_seeds(settings, 2, *given)
    assert [one.name for one in lines[:2]] == ["seed-13", "seed-14"]
    assert [one.models for one in lines] == [1, 1, 1, 2]
    assert {"accuracy", "macro_f1"} <= lines[0].metrics.keys() == lines[3].metrics.keys()
    assert result.metrics["accuracy"] == lines[2].metrics["accuracy"]
    assert lines[2].metrics["accuracy"] >= max(one.metrics["accuracy"] for one in lines[:2])  # the best is in the soup
    asked = labelled(21, 100)
    said = Classifier(result.model_dir, "torch").classify([one.text for one in asked])
    right = sum(one.labels == gold.labels for one, gold in zip(said, asked, strict=True))
    assert 100 * right / len(asked) == pytest.approx(result.metrics["accuracy"], abs=0.1)
    again, kept = train_classifier_seeds(settings, 2, *given)  # nothing is done twice
    assert (again.metrics, kept) == (result.metrics, lines)
    for way in ("always", "prompt"):
        with pytest.raises(UsageError, match="seeds have no mean"):
            train_classifier_seeds(settings.model_copy(update={"few_shot": way}), 2, *given)


def test_classifiers_that_are_asked_by_a_prompt_have_no_mean(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    for name in "ab":
        shutil.copytree(tiny_model("bert"), tmp_path / name)
        prompt = Prompt("{text} It was about {mask}.", "[MASK]", -3, ((5,), (6,)))
        save_card(tmp_path / name, Card("intents", ("fees", "hours"), 48, prompt=prompt), {})
    models = [Model(name, tmp_path / name) for name in "ab"]
    with pytest.raises(UsageError, match="'a' is a language model that is asked by a prompt"):
        average_classifiers(ClassifierTrainingSection(), models, [], labelled(6), tmp_path / "soup", GREEDY)
