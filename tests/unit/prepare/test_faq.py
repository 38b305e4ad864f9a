"""Question-answer pairs from CSV and JSON lines."""

import json

import pytest

from autogpt.config import IngestSection
from autogpt.errors import DataError
from autogpt.prepare.sources import FaqPair, ParsedFaq, parse_here


def faq(data: str | bytes, name: str) -> ParsedFaq:
    found = parse_here(data.encode() if isinstance(data, str) else data, name, None, IngestSection())
    assert isinstance(found, ParsedFaq)
    return found


@pytest.mark.parametrize(
    "data",
    [
        "question,answer\nIs it free?,Yes.\nDoes it cost anything?,Yes.\n",
        "\r\n\nquestion,answer\nIs it free?,Yes.\nDoes it cost anything?,Yes.\n",
        "Question;Answer\r\nIs it free?;Yes.\r\nDoes it cost anything?;Yes.\r\n",
        "answer\tquestion\nYes.\tIs it free?\nYes.\tDoes it cost anything?\n",
        "\ufeffquestion,answer,similar_questions\nIs it free?,Yes.,Does it cost anything?|\n",
        "question_1,question_2,answer\nIs it free?,Does it cost anything?,Yes.\n",
        'id,question,answer\n1,"Is it free?","Yes."\n2,"Does it  cost\tanything?","Yes."\n',
    ],
)
def test_rows_with_one_answer_are_phrasings_of_one_entry(data: str) -> None:
    assert faq(data, "faq.csv").pairs == (FaqPair(("Is it free?", "Does it cost anything?"), "Yes.", "en"),)


def test_answers_keep_their_lines_and_may_be_chinese() -> None:
    data = '问题,答案\n年费是多少？,"首年免费。\n之后两百元。"\n'.encode("gb18030")
    (pair,) = faq(data, "faq.csv").pairs
    assert pair == FaqPair(("年费是多少？",), "首年免费。\n之后两百元。", "zh")


def test_json_lines_hold_lists_of_phrasings_and_labels() -> None:
    lines = [
        {"questions": ["Open on Sunday?", "Sunday hours?"], "answer": "No.", "labels": ["staff"]},
        {"question": "Open on Sunday?", "answer": "No."},
        {"question": "Fee?", "answers": [{"text": "5 €", "answer_start": 3}]},
    ]
    found = faq("\n\n".join(map(json.dumps, lines)), "faq.jsonl")
    assert found.pairs == (
        FaqPair(("Open on Sunday?", "Sunday hours?"), "No.", "en", ("staff",)),
        FaqPair(("Open on Sunday?",), "No.", "en"),
        FaqPair(("Fee?",), "5 €", "en"),
    )


def test_incomplete_rows_are_named_and_left_out() -> None:
    found = faq("question,answer\nA?,a\nB?,\n,c\nD?,d\n", "faq.csv")
    assert [pair.answer for pair in found.pairs] == ["a", "d"]
    assert found.warnings == ("2 without a question or an answer left out (row 3, 4)",)


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        ("name,price\nGold,5\n", "prices.csv", "The columns are name, price"),
        ("question,answer\n,\n", "faq.csv", "no question-answer pairs"),
        ('{"question": "a"}\n', "faq.jsonl", "no question-answer pairs"),
        ('["a", "b"]\n', "faq.jsonl", "Line 1 is not an object"),
        ('{"question": "a", "answer": "b"}\n{"question', "faq.jsonl", "Line 2 is not JSON"),
    ],
)
def test_what_is_no_faq_says_so(data: str, name: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        faq(data, name)
