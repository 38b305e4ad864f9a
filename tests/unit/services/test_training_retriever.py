"""A workspace's retriever: what it is trained on, that runs are kept, and trainings on files."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autogpt.compress import export
from autogpt.config import Config, RetrieverTrainingSection, override
from autogpt.errors import CancelledError, DataError, UsageError
from autogpt.progress import Progress
from autogpt.records import FaqEntry, ReaderExample, Split, Status
from autogpt.services import retriever_data, training_retriever
from autogpt.services.examples import import_examples, split_examples
from autogpt.services.examples.listing import load_examples
from autogpt.services.retriever_data import (
    RetrieverData,
    file_data,
    mined_pairs,
    passage_search,
    workspace_data,
)
from autogpt.services.runs import list_runs
from autogpt.services.training_retriever import RetrieverRun, train_retriever, train_retriever_on_files
from autogpt.store import Store
from autogpt.train.pairs import Ranking
from tiny_models import make_examples

SETTINGS: dict[str, Any] = {
    "train.retriever.epochs": 2,
    "train.retriever.batch_size": 8,
    "train.retriever.max_length": 64,
    "train.retriever.learning_rate": 3e-3,
    "train.retriever.precision": "fp32",
    "train.retriever.trackers": [],
}


def write(path: Path, examples: Sequence[ReaderExample]) -> Path:
    """The examples as JSON lines."""
    lines = []
    for one in examples:
        answers = [{"text": span.text, "answer_start": span.start} for span in one.answers]
        asked = {"id": one.id, "question": one.question, "answers": answers, "is_impossible": not answers}
        lines.append(json.dumps({"title": one.title, "context": one.context, "qas": [asked]}))
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    """Tiny models gain nothing from more threads."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def towns(store: Store, tiny_encoder: Path, tmp_path: Path) -> Store:
    """The workspace with examples, divided, and a tiny base model."""
    import_examples(store, str(write(tmp_path / "towns.jsonl", make_examples(45))), index=False)
    split_examples(store)
    return Store(store.folder, override(store.config, {**SETTINGS, "train.retriever.base": str(tiny_encoder)}))


