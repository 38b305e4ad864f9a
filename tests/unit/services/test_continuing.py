"""What is new to a base is told by what it was trained on; what is not comes up again in part."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autogpt.config import ReaderTrainingSection
from autogpt.errors import DataError, UsageError
from autogpt.records import AnswerSpan, ClassifierExample
from autogpt.services.continuing import divide, replayed, set_aside, unseen
from autogpt.services.lineage import FILE_NAME, continued, fingerprint, lineage_of
from labelled import labelled
from tiny_models import make_examples


def settings(**changes: Any) -> ReaderTrainingSection:
    return ReaderTrainingSection(**changes)


def test_what_was_corrected_since_is_new() -> None:
    one = make_examples(1)[0]
    assert fingerprint(replace(one, context="Cut anew: " + one.context, domain="finance")) == fingerprint(one)
    assert fingerprint(replace(one, answers=(AnswerSpan("Arden", 0),))) != fingerprint(one)
    text = ClassifierExample("1", "年费是多少？", ("费用", "卡"))
    assert fingerprint(replace(text, labels=("卡", "费用"))) == fingerprint(text)
    assert fingerprint(replace(text, labels=("卡",))) != fingerprint(text)


def test_a_model_knows_what_all_trainings_before_it_were_on(tmp_path: Path) -> None:
    first, second, held = make_examples(3), make_examples(3, 10), make_examples(2, 20)
    (tmp_path / "first" / "model").mkdir(parents=True)
    continued("hub/model", first, held).save(tmp_path / "first")
    (tmp_path / "second").mkdir()
    continued(tmp_path / "first" / "model", second, held[:1]).save(tmp_path / "second")
    known = lineage_of(tmp_path / "second" / "model")
    assert known is not None
    assert all(map(known.knows, [*first, *second]))
    assert not any(map(known.knows, held))
    assert [known.has_validated(one) for one in held] == [True, False]
    assert lineage_of(tmp_path / "model") is None
    (tmp_path / "second" / FILE_NAME).write_text('{"format_version": 9}')
    with pytest.raises(DataError, match="newer version"):
        lineage_of(tmp_path / "second")


def test_new_examples_go_with_a_share_of_those_that_are_known(tmp_path: Path) -> None:
    old, new = make_examples(30), make_examples(10, 100)
    continued("", old, []).save(tmp_path)
    base = tmp_path / "model"
    found = divide(settings(new_only=True), [*new, *old], base, [])
    assert found.new == new
    assert len(found.replayed) == 10
    assert {one.id for one in found.replayed} <= {one.id for one in old}
    assert divide(settings(new_only=True, replay_share=0), [*new, *old], base, []).replayed == []
    # No more than there are, and none twice.
    most = divide(settings(new_only=True, replay_share=0.9), [*new, *old], base, [])
    assert Counter(one.id for one in most.replayed) == Counter(one.id for one in old)
    # Without a record of what the base knows, files say what is replayed.
    everything = divide(settings(), new, "hub/model", old)
    assert (everything.new, len(everything.replayed)) == (new, 10)
    assert divide(settings(), new, "hub/model", []).all == new
    with pytest.raises(DataError, match="nothing new"):
        divide(settings(new_only=True), old, base, [])
    with pytest.raises(UsageError, match="is not known"):
        divide(settings(new_only=True), old, "hub/model", [])


def test_each_class_is_replayed() -> None:
    pool = [*labelled(30), ClassifierExample("rare", "Where is Arden?", ("place",))]
    found = replayed(pool, 2, seed=1)
    assert {one.labels for one in found} == {one.labels for one in pool}
    counts = Counter(one.labels for one in replayed(pool, 13, seed=1))
    assert sorted(counts.values()) == [1, 4, 4, 4]


def test_nothing_validates_that_the_base_was_trained_on(tmp_path: Path) -> None:
    old, held, new = make_examples(6), make_examples(4, 50), make_examples(10, 100)
    continued("", old, held).save(tmp_path)
    base = tmp_path / "model"
    train, validation = set_aside(
        settings(new_only=True), [*new, *held, *old], base, lambda ones, seed: (ones[2:], ones[:2])
    )
    assert train == [*old, *new[2:]]
    assert validation == [*held, *new[:2]]
    assert unseen(settings(new_only=True), [*old, *held], base) == held
    assert unseen(settings(), [*old, *held], base) == [*old, *held]
