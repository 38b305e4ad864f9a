import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autogpt.errors import DataError, NotFoundError, UsageError
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.threshold import Threshold
from autogpt.read.calibrate import fit_reader_calibrator, with_confidence
from autogpt.read.decode import Candidate, Decoded
from autogpt.read.features import READER_FEATURES
from autogpt.records import AnswerSpan, ReaderExample
from autogpt.services import evaluating
from autogpt.services.evaluating import Questions
from autogpt.store import Store

CONTEXT = "The bank opened in Basel in 1912."


class Words:
    """Finds the last word of the question in the context; sure when the question is long."""

    def __init__(self, calibrator: Calibrator | None = None) -> None:
        self.calibrator = calibrator

    def read(self, pairs: list[tuple[str, str]]) -> list[Decoded]:
        found = [self._one(question, context) for question, context in pairs]
        return with_confidence(found, self.calibrator) if self.calibrator else found

    def _one(self, question: str, context: str) -> Decoded:
        word = question.rsplit(maxsplit=1)[-1]
        start = max(context.find(word), 0)
        features = dict.fromkeys(READER_FEATURES, 0.0) | {"null_margin": float(len(question)), "softmax": 0.5}
        return Decoded((Candidate(start, start + len(word), context[start : start + len(word)], 1.0),), 0.0, features)


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> Words:
    reader = Words()

    @contextmanager
    def opened(model: str, **options: object) -> Iterator[Words]:
        assert model == "words"
        yield reader

    monkeypatch.setattr(evaluating, "open_reader", opened)
    return reader


def data(folder: Path, name: str, count: int, title: str, domain: str = "general") -> Path:
    """Questions of which every third names a word that is no answer."""
    qas = [
        {
            "id": f"{name}-{at}",
            "question": "so " * (at % 3 * 3) + "which year is 1912" if at % 3 else "what in Basel",
            "answers": [{"text": "1912", "answer_start": CONTEXT.index("1912")}],
        }
        for at in range(count)
    ]
    path = folder / name
    path.write_text(json.dumps({"title": title, "domain": domain, "context": CONTEXT, "qas": qas}) + "\n")
    return path


def test_several_files_are_measured_as_one(tmp_path: Path, words: Words) -> None:
    files = (data(tmp_path, "a.jsonl", 6, "Super_Bowl_50"), data(tmp_path, "b.jsonl", 3, "Warsaw"))
    report = evaluating.measure_reader("words", Questions(files), force_answer=True)
    assert report.metrics["questions"] == 9
    assert report.metrics["exact_match"] == pytest.approx(100 * 6 / 9)
    assert report.data == "a.jsonl, b.jsonl"


def test_articles_and_questions_can_be_restricted(tmp_path: Path, words: Words) -> None:
    files = (data(tmp_path, "a.jsonl", 6, "Super_Bowl_50"), data(tmp_path, "b.jsonl", 3, "Warsaw"))
    report = evaluating.measure_reader("words", Questions(files, "0-7"))
    assert {one.value for one in report.slices if one.name == "document"} == {"Warsaw"}
    assert evaluating.measure_reader("words", Questions(files, limit=4)).metrics["questions"] == 4
    assert Questions(files, "0-7", 4).name == "a.jsonl, b.jsonl; articles 0-7; first 4"


def test_questions_can_be_listed_by_id(tmp_path: Path, words: Words) -> None:
    file, listed = data(tmp_path, "a.jsonl", 6, "A"), tmp_path / "held_out.txt"
    listed.write_text("a.jsonl-4\n\n a.jsonl-1 \nof another set\n")
    report = evaluating.measure_reader("words", Questions((file,), ids=listed))
    assert [one.id for one in report.predictions] == ["a.jsonl-1", "a.jsonl-4"]
    assert report.data == "a.jsonl; ids of held_out.txt"
    listed.write_text("of another set\n")
    with pytest.raises(UsageError, match="None of the 1 ids"):
        Questions((file,), ids=listed).load()
    with pytest.raises(NotFoundError, match="no file"):
        Questions((file,), ids=tmp_path / "none.txt").load()
    listed.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DataError, match="cannot be read"):
        Questions((file,), ids=listed).load()