@pytest.fixture
def searchable(make_word_encoder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words stand in for the encoder that answers at present."""
    from autogpt.services import retrieving

    monkeypatch.setattr(retrieving, "current_encoder", lambda store: store.folder)
    monkeypatch.setattr(retrieving, "load_encoder", lambda config, folder: make_word_encoder())
    monkeypatch.setattr(retrieving, "encoder_id", lambda folder: "words")


@pytest.mark.usefixtures("searchable")
def test_a_workspace_trains_on_its_parts_and_keeps_the_run(towns: Store) -> None:
    def stop(progress: Progress) -> None:
        if "ndcg_at_10" in progress.metrics:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        train_retriever(towns, stop)
    (stopped,) = list_runs(towns)
    assert (stopped["kind"], stopped["state"]) == ("retriever", "stopped")
    pairs = (towns.runs / stopped["id"] / "pairs.jsonl").read_bytes()
    run = train_retriever(towns)
    assert run.id == stopped["id"]
    assert (run.folder / "pairs.jsonl").read_bytes() == pairs
    assert run.folder == towns.runs / run.id
    assert {"config.json", "metrics.json", "history.jsonl", "curves.png"} <= {one.name for one in run.folder.iterdir()}
    assert Config.model_validate(json.loads((run.folder / "config.json").read_text())) == towns.config
    (row,) = list_runs(towns)
    assert (row["state"], row["metrics"]) == ("done", dict(run.metrics))
    assert {"recall_at_1", "recall_at_10", "mrr_at_10", "before_ndcg_at_10"} <= run.metrics.keys()
    assert f"recall@10 {run.metrics['recall_at_10']:.1f} (before: " in run.summary
    asked = load_examples(towns, Status.ACCEPTED)
    assert run.pairs == sum(one.split == Split.TRAIN and one.answerable for one in asked)
    assert run.validation_questions == sum(one.split == Split.VALIDATION and one.answerable for one in asked)


@pytest.mark.usefixtures("searchable")
def test_hard_negatives_are_passages_of_train_documents_that_do_not_answer(towns: Store) -> None:
    data = workspace_data(towns)
    assert len(data.validation.passages) == 45
    with retriever_data.workspace_search(towns) as (search, encoder):
        pairs = mined_pairs(data, towns.config.train.retriever, search, encoder)
    assert sum(len(one.negatives) for one in pairs) > len(pairs)
    for pair, (example, (text,)) in zip(pairs, data.asked, strict=True):
        assert pair.positive == text
        assert example.spans[0].text in text
        assert text.splitlines()[1].startswith(text.split()[0])  # the title is embedded along: "Arden 18"
        assert text not in pair.negatives
        assert not any(example.spans[0].text in other.split() for other in pair.negatives)
    versions = {one.version_id for one in load_examples(towns, Status.ACCEPTED) if one.split != Split.TRAIN}
    assert versions == data.held_out
    about = {data.validation.passages[place] for _, right in data.validation.questions for place in right}
    assert not about & {text for pair in pairs for text in pair.negatives}


def test_a_validation_keeps_the_passages_that_answer_when_there_are_too_many(towns: Store) -> None:
    few = Store(towns.folder, override(towns.config, {"train.retriever.validation_passages": 20}))
    data = workspace_data(few)
    whole = workspace_data(towns)
    assert len(data.validation.passages) == 20
    assert len(data.validation.questions) == len(whole.validation.questions)
    for (text, right), (same, wanted) in zip(data.validation.questions, whole.validation.questions, strict=True):
        assert text == same
        assert {data.validation.passages[at] for at in right} == {whole.validation.passages[at] for at in wanted}


def test_faq_entries_train_phrasings_against_other_answers(make_word_encoder: Any) -> None:
    entries = [
        FaqEntry("a", ("What does a card cost?", "Is the card free?", "card fee"), "5 euros."),
        FaqEntry("b", ("What does a transfer cost?",), "Nothing."),
        FaqEntry("c", ("What does the card cost a year?",), "5 euros."),
    ]
    encoder = make_word_encoder()
    settings = RetrieverTrainingSection(margin=0, hard_negatives=3)
    pairs = mined_pairs(RetrieverData([], Ranking(), entries), settings, lambda question: [], encoder)
    answers = [one for one in pairs if one.prompt == "document"]
    assert [(one.question, one.positive) for one in answers] == [
        (text, entry.answer) for entry in entries for text in entry.questions
    ]
    phrasings = [one for one in pairs if one.prompt == "query"]
    assert [(one.question, one.positive) for one in phrasings] == [
        ("What does a card cost?", "Is the card free?"),
        ("Is the card free?", "card fee"),
        ("card fee", "What does a card cost?"),
    ]
    assert {text for one in phrasings for text in one.negatives} <= {"What does a transfer cost?"}


def test_vetted_answers_that_releases_are_fitted_to_train_nothing(
    towns: Store, make_word_encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [
        FaqEntry(str(at), (f"What is {at} for?", f"Why is there {at}?", f"{at}?"), f"It is for {at + 1}.")
        for at in range(120)
    ]
    monkeypatch.setattr(retriever_data, "load_faq", lambda session: entries)
    data = workspace_data(towns)
    held = [one for one in entries if one not in data.faq]
    assert len(held) == data.faq_left_out > 5
    pairs = mined_pairs(replace(data, asked=()), towns.config.train.retriever, lambda _: [], make_word_encoder())
    trained = {text for one in pairs for text in (one.question, one.positive, *one.negatives, *one.alike)}
    assert {text for one in data.faq for text in (one.answer, *one.questions)} == trained
    assert not {text for one in held for text in (one.answer, *one.questions)} & trained

    monkeypatch.setattr(retriever_data, "load_faq", lambda session: entries[:20])
    few = workspace_data(towns)
    assert (list(few.faq), few.faq_left_out) == (entries[:20], 0)


def test_a_training_says_how_many_vetted_answers_it_left_out(tmp_path: Path) -> None:
    run = RetrieverRun("a", tmp_path, "base", {}, 1_200, 0, 12)
    assert run.summary == (
        "run a: trained on 1,200 pairs, 12 vetted answers left out to fit releases to; nothing to validate on"
    )
    assert "left out" not in replace(run, faq_left_out=0).summary


def test_a_workspace_without_examples_says_what_to_do(store: Store, tiny_encoder: Path) -> None:
    with pytest.raises(DataError, match="train part, and no FAQ") as caught:
        train_retriever(Store(store.folder, override(store.config, {"train.retriever.base": str(tiny_encoder)})))
    assert "autogpt examples" in caught.value.hint
    assert list_runs(store) == []


def test_files_train_without_a_workspace(tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {"train.retriever.base": str(tiny_encoder), "train.retriever.margin": 0}
    config = override(Config(), {**SETTINGS, **changes})
    examples = make_examples(40)
    run = train_retriever_on_files(config, examples, [], tmp_path / "run")
    answerable = sum(one.answerable for one in examples)
    assert run.pairs + run.validation_questions == answerable
    assert run.validation_questions >= 4
    assert (run.model / "model.safetensors").is_file()
    _, *lines = (tmp_path / "run" / "pairs.jsonl").read_text().splitlines()
    assert any(json.loads(line)["negatives"] for line in lines)

    monkeypatch.setattr(training_retriever, "_mined", None)  # what was mined is kept
    assert train_retriever_on_files(config, examples, [], tmp_path / "run").metrics == run.metrics
    with pytest.raises(UsageError, match="other data or settings"):
        train_retriever_on_files(config, examples[:30], [], tmp_path / "run")


def test_a_base_that_would_not_serve_is_refused_before_negatives_are_looked_for(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_retriever, "_mined", None)
    base = shutil.copytree(tiny_encoder, tmp_path / "base")
    (base / "1_Pooling").mkdir()
    (base / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    config = override(Config(), {**SETTINGS, "train.retriever.base": str(base)})
    with pytest.raises(UsageError, match="makes its vectors of cls"):
        train_retriever_on_files(config, make_examples(9), [], tmp_path / "run")


def test_a_base_that_cannot_be_converted_is_trained_all_the_same(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no such operation")

    monkeypatch.setattr(export, "export_encoder", fail)
    config = override(Config(), {**SETTINGS, "train.retriever.base": str(tiny_encoder), "train.retriever.margin": 0})
    said: list[str] = []
    run = train_retriever_on_files(
        config, make_examples(12), [], tmp_path / "run", lambda progress: said.append(progress.message)
    )
    assert (run.model / "model.safetensors").is_file()
    assert "negatives are looked for with PyTorch, which takes longer: no such operation" in said

    def cancel(*_: Any, **__: Any) -> None:
        raise CancelledError("Stopped.")

    monkeypatch.setattr(export, "export_encoder", cancel)
    with pytest.raises(CancelledError):
        train_retriever_on_files(config, make_examples(12), [], tmp_path / "cancelled")


def test_files_without_answers_are_refused(tiny_encoder: Path, tmp_path: Path) -> None:
    config = override(Config(), {**SETTINGS, "train.retriever.base": str(tiny_encoder)})
    without = [replace(one, answers=()) for one in make_examples(3)]
    with pytest.raises(DataError, match="None of the questions has an answer"):
        train_retriever_on_files(config, without, without, tmp_path / "run")


def test_contexts_are_cut_and_named_as_an_import_would(make_word_encoder: Any) -> None:
    config = override(Config(), {"ingest.passage_characters": 60, "ingest.passage_overlap": 10})
    examples = make_examples(12)
    data, passages = file_data(config, examples[:9], examples[9:])
    assert len({one.version_id for one in passages}) == 9  # the validation's contexts give no negatives
    assert max(len(one.text) for one in passages) <= 60
    assert all(texts[0].startswith(f"{one.question.split()[2]} ") or "live in" in texts[0] for one, texts in data.asked)
    assert len(data.validation.passages) > 12
    encoder = make_word_encoder()
    with passage_search(config, passages, encoder) as (search, _):
        found = search("When was Arden founded?")
    assert found[0].passage.text.startswith("Arden was founded")
    assert found[0].dense_score is not None
