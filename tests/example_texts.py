"""Texts and rows that the tests of the examples services share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from autogpt.records import Heading, Outline, Page, Span

AddDocument = Callable[..., str]
WriteFile = Callable[..., Path]

FEES = (
    "Basic account\nThe monthly fee is 5 euros. Withdrawals abroad cost 2 euros each.\n"
    "Gold account\nThe monthly fee is 15 euros. Withdrawals abroad are free."
)
FEES_OUTLINE = Outline(
    headings=(Heading(Span(0, 13), 1), Heading(Span(FEES.index("Gold"), FEES.index("Gold") + 12), 1)),
    pages=(Page(1, Span(0, FEES.index("Gold"))), Page(2, Span(FEES.index("Gold"), len(FEES)))),
)


def squad(context: str, *asked: dict[str, Any], title: str = "Fees") -> dict[str, Any]:
    """A line of the JSON-lines form with contexts."""
    return {"title": title, "lang": "en", "context": context, "qas": list(asked)}


def asked(id: str, question: str, *answers: tuple[str, int]) -> dict[str, Any]:
    return {
        "id": id,
        "question": question,
        "answers": [{"text": text, "answer_start": start} for text, start in answers],
        "is_impossible": not answers,
    }
