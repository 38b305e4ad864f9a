import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.prepare.augment.edits import Edit, Edited
from autogpt.records import AnswerSpan, Span

TEXT = "Die Gebühr 费用 is 5 euros a month"


@st.composite
def apart(draw: st.DrawFn) -> list[Edit]:
    """Edits of TEXT that do not overlap."""
    borders = sorted(draw(st.lists(st.integers(0, len(TEXT)), max_size=8, unique=True)))
    pairs = list(zip(borders[::2], borders[1::2], strict=False))
    return [Edit(Span(start, end), draw(st.text("ab费", max_size=4))) for start, end in pairs]


@given(apart(), st.integers(0, len(TEXT) - 1), st.integers(1, 9))
def test_what_no_edit_touches_stands_where_it_is_said_to(edits: list[Edit], start: int, length: int) -> None:
    span = Span(start, min(start + length, len(TEXT)))
    place = Edited(TEXT, edits).place(span)
    touched = [edit for edit in edits if edit.span.overlaps(span)]
    if not touched:
        assert place is not None
        assert place.of(Edited(TEXT, edits).text) == span.of(TEXT)
    elif any(edit.span.start < span.start or edit.span.end > span.end for edit in touched):
        assert place is None


def test_an_answer_changes_with_the_edits_in_it() -> None:
    edited = Edited("it costs 5 euros", [Edit(Span(0, 2), "the card"), Edit(Span(9, 10), "15")])
    assert edited.answer(AnswerSpan("5 euros", 9)) == AnswerSpan("15 euros", 15)
    assert edited.answer(AnswerSpan("t costs", 1)) is None


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        Edited(TEXT, [Edit(Span(0, 4), "a"), Edit(Span(3, 6), "b")])
