import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autogpt.compress.export import export_encoder
from autogpt.config import RetrieverTrainingSection
from autogpt.errors import AutoGPTError, CancelledError, DataError, UsageError
from autogpt.machine import Memory
from autogpt.models.costs import Costs
from autogpt.progress import Progress
from autogpt.retrieve.encoder import Encoder
from autogpt.train import memory
from autogpt.train.folder import TrainingResult
from autogpt.train.pairs import Pair, Ranking
from autogpt.train.retriever import RankingValidator, train_retriever
from autogpt.train.sentence import SentenceEncoder
from autogpt.train.steps import ApartSampler
from tiny_models import make_examples

ASKED = [one for one in make_examples(45) if one.answerable]
PAIRS = [Pair(one.question, one.context) for one in ASKED]
VALIDATION = Ranking(
    tuple(one.context for one in ASKED),
    tuple((one.question, frozenset({number})) for number, one in enumerate(ASKED)),
)
PROMPTS = {"prompts": {"query": "when was: ", "document": "sea: "}, "default_prompt_name": None}


def settings(**changes: Any) -> RetrieverTrainingSection:
    given = {"epochs": 1, "batch_size": 16, "mini_batch": 4, "max_length": 64, "learning_rate": 3e-3, "trackers": ()}
    return RetrieverTrainingSection(**{**given, "precision": "fp32", "patience": 0, **changes})


