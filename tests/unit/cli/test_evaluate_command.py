import json
from pathlib import Path

import pytest

from autogpt.cli import main
from autogpt.errors import UsageError
from autogpt.evaluate.results import Prediction, ReaderReport
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.threshold import Threshold
from autogpt.services import evaluating
from autogpt.services.evaluating import Questions
from autogpt.store import Store

METRICS = {
    "questions": 2,
    "exact_match": 50.0,
    "f1": 75.0,
    "f1_interval": [50.0, 100.0],
    "has_answer_questions": 2,
    "has_answer_exact_match": 50.0,
    "has_answer_f1": 75.0,
    "no_answer_questions": 0,
    "no_answer_accuracy": None,
    "answered": 1.0,
    "best_f1": 75.0,
    "best_exact_match": 50.0,
    "best_threshold": 0.2,
    "seconds": 1.0,
}
TRUST = dict.fromkeys(
    ("expected_calibration_error", "brier_score", "area_under_risk_coverage", "coverage_at_80", "coverage_at_95"), 0.5
)
REPORT = ReaderReport(
    "m",
    "d",
    "windows",
    "calibrator",
    0.4,
    False,
    {**METRICS, **TRUST, "softmax": TRUST},
    (),
    (),
    ((1.0, 0.5, 0.1),),
    ((1.0, 0.5, 0.1),),
    (
        Prediction("q1", "Basel", 3, 8, 0.9, True, True, 1.0, 1.0),
        Prediction("q2", "x", 0, 1, 0.5, True, False, 0.0, 0.5),
    ),
    (),
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Questions, dict]]:
    calls: list[tuple[str, Questions, dict]] = []

    def measure(model: str, questions: Questions, **options: object) -> ReaderReport:
        calls.append((model, questions, options))
        return REPORT

    monkeypatch.setattr(evaluating, "measure_reader", measure)
    return calls


def test_json_is_the_whole_report_and_nothing_else(asked, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    arguments = ["evaluate", "reader", "--model", "m", "--data", "a", "--data", "b", "--force-answer", "--json"]
    assert (
        main(
            [
                *arguments,
                "--predictions",
                str(answers),
                "--title-hash",
                "8-f",
                "--ids",
                "held.txt",
                "--decoder",
                "reference",
            ]
        )
        == 0
    )
    assert ReaderReport.from_json(json.loads(capsys.readouterr().out)) == REPORT
    model, questions, options = asked[0]
    assert (model, questions) == (["m"], Questions((Path("a"), Path("b")), "8-f", ids=Path("held.txt")))
    assert options["force_answer"] is True
    assert options["decoder"] == "reference"
    assert [json.loads(line)["id"] for line in answers.read_text().splitlines()] == ["q1", "q2"]


def test_text_names_the_diagnostic_for_what_it_is(asked, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert main(["evaluate", "reader", "--model", "m", "--data", "a", "--html", str(page)]) == 0
    out = capsys.readouterr().out
    assert "best F1 (diagnostic)" in out
    assert "75.00" in out
    assert "softmax: 0.500" in out
    assert "diagnostic" in page.read_text().lower()


def test_calibration_goes_beside_the_reader(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    made = Calibrator(("a",), (0.0,), (1.0,), ((),), (1.0,), 0.0, Threshold(0.5, "at most 10% of the answers wrong"))
    monkeypatch.setattr(evaluating, "calibrate_reader", lambda *arguments, **options: made)
    assert main(["evaluate", "calibrate", "--model", str(tmp_path), "--data", "a", "--risk", "0.1"]) == 0
    assert Calibrator.load(tmp_path / "calibration.json") == made
    assert "at most 10% of the answers wrong" in capsys.readouterr().out


def test_wrong_use_is_told_in_a_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.json")
    assert main(["evaluate", "reader", "--model", str(tmp_path), "--data", missing]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert main(["evaluate", "-w", str(tmp_path)]) == 2
    assert "autogpt new" in capsys.readouterr().err
    assert main(["evaluate", "reader"]) == 2


def test_settings_hold_for_one_measurement(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "autogpt.toml").write_text("")
    passages: list[int] = []

    def measure(store: Store, *_: object, **__: object) -> None:
        passages.append(store.config.retrieve.passages)
        raise UsageError("Enough was seen.")

    monkeypatch.setattr(evaluating, "measure_workspace", measure)
    assert main(["evaluate", "-w", str(tmp_path), "--set", "retrieve.passages=3"]) == 2
    assert passages == [3]
