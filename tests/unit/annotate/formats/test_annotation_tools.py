"""Files as doccano, Label Studio and Labelbox write them become examples: offsets put right, each with a remark."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.annotate.formats import READERS, TOOLS, WRITERS, detect_format, read_examples, write_examples
from autogpt.annotate.raw import RawAnswer, RawExample
from autogpt.errors import DataError

FILES = Path(__file__).parent / "files"
FERRY = "The ferry runs every 40 minutes. 👍🏽 Bicycles travel free of charge."
BIKES = "free of charge"


def found(name: str, **columns: str) -> list[RawExample]:
    return list(read_examples(FILES / name, columns=columns or None))


def lines(*rows: Mapping[str, Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def read_text(text: str, name: str = "file.jsonl", **columns: str) -> list[RawExample]:
    return list(READERS.load(detect_format(text, name))(text, name, columns))


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("doccano-sequence.jsonl", "doccano"),
        ("doccano-entities.jsonl", "doccano"),
        ("doccano-classes.jsonl", "doccano"),
        ("label-studio.json", "label-studio"),
        ("label-studio-min.json", "label-studio"),
        ("labelbox.ndjson", "labelbox"),
    ],
)
def test_the_tool_is_told_by_its_rows(name: str, format: str) -> None:
    assert detect_format((FILES / name).read_text(encoding="utf-8"), name) == format


def test_doccano_offsets_count_utf_16_units_and_the_remark_says_so() -> None:
    ferry, bikes, dogs = found("doccano-sequence.jsonl")
    assert (ferry.question, ferry.answers, ferry.remarks) == (
        "How often does the ferry run?", (RawAnswer("every 40 minutes", 15),), (),
    )  # fmt: skip
    assert bikes.answers == (RawAnswer(BIKES, FERRY.index(BIKES)),)
    assert bikes.remarks == ("54–68 is 52–66 here, 'free of charge'. It counts UTF-16 units.",)
    assert (dogs.answerable, dogs.answers, dogs.context) == (False, (), FERRY)
    assert bikes.id.startswith("doccano-2-")


def test_doccano_labels_that_are_questions_and_such_that_are_none() -> None:
    often, who, problem = found("doccano-entities.jsonl")
    assert (often.question, often.answers[0].text) == ("How often does the ferry run?", "every 40 minutes")
    assert (who.question, who.answers[0].text) == ("Who runs it?", "Harbour Lines")
    assert often.id != who.id
    assert problem.problem == "the label 'ORG' is no question, and no field 'question' is beside it"


def test_doccano_classes_and_answers_that_were_typed() -> None:
    assert [(one.question, one.classes) for one in found("doccano-classes.jsonl")] == [
        ("Where is my card?", ("card_arrival",)),
        ("我的卡在哪里？", ("card_arrival", "delivery")),
        ("Hello", ()),
    ]
    row = {"id": 1, "text": "Fee: 5 euro.", "label": ["5 euro"], "Comments": [], "question": "What is the fee?"}
    (typed,) = read_text(lines(row))
    assert (typed.question, typed.answers, typed.context) == (
        "What is the fee?",
        (RawAnswer("5 euro"),),
        "Fee: 5 euro.",
    )
    (asked,) = read_text(
        lines({"id": 1, "text": "What is the fee?", "label": ["5 euro"], "Comments": []}), answer="label"
    )
    assert (asked.question, asked.answers, asked.context) == ("What is the fee?", (RawAnswer("5 euro"),), "")


def test_the_old_question_answering_of_doccano() -> None:
    said = [{"response": "5 euro", "start_offset": 5}]
    skipped = [{"response": "_SKIPPED_BY_USER", "start_offset": 0}]
    first, second = read_text(
        lines(
            {"id": 1, "text": "Fee: 5 euro.", "question": "Fee?", "annotations": said},
            {"id": 2, "text": "No fee.", "question": "Fee?", "annotations": skipped},
        )
    )
    assert first.answers == (RawAnswer("5 euro", 5),)
    assert not second.answerable


@pytest.mark.parametrize(
    ("text", "quote", "places", "reason"),
    [
        ("a👨🏻‍🚒 firemen", "firemen", (3, 10), "It counts grapheme clusters."),
        ("🧑‍🦽 wheelchairs enter", "enter", (15, 20), "It counts grapheme clusters."),  # joined since Unicode 12
        ("👍🏽🫶🏽 wheelchairs enter", "enter", (16, 21), "It counts grapheme clusters."),  # toned since Unicode 14
        ("one\r\ntwo\r\nthree words", "three", (8, 13), "It counts line ends as one character."),
        ("👍👍\r\ntwo words", "two", (5, 8), "It counts UTF-16 units, and line ends as one."),
        ("ten words and more", "words", (4, 8), "Its end is its last character."),
        ("ten words and more", "words", (3, 10), "White space at its ends was left out."),
    ],
)
def test_what_offsets_count_is_found_out_by_the_words_they_cut(
    text: str, quote: str, places: tuple[int, int], reason: str
) -> None:
    (one,) = read_text(lines({"text": text, "question": "Which?", "label": [[*places, "Answer"]]}))
    assert one.answers == (RawAnswer(quote, text.index(quote)),)
    assert one.remarks == (
        f"{places[0]}–{places[1]} is {text.index(quote)}–{text.index(quote) + len(quote)} here, '{quote}'. {reason}",
    )


def test_one_odd_mark_does_not_change_how_a_whole_file_is_read() -> None:
    text = "ten dollars and five cents"
    marks = [[4, 10, "Answer"], [0, 3, "Answer"], [16, 20, "Answer"]]  # the first leaves out an s
    (one,) = read_text(lines({"text": text, "question": "Which?", "label": marks}))
    assert [answer.text for answer in one.answers] == ["dollar", "ten", "five"]


def test_label_studio_tasks() -> None:
    ferry, bikes, region, none, choice, html, skipped, suggested = found("label-studio.json")
    assert (ferry.question, ferry.answers, ferry.remarks) == (
        "How often does the ferry run?", (RawAnswer("every 40 minutes", 15),), (),
    )  # fmt: skip
    assert ferry.annotator == "mei@example.org"
    assert bikes.answers == (RawAnswer(BIKES, FERRY.index(BIKES)),)
    assert bikes.remarks == (
        "2 annotators do not agree: what any of them marked is taken.",
        "54–68 is 52–66 here, 'free of charge'. It counts UTF-16 units.",
    )
    assert (region.question, region.answers[0].text) == ("What travels free?", "Bicycles")
    assert (none.answerable, none.question) == (False, "Are dogs allowed?")
    assert (choice.question, choice.classes, choice.labelled) == ("Where is my ticket?", ("tickets",), True)
    assert html.answers == (RawAnswer("6:10", 0),)
    assert html.remarks == ("'6:10' is placed in another form of the text, so it was looked for.",)
    assert skipped.problem == "its annotator skipped it"
    assert (suggested.status, suggested.answers[0].text) == ("suggested", "every 40 minutes")


def test_label_studio_json_min() -> None:
    ferry, choice, several = found("label-studio-min.json")
    assert (ferry.question, ferry.answers) == ("How often does the ferry run?", (RawAnswer("every 40 minutes", 15),))
    assert ferry.remarks == ("15–30 is 15–31 here, 'every 40 minutes'. Its end is its last character.",)
    assert (choice.classes, choice.question) == (("tickets",), "Where is my ticket?")
    assert several.classes == ("tickets", "refund")


def test_a_quote_that_stands_elsewhere_is_looked_for() -> None:
    place = {"start": 3, "end": 9, "text": "40 minutes", "labels": ["Answer"]}
    result = {"id": "a", "from_name": "answer", "to_name": "text", "type": "labels", "value": place}
    task = {"id": 1, "data": {"text": FERRY, "question": "How often?"}, "annotations": [{"result": [result]}]}
    (one,) = read_text(json.dumps([task]))
    assert one.answers == (RawAnswer("40 minutes", 3),)
    assert one.remarks == (
        "3–9 is not where '40 minutes' stands. Its offsets lead elsewhere, so its text was looked for.",
    )


def test_labelbox_names_the_last_unit_of_a_place() -> None:
    ferry, bikes, classes, unlabelled, elsewhere = found("labelbox.ndjson")
    assert (ferry.question, ferry.answers) == ("How often does the ferry run?", (RawAnswer("every 40 minutes", 15),))
    assert ferry.remarks == ()  # that is its habit
    assert ferry.annotator == "mei@example.org"
    assert (bikes.question, bikes.answers) == ("What do bicycles cost?", (RawAnswer(BIKES, FERRY.index(BIKES)),))
    assert bikes.remarks == ("54–67 is 52–66 here, 'free of charge'. It counts UTF-16 units.",)
    assert (classes.question, classes.classes) == ("Where is my ticket?", ("tickets", "refund"))
    assert unlabelled.problem == "nobody has labelled it"
    assert elsewhere.problem == "its text lies elsewhere: only its address is in the file"


EXAMPLES = [
    RawExample(
        "", id="one", question="多少钱？", answers=(RawAnswer("免费", 2), RawAnswer("车👍免费", 0)),
        context="车👍免费。\r\n完", title="渡轮", document="ferry.txt", language="zh", split="train", status="accepted",
        annotator="Mei", provenance="review",
    ),
    RawExample("", id="two", question="Are dogs allowed?", answerable=False, context=FERRY, status="rejected"),
    RawExample("", id="three", question="How often?", answers=(RawAnswer(FERRY, 0),), context=FERRY),
]  # fmt: skip
LABELLED = [
    RawExample("", id="a", question="Where is my ticket?", classes=("tickets", "refund"), labelled=True, language="en"),
    RawExample("", id="b", question="Hello", labelled=True),
]


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("examples", [EXAMPLES, LABELLED])
def test_what_is_written_is_read_back(tool: str, examples: list[RawExample], tmp_path: Path) -> None:
    path = tmp_path / "written.json.gz"
    assert write_examples(examples, path, tool) == len(examples)
    again = list(read_examples(path))
    kept = ("id", "question", "answers", "answerable", "context", "title", "document", "language", "split", "status",
            "annotator", "provenance", "classes", "labelled")  # fmt: skip
    assert [[getattr(one, key) for key in kept] for one in again] == [
        [getattr(one, key) for key in kept] for one in examples
    ]


@pytest.mark.parametrize(
    ("tool", "place"),
    [("doccano", "[54, 68,"), ("label-studio", '"start": 52, "end": 66,'), ("labelbox", '"start": 54, "end": 67,')],
)
def test_what_is_written_counts_as_the_pages_of_the_tool_do(tool: str, place: str) -> None:
    stream = io.StringIO()
    example = RawExample("", question="What?", answers=(RawAnswer(BIKES, FERRY.index(BIKES)),), context=FERRY)
    assert WRITERS.load(tool)([example], stream) == 1
    assert place in stream.getvalue()


@st.composite
def marked_texts(draw: st.DrawFn) -> RawExample:
    """An example whose answers stand in its context, in any characters."""
    context = draw(st.text(st.sampled_from("ab 金👍\u0301\r\n.<"), min_size=1, max_size=20))
    spans = draw(st.lists(st.tuples(st.integers(0, 19), st.integers(1, 20)), max_size=3))
    answers = {RawAnswer(context[a:b], a) for a, b in spans if context[a:b] and context[a:b] == context[a:b].strip()}
    ordered = tuple(sorted(answers, key=lambda one: (one.start or 0, one.text)))
    return RawExample("", id="x", question="Which?", answers=ordered, answerable=bool(ordered), context=context)


@pytest.mark.parametrize("tool", TOOLS)
@given(example=marked_texts())
def test_any_place_survives_the_round_trip(tool: str, example: RawExample) -> None:
    stream = io.StringIO(newline="")
    WRITERS.load(tool)([example], stream)
    (again,) = READERS.load(tool)(stream.getvalue(), "file", {})
    assert (again.answers, again.answerable, again.context) == (example.answers, example.answerable, example.context)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_file_with_nothing_in_it_says_so(tool: str) -> None:
    for text in ("[1, 2]", '{"x": 1}\n{"y": 2}\n', "no JSON\n", "[]"):
        with pytest.raises(DataError, match=r"can be used|holds a text"):
            list(READERS.load(tool)(text, "file", {}))


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    "row",
    [
        {"text": "x", "label": [[0, "a", None]], "Comments": []},
        {"text": "x", "label": [[0, 9, "Answer"]], "question": "q?", "Comments": []},
        {"text": "x" * 200_000, "label": [[-5, 1, "<script>?"]]},
        {"data": {"text": 5, "question": "q?"}, "annotations": [{"result": [{"type": "labels", "value": None}]}]},
        {"data": {"text": "x", "question": "q?"}, "annotations": [None]},
        {"data": {"text": "x"}, "annotations": "no"},
        {"data_row": {"row_data": "x"}, "projects": {"p": {"labels": [{"annotations": {"objects": [5]}}]}}},
        {"data_row": {"row_data": 5}, "projects": {"p": None}},
    ],
)
def test_nothing_in_a_row_brings_a_reader_down(tool: str, row: dict[str, Any]) -> None:
    good = {
        "doccano": {"text": "Fee: 5", "question": "Fee?", "label": [[5, 6, "Answer"]]},
        "label-studio": {"id": 1, "data": {"text": "Fee: 5", "question": "Fee?"}, "annotations": [{"result": []}]},
        "labelbox": {"data_row": {"row_data": "Fee: 5"}, "projects": {"p": {"labels": [{"annotations": {}}]}}},
    }[tool]
    first, *others = READERS.load(tool)(lines(row, good), "file", {})
    assert first.problem or first.question
    assert "object" not in first.problem  # no words of the interpreter's
    assert others


def test_writers_take_no_example() -> None:
    for tool in TOOLS:
        assert WRITERS.load(tool)([], io.StringIO()) == 0
