"""Replacements in a text, and where the rest of it stands afterwards.

In: a text and what to put in place of some of its ranges. Out: the text with all of that done, and ranges of the old
text in the new one. Knows nothing about why text is replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from autogpt.records import AnswerSpan, Span


@dataclass(frozen=True, slots=True)
class Edit:
    """`text` in place of the range `span`."""

    span: Span
    text: str


class Edited:
    """A text after its edits, which must not overlap.

    >>> edited = Edited("the fee is 5 euros", [Edit(Span(4, 7), "charge")])
    >>> edited.text, edited.place(Span(11, 12))
    ('the charge is 5 euros', Span(start=14, end=15))
    """

    def __init__(self, text: str, edits: Sequence[Edit]) -> None:
        self._edits = sorted(edits, key=lambda edit: edit.span)
        parts: list[str] = []
        at = 0
        for edit in self._edits:
            if edit.span.start < at:
                raise ValueError(f"the edits overlap at {edit.span.start}")
            parts += (text[at : edit.span.start], edit.text)
            at = edit.span.end
        self.text = "".join([*parts, text[at:]])

    def place(self, span: Span) -> Span | None:
        """Where a range of the old text stands now; None when an edit crosses its border or puts text at it."""
        start, end = span.start, span.end
        for edit in self._edits:
            grown = len(edit.text) - len(edit.span)
            if span.start <= edit.span.start and edit.span.end <= span.end and len(edit.span):
                end += grown
            elif edit.span.end <= span.start:
                start += grown
                end += grown
            elif edit.span.start < span.end:
                return None
        return Span(start, end)

    def answer(self, answer: AnswerSpan) -> AnswerSpan | None:
        """An answer in the old text as it stands in the new one."""
        place = self.place(Span(answer.start, answer.end))
        return AnswerSpan(place.of(self.text), place.start) if place else None
