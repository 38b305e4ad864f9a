"""The map from cleaned text to its original."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.records import Span
from autogpt.text.offsets import OffsetMap, Piece, pack_integers, unpack_integers

lengths = st.integers(0, 6)
pieces = st.lists(st.builds(lambda n, at, m: Piece(n, Span(at, at + m)), lengths, st.integers(0, 40), lengths))
exact_pieces = st.lists(st.builds(lambda n, at: Piece(n, Span(at, at + n)), lengths, st.integers(0, 40)))


@given(exact_pieces)
def test_characters_lead_to_the_same_characters_of_the_original(parts: list[Piece]) -> None:
    original = "".join(chr(0x4E00 + at) for at in range(50))
    cleaned = "".join(part.source.of(original) for part in parts)
    found = OffsetMap(parts)
    assert len(found) == len(cleaned)
    for at, character in enumerate(cleaned):
        assert found.span(Span(at, at + 1)).of(original) == character
    assert "".join(piece.source.of(original) for piece in found.cut(Span(0, len(cleaned)))) == cleaned


@given(pieces)
def test_a_map_survives_being_stored(parts: list[Piece]) -> None:
    assert OffsetMap.from_bytes(OffsetMap(parts).to_bytes()) == OffsetMap(parts)


@given(pieces, st.data())
def test_a_span_holds_every_part_of_it(parts: list[Piece], data: st.DataObject) -> None:
    found = OffsetMap(parts)
    start = data.draw(st.integers(0, len(found)))
    end = data.draw(st.integers(start, len(found)))
    whole = found.span(Span(start, end))
    for at in range(start, end):
        one = found.span(Span(at, at + 1))
        if len(one):
            assert whole.start <= one.start
            assert one.end <= whole.end


@given(st.data())
def test_two_steps_of_cleaning_map_like_one(data: st.DataObject) -> None:
    first = OffsetMap(data.draw(exact_pieces))
    cuts = st.integers(0, len(first))
    second = OffsetMap(
        [
            Piece(max(pair) - min(pair), Span(min(pair), max(pair)))
            for pair in data.draw(st.lists(st.tuples(cuts, cuts)))
        ]
    )
    both = second.after(first)
    for at in range(len(second)):
        assert both.span(Span(at, at + 1)) == first.span(second.span(Span(at, at + 1)))


def test_inserted_text_leads_to_its_place() -> None:
    found = OffsetMap([Piece(3, Span(10, 13)), Piece(2, Span(13, 13)), Piece(3, Span(20, 23))])
    assert found.span(Span(3, 5)) == Span(13, 13)
    assert found.spans(Span(2, 6)) == [Span(12, 13), Span(20, 21)]
    assert found.span(Span(8, 8)) == Span(23, 23)


def test_a_range_beyond_the_text_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond"):
        OffsetMap.identity(3).span(Span(2, 4))


def test_other_bytes_are_no_map() -> None:
    with pytest.raises(ValueError, match="not an offset map"):
        OffsetMap.from_bytes(b"something else")


@given(st.lists(st.integers(0, 2**40)))
def test_packed_integers_read_back(numbers: list[int]) -> None:
    assert unpack_integers(pack_integers(numbers)) == numbers