@pytest.fixture(scope="module")
def prompted(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny encoder with prompts, as E5 has them."""
    folder = tmp_path_factory.mktemp("prompted") / "encoder"
    shutil.copytree(tiny_encoder, folder)
    (folder / "config_sentence_transformers.json").write_text(json.dumps(PROMPTS))
    return folder


def test_a_retriever_learns_and_our_encoder_reads_what_is_saved(prompted: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    given = settings(epochs=6, dropout=0)
    result = train_retriever(given, PAIRS, VALIDATION, prompted, tmp_path / "run", seen.append)
    losses = [one["loss"] for one in result.history if "loss" in one]
    assert losses[-1] < losses[0] / 2
    assert result.metrics["ndcg_at_10"] > result.metrics["before_ndcg_at_10"] + 20
    assert result.history[0] == {
        "step": 0,
        **{f"eval_{name.removeprefix('before_')}": score for name, score in result.metrics.items() if "before" in name},
    }
    scored = [one["eval_ndcg_at_10"] for one in result.history[1:] if "eval_ndcg_at_10" in one]
    assert len(scored) == 6
    assert result.metrics["ndcg_at_10"] == pytest.approx(max(scored), abs=0.01)  # the best epoch is kept
    assert (tmp_path / "run" / "curves.png").is_file()
    assert not list((tmp_path / "run" / "checkpoints").glob("checkpoint-*"))
    shown = {name for one in seen if one.stage == "train" for name in one.metrics}
    assert {"loss", "pairs_per_second", "seconds_left", "ndcg_at_10"} <= shown

    assert {path.name for path in result.model_dir.iterdir()} == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "config_sentence_transformers.json",
    }
    ours, theirs = Encoder(result.model_dir, "torch", max_tokens=64), SentenceEncoder(result.model_dir, max_tokens=64)
    texts = [ASKED[0].question, ASKED[1].context, ASKED[2].context * 9]  # the last is cut
    untuned = Encoder(prompted, "torch")
    for prompt in ("query", "document"):
        vectors = ours.encode(texts, prompt)
        assert vectors == pytest.approx(theirs.encode(texts, prompt), abs=1e-5)
        assert np.abs(vectors - untuned.encode(texts, prompt)).max() > 0.01
    assert np.abs(ours.encode(texts, "query") - ours.encode(texts, "document")).max() > 0.01
    plain = ours.encode(["when was: " + texts[0]])  # what the folder calls "document" comes before it all the same
    assert plain == pytest.approx(theirs.encode(["when was: " + texts[0]]), abs=1e-5)

    weights = (result.model_dir / "model.safetensors").stat().st_mtime_ns
    again = train_retriever(given, PAIRS, VALIDATION, prompted, tmp_path / "run")
    assert again.metrics == result.metrics
    assert (result.model_dir / "model.safetensors").stat().st_mtime_ns == weights
    with pytest.raises(UsageError, match="other values of: settings, train"):
        train_retriever(settings(epochs=7), PAIRS[1:], VALIDATION, prompted, tmp_path / "run")


def test_a_step_that_fits_into_memory_learns_the_same(prompted: Path, tmp_path: Path) -> None:
    losses = []
    for size in (4, 16):
        given = settings(dropout=0, mini_batch=size)
        result = train_retriever(given, PAIRS, Ranking(), prompted, tmp_path / str(size))
        losses.append([one["loss"] for one in result.history if "loss" in one])
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_texts_are_trained_on_with_their_prompts(
    prompted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autogpt.train import retriever

    rows: list[dict[str, list[str]]] = []

    def noted(given: dict[str, list[str]]) -> None:
        rows.append(given)
        raise CancelledError("Seen.")

    monkeypatch.setattr(retriever.Dataset, "from_dict", noted)
    pairs = [Pair("a?", "A", ("X",)), Pair("b?", "b now?", ("y?",), "query"), Pair("b?", "B", ("Z",))]
    with pytest.raises(CancelledError):
        train_retriever(settings(hard_negatives=1), pairs, Ranking(), prompted, tmp_path)
    assert rows == [
        {
            "anchor": ["when was: a?", "when was: b?", "when was: b?"],
            "positive": ["sea: A", "when was: b now?", "sea: B"],
            "negative_1": ["sea: X", "when was: y?", "sea: Z"],
        }
    ]


def test_cancelled_training_goes_on_where_it_stopped(tiny_encoder: Path, tmp_path: Path) -> None:
    arguments = (settings(epochs=3, batch_size=4), PAIRS, VALIDATION, tiny_encoder)
    unbroken = train_retriever(*arguments, tmp_path / "unbroken")

    def cancel_amid_the_second_epoch(progress: Progress) -> None:
        if progress.stage == "train" and progress.done == 20:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        train_retriever(*arguments, tmp_path / "broken", cancel_amid_the_second_epoch, save_minutes=0)
    assert not (tmp_path / "broken" / "metrics.json").exists()
    messages: list[str] = []
    resumed = train_retriever(*arguments, tmp_path / "broken", lambda progress: messages.append(progress.message))
    assert "going on from step 19" in messages
    assert resumed.metrics == pytest.approx(unbroken.metrics, abs=0.1)
    assert steps(resumed) == steps(unbroken)


def steps(result: TrainingResult) -> list[float]:
    return [one["step"] for one in result.history if "loss" in one]


def test_an_epoch_takes_every_pair_where_many_share_a_passage() -> None:
    sampler = ApartSampler([Pair(f"q{number}", f"p{number % 4}", ("n",)) for number in range(40)], 16, seed=1)
    steps = list(sampler)
    assert sorted(row for step in steps for row in step) == list(range(40))
    assert len(sampler) == len(steps) == 10
    assert all(len({row % 4 for row in step}) == len(step) for step in steps)
    assert list(sampler) == steps
    sampler.set_epoch(1)
    other = list(sampler)
    assert other != steps
    assert len(other) == 10


def test_no_step_holds_what_is_right_for_one_of_its_questions_among_the_others() -> None:
    pairs = [
        Pair("a?", "A", ("N",)),
        Pair("b?", "B", ("N",)),  # may stand beside the first: it is wrong for both
        Pair("c?", "C", ("A",)),  # its negative is right for a?
        Pair("d?", "D", (), alike=("B",)),  # b?'s passage is right for it as well
        Pair("a?", "E"),  # the same question
    ]
    together = {frozenset(step) for seed in range(20) for step in ApartSampler(pairs, 9, seed)}
    assert frozenset({0, 1}) in together
    assert not any(step >= {0, 2} or step >= {1, 3} or step >= {0, 4} for step in together)


def test_a_passage_that_answers_among_the_first_counts(tiny_encoder: Path) -> None:
    encoder = SentenceEncoder(tiny_encoder)
    texts = tuple(one.context for one in ASKED[:12])
    asked = tuple((text, frozenset({number})) for number, text in enumerate(texts))
    exact = RankingValidator(Ranking(texts, asked), encoder).measure()
    assert exact == {"recall_at_1": 100, "recall_at_10": 100, "mrr_at_10": 100, "ndcg_at_10": 100}
    nowhere = RankingValidator(Ranking(texts, ((texts[0], frozenset({99})),)), encoder).measure()
    assert set(nowhere.values()) == {0}


def test_what_cannot_be_trained_is_said(tiny_encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to train on"):
        train_retriever(settings(), PAIRS[:1], Ranking(), tiny_encoder, tmp_path / "few")
    served = tmp_path / "served"
    served.mkdir()
    (served / "export.json").write_text("{}")
    with pytest.raises(UsageError, match="exported"):
        train_retriever(settings(), PAIRS, Ranking(), served, tmp_path / "exported")
    with pytest.raises(UsageError, match="cannot be opened"):
        train_retriever(settings(), PAIRS, Ranking(), tmp_path, tmp_path / "nothing")
    other = tmp_path / "other"
    shutil.copytree(tiny_encoder, other)
    (other / "1_Pooling").mkdir()
    pooling = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (other / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    with pytest.raises(UsageError, match="cls"):
        train_retriever(settings(), PAIRS, Ranking(), other, tmp_path / "cls")
    diverging = settings(epochs=40, learning_rate=1e30, warmup=0, batch_size=4)
    with pytest.raises(AutoGPTError, match="diverged") as caught:
        train_retriever(diverging, PAIRS, Ranking(), tiny_encoder, tmp_path / "run")
    assert "train.retriever.learning_rate" in caught.value.hint


@pytest.mark.parametrize("method", ["lora", "adapter"])
def test_a_method_trains_an_encoder_that_is_served_and_put_on_its_base(
    method: str, prompted: Path, tmp_path: Path
) -> None:
    given = settings(method=method, epochs=3, learning_rate=2e-2, dropout=0, bottleneck=8, layer_decay=0.9)
    result = train_retriever(given, PAIRS, VALIDATION, prompted, tmp_path / "run")
    assert result.metrics["ndcg_at_10"] > result.metrics["before_ndcg_at_10"]
    costs = Costs.load(tmp_path / "run")
    assert costs is not None
    assert costs.share < 0.2
    whole = SentenceEncoder(result.model_dir, max_tokens=64)
    assert RankingValidator(VALIDATION, whole).measure()["ndcg_at_10"] == pytest.approx(
        result.metrics["ndcg_at_10"], abs=0.01
    )
    texts = [ASKED[0].question, ASKED[1].context]
    expected = whole.encode(texts, "query")
    alone = SentenceEncoder(tmp_path / "run" / "adapter", max_tokens=64)
    assert alone.encode(texts, "query") == pytest.approx(expected, abs=1e-5)  # with the prompts of its base
    served = Encoder(export_encoder(result.model_dir, tmp_path / "served"), "openvino", max_tokens=64)
    assert served.encode(texts, "query") == pytest.approx(expected, abs=1e-4)


def test_a_method_goes_on_where_its_training_stopped(prompted: Path, tmp_path: Path) -> None:
    arguments = (settings(method="lora", epochs=3, learning_rate=2e-2), PAIRS, VALIDATION, prompted)
    unbroken = train_retriever(*arguments, tmp_path / "unbroken")

    def cancel_after_the_second_epoch(progress: Progress) -> None:
        if progress.stage == "train" and "ndcg_at_10" in progress.metrics and progress.done > 4:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        train_retriever(*arguments, tmp_path / "broken", cancel_after_the_second_epoch)
    resumed = train_retriever(*arguments, tmp_path / "broken")
    assert resumed.metrics == pytest.approx(unbroken.metrics, abs=0.1)
    vectors = [SentenceEncoder(one.model_dir).encode([ASKED[0].question]) for one in (resumed, unbroken)]
    assert vectors[0] == pytest.approx(vectors[1], abs=1e-3)


@pytest.mark.parametrize(("mini_batch", "setting"), [(8, "mini_batch"), (64, "batch_size")])
def test_what_does_not_fit_into_memory_is_refused_before_it_begins(
    mini_batch: int, setting: str, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "memory", lambda: Memory(1_000_000, 8_000_000_000))
    given = settings(batch_size=64, mini_batch=mini_batch, hard_negatives=1)
    with pytest.raises(UsageError, match=r"takes about .* MB of memory .* and 1 MB are free") as caught:
        train_retriever(given, PAIRS, VALIDATION, tiny_encoder, tmp_path)
    assert f"train.retriever.{setting} to" in caught.value.hint
    assert not (tmp_path / "history.jsonl").exists()
