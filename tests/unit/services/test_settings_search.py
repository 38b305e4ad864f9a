"""A search for settings for every kind of model, with trainings that only pretend."""

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
from autogpt.services.training_reranker import train_reranker_on_files
from autogpt.services.training_retriever import train_retriever_on_files
from autogpt.train.folder import TrainingResult, write_json
from autogpt.train.pairs import Pair
from labelled import labelled
from tiny_models import make_examples

SCORES = {"classifier": "accuracy", "retriever": "ndcg_at_10", "reranker": "ndcg_at_10"}


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
        metrics = {self.score: value, "recall_at_1": 1.0, "recall_at_10": 1.0, "mrr_at_10": 1.0, "weight": 1.0}
        metrics |= {f"before_{name}": 1.0 for name in tuple(metrics)}
        write_json(out / "metrics.json", metrics)
        return TrainingResult(out / "model", metrics)


@pytest.fixture
def train(
    tiny_model: Callable[[str], Path],
    tiny_encoder: Path,
    make_word_encoder: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., tuple[Any, Pretended]]:
    """Trains a kind of model on files, by a search of three trials."""
    pairs = [Pair(one.question, one.context) for one in make_examples(6)]
    monkeypatch.setattr(training_retriever, "_mined", lambda *_: pairs)
    monkeypatch.setattr(training_reranker, "_encoder", lambda *_: make_word_encoder())

    def run(kind: str, examples: Sequence[Any], held: Sequence[Any], **changes: Any) -> tuple[Any, Pretended]:
        pretended = Pretended(SCORES[kind])
        monkeypatch.setattr(f"autogpt.train.{kind}.train_{kind}", pretended)
        base = tiny_model("bert") if kind == "reranker" else tiny_encoder
        given = {f"train.{kind}.base": str(base), "train.search.trials": 3, **changes}
        on_files: Any = {
            "classifier": train_classifier_on_files,
            "retriever": train_retriever_on_files,
            "reranker": train_reranker_on_files,
        }[kind]
        config = override(Config(), given)
        return on_files(config, examples, held, tmp_path / kind, search_minutes=5), pretended

    return run


@pytest.mark.parametrize("kind", SCORES)
def test_the_best_of_several_trainings_is_kept(kind: str, train: Callable[..., tuple[Any, Pretended]]) -> None:
    examples = (labelled(60), labelled(21, 100)) if kind == "classifier" else (make_examples(30), make_examples(9, 30))
    run, pretended = train(kind, *examples)
    assert len(run.trials) == len(pretended.asked) == 3
    assert (run.model / "number").read_text() == "3"
    assert "the best of 3 trials" in run.summary
    assert run.to_json()["trials"][0]["state"] == "done"
    assert "learning_rate" in run.trials[0].values
    assert len({one.learning_rate for one in pretended.asked[1:]}) == 2
    if kind == "retriever":  # what the base scores is measured once
        assert set(pretended.shared) == {run.folder / "before.json"}


def test_few_examples_are_searched_by_the_rate_of_their_pairs(train: Callable[..., tuple[Any, Pretended]]) -> None:
    run, pretended = train("classifier", labelled(21), labelled(9, 100))
    assert "few_shot_learning_rate" in run.trials[0].values
    assert len({one.few_shot_learning_rate for one in pretended.asked}) == 3


@pytest.mark.parametrize("kind", SCORES)
def test_nothing_to_choose_by_is_said(kind: str, train: Callable[..., tuple[Any, Pretended]]) -> None:
    one_title = [one for one in make_examples(30) if one.title == make_examples(1)[0].title]
    examples = labelled(12) if kind == "classifier" else one_title
    with pytest.raises(DataError, match=r"no validation questions|nothing|one class"):
        train(kind, examples, [])


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
