"""A workspace's reranker: what it is trained and validated on, that runs are kept, and trainings on files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autogpt.config import Config, override
from autogpt.errors import CancelledError, DataError, UsageError
from autogpt.progress import Progress
from autogpt.records import Split, Status
from autogpt.services import training_reranker
from autogpt.services.examples import import_examples, split_examples
from autogpt.services.examples.listing import load_examples
from autogpt.services.reranker_data import FILE_NAME, found_for, kept_found, pairs_of
from autogpt.services.retriever_data import file_parts, passage_search
from autogpt.services.runs import list_runs
from autogpt.services.training_reranker import train_reranker, train_reranker_on_files
from autogpt.store import Store
from autogpt.train.pairs import Asked
from tiny_models import make_examples

SETTINGS: dict[str, Any] = {
    "train.reranker.epochs": 2,
    "train.reranker.hard_negatives": 2,
    "train.reranker.max_length": 64,
    "train.reranker.margin": 0,
    "train.reranker.precision": "fp32",
    "train.reranker.trackers": [],
    "retrieve.rerank_passages": 5,
}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    """Tiny models gain nothing from more threads."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def config(tiny_model: Callable[[str], Path]) -> Config:
    return override(Config(), {**SETTINGS, "train.reranker.base": str(tiny_model("bert"))})


@pytest.fixture
def towns(store: Store, config: Config, tmp_path: Path) -> Store:
    """The workspace with examples, divided, and a tiny base model."""
    lines = []
    for one in make_examples(45):
        answers = [{"text": span.text, "answer_start": span.start} for span in one.answers]
        asked = {"id": one.id, "question": one.question, "answers": answers, "is_impossible": not answers}
        lines.append(json.dumps({"title": one.title, "context": one.context, "qas": [asked]}))
    (tmp_path / "towns.jsonl").write_text("\n".join(lines))
    import_examples(store, str(tmp_path / "towns.jsonl"), index=False)
    split_examples(store)
    return Store(store.folder, config)


@pytest.fixture
def searchable(make_word_encoder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words stand in for the encoder that answers at present, and for the pack's."""
    from autogpt.services import retrieving

    monkeypatch.setattr(retrieving, "current_encoder", lambda store: store.folder)
    monkeypatch.setattr(retrieving, "load_encoder", lambda config, folder: make_word_encoder())
    monkeypatch.setattr(retrieving, "encoder_id", lambda folder: "words")
    monkeypatch.setattr(training_reranker, "_encoder", lambda *_: make_word_encoder())


@pytest.mark.usefixtures("searchable")
def test_a_workspace_trains_on_its_parts_and_keeps_the_run(towns: Store) -> None:
    def stop(progress: Progress) -> None:
        if "ndcg_at_10" in progress.metrics:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        train_reranker(towns, stop)
    (stopped,) = list_runs(towns)
    assert (stopped["kind"], stopped["state"]) == ("reranker", "stopped")
    kept = [(towns.runs / stopped["id"] / name).read_bytes() for name in ("pairs.jsonl", FILE_NAME)]
    run = train_reranker(towns)
    assert run.id == stopped["id"]
    assert [(run.folder / name).read_bytes() for name in ("pairs.jsonl", FILE_NAME)] == kept
    names = {"config.json", "metrics.json", "history.jsonl", "curves.png", "model"}
    assert names <= {one.name for one in run.folder.iterdir()}
    (row,) = list_runs(towns)
    assert (row["state"], row["metrics"]) == ("done", dict(run.metrics))
    assert {"recall_at_1", "mrr_at_10", "before_ndcg_at_10", "weight"} <= run.metrics.keys()
    assert "search alone" in run.summary or "adds nothing" in run.summary
    asked = load_examples(towns, Status.ACCEPTED)
    assert run.pairs == sum(one.split == Split.TRAIN and one.answerable for one in asked)
    assert run.validation_questions == sum(one.split == Split.VALIDATION and one.answerable for one in asked)


def test_what_was_found_is_told_from_what_was_missed(make_word_encoder: Any, config: Config) -> None:
    examples = make_examples(24)
    parts = file_parts(config, examples[:15], examples[15:])
    encoder = make_word_encoder()
    passages = [passage for key in parts.current for passage in parts.cut(key)]
    with passage_search(config, passages, encoder, depth=24) as (search, _):
        asked = found_for(parts, config.train.reranker, search, 3)
        pairs = pairs_of(parts, config.train.reranker, search, encoder)
        deep = found_for(parts, config.train.reranker, search, 24)
        settings = config.train.reranker.model_copy(update={"validation_questions": 4})
        assert len(found_for(parts, settings, search, 3)) == 4
        few = config.train.reranker.model_copy(update={"candidates": 4})
        near = {one.question: {parts.text(hit.passage) for hit in search(one.question)[:4]} for one in parts.train}
        mined = pairs_of(parts, few, search, encoder)
    assert [one.question for one in asked] == [one.question for one in examples[15:] if one.answerable]
    for one, all_found in zip(asked, deep, strict=True):
        assert (len(one.texts), len(one.scores), len(one.right)) == (3, 3, 1)
        assert list(one.scores) == sorted(one.scores, reverse=True)
        (place,) = all_found.right
        assert one.right == ({place} if place < 3 else {-1})
    held = {one.context for one in examples[15:]}
    assert pairs
    assert any(one.negatives for one in mined)
    assert all(near[one.question].issuperset(one.negatives) for one in mined)  # though the search gives more
    assert not all(near[one.question].issuperset(one.negatives) for one in pairs)
    assert not any(text in negative for one in pairs for negative in one.negatives for text in held)


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\r", "\n"])
def test_what_was_found_is_kept_whatever_characters_its_texts_hold(tmp_path: Path, character: str) -> None:
    found = [
        Asked(f"the{character}fee?", (f"It is{character}5.",), (1.5,), frozenset({0})),
        Asked("", (), (), frozenset()),
    ]
    assert kept_found(tmp_path, lambda: found) == found
    assert kept_found(tmp_path, list) == found


def test_that_nothing_was_found_is_kept_too(tmp_path: Path) -> None:
    assert kept_found(tmp_path, list) == []
    assert kept_found(tmp_path, lambda: [Asked("", (), (), frozenset())]) == []


@pytest.mark.usefixtures("searchable")
def test_files_train_without_a_workspace(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = make_examples(30)
    run = train_reranker_on_files(config, examples, [], tmp_path / "run")
    assert run.pairs + run.validation_questions == sum(one.answerable for one in examples)
    assert (run.model / "model.safetensors").is_file()
    monkeypatch.setattr(training_reranker, "_encoder", None)  # what was mined and found is kept
    assert train_reranker_on_files(config, examples, [], tmp_path / "run").metrics == run.metrics
    with pytest.raises(UsageError, match="other data or settings"):
        train_reranker_on_files(config, examples[:24], [], tmp_path / "run")


def test_without_answers_there_is_nothing_to_train_on(store: Store, config: Config, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="train part") as caught:
        train_reranker(Store(store.folder, config))
    assert "autogpt examples" in caught.value.hint
    assert list_runs(store) == []
    without = [one for one in make_examples(9) if not one.answerable]
    with pytest.raises(DataError, match="None of the questions has an answer"):
        train_reranker_on_files(config, without, without, tmp_path / "run")
