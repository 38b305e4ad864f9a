"""Several models side by side."""

import json

import pytest

from autogpt.evaluate.report import side_by_side_html
from autogpt.evaluate.side_by_side import Contender, SideBySide, markdown, side_by_side
from autogpt.models.costs import Costs

FEW = 500


def contender(name: str, scores: list[float], costs: Costs | None = None) -> Contender:
    return Contender(name, "lora" if costs else "", scores, {"exact_match": 50.0}, costs, 45_000_000, 12.5)


def found() -> SideBySide:
    base = [50.0, 0.0] * 60
    better = [one + 20 for one in base]
    same = [one + (1 if at % 2 else -1) for at, one in enumerate(base)]
    worse = [max(0.0, one - 30) for one in base]
    costs = Costs(120, 900_000_000, 1_000_000, 8_000)
    contenders = [
        contender("base", base),
        *(contender(name, scores, costs) for name, scores in (("good|one", better), ("alike", same), ("bad", worse))),
    ]
    return side_by_side(contenders, "F1", "a file", resamples=FEW)


def test_a_difference_counts_only_when_it_is_more_than_luck() -> None:
    assert [one.verdict for one in found().lines] == ["first", "better", "no difference shown", "worse"]


def test_intervals_hold_the_value_and_p_values_are_corrected() -> None:
    first, better, alike, worse = found().lines
    for line in (better, alike, worse):
        assert line.difference_lower is not None
        assert line.difference_lower <= (line.difference or 0.0) <= (line.difference_upper or 0.0)
    assert first.lower < first.score == 25.0 < first.upper
    smallest = 2 / (FEW + 1)
    assert better.p_value == worse.p_value == pytest.approx(3 * smallest)
    assert alike.p_value == 1.0


def test_documents_are_resampled_whole() -> None:
    scores = [100.0] * 50 + [0.0] * 50
    contenders = [contender("base", [0.0] * 100), contender("lucky", scores)]
    alone = side_by_side(contenders, "F1", "a file", resamples=FEW).lines[1]
    one_document = side_by_side(contenders, "F1", "a file", [at // 50 for at in range(100)], resamples=FEW).lines[1]
    assert alone.verdict == "better"
    assert one_document.verdict == "no difference shown"


def test_the_table_tells_what_each_cost() -> None:
    table = markdown(found())
    assert "120 questions of a file." in table
    row = next(line for line in table.splitlines() if "good" in line)
    assert row.startswith("| good\\|one | lora | 45.0 |")
    assert row.endswith("| 0.80% | 2.0 | 45.0 | 900 | 12.5 |")
    assert "| base | as it came |" in table


def test_page_and_json_hold_every_model() -> None:
    compared = found()
    page = side_by_side_html(compared)
    assert page.count("<svg") == 3
    assert 'class="verdict pass"' in page
    told = json.loads(json.dumps(compared.to_json()))
    assert [one["name"] for one in told["lines"]] == ["base", "good|one", "alike", "bad"]
    assert told["lines"][0]["costs"] is None
    assert told["lines"][1]["costs"]["seconds"] == 120
    assert "scores" not in told["lines"][0]


def test_nothing_is_no_comparison() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        side_by_side([], "F1", "a file")
