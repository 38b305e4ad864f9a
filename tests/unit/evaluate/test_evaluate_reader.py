import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from autogpt.errors import DataError, UsageError
from autogpt.evaluate.reader import evaluate_reader
from autogpt.evaluate.report import reader_html
from autogpt.evaluate.results import ReaderReport, write_predictions
from autogpt.evaluate.slices import answer_length, question_word, slices_of, with_title_hash
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.threshold import Threshold
from autogpt.progress import Progress
from autogpt.read.decode import Candidate, Decoded
from autogpt.records import AnswerSpan, ReaderExample

CONTEXT = "The bank opened in Basel in 1912. Anna Rossi led it for ten years."


def example(number: int, question: str, *golds: str, title: str = "Bank") -> ReaderExample:
    spans = tuple(AnswerSpan(gold, CONTEXT.index(gold)) for gold in golds)
    return ReaderExample(f"q{number}", question, CONTEXT, spans, title)


EXAMPLES = [
    example(1, "Where did the bank open?", "Basel"),
    example(2, "Who led it?", "Anna Rossi"),
    example(3, "When did the bank open?", "1912", title="History"),
    example(4, "Who founded it?", title="History"),
    example(5, "How long did she lead it?", "ten years", title="History"),
    example(6, "Why did it close?"),
]


@dataclass
class Scripted:
    """Gives the same answers every time: question → (text, confidence, null margin)."""

    answers: dict[str, tuple[str, float | None, float]]
    calibrator: Calibrator | None = None

    def read(self, pairs: Sequence[tuple[str, str]]) -> list[Decoded]:
        return [self._one(question, context) for question, context in pairs]

    def _one(self, question: str, context: str) -> Decoded:
        text, confidence, margin = self.answers[question]
        if not text:
            return Decoded((), 0.0, {}, confidence)
        start = context.index(text)
        best = Candidate(start, start + len(text), text, margin)
        return Decoded((best,), 0.0, {"softmax": 0.9, "null_margin": margin}, confidence)


READER = Scripted(
    {
        "Where did the bank open?": ("Basel", 0.9, 5.0),  # right
        "Who led it?": ("Rossi", 0.8, 4.0),  # half right: precision 1, recall 1/2
        "When did the bank open?": ("1912", 0.3, 1.0),  # right, but not sure enough
        "Who founded it?": ("Anna Rossi", 0.6, 2.0),  # should abstain
        "How long did she lead it?": ("", 0.0, 0.0),  # nothing found
        "Why did it close?": ("Basel", 0.1, -3.0),  # rightly not given
    },
    Calibrator(("softmax",), (0.0,), (1.0,), ((),), (1.0,), 0.0, Threshold(0.5)),
)


def test_scores_by_hand() -> None:
    metrics = evaluate_reader(READER, EXAMPLES).metrics
    # F1: 1, 2/3, 0 (abstained), 0 (answered), 0, 1 (abstained).
    assert metrics["questions"] == 6
    assert metrics["f1"] == pytest.approx(100 * (1 + 2 / 3 + 1) / 6)
    assert metrics["exact_match"] == pytest.approx(100 * 2 / 6)
    assert metrics["has_answer_f1"] == pytest.approx(100 * (1 + 2 / 3) / 4)
    assert metrics["has_answer_exact_match"] == pytest.approx(25)
    assert metrics["no_answer_accuracy"] == pytest.approx(50)
    assert metrics["answered"] == pytest.approx(3 / 6)


def test_best_threshold_is_a_labelled_diagnostic() -> None:
    report = evaluate_reader(READER, EXAMPLES)
    # Answering the first two alone gives up 1912 and refuses both that have no answer.
    assert report.metrics["best_f1"] == pytest.approx(100 * (1 + 2 / 3 + 1 + 1) / 6)
    assert report.metrics["best_threshold"] == pytest.approx(0.7)
    assert "diagnostic" in report.to_json()["diagnostic"]


