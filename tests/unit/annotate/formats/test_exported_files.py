"""Files that doccano and Label Studio exported themselves (see files/exported/README.md) become the right examples."""

import json
from pathlib import Path

import pytest

from autogpt.annotate.formats import READERS, detect_format, read_examples
from autogpt.annotate.raw import RawAnswer, RawExample

FILES = Path(__file__).parent / "files" / "exported"
FERRY = "The ferry runs every 40 minutes. 👍🏽 Bicycles travel free of charge."
FIRE = "👨🏻‍🚒 Firefighters travel free. Everybody else pays 5 euro."
TABLE = "Timetable 👍🏽\r\nMonday: 6:10\r\nSunday: 8:40\r\nNo ferry on holidays."
CHINESE = "渡轮每40分钟一班。👍🏽自行车免费。"
LIFT = "🧑‍🦽 Wheelchairs are welcome. The lift closes at 22:30."
#: Text, question and what was marked, in the order of the files.
MARKED = [
    (FERRY, "How often does the ferry run?", "every 40 minutes"),
    (FERRY, "What do bicycles cost?", "free of charge"),
    (FIRE, "What does everybody else pay?", "5 euro"),
    (TABLE, "When does the ferry leave on Sunday?", "8:40"),
    (CHINESE, "自行车多少钱？", "免费"),
    (FERRY, "Are dogs allowed?", ""),
    (LIFT, "When does the lift close?", "22:30"),
    (FIRE, "Who travels free?", "Firefighters"),
]
CHOSEN = [
    ("Where is my ticket?", {"tickets"}),
    ("我的票没有到，请退款。", {"tickets", "refund"}),
    ("👍🏽 Hello", set()),
]


def found(name: str) -> list[RawExample]:
    return list(read_examples(FILES / name))


def assert_marked(examples: list[RawExample], expected: list[tuple[str, str, str]] = MARKED) -> None:
    assert [(one.context, one.question, one.answers, one.answerable, one.problem) for one in examples] == [
        (text, question, (RawAnswer(answer, text.index(answer)),) if answer else (), bool(answer), "")
        for text, question, answer in expected
    ]


@pytest.mark.parametrize("path", sorted(FILES.glob("*.json*")), ids=lambda path: path.name)
def test_the_tool_is_told_by_its_rows(path: Path) -> None:
    assert path.name.startswith(detect_format(path.read_text(encoding="utf-8"), path.name))


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("doccano-sequence.jsonl", "UTF-16 units"),
        ("doccano-relations.jsonl", "UTF-16 units"),
        ("doccano-graphemes.jsonl", "grapheme clusters"),
    ],
)
def test_places_that_doccano_marked(name: str, unit: str) -> None:
    examples = found(name)
    assert_marked(examples)
    assert all(remark.endswith(f"It counts {unit}.") for one in examples for remark in one.remarks)
    assert [len(one.remarks) for one in examples] == [0, 1, 1, 1, 1, 0, 1, 1]


def test_answers_that_were_written_in_doccano() -> None:
    assert [(one.context, one.question, one.answers, one.answerable) for one in found("doccano-written.jsonl")] == [
        (text, question, (RawAnswer(answer),) if answer else (), bool(answer)) for text, question, answer in MARKED[1:6]
    ]


def test_label_studio_counts_code_points() -> None:
    *tasks, last = found("label-studio-questions.json")
    assert_marked(tasks)
    assert last.problem == "nobody has annotated it"
    assert {one.remarks for one in tasks} == {()}
    assert {one.annotator for one in tasks} == {"1"}
    assert_marked(found("label-studio-choice.json"), MARKED[1:6])


def test_json_min_holds_the_same() -> None:
    *tasks, last = found("label-studio-questions-min.json")
    assert tasks == found("label-studio-questions.json")[:-1]
    assert last.problem == "nobody has annotated it"


@pytest.mark.parametrize("at", range(len(MARKED)))
def test_a_place_without_its_text_needs_no_other_to_be_read(at: int) -> None:
    tasks = json.loads((FILES / "label-studio-places.json").read_text(encoding="utf-8"))
    assert_marked(list(READERS.load("label-studio")(json.dumps([tasks[at]]), "one.json", {})), [MARKED[at]])


def test_questions_that_were_written_for_a_region() -> None:
    *written, skipped, left = found("label-studio-regions.json")
    assert_marked(written, [MARKED[1], MARKED[4]])
    assert (skipped.problem, left.problem) == ("its annotator skipped it", "nobody has annotated it")
    *written, left = found("label-studio-regions-min.json")  # which leaves out what was skipped
    assert_marked(written, [MARKED[1], MARKED[4]])
    assert left.problem == "nobody has annotated it"


@pytest.mark.parametrize(
    "name", ["doccano-classes.jsonl", "label-studio-classes.json", "label-studio-classes-min.json"]
)
def test_classes(name: str) -> None:
    examples = found(name)
    assert [(one.question, set(one.classes)) for one in examples] == CHOSEN
    assert all(one.labelled and not one.problem for one in examples)


def test_intents_of_doccano_are_classes_and_its_slots_no_examples() -> None:
    assert [(one.question, one.classes, one.problem) for one in found("doccano-intents.jsonl")] == [
        ("Where is my ticket?", ("tickets",), ""),
        ("我的票没有到，请退款。", (), ""),
        ("👍🏽 Hello", (), ""),
    ]
