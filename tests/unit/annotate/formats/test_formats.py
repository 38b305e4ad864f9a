"""Example files of every format: read, written, and read again."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.annotate.formats import (
    READERS,
    TOOLS,
    WRITERS,
    detect_format,
    format_of_name,
    read_examples,
    write_examples,
)
from autogpt.annotate.raw import RawAnswer, RawExample
from autogpt.errors import DataError, NotFoundError, UsageError

CONTEXT = 'Gebühr: the fee is "5 €", or\n10 € abroad; 单笔限额五万元。'
EXAMPLES = [
    RawExample(
        where="",
        id="q1",
        question="What is the fee, at home?",
        answers=(RawAnswer('"5 €"', CONTEXT.index('"5')), RawAnswer("5 €", CONTEXT.index("5 €"))),
        context=CONTEXT,
        title="Fees; and | limits",
        document="fees.pdf",
        language="en",
        split="test",
        status="accepted",
        annotator="Ann, B.",
        provenance="import:fees.csv",
    ),
    RawExample(
        where="",
        id="q2",
        question="单笔限额是多少？",
        answers=(RawAnswer("五万元", CONTEXT.index("五万元")),),
        context=CONTEXT,
        title="Fees; and | limits",
        document="fees.pdf",
        language="en",
        quote="单笔限额\n五万元",
    ),
    RawExample(
        where="", id="q3", question='Is there a "gold" card?', answerable=False, document="cards.pdf", title="C"
    ),
]


def without(example: RawExample, *fields: str) -> dict[str, object]:
    return {name: getattr(example, name) for name in RawExample.__slots__ if name not in {"where", *fields}}


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv", "a.json.gz", "a.jsonl.gz", "a.csv.gz"])
def test_what_is_written_is_read_again(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert write_examples(EXAMPLES, path, format_of_name(name)) == 3
    skipped = ("context",) if "csv" in name else ()
    assert [without(one, *skipped) for one in read_examples(path)] == [without(one, *skipped) for one in EXAMPLES]


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)
words = texts.map(lambda text: text.strip()).filter(lambda text: text and not text.startswith(("[", "{")))
answers = st.builds(RawAnswer, text=words, start=st.integers(0, 99))
raws = st.builds(
    RawExample,
    where=st.just(""),
    id=words,
    question=words,
    answers=st.lists(
        st.builds(RawAnswer, text=words, start=st.integers(0, 99)), min_size=1, max_size=3, unique=True
    ).map(tuple),
    context=words,
    title=words,
    document=words,
)


@pytest.mark.parametrize("format", sorted({*WRITERS} - {"labelled", *TOOLS}))  # those: in tests of their own
@given(examples=st.lists(raws, min_size=1, max_size=4))
def test_any_text_survives_the_round_trip(format: str, examples: list[RawExample], tmp_path_factory: object) -> None:
    import io

    stream = io.StringIO(newline="")
    WRITERS.load(format)(examples, stream)
    found = list(READERS.load(format)(stream.getvalue(), "file", {}))
    skipped = ("context",) if format == "csv" else ()
    assert [without(one, *skipped) for one in found] == [without(one, *skipped) for one in examples]


def test_every_format_has_a_reader_and_a_writer() -> None:
    assert set(READERS) == set(WRITERS)
    assert all(callable(table.load(name)) for table in (READERS, WRITERS) for name in table)


def test_a_failed_export_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("old")

    def breaking() -> object:
        yield EXAMPLES[0]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_examples(breaking(), path, "jsonl")  # type: ignore[arg-type]
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "name", "format"),
    [
        ('{"version": "1.1", "data": []}', "a.txt", "squad"),
        ('{\n  "data": []}', "a.json", "squad"),
        ('{\n"data": [\n{\n"paragraphs": []\n}\n]\n}', "a.json", "squad"),
        ('{"question": "a", "data": 1}\n', "a.json", "jsonl"),
        ('{"question": "a", "ans\n{"question": "b"}\n', "a.json", "jsonl"),
        ('[{"question": "a"}]', "a.json", "jsonl"),
        ("question,answer\n", "a.json", "csv"),
        ('"{question}",x\n', "a.csv", "csv"),
    ],
)
def test_the_format_is_told_from_the_content(text: str, name: str, format: str) -> None:
    assert detect_format(text, name) == format


def test_a_name_that_does_not_tell_its_format_is_refused() -> None:
    with pytest.raises(UsageError, match="--format"):
        format_of_name("examples.xml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"nothing\.csv"):
        list(read_examples(tmp_path / "nothing.csv"))


@pytest.mark.parametrize(
    "data",
    [
        b"\x1f\x8b\x08\x00broken",
        gzip.compress(b"question,answer")[:10] + b"\xff" * 30,
        b"\x00\x01\x02\xff\xfe\x00" * 9,
        b"\xff\xfe\x00",
    ],
    ids=["half a gzip", "a damaged gzip", "binary", "half a character"],
)
def test_a_file_that_is_no_text_is_one_clear_error(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"a\.csv"):
        list(read_examples(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings_are_told_apart(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f"信用卡{number}的年费是多少？,首年免年费，次年起收取,费率表.pdf\r\n" for number in range(9))
    path.write_bytes(f"问题,答案,文档\r\n{rows}".encode(encoding))
    first, *_ = read_examples(path)
    assert (first.question, first.document) == ("信用卡0的年费是多少？", "费率表.pdf")


def test_a_latin_file_of_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("question;answer\r\nWhat does the “Girokonto” for Müller cost?;5 €\r\n".encode("cp1252"))
    (example,) = read_examples(path)
    assert example.question == "What does the “Girokonto” for Müller cost?"
    assert example.answers == (RawAnswer("5 €"),)


def test_a_gzip_that_grows_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autogpt.annotate.formats import files

    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b" " * 100_000))
    with pytest.raises(DataError, match="more than"):
        list(read_examples(path))


def test_squad_1_1_has_no_mark_of_answerability(tmp_path: Path) -> None:
    asked = {"id": 7, "question": "Fee?", "answers": [{"text": "5", "answer_start": 4}]}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"data": [{"title": "T", "paragraphs": [{"context": "Fee 5", "qas": [asked]}]}]}))
    (example,) = read_examples(path)
    assert (example.id, example.answerable, example.title, example.context) == ("7", True, "T", "Fee 5")


def test_a_first_line_that_is_cut_off_is_reported_as_the_first(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"question": "What is', encoding="utf-8")
    with pytest.raises(DataError, match="line 1"):
        list(read_examples(path))
    path.write_text('{"question": "What is\n{"question": "Where?", "context": "Here."}\n', encoding="utf-8")
    broken, whole = read_examples(path)
    assert (broken.where, broken.problem[:8]) == ("line 1", "not JSON")
    assert whole.question == "Where?"


def test_a_broken_place_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [
        '{"question": "Good?", "answer": "yes", "document": "a.txt"}',
        "{broken",
        '["a list"]',
        '{"context": "c", "qas": [{"id": "1", "question": null}, {"question": "x", "answers": [{"text": 5}]}]}',
        '{"context": "c", "qas": [{"id": "3", "question": "x"}, {"question": "x", "is_impossible": false}]}',
        '{"context": 5, "qas": []}',
    ]
    path.write_text("\n".join(lines))
    found = list(read_examples(path))
    assert [(one.where, bool(one.problem)) for one in found] == [
        ("line 1", False),
        ("line 2", True),
        ("line 3", True),
        ("line 4, question 1", True),
        ("line 4, question 2", True),
        ("line 5, question 1", True),
        ("line 5, question 2", True),
        ("line 6", True),
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", '{"data": [', "not JSON"),
        ("a.json", '{"data": 5, "version": 1}', "list 'data'"),
        ("a.jsonl", "[1]\n[2]\n", "JSON object"),
        ("a.csv", "", "is empty"),
        ("a.csv", "Frage,Antwort\nWer?,Ich\n", "--column 'question=Frage'"),
        ("a.csv", "Qestion,answer\nWho?,me\n", "--column 'question=Qestion'"),
        ("a.jsonl", '{"text": "hello"}', "expected a column 'question'"),
    ],
)
def test_a_file_that_is_not_its_format_says_what_was_expected(
    name: str, text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        list(read_examples(path))
    assert message in str(caught.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_first_line(delimiter: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [["Question", "Answer", "File Name"], ["What, or who; is it | this?", "a\tb", "x.md"]]
    path.write_text("\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows))
    (example,) = read_examples(path)
    assert example.question == "What, or who; is it | this?"
    assert example.document == "x.md"


def test_columns_can_be_named_by_the_user(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Frage,Antwort,Datei\nWas kostet es?,5 €,preise.pdf\n")
    (example,) = read_examples(path, columns={"question": "Frage", "answer": "Antwort", "document": "Datei"})
    assert (example.question, example.answers, example.document) == (
        "Was kostet es?",
        (RawAnswer("5 €"),),
        "preise.pdf",
    )
    with pytest.raises(DataError, match="'Fage'"):
        list(read_examples(path, columns={"question": "Fage"}))


def test_rows_of_a_table_that_cannot_be_right_are_reported_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('question,answer,answerable\n"two\nlines?",x,yes\nWhat?,,yes\nWhat?,,no\nWhat?,a,b,c\n\nshort\n')
    found = [(one.where, one.answerable, bool(one.problem)) for one in read_examples(path)]
    assert found == [
        ("line 3", True, False),
        ("line 4", True, True),
        ("line 5", False, False),
        ("line 6", True, True),
        ("line 8", False, False),
    ]


@pytest.mark.parametrize(
    "row",
    [
        '{"question": {"text": "Fee?"}, "answer": "5"}',
        '{"question": "Fee?", "answer": "5", "start": "soon"}',
        '{"question": "Fee?", "answer": "5", "start": 1e999}',
        '{"question": "Fee?", "answer": {"text": ["5"], "answer_start": [1, 2]}}',
        '{"question": "Fee?", "answer": ' + "[" * 5_000 + "]" * 5_000 + "}",
        '{"question": "Fee?", "answer": ' + "9" * 5_000 + "}",
        '{"context": "Fee", "qas": [{"question": "?", "answers": [{"text": "Fee", "answer_start": 1e999}]}]}',
    ],
    ids=["object", "word", "infinite", "uneven", "deep", "huge", "infinite in a context"],
)
def test_a_hostile_row_is_one_problem(row: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"question": "Good?", "answer": "yes", "page": "²"}}\n{row}\n')
    good, bad = read_examples(path)
    assert not good.problem
    assert bad.problem


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("yes", (RawAnswer("yes"),)),
        (["a", "b", "a"], (RawAnswer("a"), RawAnswer("b"))),
        ({"text": ["a"], "answer_start": [3]}, (RawAnswer("a", 3),)),
        ([{"text": "a", "start": 3}], (RawAnswer("a", 3),)),
        ('[{"text": "a", "start": 3}]', (RawAnswer("a", 3),)),
        (5, (RawAnswer("5"),)),
        ("[1] is a footnote", (RawAnswer("[1] is a footnote"),)),
    ],
)
def test_answers_come_in_many_forms(answer: object, expected: tuple[RawAnswer, ...], tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"question": "?", "answer": answer}))
    (example,) = read_examples(path)
    assert example.answers == expected


@pytest.mark.parametrize("answer", ["", None, [], {"text": [], "answer_start": []}, float("nan")])
def test_no_answer_is_unanswerable(answer: object, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"question": "?", "answer": answer}))
    (example,) = read_examples(path)
    assert not example.answerable
    assert not example.problem