def test_forced_answers_never_abstain_where_anything_was_found() -> None:
    report = evaluate_reader(READER, EXAMPLES, force_answer=True)
    assert report.metrics["no_answer_accuracy"] == 0.0
    assert report.metrics["has_answer_f1"] == pytest.approx(100 * (1 + 2 / 3 + 1) / 4)
    assert [one.text for one in report.predictions] == ["Basel", "Rossi", "1912", "Anna Rossi", "", "Basel"]
    assert report.threshold is None


def test_shipped_threshold_is_used_unless_another_is_given() -> None:
    assert evaluate_reader(READER, EXAMPLES).threshold == 0.5
    assert evaluate_reader(READER, EXAMPLES, threshold=0.85).metrics["answered"] == pytest.approx(1 / 6)


def test_reader_without_calibrator_answers_where_its_span_outscores_null() -> None:
    bare = Scripted({question: (text, None, margin) for question, (text, _, margin) in READER.answers.items()})
    report = evaluate_reader(bare, EXAMPLES)
    assert report.confidence == "softmax"
    assert [one.answered for one in report.predictions] == [True, True, True, True, False, False]
    assert report.predictions[0].confidence == 0.9
    assert report.predictions[4].confidence == 0.0


def test_calibration_is_measured_on_the_best_candidate_given_or_not() -> None:
    metrics = evaluate_reader(READER, EXAMPLES).metrics
    # Right by confidence: 0.9 yes, 0.8 no, 0.6 no, 0.3 yes, 0.1 no, 0.0 no; one bin each.
    error = (0.1 + 0.8 + 0.6 + 0.7 + 0.1 + 0.0) / 6
    assert metrics["expected_calibration_error"] == pytest.approx(error)
    assert metrics["coverage_at_95"] == pytest.approx(1 / 6)
    assert metrics["area_under_risk_coverage"] == pytest.approx((0 + 1 / 2 + 2 / 3 + 2 / 4 + 3 / 5 + 4 / 6) / 6)


def test_every_miss_is_listed_with_its_kind() -> None:
    misses = evaluate_reader(READER, EXAMPLES).misses
    assert [(one.id, one.kind) for one in misses] == [
        ("q2", "partly right"),
        ("q3", "abstained, was right"),
        ("q4", "answered the unanswerable"),
        ("q5", "abstained, was wrong"),
    ]
    assert misses[1].before.endswith("Basel in ")
    assert misses[1].after.startswith(". Anna")


def test_slices_hold_every_question_once() -> None:
    report = evaluate_reader(READER, EXAMPLES)
    for name in ("question word", "answer length", "document"):
        assert sum(one.questions for one in report.slices if one.name == name) == len(EXAMPLES)
    history = next(one for one in report.slices if one.value == "History")
    assert (history.questions, history.exact_match, history.answered) == (3, 0.0, pytest.approx(1 / 3))
    none = next(one for one in report.slices if one.name == "answer length" and one.value == "none")
    assert none.exact_match == 50.0


def test_untitled_documents_are_told_apart_by_their_first_words() -> None:
    untitled = [replace(one, title="") for one in EXAMPLES] + [
        replace(EXAMPLES[0], title="", id="other", context="In Zug, too. " + CONTEXT)
    ]
    report = evaluate_reader(READER, untitled)
    documents = {one.value: one.questions for one in report.slices if one.name == "document"}
    assert sorted(documents.values()) == [1, 6]
    assert all(value in CONTEXT or value.startswith("In Zug") for value in documents)


def test_report_survives_json() -> None:
    report = evaluate_reader(READER, EXAMPLES, model="m", data="d")
    again = ReaderReport.from_json(json.loads(json.dumps(report.to_json())))
    assert again == report
    wanted = {"questions", "exact_match", "f1", "has_answer_f1", "no_answer_accuracy", "best_f1", "best_threshold"}
    wanted |= {"expected_calibration_error", "coverage_at_80", "coverage_at_95", "scorer"}
    assert wanted <= report.to_json().keys()


@pytest.mark.parametrize("change", [{"kind": "other"}, {"format_version": 99}, {"slices": [{"no": 1}]}])
def test_foreign_reports_are_told(change) -> None:
    raw = evaluate_reader(READER, EXAMPLES).to_json()
    with pytest.raises(DataError):
        ReaderReport.from_json(raw | change)


