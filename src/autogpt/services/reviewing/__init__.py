"""The review queue: see what waits, decide what becomes of it, take that back."""

from autogpt.services.reviewing.deciding import (
    ACTIONS,
    accept,
    add_phrasing,
    answer,
    assign,
    close,
    dismiss,
    mark_unanswerable,
    undo,
)
from autogpt.services.reviewing.queue import (
    Item,
    Question,
    Waiting,
    decided,
    find_row,
    item_with,
    open_questions,
    questions_about,
    review_items,
    rows_asking,
)
from autogpt.services.reviewing.showing import Given, Near, given, nearest, vetted_near

__all__ = [
    "ACTIONS",
    "Given",
    "Item",
    "Near",
    "Question",
    "Waiting",
    "accept",
    "add_phrasing",
    "answer",
    "assign",
    "close",
    "decided",
    "dismiss",
    "find_row",
    "given",
    "item_with",
    "mark_unanswerable",
    "nearest",
    "open_questions",
    "questions_about",
    "review_items",
    "rows_asking",
    "undo",
    "vetted_near",
]
