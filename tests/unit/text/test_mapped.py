"""Text that remembers where it came from."""

import re

from hypothesis import given
from hypothesis import strategies as st

from autogpt.records import Span
from autogpt.text.mapped import Mapped, join

words = st.text(st.sampled_from("ab \n-é文"), max_size=30)


def assert_faithful(mapped: Mapped, original: str) -> None:
    """Every character has a place, and every place is inside the original."""
    assert len(mapped.map) == len(mapped.text)
    for piece in mapped.pieces:
        assert piece.source.end <= len(original)


@given(words, st.data())
def test_a_cut_keeps_its_characters(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    part = Mapped.of(text).cut(start, end)
    assert part.text == text[start:end]
    assert part.map.spans(Span(0, len(part))) == ([Span(start, end)] if start < end else [])


@given(words)
def test_collapsed_spaces_lead_back(text: str) -> None:
    mapped = Mapped.of(text).sub(re.compile(r"\s+"), lambda match: " ")
    assert mapped.text == re.sub(r"\s+", " ", text)
    assert_faithful(mapped, text)
    for at, character in enumerate(mapped.text):
        found = mapped.map.span(Span(at, at + 1)).of(text)
        assert found == character or (character == " " and found.isspace())


@given(words, words)
def test_a_rewritten_text_keeps_what_is_shared(text: str, new: str) -> None:
    mapped = Mapped.of(text).rewritten(new)
    assert mapped.text == new
    assert_faithful(mapped, text)


@given(st.lists(words, max_size=5), st.sampled_from(["", " | ", "\n\n"]))
def test_joined_parts_lead_to_their_own_places(parts: list[str], separator: str) -> None:
    original = "".join(parts)
    mapped, at = [], 0
    for part in parts:
        mapped.append(Mapped.of(part, at))
        at += len(part)
    joined = join(mapped, separator)
    assert joined.text == separator.join(parts)
    assert "".join(piece.source.of(original) for piece in joined.pieces) == original


def test_lines_are_those_of_split() -> None:
    lines = list(Mapped.of("a\n\nbc\n").lines())
    assert [line.text for line in lines] == ["a", "", "bc", ""]
    assert lines[2].map.span(Span(0, 2)) == Span(3, 5)
