"""Classifiers, retrievers and rerankers side by side, with models that only pretend."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autogpt.classify.card import Card, Classified, save_card
from autogpt.config import Config
from autogpt.errors import NotFoundError, UsageError
from autogpt.models.costs import Costs
from autogpt.records import ClassifierExample, ReaderExample, Split
from autogpt.services import comparing, comparing_classifiers, comparing_rankings, training_reranker
from autogpt.services.contenders import TIMED, WARM
from autogpt.services.evaluating import Questions
from autogpt.services.examples import import_examples, split_examples
from autogpt.store import Store
from autogpt.store.tables import RunRow
from autogpt.train.pairs import Asked
from autogpt.train.ranking import reranked_orders
from labelled import labelled
from tiny_models import make_examples

Make = Callable[..., str]


@pytest.fixture
def trained(tmp_path: Path) -> Make:
    """Makes the folder of a training of a kind."""
    architectures = {"classifier": "BertForSequenceClassification", "retriever": "BertModel"}
    architectures["reranker"] = architectures["classifier"]

    def make(of: str, name: str, folder: Path = tmp_path, **says: Any) -> str:
        model = folder / name / "model"
        model.mkdir(parents=True)
        config = {"architectures": [architectures[of]], "model_type": "bert", "max_position_embeddings": 140}
        (model / "config.json").write_text(json.dumps({**config, "pad_token_id": 0}))
        if of == "classifier":
            (model / "classifier.json").write_text("{}")
        (model / "says.json").write_text(json.dumps(says))
        (model / "model.safetensors").write_bytes(b"0" * 1_000)
        (folder / name / "request.json").write_text(json.dumps({"settings": {"method": "lora"}}))
        Costs(60.0, 5_000_000, 1_000, 10).save(folder / name)
        return str(folder / name)

    return make


class Says:
    """A classifier that is right but for texts of one class."""

    def __init__(self, kind: str, wrong: str) -> None:
        labels = {"intents": ("founded", "mayor", "people"), "similarity": (), "multi-label": ("founded", "people")}
        self.card = Card(kind, labels[kind], 48, low=0.0, high=5.0)  # type: ignore[arg-type]
        self.wrong = wrong
        self.asked: list[int] = []

    def classify(self, texts: Sequence[str], others: Sequence[str] = ()) -> list[Classified]:
        self.asked.append(len(texts))
        if self.card.kind == "similarity":
            assert len(others) == len(texts)
            return [Classified((), 0.0, score=4.0) for _ in texts]
        return [Classified(*self._one(text)) for text in texts]

    def _one(self, text: str) -> tuple[tuple[str, ...], float, dict[str, float]]:
        right = "founded" if "founded" in text else "people" if "people" in text else "mayor"
        said = "mayor" if right == self.wrong else right
        return (said,), 0.9, {label: 0.9 if label == said else 0.05 for label in self.card.labels}


@pytest.fixture
def classifiers(monkeypatch: pytest.MonkeyPatch) -> list[Says]:
    opened: list[Says] = []

    @contextmanager
    def opening(folder: Path) -> Iterator[Says]:
        opened.append(Says(**json.loads((folder / "says.json").read_text())))
        yield opened[-1]

    monkeypatch.setattr(comparing_classifiers, "open_classifier", opening)
    return opened


def texts(path: Path, examples: Sequence[ClassifierExample]) -> Questions:
    rows = ({"text": one.text, "other": one.other, "score": one.score, "label": list(one.labels)} for one in examples)
    kept = ({key: value for key, value in row.items() if value not in ("", None, [])} for row in rows)
    path.write_text("\n".join(map(json.dumps, kept)))
    return Questions((path,))


def test_classifiers_are_compared_on_files(trained: Make, classifiers: list[Says], tmp_path: Path) -> None:
    names = [
        trained("classifier", "one", kind="intents", wrong="people"),
        trained("classifier", "two", kind="intents", wrong=""),
    ]
    found = comparing.compare_on_files(names, texts(tmp_path / "a.jsonl", labelled(60)))
    first, second = found.lines
    assert (found.measure, found.questions) == ("accuracy", 60)
    assert first.score == pytest.approx(200 / 3)
    assert (second.score, second.verdict) == (100.0, "better")
    assert second.contender.measures["macro_f1"] == 1.0
    assert second.contender.costs == Costs(60.0, 5_000_000, 1_000, 10)
    assert (second.contender.method, second.contender.size_bytes) == ("lora", 1_000)
    assert all(one.asked == [60, *[1] * (WARM + TIMED)] for one in classifiers)


def test_labels_and_scores_are_compared_by_how_near_they_come(
    trained: Make, classifiers: list[Says], tmp_path: Path
) -> None:
    several = [ClassifierExample(str(at), "When was it founded?", ("founded", "people")) for at in range(20)]
    names = [trained("classifier", name, kind="multi-label", wrong="") for name in ("one", "two")]
    found = comparing.compare_on_files(names, texts(tmp_path / "a.jsonl", several))
    assert found.lines[0].score == pytest.approx(200 / 3)
    pairs = [ClassifierExample(str(at), f"Text {at}", other="Other", score=float(at % 2 + 3)) for at in range(20)]
    names = [trained("classifier", name, kind="similarity", wrong="") for name in ("three", "four")]
    found = comparing.compare_on_files(names, texts(tmp_path / "b.jsonl", pairs))
    assert (found.measure, found.lines[0].score) == ("closeness of scores", pytest.approx(90.0))


def test_classifiers_of_a_workspace_are_runs(
    store: Store, trained: Make, classifiers: list[Says], tmp_path: Path
) -> None:
    for name in ("r1", "r2"):
        trained("classifier", name, store.runs, kind="intents", wrong="")
        with store.session() as session:
            told = {"settings": {}, "data_hash": "", "metrics": {}, "state": "done"}
            session.add(RunRow(id=name, kind="classifier", **told))
    with pytest.raises(UsageError, match="validation part of the workspace has no labelled questions"):
        comparing.compare_runs(store, ["r1", "r2"])
    import_examples(store, texts(tmp_path / "a.jsonl", labelled(60)).files[0])
    split_examples(store)
    assert comparing.compare_runs(store, ["r1", "r2"]).lines[1].verdict == "no difference shown"
    with pytest.raises(NotFoundError, match="no untuned classifier"):
        comparing.compare_runs(store, ["base", "r1"])
    with pytest.raises(NotFoundError, match="no finished run 'r9' of a classifier"):
        comparing.compare_runs(store, ["r1", "r9"])


def asked(path: Path, examples: Sequence[ReaderExample]) -> Questions:
    lines = []
    for one in examples:
        answers = [{"text": span.text, "answer_start": span.start} for span in one.answers]
        row = {"id": one.id, "question": one.question, "answers": answers, "is_impossible": not answers}
        lines.append(json.dumps({"title": one.title, "context": one.context, "qas": [row]}))
    path.write_text("\n".join(lines))
    return Questions((path,))


class Blind:
    """An encoder to which all texts are alike."""

    id = "blind"

    def encode(self, texts: Sequence[str], prompt: str = "document") -> Any:
        return np.ones((len(texts), 2), dtype=np.float32)


def test_retrievers_are_compared_by_what_they_find(
    trained: Make, make_word_encoder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def opening(folder: Path, sink: Any) -> Iterator[Any]:
        yield Blind() if json.loads((folder / "says.json").read_text())["blind"] else make_word_encoder(dimensions=512)

    monkeypatch.setattr(comparing_rankings, "_opened_encoder", opening)
    names = [trained("retriever", "one", blind=True), trained("retriever", "two", blind=False)]
    found = comparing.compare_on_files(names, asked(tmp_path / "a.jsonl", make_examples(40)), config=Config())
    first, second = found.lines
    assert (found.measure, found.questions) == ("nDCG@10", sum(one.answerable for one in make_examples(40)))
    assert (second.verdict, second.score > 50) == ("better", True)
    assert second.contender.measures["recall_at_10"] > first.contender.measures["recall_at_10"]


class Judge:
    """Knows which texts answer: those that hold the numbers of the question's town."""

    def __init__(self, sign: float) -> None:
        self.sign = sign

    def logits(self, question: str, texts: Sequence[str]) -> list[float]:
        town = question.rstrip("?").split()[-1]
        return [self.sign * (5.0 if town in text else -5.0) for text in texts]


