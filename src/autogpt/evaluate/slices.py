"""Slices: what a question asks for, how long its answer is, which document it is about.

In: questions and gold answers. Out: slice names and values, and the part of a data set that a rule names. Knows
nothing about results.
"""

import re
from collections.abc import Sequence
from hashlib import sha256

from autogpt.errors import UsageError
from autogpt.metrics.answers import answer_tokens
from autogpt.records import ReaderExample

_ENGLISH = re.compile(
    r"\b(how (?:many|much|long|often|old|far|big|large)|who|whom|whose|what|when|where|which|why|how)\b"
)
#: Chinese question words, the most telling first, and the English word they count as.
_CHINESE = (
    ("为什么", "why"),
    ("為什麼", "why"),
    ("为何", "why"),
    ("為何", "why"),
    ("多少", "how many"),
    ("几", "how many"),
    ("幾", "how many"),
    ("多久", "how many"),
    ("多长", "how many"),
    ("何时", "when"),
    ("何時", "when"),
    ("什么时候", "when"),
    ("什麼時候", "when"),
    ("哪年", "when"),
    ("哪一年", "when"),
    ("哪里", "where"),
    ("哪裡", "where"),
    ("哪儿", "where"),
    ("何处", "where"),
    ("何處", "where"),
    ("谁", "who"),
    ("誰", "who"),
    ("怎么", "how"),
    ("怎麼", "how"),
    ("如何", "how"),
    ("怎样", "how"),
    ("怎樣", "how"),
    ("哪", "which"),
    ("什么", "what"),
    ("什麼", "what"),
    ("何", "what"),
)
_LENGTHS = ((2, "1-2 words"), (5, "3-5 words"), (10, "6-10 words"), (25, "11-25 words"))


def question_word(question: str) -> str:
    """The word that says what is asked for: `who`, `how many` (much, long, old …), `other` without one.

    >>> question_word("In what year was it, and why?"), question_word("利率是多少？"), question_word("Name the bank.")
    ('what', 'how many', 'other')
    """
    found = _ENGLISH.search(question.lower())
    if found:
        word = "how many" if found[1].startswith("how ") else found[1]
        return "who" if word == "whom" else word
    return next((word for sign, word in _CHINESE if sign in question), "other")


def answer_length(golds: Sequence[str]) -> str:
    """The length of the shortest gold answer in words (Chinese: characters), in five classes; `none` without one.

    >>> answer_length(["the Bank of Basel", "Basel"]), answer_length([])
    ('1-2 words', 'none')
    """
    if not golds:
        return "none"
    words = min(len(answer_tokens(gold)) for gold in golds)
    return next((name for limit, name in _LENGTHS if words <= limit), "over 25 words")


def slices_of(example: ReaderExample) -> dict[str, str]:
    """The slices an example belongs to, name → value."""
    return {
        "question word": question_word(example.question),
        "answer length": answer_length([answer.text for answer in example.answers]),
        "document": document_name(example),
    }


def document_name(example: ReaderExample) -> str:
    """The title, or the first words of an untitled context."""
    return example.title or " ".join(example.context[:60].split()) or "(empty)"


def with_title_hash(examples: Sequence[ReaderExample], digits: str) -> list[ReaderExample]:
    """The examples of articles whose title's SHA-256 begins with one of some hexadecimal digits.

    A split that needs no list: every article falls on one side, in every file that holds it.

    Args:
        digits: one digit or a range: `8-f`.

    Raises UsageError when `digits` is something else or nothing is left.
    """
    parts = re.fullmatch(r"([0-9a-f])(?:-([0-9a-f]))?", digits.lower())
    if parts is None:
        raise UsageError(f"'{digits}' is no range of hexadecimal digits.", "For example: 8-f")
    low, high = parts[1], parts[2] or parts[1]
    kept = [one for one in examples if low <= sha256(one.title.encode()).hexdigest()[0] <= high]
    if not kept:
        raise UsageError(f"No article's title has a hash that begins with {digits}.", "Take a wider range.")
    return kept
