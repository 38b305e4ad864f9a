"""A search for settings for every kind of model: with trainings that only pretend, and with real ones."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from autogpt.cli import main
from autogpt.config import Config, TrainingSection, override
from autogpt.errors import DataError
from autogpt.progress import Progress
from autogpt.services import training_reranker, training_retriever
from autogpt.services.training_classifier import train_classifier_on_files
from autogpt.services.training_generator import train_generator_on_files
from autogpt.services.training_language_model import train_language_model_on_files
from autogpt.services.training_reranker import train_reranker_on_files
from autogpt.services.training_retriever import train_retriever_on_files
from autogpt.train.folder import TrainingResult, write_json
from autogpt.train.pairs import Pair
from labelled import labelled
from tiny_models import build_generator, make_examples

SCORES = {
    "classifier": "accuracy",
    "retriever": "ndcg_at_10",
    "reranker": "ndcg_at_10",
    "generator": "likelihood",
    "language-model": "likelihood",
}
#: Kinds that measure their base, once for all trials.
SHARES = ("retriever", "generator", "language-model")
ON_FILES: dict[str, Any] = {
    "classifier": train_classifier_on_files,
    "retriever": train_retriever_on_files,
    "reranker": train_reranker_on_files,
    "generator": train_generator_on_files,
    "language-model": train_language_model_on_files,
}
#: What makes a training of a tiny model quick.
QUICK: dict[str, dict[str, Any]] = {
    "classifier": {"few_shot": "never", "max_length": 48},
    "retriever": {"max_length": 64, "batch_size": 8},
    "reranker": {"max_length": 64, "hard_negatives": 2, "margin": 0},
    "generator": {"max_length": 768, "distractors": 0, "validation_questions": 1, "max_answer_tokens": 4},
    "language-model": {"max_length": 32},
}
#: Of Pretended, besides its score.
FIGURES = (
    "recall_at_1",
    "recall_at_10",
    "mrr_at_10",
    "weight",
    "perplexity",
    "accuracy",
    "tokens",
    "masked",
    "new_head",
)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    """Tiny models gain nothing from more threads."""
    import torch

    torch.set_num_threads(1)


@dataclass
class Pretended:
    """Trains in no time: each is better than the one before."""

    score: str
    asked: list[TrainingSection] = field(default_factory=list)
    shared: list[Path | None] = field(default_factory=list)

    def __call__(
        self, settings: Any, train: Any, validation: Any, base: Any, out: Path, sink: Any, before: Path | None = None
    ) -> TrainingResult:
        self.asked.append(settings)
        self.shared.append(before)
        (out / "model").mkdir(parents=True)
        (out / "model" / "number").write_text(str(len(self.asked)))
        value = 50.0 + len(self.asked)
        (out / "history.jsonl").write_text(json.dumps({"step": 1, f"eval_{self.score}": value}) + "\n")
        sink(Progress("train", 1, 1, {self.score: value}))
        metrics = dict.fromkeys(FIGURES, 1.0) | {self.score: value}
        metrics |= {f"before_{name}": 1.0 for name in tuple(metrics)}
        write_json(out / "metrics.json", metrics)
        return TrainingResult(out / "model", metrics)


def examples_of(kind: str) -> tuple[list[Any], list[Any]]:
    """To train and to validate on."""
    if kind == "classifier":
        return labelled(60), labelled(21, 100)
    train, held = make_examples(30), make_examples(9, 30)
    if kind == "language-model":
        return [one.context for one in train], [one.context for one in held]
    return list(train), list(held)


@pytest.fixture
def searched(
    tiny_model: Callable[[str], Path],
    tiny_encoder: Path,
    make_word_encoder: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Any]:
    """A search for the settings of a kind of model, on files."""
    pairs = [Pair(one.question, one.context) for one in make_examples(6)]
    monkeypatch.setattr(training_retriever, "_mined", lambda *_: pairs)
    monkeypatch.setattr(training_reranker, "_encoder", lambda *_: make_word_encoder())

    def run(kind: str, examples: Sequence[Any], held: Sequence[Any], **changes: Any) -> Any:
        bases = {"classifier": lambda: tiny_encoder, "retriever": lambda: tiny_encoder}
        bases["generator"] = lambda: build_generator("llama", tmp_path / "llama")
        base = bases.get(kind, lambda: tiny_model("bert"))()
        section = f"train.{kind.replace('-', '_')}"
        given = {f"{section}.base": str(base), f"{section}.trackers": [], f"{section}.precision": "fp32"}
        config = override(Config(), {**given, "train.search.trials": 3, **changes})
        return ON_FILES[kind](config, examples, held, tmp_path / kind, search_minutes=5)

    return run


@pytest.fixture
def train(searched: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Any, Pretended]]:
    """The same, with trainings that only pretend."""

    def run(kind: str, examples: Sequence[Any], held: Sequence[Any], **changes: Any) -> tuple[Any, Pretended]:
        pretended, name = Pretended(SCORES[kind]), kind.replace("-", "_")
        monkeypatch.setattr(f"autogpt.train.{name}.train_{name}", pretended)
        return searched(kind, examples, held, **changes), pretended

    return run


@pytest.mark.parametrize("kind", SCORES)
def test_the_best_of_several_trainings_is_kept(kind: str, train: Callable[..., tuple[Any, Pretended]]) -> None:
    run, pretended = train(kind, *examples_of(kind))
    assert len(run.trials) == len(pretended.asked) == 3
    assert (run.model / "number").read_text() == "3"
    assert "the best of 3 trials" in run.summary
    assert run.to_json()["trials"][0]["state"] == "done"
    assert "learning_rate" in run.trials[0].values
    assert len({one.learning_rate for one in pretended.asked[1:]}) == 2
    assert set(pretended.shared) == {run.folder / "before.json" if kind in SHARES else None}


@pytest.mark.parametrize("kind", SCORES)
def test_real_trainings_are_tried_and_the_best_is_the_run(kind: str, searched: Callable[..., Any]) -> None:
    section = f"train.{kind.replace('-', '_')}"
    quick = {f"{section}.{key}": value for key, value in {"epochs": 1, **QUICK[kind]}.items()}
    # Apart enough for the learning rate to tell.
    quick |= {"train.search.trials": 2, "train.search.learning_rate": [1e-5, 1e-2], "train.search.batch_size": [4, 8]}
    run = searched(kind, *examples_of(kind), **quick)
    assert len(run.trials) == 2
    scores = [one.score for one in run.trials]
    assert None not in scores
    # A classifier's score is taken again with what was fitted to the validation part.
    assert run.metrics[SCORES[kind]] == pytest.approx(max(scores), abs=0.1)
    assert (run.model / "model.safetensors").is_file()
    assert len(list(run.folder.rglob("model.safetensors"))) == 1
    assert "the best of 2 trials" in run.summary
    assert (run.folder / "before.json").is_file() == (kind in SHARES)


def test_few_examples_are_searched_by_the_rate_of_their_pairs(train: Callable[..., tuple[Any, Pretended]]) -> None:
    run, pretended = train("classifier", labelled(21), labelled(9, 100))
    assert "few_shot_learning_rate" in run.trials[0].values
    assert len({one.few_shot_learning_rate for one in pretended.asked}) == 3


@pytest.mark.parametrize("kind", SCORES)
def test_nothing_to_choose_by_is_said(kind: str, train: Callable[..., tuple[Any, Pretended]]) -> None:
    one_title = [one for one in make_examples(30) if one.title == make_examples(1)[0].title]
    examples = labelled(12) if kind == "classifier" else one_title
    nothing_held = {}
    if kind == "language-model":
        examples, nothing_held = examples_of(kind)[0], {"train.language_model.held_out": 0}
    with pytest.raises(DataError, match=r"no validation questions|nothing|one class"):
        train(kind, examples, [], **nothing_held)


def test_the_command_takes_a_search(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("autogpt.train.classifier.train_classifier", Pretended("accuracy"))
    data = tmp_path / "a.jsonl"
    data.write_text("\n".join(json.dumps({"text": one.text, "label": one.labels[0]}) for one in labelled(60)))
    command = ["train", "classifier", "--data", str(data), "--out", str(tmp_path / "run"), "--search", "5"]
    command += ["--base", str(tiny_encoder), "--set", "train.search.trials=2"]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "the best of 2 trials" in " ".join(shown.split())
    assert "learning rate" in shown
