"""The smallest form that answers as well: what is kept, and what is said when it does not."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from autogpt.compress import smallest
from autogpt.compress.parity import Parity, Verdict
from autogpt.compress.smallest import Compression, smallest_reader
from autogpt.config import CompressSection, ReadSection
from autogpt.read.backends.facts import model_facts
from autogpt.records import ReaderExample
from tiny_models import make_examples

READ = ReadSection(max_length=120, stride=20)
PAIRS = [(one.question, one.context) for one in make_examples(8)]


def compress(source: Path, out: Path, **changes: Any) -> Compression:
    options: dict[str, Any] = {
        "questions": make_examples(20),
        "calibration": PAIRS,
        "compress": CompressSection(),
        "read": READ,
        **changes,
    }
    return smallest_reader(source, out, **options)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Callable[[Verdict], list[dict[str, Any]]]:
    """Makes the gate say what a test wants; returns what it was asked."""

    def says(verdict: Verdict) -> list[dict[str, Any]]:
        asked: list[dict[str, Any]] = []

        def fixed(source: Any, export: Any, examples: Sequence[ReaderExample], **options: Any) -> Parity:
            asked.append({"source": source, "export": export, "examples": examples, **options})
            return Parity(verdict, len(examples), 80.0, 79.9, -0.1, -0.4, options["tolerance"], 0.97, 6.0, 2.0)

        monkeypatch.setattr(smallest, "parity_gate", fixed)
        return asked

    return says


def test_int8_is_kept_when_it_passes(
    tiny_model: Callable[[str], Path], gate: Callable[[Verdict], list[dict[str, Any]]], tmp_path: Path
) -> None:
    asked = gate("passed")
    made = compress(tiny_model("bert"), tmp_path / "out")
    assert made.precision == "int8"
    assert model_facts(tmp_path / "out").precision == "int8"
    assert len(asked) == 1
    assert asked[0]["export"].folder == tmp_path / "out"
    assert (asked[0]["tolerance"], asked[0]["fewest"], asked[0]["most"]) == (0.5, 500, 0)
    assert "3.0 times as fast" in made.summary
    assert "at least -0.40" in made.summary


@pytest.fixture(autouse=True)
def no_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same forms are tried on every processor, but where a test says otherwise."""
    monkeypatch.setattr(smallest, "computes_bf16", lambda: False)


def test_bfloat16_is_tried_where_int8_does_not_pass_and_the_source_reads_once(
    tiny_model: Callable[[str], Path],
    gate: Callable[[Verdict], list[dict[str, Any]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smallest, "computes_bf16", lambda: True)
    asked = gate("unproven")
    made = compress(tiny_model("bert"), tmp_path / "out")
    assert [one.precision for one in made.attempts] == ["int8", "int8-dynamic", "bf16", "fp32"]
    assert all(one["source"] is asked[0]["source"] for one in asked)


@pytest.mark.parametrize("changes", [{"compress": CompressSection(calibration_samples=0)}, {"calibration": []}])
def test_only_ranges_found_while_running_are_tried_where_nothing_is_calibrated(
    changes: dict[str, Any],
    tiny_model: Callable[[str], Path],
    gate: Callable[[Verdict], list[dict[str, Any]]],
    tmp_path: Path,
) -> None:
    gate("passed")
    made = compress(tiny_model("bert"), tmp_path / "out", **changes)
    assert made.precision == "int8-dynamic"
    assert model_facts(tmp_path / "out").precision == "int8-dynamic"


@pytest.mark.parametrize("verdict", ["failed", "unproven", "too_few"])
def test_the_whole_model_is_served_when_int8_does_not_pass_and_the_report_says_so(
    verdict: Verdict,
    tiny_model: Callable[[str], Path],
    gate: Callable[[Verdict], list[dict[str, Any]]],
    tmp_path: Path,
) -> None:
    gate(verdict)
    made = compress(tiny_model("bert"), tmp_path / "out")
    assert made.precision == "fp32"
    assert model_facts(tmp_path / "out").precision == "fp32"
    tried = ["int8"] if verdict == "too_few" else ["int8", "int8-dynamic"]
    assert [one.precision for one in made.attempts] == [*tried, "fp32"]
    assert "int8" in made.summary
    assert "the whole model is served" in made.summary
    raw = made.to_json()
    assert raw["attempts"][0]["parity"]["verdict"] == verdict
    assert raw["attempts"][0]["bytes"] < raw["attempts"][-1]["bytes"]


def test_too_few_questions_are_noticed_by_the_real_gate(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    made = compress(tiny_model("bert"), tmp_path / "out")
    parity = made.attempts[0].parity
    assert parity is not None
    assert (parity.verdict, parity.questions) == ("too_few", 20)
    assert made.precision == "fp32"


def test_the_gate_asks_no_more_questions_than_the_settings_let_it(
    tiny_model: Callable[[str], Path], gate: Callable[[Verdict], list[dict[str, Any]]], tmp_path: Path
) -> None:
    asked = gate("passed")
    compress(tiny_model("bert"), tmp_path / "out", compress=CompressSection(parity_limit=15))
    assert asked[0]["most"] == 15


def test_int8_is_not_tried_when_it_is_not_wanted(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    made = compress(tiny_model("bert"), tmp_path / "out", compress=CompressSection(int8=False))
    assert [one.precision for one in made.attempts] == ["fp32"]
    assert made.summary == "the whole model is served"