def test_predictions_file_has_one_line_a_question(tmp_path: Path) -> None:
    report = evaluate_reader(READER, EXAMPLES)
    write_predictions(report.predictions, tmp_path / "new" / "predictions.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "new" / "predictions.jsonl").read_text().splitlines()]
    assert lines[0] == {"id": "q1", "text": "Basel", "start": 19, "end": 24, "confidence": 0.9}
    assert lines[3 - 1] == {"id": "q3", "text": "", "start": None, "end": None, "confidence": 0.3}
    assert len(lines) == len(EXAMPLES)
    assert CONTEXT[lines[0]["start"] : lines[0]["end"]] == lines[0]["text"]


def test_progress_reaches_the_end() -> None:
    seen: list[Progress] = []
    evaluate_reader(READER, EXAMPLES, sink=seen.append)
    assert [(one.done, one.total) for one in seen] == [(0, 6), (6, 6)]


def test_one_kind_of_question_alone_can_be_measured() -> None:
    answerable = evaluate_reader(READER, EXAMPLES[:3]).metrics
    assert (answerable["no_answer_accuracy"], answerable["no_answer_questions"]) == (None, 0)
    assert evaluate_reader(READER, EXAMPLES[3:4]).metrics["has_answer_f1"] is None
    with pytest.raises(ValueError, match="no questions"):
        evaluate_reader(READER, [])


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("To whom was it sold?", "who"),
        ("HOW MUCH is it?", "how many"),
        ("For how long does it last?", "how many"),
        ("Somewhat late, he came.", "other"),
        ("什么时候开业？", "when"),
        ("銀行在哪裡？", "where"),
        ("为什么关闭？", "why"),
        ("", "other"),
    ],
)
def test_question_words(question: str, word: str) -> None:
    assert question_word(question) == word


@pytest.mark.parametrize(
    ("golds", "length"),
    [(["a b c d e f", "x"], "1-2 words"), (["中国人民银行上海分行"], "6-10 words"), (["w " * 30], "over 25 words")],
)
def test_answer_lengths(golds: list[str], length: str) -> None:
    assert answer_length(golds) == length


def test_title_hash_splits_articles_in_two() -> None:
    many = [replace(EXAMPLES[0], id=str(at), title=f"Article {at % 40}") for at in range(200)]
    low, high = with_title_hash(many, "0-7"), with_title_hash(many, "8-f")
    assert sorted(one.id for one in low + high) == sorted(one.id for one in many)
    assert not {one.title for one in low} & {one.title for one in high}
    # SHA-256 of "Super_Bowl_50" begins with 9, of "Warsaw" with 2.
    known = [replace(EXAMPLES[0], title=title) for title in ("Super_Bowl_50", "Warsaw")]
    assert [one.title for one in with_title_hash(known, "8-f")] == ["Super_Bowl_50"]
    assert [one.title for one in with_title_hash(known, "2")] == ["Warsaw"]
    for wrong in ("", "8-", "g", "8-z"):
        with pytest.raises(UsageError, match="no range"):
            with_title_hash(many, wrong)


class Page(HTMLParser):
    """Collects tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "xlink:href"} and value:
                self.links.append(value)
            if name == "id" and value:
                self.ids.append(value)


def test_page_is_whole_and_harmless() -> None:
    hostile = '<script>alert(1)</script> {{ 7 * 7 }} \u202e & "quoted"'
    examples = [replace(one, question=one.question, title=hostile) for one in EXAMPLES]
    text = reader_html(evaluate_reader(READER, examples, model=hostile, data="data"))
    page = Page()
    page.feed(text)
    assert "script" not in page.tags
    assert "&lt;script&gt;alert(1)" in text
    assert "{{ 7 * 7 }}" in text
    assert page.tags.count("svg") >= 3
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith(("#", "data:")) for link in page.links)
    assert not re.search(r"url\((?!#)", text)
    for miss in ("Rossi", "ten years", "Who founded it?"):
        assert miss in text
    assert slices_of(examples[0])["document"] == hostile
