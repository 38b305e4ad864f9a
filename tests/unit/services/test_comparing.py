"""Readers compared on files and on a workspace."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autogpt.errors import NotFoundError, UsageError
from autogpt.models.costs import Costs
from autogpt.read.decode import Candidate, Decoded
from autogpt.read.reader import Reader
from autogpt.services import comparing
from autogpt.services.contenders import TIMED, WARM
from autogpt.services.evaluating import Questions
from autogpt.store import Store

CONTEXT = "The bank opened in Basel in 1912."


class Always:
    """Finds one text in every context."""

    calibrator = None

    def __init__(self, text: str) -> None:
        self._text = text
        self.asked: list[int] = []

    def read(self, pairs: list[tuple[str, str]]) -> list[Decoded]:
        self.asked.append(len(pairs))
        start = CONTEXT.index(self._text)
        found = Candidate(start, start + len(self._text), self._text, 3.0)
        return [Decoded((found,), 0.0, {"softmax": 0.8, "null_margin": 3.0}) for _ in pairs]


@pytest.fixture
def questions(tmp_path: Path) -> Questions:
    qas = [
        {"id": f"q{at}", "question": "When?", "answers": [{"text": "1912", "answer_start": CONTEXT.index("1912")}]}
        for at in range(60)
    ]
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps({"title": "Bank", "context": CONTEXT, "qas": qas}) + "\n")
    return Questions((path,))


@pytest.fixture
def trained(tmp_path: Path) -> Callable[[str, str], str]:
    """Makes the folder of a training, whose reader always finds one text."""

    def make(name: str, text: str, method: str = "lora") -> str:
        model = tmp_path / name / "model"
        model.mkdir(parents=True)
        (model / "model.safetensors").write_bytes(b"0" * 1_000)
        (model / "says").write_text(text)
        (tmp_path / name / "request.json").write_text(json.dumps({"settings": {"method": method}}))
        Costs(60.0, 5_000_000, 1_000, 10).save(tmp_path / name)
        return str(tmp_path / name)

    return make


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Always]:
    readers: list[Always] = []

    @contextmanager
    def opening(model: str) -> Iterator[Reader | Always]:
        readers.append(Always((Path(model) / "says").read_text()))
        yield readers[-1]

    monkeypatch.setattr(comparing, "open_reader", opening)
    return readers


def test_trainings_are_compared_on_files(
    questions: Questions, trained: Callable[..., str], opened: list[Always]
) -> None:
    found = comparing.compare_on_files([trained("one", "Basel", "full"), trained("two", "1912")], questions)
    first, second = found.lines
    assert (first.score, second.score, second.verdict) == (0.0, 100.0, "better")
    assert (first.contender.method, second.contender.method) == ("full", "lora")
    assert second.contender.costs == Costs(60.0, 5_000_000, 1_000, 10)
    assert second.contender.size_bytes == 1_000
    assert found.questions == 60


def test_readers_are_timed_in_turns_one_question_at_a_time(
    questions: Questions, trained: Callable[..., str], opened: list[Always]
) -> None:
    comparing.compare_on_files([trained("one", "Basel"), trained("two", "1912")], questions)
    for reader in opened:
        assert reader.asked == [60, *[1] * (WARM + TIMED)]


def test_one_model_alone_is_refused(questions: Questions, trained: Callable[..., str]) -> None:
    one = trained("one", "Basel")
    for names in ([one], [one, one]):
        with pytest.raises(UsageError, match="nothing to compare with"):
            comparing.compare_on_files(names, questions)


def test_a_workspace_without_examples_or_run_says_so(store: Store) -> None:
    with pytest.raises(UsageError, match="validation part of the workspace has no accepted"):
        comparing.compare_runs(store, ["base", "missing"])
    with pytest.raises(UsageError, match="Unknown part 'train'"):
        comparing.compare_runs(store, ["base", "missing"], "train")


def test_an_unknown_model_is_refused(questions: Questions) -> None:
    with pytest.raises(NotFoundError, match="no model pack 'nowhere'"):
        comparing.compare_on_files(["en", "nowhere"], questions)


def test_models_of_several_kinds_are_refused(tmp_path: Path, questions: Questions) -> None:
    for name, architecture in (("one", "BertForQuestionAnswering"), ("two", "BertModel")):
        (tmp_path / name / "model").mkdir(parents=True)
        config = {"architectures": [architecture], "max_position_embeddings": 140, "pad_token_id": 0}
        (tmp_path / name / "model" / "config.json").write_text(json.dumps({**config, "model_type": "bert"}))
    with pytest.raises(UsageError, match=r"several kinds cannot be compared: '.*one' is a reader, '.*two' is a retr"):
        comparing.compare_on_files([str(tmp_path / "one"), str(tmp_path / "two")], questions)
    with pytest.raises(UsageError, match="--force-answer is for readers; these are retrievers"):
        comparing.compare_on_files([str(tmp_path / "two"), str(tmp_path / "two" / "model")], questions, True)