def test_calibration_is_fitted_and_then_ships_with_the_reader(tmp_path: Path, words: Words) -> None:
    fit_on, tested = data(tmp_path, "fit.jsonl", 300, "A"), data(tmp_path, "test.jsonl", 60, "B")
    made = evaluating.calibrate_reader("words", Questions((fit_on,)), risk=0.1)
    assert made.fitted_on == ({"data": "fit.jsonl", "domain": "general", "questions": 300, "right": 200},)
    assert made.threshold.risk == 0.1
    words.calibrator = Calibrator.from_json(json.loads(json.dumps(made.to_json())))
    report = evaluating.measure_reader("words", Questions((tested,)))
    assert report.threshold == made.threshold.value
    assert report.metrics["coverage_at_95"] == pytest.approx(2 / 3)
    assert report.metrics["expected_calibration_error"] < 0.03


def test_domains_count_the_same_however_many_questions_they_have() -> None:
    def example(number: int, domain: str) -> ReaderExample:
        return ReaderExample(str(number), "q", "yes no", (AnswerSpan("yes", 0),), domain=domain)

    def decoded(text: str) -> Decoded:
        return Decoded((Candidate(0, len(text), text, 1.0),), 0.0, dict.fromkeys(READER_FEATURES, 0.0))

    examples = [example(at, "large") for at in range(90)] + [example(at, "small") for at in range(10)]
    found = [decoded("yes")] * 90 + [decoded("no")] * 10
    even = fit_reader_calibrator(found, examples)
    assert even.probability_of(found[0].features) == pytest.approx(0.5, abs=0.01)
    counted = fit_reader_calibrator(found, examples, balance=False)
    assert counted.probability_of(found[0].features) == pytest.approx(0.9, abs=0.01)


def test_nothing_found_has_no_confidence() -> None:
    calibrator = Calibrator(("null_margin",), (0.0,), (1.0,), ((),), (1.0,), 0.0, Threshold(0.5))
    nothing, something = Decoded((), 0.0), Decoded((Candidate(0, 1, "x", 2.0),), 0.0, {"null_margin": 0.0})
    assert [one.confidence for one in with_confidence([nothing, something, nothing], calibrator)] == [0.0, 0.5, 0.0]
    assert with_confidence([], calibrator) == []


def test_report_is_written_whole_and_read_back(tmp_path: Path, words: Words) -> None:
    report = evaluating.measure_reader("words", Questions((data(tmp_path, "a.jsonl", 6, "A"),)))
    evaluating.write_report(report, tmp_path / "pages" / "report.html")
    assert "</html>" in (tmp_path / "pages" / "report.html").read_text()
    (tmp_path / "report.json").write_text(json.dumps(report.to_json()))
    assert evaluating.read_report(tmp_path / "report.json") == report


def test_reports_that_are_none_are_told(tmp_path: Path) -> None:
    for number, text in enumerate(("not json", "[]", "null", "{}")):
        (tmp_path / f"{number}.json").write_text(text)
        with pytest.raises(DataError):
            evaluating.read_report(tmp_path / f"{number}.json")
    with pytest.raises(DataError, match="Is a directory"):
        evaluating.read_report(tmp_path)
    with pytest.raises(NotFoundError):
        evaluating.read_report(tmp_path / "none.json")


def test_unknown_decoders_and_models_are_told(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="Available: reference, windows"),
        evaluating.open_reader("en", decoder="greedy"),
    ):
        pass
    with pytest.raises(UsageError), evaluating.open_reader(str(tmp_path / "nothing")):
        pass


def test_pack_folders_are_readers_too(tmp_path: Path) -> None:
    (tmp_path / "pack" / "reader").mkdir(parents=True)
    assert evaluating.reader_folder(str(tmp_path / "pack")) == tmp_path / "pack" / "reader"
    assert evaluating.reader_folder(str(tmp_path / "pack" / "reader")) == tmp_path / "pack" / "reader"
    (tmp_path / "run" / "model").mkdir(parents=True)
    assert evaluating.reader_folder(str(tmp_path / "run")) == tmp_path / "run" / "model"


def test_workspace_without_examples_says_what_to_do(store: Store) -> None:
    with pytest.raises(UsageError, match="examples import"):
        evaluating.measure_workspace(store)
    with pytest.raises(UsageError, match="Available: train, validation, test"):
        evaluating.measure_workspace(store, part="dev")
