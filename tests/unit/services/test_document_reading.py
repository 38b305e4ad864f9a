"""How a document was cut, and words found in it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answers import TEXT, add_document
from autogpt.errors import NotFoundError
from autogpt.services import document_reading
from autogpt.store import Store
from autogpt.text.matched import occurrences


def test_passages_say_what_they_repeat(store: Store) -> None:
    document, _ = add_document(store, "a.txt", "One sentence with a number of words follows another. " * 100)
    first, total = document_reading.cut_passages(store, document, limit=3)
    assert [one.number for one in first] == [1, 2, 3]
    assert total > 5
    assert first[0].shared == 0
    for before, one in pairwise(first):
        assert one.shared == before.end - one.start > 0
        assert before.text.endswith(one.text[: one.shared])
    later, _ = document_reading.cut_passages(store, document, limit=3, offset=2)
    assert later[0] == first[2]


def test_a_place_is_shown_with_page_and_headings(store: Store) -> None:
    document, _ = add_document(store, "a.txt", TEXT)
    [place], total = document_reading.find_in(store, document, "CASH  abroad")
    assert total == 1
    assert TEXT[place.start : place.end] == place.text == "Cash abroad"
    assert (place.page, place.heading_path) == (2, ("Fees",))
    assert place.before.endswith("😀 ")
    assert place.after.startswith(" costs 1%")
    secret, _ = add_document(store, "b.txt", TEXT, labels=("board",))
    with pytest.raises(NotFoundError):
        document_reading.find_in(store, secret, "cash")


def test_places_across_the_borders_of_what_is_looked_at_at_once_are_found_once() -> None:
    text = "fee " * 3_000
    assert [one.start for one in occurrences(text, "fee")] == list(range(0, 12_000, 4))
    text = "x" * 1_995 + "annual" + " " * 50 + "fee" + "y" * 3_000
    assert [(one.start, one.end) for one in occurrences(text, "annual fee")] == [(1_995, 2_054)]
    assert occurrences(text, "  ") == []


@given(st.text(max_size=60), st.text(min_size=1, max_size=5), st.text(max_size=60))
def test_what_stands_in_a_text_is_found(before: str, words: str, after: str) -> None:
    found = occurrences(f"{before} {words} {after}", words)
    for one in found:
        assert 0 <= one.start < one.end <= len(before) + len(words) + len(after) + 2
    if words.isascii() and words.isalnum():
        assert any(one.start <= len(before) + 1 < one.end for one in found)
