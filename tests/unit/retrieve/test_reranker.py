"""Passages judged within a time limit, and what becomes of their order."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Self

import numpy as np
import pytest

from autogpt.errors import NotFoundError, UsageError
from autogpt.read.backends import Backend, Batch
from autogpt.read.backends.base import Floats
from autogpt.read.backends.facts import ModelFacts
from autogpt.records import Passage
from autogpt.retrieve.reranker import Reranker, cut_short, reranked
from autogpt.retrieve.retriever import Retrieval, Retrieved
from fake_backend import FakeBackend, write_tokenizer

TEXTS = [f"text {number}" for number in range(10)]


class Slow(Backend):
    """The logit of a pair is the number of its tokens; a batch takes `seconds` on a clock of its own."""

    name = "slow"

    def __init__(self, seconds: float = 0.0) -> None:
        self.facts = ModelFacts("reranker", 0, 512, ("input_ids", "attention_mask", "token_type_ids"))
        self.seconds = seconds
        self.now = 100.0
        self.shapes: list[tuple[int, ...]] = []

    @property
    def rows(self) -> list[int]:
        """Pairs of each batch."""
        return [shape[0] for shape in self.shapes]

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> Self:
        return cls()

    def clock(self) -> float:
        return self.now

    def run(self, batch: Batch) -> tuple[Floats, ...]:
        self.now += self.seconds
        self.shapes.append(batch.input_ids.shape)
        return (batch.attention_mask.sum(axis=1, keepdims=True).astype(np.float32),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tokenizer(tmp_path / "reranker", ["what is it ?", *TEXTS])


def judge(folder: Path, backend: Slow, batch: int = 4) -> Reranker:
    return Reranker(folder, backend, batch=batch, clock=backend.clock)


def test_without_a_limit_all_are_judged_in_small_batches(folder: Path) -> None:
    backend = Slow(seconds=9.0)
    logits = judge(folder, backend).logits("what is it ?", [*TEXTS[:9], "text text text"])
    assert logits == [9.0] * 9 + [10.0]
    assert backend.rows == [4, 4, 2]


def test_no_batch_is_begun_that_would_not_end_in_time(folder: Path) -> None:
    backend = Slow(seconds=0.06)
    reranker = judge(folder, backend)
    assert len(reranker.logits("what is it ?", TEXTS, 0.15)) == 8
    assert backend.now == pytest.approx(100.12)
    backend.seconds = 0.01
    assert len(reranker.logits("what is it ?", TEXTS, 0.15)) == 10  # as the first batch took less than it was thought


def test_what_is_too_slow_is_left_and_tried_again_some_time(folder: Path) -> None:
    backend = Slow(seconds=1.0)
    reranker = judge(folder, backend)
    assert len(reranker.logits("what is it ?", TEXTS, 0.15)) == 4  # nothing was known before
    assert reranker.logits("what is it ?", TEXTS, 0.15) == []
    assert backend.rows == [4]
    backend.seconds = 0.001
    tried = [len(reranker.logits("what is it ?", TEXTS, 0.15)) for _ in range(60)]
    assert tried[-1] == 10
    assert reranker.logits("what is it ?", TEXTS, 0.0) == []
    assert reranker.logits("what is it ?", [], 0.0) == []


def test_kernels_are_built_before_the_first_question_and_their_time_is_not_learnt(folder: Path) -> None:
    backend = Slow(seconds=0.6)
    reranker = judge(folder, backend)
    reranker.warm_up()
    assert backend.shapes == [(4, 144), (4, 256)]
    backend.seconds = 0.02
    assert len(reranker.logits("what is it ?", TEXTS, 0.15)) == 10


def test_one_slow_batch_at_the_start_turns_it_off_for_few_questions(folder: Path) -> None:
    backend = Slow(seconds=0.6)
    reranker = judge(folder, backend)
    assert len(reranker.logits("what is it ?", TEXTS, 0.15)) == 4
    backend.seconds = 0.02
    assert [len(reranker.logits("what is it ?", TEXTS, 0.15)) for _ in range(3)] == [0, 0, 0]
    assert len(reranker.logits("what is it ?", TEXTS, 0.15)) > 0


def test_pairs_are_cut_at_the_length_that_was_trained(folder: Path) -> None:
    def longest(trained: int | None, asked: int = 0) -> float:
        backend = Slow()
        backend.facts = replace(backend.facts, trained_tokens=trained)
        (logit,) = Reranker(folder, backend, max_tokens=asked).logits("what is it ?", ["text " * 600])
        return logit

    assert (longest(128), longest(384), longest(600)) == (128, 384, 512)
    assert longest(None) == 256  # of exports that do not say
    assert longest(128, 64) == 64


def test_waiting_for_another_question_counts(folder: Path) -> None:
    reranker = Reranker(folder, Slow())
    found: list[list[float]] = []
    with reranker._lock:
        waiting = Thread(target=lambda: found.append(reranker.logits("what is it ?", TEXTS, 0.05)))
        waiting.start()
        waiting.join()
    assert found == [[]]
    assert len(reranker.logits("what is it ?", TEXTS, 5.0)) == 10


def test_waiting_in_vain_does_not_make_a_slow_model_look_fast(folder: Path) -> None:
    backend = Slow(seconds=1.0)
    reranker = judge(folder, backend)
    reranker.logits("what is it ?", TEXTS, 0.15)
    with reranker._lock:
        assert all(reranker.logits("what is it ?", TEXTS, 0.0) == [] for _ in range(60))
    assert reranker.logits("what is it ?", TEXTS, 0.15) == []
    assert backend.rows == [4]


def test_only_a_reranker_judges(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a reader, and a reranker is needed"):
        Reranker(folder, FakeBackend())
    with pytest.raises(NotFoundError, match=r"tokenizer\.json"):
        Reranker(tmp_path / "nowhere", Slow())


def found(*scores: float) -> list[Retrieved]:
    return [
        Retrieved(Passage(f"p{at}", "d", "v", 0, 4, "text"), score, None, at, None, 0.5, (), at, score)
        for at, score in enumerate(scores, 1)
    ]


def ids(ranked: Sequence[Retrieved]) -> list[str]:
    return [one.passage.id for one in ranked]


def test_logits_move_passages_as_far_as_they_weigh() -> None:
    plain = found(2.0, 1.0, 0.0)
    ranked = reranked(plain, [-3.0, 1.0, 4.0], 0.4)
    assert ids(ranked) == ["p3", "p2", "p1"]
    assert [one.score for one in ranked] == pytest.approx([1.6, 1.4, 0.8])
    assert [(one.fused_rank, one.rerank_rank, one.rerank_score) for one in ranked] == [(3, 1, 4), (2, 2, 1), (1, 3, -3)]
    assert [one.fused_score for one in ranked] == [0.0, 1.0, 2.0]
    assert ids(reranked(plain, [-3.0, 1.0, 4.0], 0.05)) == ["p1", "p2", "p3"]
    assert reranked(plain, [], 0.4) == plain


@pytest.mark.parametrize("logits", [[-9.0, 5.0], [5.0, -9.0], [-9.0, -9.0], [9.0, 9.0]])
def test_what_was_not_judged_stays_behind_in_its_order(logits: list[float]) -> None:
    ranked = reranked(found(2.0, 1.0, 0.9, 0.9, -1.0), logits, 0.8)
    assert set(ids(ranked)[:2]) == {"p1", "p2"}
    assert ids(ranked)[2:] == ["p3", "p4", "p5"]
    assert [one.rerank_rank for one in ranked[2:]] == [None] * 3
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)


def test_being_cut_short_is_said() -> None:
    assert cut_short(20, 20, 0.15) == ()
    assert cut_short(0, 20, 0.15) == ("The reranker was skipped: over its budget of 150 ms.",)
    assert cut_short(8, 20, 0.15) == ("The reranker judged 8 of 20 passages: over its budget of 150 ms.",)


def test_a_retrieval_is_a_sequence_of_its_passages() -> None:
    made = Retrieval(tuple(found(2.0, 1.0)), ("Skipped.",))
    assert (len(made), ids(made), ids(made[1:]), made[0].score) == (2, ["p1", "p2"], ["p2"], 2.0)
    assert not Retrieval()