def test_rerankers_are_compared_with_the_search_alone(
    trained: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def opening(folder: Path, sink: Any) -> Iterator[Judge]:
        yield Judge(json.loads((folder / "says.json").read_text())["sign"])

    @contextmanager
    def searching(*given: Any) -> Iterator[Any]:
        yield None, None

    found_before = [
        Asked(
            f"Where is {town}?",
            tuple(f"It is {other}." for other in ("Ulm", "Bern", town)),
            (0.3, 0.2, 0.1),
            frozenset({2}),
        )
        for town in (f"town{number}" for number in range(30))
    ]
    monkeypatch.setattr(comparing_rankings, "_opened_reranker", opening)
    monkeypatch.setattr(comparing_rankings, "file_search", searching)
    monkeypatch.setattr(comparing_rankings, "found_for", lambda *given: found_before)
    names = ["base", trained("reranker", "good", sign=1), trained("reranker", "bad", sign=-1)]
    found = comparing.compare_on_files(names, asked(tmp_path / "a.jsonl", make_examples(6)), config=Config())
    search, good, bad = found.lines
    assert (search.score, good.score, bad.score) == (pytest.approx(50.0), 100.0, pytest.approx(50.0))
    assert (good.verdict, bad.verdict) == ("better", "no difference shown")
    assert bad.contender.measures["weight"] == 0.0
    assert (search.contender.size_bytes, search.contender.costs) == (0, None)


def test_real_models_of_each_kind_are_exported_and_compared(
    tiny_encoder: Path,
    tiny_reranker: Path,
    make_word_encoder: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from transformers import BertConfig, BertForSequenceClassification

    told = BertConfig.from_pretrained(tiny_reranker, num_labels=3)
    for name in ("one", "two"):
        folder = tmp_path / name
        BertForSequenceClassification(told).save_pretrained(folder)
        for file in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(tiny_reranker / file, folder)
        save_card(folder, Card("intents", ("founded", "mayor", "people"), 48), {})
    found = comparing.compare_on_files(
        [str(tmp_path / "one"), str(tmp_path / "two")], texts(tmp_path / "labels.jsonl", labelled(12))
    )
    assert (found.measure, found.questions) == ("accuracy", 12)
    assert all(one.contender.latency_ms > 0 for one in found.lines)

    shutil.copytree(tiny_encoder, tmp_path / "encoder")
    questions = asked(tmp_path / "towns.jsonl", make_examples(12))
    found = comparing.compare_on_files([str(tiny_encoder), str(tmp_path / "encoder")], questions, config=Config())
    assert found.lines[0].score == found.lines[1].score > 0
    assert found.lines[1].verdict == "no difference shown"

    monkeypatch.setattr(training_reranker, "_encoder", lambda config, sink: make_word_encoder(dimensions=512))
    found = comparing.compare_on_files(["base", str(tiny_reranker)], questions, config=Config())
    assert found.lines[0].score > 0
    assert found.lines[1].contender.latency_ms > 0


def test_what_cannot_be_found_is_said(store: Store, trained: Make, tmp_path: Path) -> None:
    names = [trained("retriever", name, blind=True) for name in ("one", "two")]
    with pytest.raises(UsageError, match="No question of the validation part has an answer"):
        comparing.compare_runs(store, names)
    none = [one for one in make_examples(9) if not one.answerable]
    with pytest.raises(UsageError, match=r"No question of a\.jsonl has an answer"):
        comparing.compare_on_files(names, asked(tmp_path / "a.jsonl", none))


def test_a_part_of_the_examples_stands_as_validation(store: Store, tmp_path: Path) -> None:
    from autogpt.services.retriever_data import workspace_parts

    import_examples(store, str(asked(tmp_path / "towns.jsonl", make_examples(45)).files[0]), index=False)
    split_examples(store)
    held, test = (workspace_parts(store, part).validation for part in (Split.VALIDATION, Split.TEST))
    assert held
    assert test
    assert not {one.id for one in held} & {one.id for one in test}


def test_half_of_the_questions_choose_for_the_other() -> None:
    harmed = Asked("a?", ("x", "y"), (0.2, 0.1), frozenset({0}))
    orders, weight = reranked_orders([harmed, harmed], [[-4.0, 5.0], [-4.0, 5.0]])
    assert (orders, weight) == ([[0, 1], [0, 1]], 0.0)
