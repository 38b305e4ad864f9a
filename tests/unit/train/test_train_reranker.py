"""A reranker learns to tell what answers from what does not, and is read as it was trained."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autogpt.compress.export import export_reranker
from autogpt.config import RerankerTrainingSection
from autogpt.errors import AutoGPTError, CancelledError, DataError, UsageError
from autogpt.models.costs import Costs
from autogpt.progress import Progress
from autogpt.retrieve.reranker import Reranker
from autogpt.train import reranker as training
from autogpt.train.cross_encoder import PairClassifier
from autogpt.train.pairs import Asked, Pair
from autogpt.train.reranker import RerankingValidator, train_reranker
from tiny_models import make_examples

ASKED = [one for one in make_examples(45) if one.answerable]


def wrong(number: int) -> tuple[str, str]:
    """Texts that even a tiny model learns to tell from those that answer: the sea is not in them."""
    return tuple(one.context.replace("by the sea", "in") for one in ASKED[number : number + 2])  # type: ignore[return-value]


PAIRS = [Pair(one.question, one.context, wrong(number)) for number, one in enumerate(ASKED[:24])]


def asked(number: int) -> Asked:
    """What answers stands last of three."""
    return Asked(ASKED[number].question, (*wrong(number - 2), ASKED[number].context), (1.0, 0.9, 0.8), frozenset({2}))


VALIDATION = [asked(number) for number in range(2, 30, 2)]


def settings(**changes: Any) -> RerankerTrainingSection:
    given = {"epochs": 1, "batch_size": 12, "max_length": 96, "learning_rate": 3e-3, "trackers": (), "seed": 3}
    return RerankerTrainingSection(**{**given, "precision": "fp32", "patience": 0, "hard_negatives": 2, **changes})


@pytest.fixture(scope="module")
def reader(tiny_model: Callable[[str], Path]) -> Path:
    return tiny_model("bert")


def test_a_reranker_learns_and_is_read_as_it_was_trained(reader: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    given = settings(epochs=8, batch_size=4, dropout=0)
    result = train_reranker(given, PAIRS, VALIDATION, reader, tmp_path / "run", seen.append)
    losses = [one["loss"] for one in result.history if "loss" in one]
    assert losses[-1] < losses[0] / 2
    assert result.metrics["before_recall_at_1"] == 0
    assert result.metrics["before_ndcg_at_10"] == pytest.approx(50)  # in the third place
    assert result.metrics["ndcg_at_10"] > 60
    assert result.metrics["weight"] > 0
    assert result.history[0]["eval_ndcg_at_10"] == pytest.approx(50)
    scored = [one["eval_ndcg_at_10"] for one in result.history[1:] if "eval_ndcg_at_10" in one]
    assert len(scored) == 8
    assert result.metrics["ndcg_at_10"] == pytest.approx(max(scored), abs=0.01)  # the best epoch is kept
    assert (tmp_path / "run" / "curves.png").is_file()
    assert not list((tmp_path / "run" / "checkpoints").glob("checkpoint-*"))
    shown = {name for one in seen if one.stage == "train" for name in one.metrics}
    assert {"loss", "pairs_per_second", "seconds_left", "ndcg_at_10"} <= shown

    names = {path.name for path in result.model_dir.iterdir()}
    assert names == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    question, texts = VALIDATION[0].question, [*VALIDATION[0].texts, VALIDATION[1].texts[0] * 9]  # the last is cut
    ours = Reranker(result.model_dir, "torch").logits(question, texts)  # at the length that was trained
    theirs = PairClassifier(result.model_dir, max_tokens=96).logits([(question, text) for text in texts])
    assert ours == pytest.approx(theirs, abs=1e-5)
    assert np.ptp(ours) > 0.1

    weights = (result.model_dir / "model.safetensors").stat().st_mtime_ns
    again = train_reranker(given, PAIRS, VALIDATION, reader, tmp_path / "run")
    assert again.metrics == result.metrics
    assert (result.model_dir / "model.safetensors").stat().st_mtime_ns == weights
    with pytest.raises(UsageError, match="other values of: settings, train, validation"):
        train_reranker(settings(epochs=7), PAIRS[1:], VALIDATION[1:], reader, tmp_path / "run")


@pytest.mark.parametrize("family", ["roberta", "deberta", "xlm-roberta"])
def test_pairs_are_cut_and_marked_alike_whatever_the_model(
    family: str, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    classifier = PairClassifier(tiny_model(family), max_tokens=64)
    classifier.save(tmp_path)
    question, texts = ASKED[0].question, [ASKED[0].context, ASKED[1].context * 5]
    ours = Reranker(tmp_path, "torch", max_tokens=64).logits(question, texts)
    assert ours == pytest.approx(classifier.logits([(question, text) for text in texts]), abs=1e-5)


def test_cancelled_training_goes_on_where_it_stopped(reader: Path, tmp_path: Path) -> None:
    arguments = (settings(epochs=3, batch_size=4), PAIRS, VALIDATION, reader)
    unbroken = train_reranker(*arguments, tmp_path / "unbroken")

    def cancel_amid_the_second_epoch(progress: Progress) -> None:
        if progress.stage == "train" and progress.done == 30:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        train_reranker(*arguments, tmp_path / "broken", cancel_amid_the_second_epoch, save_minutes=0)
    assert not (tmp_path / "broken" / "metrics.json").exists()
    messages: list[str] = []
    resumed = train_reranker(*arguments, tmp_path / "broken", lambda progress: messages.append(progress.message))
    assert "going on from step 29" in messages
    assert resumed.metrics == pytest.approx(unbroken.metrics, abs=0.1)
    steps = [[one["step"] for one in result.history if "loss" in one] for result in (resumed, unbroken)]
    assert steps[0] == steps[1]


def test_each_pair_is_trained_on_once_an_epoch_and_phrasings_are_not(
    reader: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[dict[str, list[Any]]] = []

    def noted(given: dict[str, list[Any]]) -> None:
        rows.append(given)
        raise CancelledError("Seen.")

    monkeypatch.setattr(training.Dataset, "from_dict", noted)
    pairs = [Pair("a?", "A", ("X", "Y")), Pair("b?", "b now?", ("y?",), "query"), Pair("c?", "C", ("Z",), alike=("A",))]
    with pytest.raises(CancelledError):
        train_reranker(settings(), pairs, [], reader, tmp_path)
    ((questions, passages, labels),) = [tuple(one.values()) for one in rows]
    assert sorted(zip(questions, passages, labels, strict=True)) == [
        ("a?", "A", 1.0),
        ("a?", "X", 0.0),
        ("a?", "Y", 0.0),
        ("c?", "C", 1.0),
        ("c?", "Z", 0.0),  # there is no stranger that is not right as well
    ]


class Judge:
    """Gives each text the logit that it says."""

    def logits(self, pairs: list[tuple[str, str]]) -> list[float]:
        return [float(text) for _, text in pairs]


def test_a_validation_weighs_logits_and_says_when_they_add_nothing() -> None:
    helped = Asked("a?", ("-4", "-4", "5"), (1.0, 0.5, 0.1), frozenset({2}))
    missed = Asked("b?", ("-4", "-5"), (1.0, 0.5), frozenset({-1}))
    validator = RerankingValidator([helped, helped, missed, missed], Judge())  # type: ignore[arg-type]
    assert validator.before() == pytest.approx({"recall_at_1": 0, "mrr_at_10": 100 / 6, "ndcg_at_10": 25})
    assert validator.measure() == pytest.approx({"recall_at_1": 50, "mrr_at_10": 50, "ndcg_at_10": 50, "weight": 0.2})
    misled = RerankingValidator([Asked("a?", ("-4", "5"), (0.2, 0.1), frozenset({0}))], Judge())  # type: ignore[arg-type]
    assert misled.measure() == {**misled.before(), "weight": 0.0}


def test_a_validation_reports_no_question_under_a_weight_that_was_chosen_on_it() -> None:
    helped = Asked("a?", ("-4", "5"), (1.0, 0.5), frozenset({1}))
    harmed = Asked("b?", ("-4", "5"), (1.0, 0.5), frozenset({0}))
    validator = RerankingValidator([helped, harmed], Judge())  # type: ignore[arg-type]
    assert validator.before()["recall_at_1"] == 50
    assert validator.measure()["recall_at_1"] == 0  # what helps each half harms the other


def test_what_cannot_be_trained_is_said(reader: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to train on"):
        train_reranker(settings(), [Pair("a?", "A")], [], reader, tmp_path / "few")
    served = tmp_path / "served"
    served.mkdir()
    (served / "export.json").write_text("{}")
    with pytest.raises(UsageError, match="exported"):
        train_reranker(settings(), PAIRS, [], served, tmp_path / "exported")
    with pytest.raises(UsageError, match="cannot be opened"):
        train_reranker(settings(), PAIRS, [], tmp_path, tmp_path / "nothing")
    with pytest.raises(AutoGPTError, match="diverged") as caught:
        train_reranker(settings(epochs=40, learning_rate=1e30, warmup=0), PAIRS, [], reader, tmp_path / "run")
    assert "train.reranker.learning_rate" in caught.value.hint


@pytest.mark.parametrize("method", ["prefix", "adalora"])
def test_a_method_trains_a_reranker_that_is_served_and_put_on_its_base(
    method: str, reader: Path, tmp_path: Path
) -> None:
    given = settings(method=method, epochs=3, learning_rate=3e-2, dropout=0, prefix_tokens=4)
    result = train_reranker(given, PAIRS, VALIDATION, reader, tmp_path / "run")
    losses = [one["loss"] for one in result.history if "loss" in one]
    assert losses[-1] < losses[0]
    costs = Costs.load(tmp_path / "run")
    assert costs is not None
    assert costs.share < 0.4  # a new pooler is among them
    question, texts = ASKED[0].question, [ASKED[0].context, ASKED[1].context]
    pairs = [(question, text) for text in texts]
    expected = PairClassifier(result.model_dir).logits(pairs)
    assert PairClassifier(tmp_path / "run" / "adapter").logits(pairs) == pytest.approx(expected, abs=1e-4)
    served = Reranker(export_reranker(result.model_dir, tmp_path / "served"), "openvino")
    assert served.logits(question, texts) == pytest.approx(expected, abs=1e-3)


def test_accumulated_steps_and_checkpointing_train_the_same(reader: Path, tmp_path: Path) -> None:
    told: list[str] = []
    whole = train_reranker(
        settings(dropout=0), PAIRS, [], reader, tmp_path / "whole", lambda one: told.append(one.message)
    )
    parts = settings(dropout=0, batch_size=6, gradient_accumulation=2, checkpointing=True)
    divided = train_reranker(parts, PAIRS, [], reader, tmp_path / "parts")
    losses = [[one["loss"] for one in found.history if "loss" in one] for found in (whole, divided)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    assert any(one.startswith("takes about") for one in told)
