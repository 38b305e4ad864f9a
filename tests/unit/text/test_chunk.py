"""Passages of a document version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.records import DocumentVersion, Heading, Outline, Page, Span
from autogpt.text.chunk import passages


def version(text: str, outline: Outline | None = None, language: str = "en") -> DocumentVersion:
    return DocumentVersion("v", "d", "a.md", "A", text, language, "text/markdown", "0" * 64, outline or Outline())


blocks = st.lists(
    st.tuples(
        st.sampled_from(["heading", "row", "text"]),
        st.text(st.sampled_from("ab. 。\tC,，|\u3000é"), min_size=1, max_size=60),
    ),
    max_size=12,
)


@given(blocks, st.integers(1, 80), st.integers(0, 79))
def test_passages_quote_the_text_and_cover_it(parts: list[tuple[str, str]], size: int, overlap: int) -> None:
    text, headings, rows = "", [], []
    for kind, part in parts:
        span = Span(len(text), len(text) + len(part))
        text += part + "\n"
        if kind == "heading":
            headings.append(Heading(span, 1 + len(headings) % 3))
        elif kind == "row":
            rows.append(span)
    overlap = min(overlap, size - 1)
    covered = [False] * len(text)
    previous = None
    for passage in passages(version(text, Outline(tuple(headings), (), tuple(rows))), size, overlap):
        assert passage.text == text[passage.start : passage.end]
        assert passage.text == passage.text.strip() != ""
        assert len(passage.text) <= size
        if previous:
            assert previous.start < passage.start
            assert previous.end < passage.end
            assert previous.end - passage.start <= overlap
        covered[passage.start : passage.end] = [True] * len(passage.text)
        previous = passage
    assert all(seen or not character.strip() for seen, character in zip(covered, text, strict=True))


def test_neighbours_share_whole_sentences() -> None:
    text = " ".join(f"Sentence number {number} is here." for number in range(20))
    first, second, *_ = passages(version(text), 100, 40)
    assert first.end > second.start
    assert second.text.startswith("Sentence number")
    assert first.text.endswith("is here.")


def test_rows_are_not_cut() -> None:
    rows = [f"Account: A{number}. B | Fee: {number} USD" for number in range(30)]
    text = "\n".join(rows)
    spans, at = [], 0
    for row in rows:
        spans.append(Span(at, at + len(row)))
        at += len(row) + 1
    for passage in passages(version(text, Outline(rows=tuple(spans))), 120, 0):
        assert set(passage.text.split("\n")) <= set(rows)


def test_a_heading_opens_a_passage_and_is_its_path() -> None:
    text = "Cards\n" + "Lose no time. " * 6 + "\nFees\nThe fee is 3 euros."
    fees = text.index("Fees")
    outline = Outline((Heading(Span(0, 5), 1), Heading(Span(fees, fees + 4), 2)))
    first, second = passages(version(text, outline), 120, 30)
    assert second.text == "Fees\nThe fee is 3 euros."
    assert first.heading_path == ("Cards",)
    assert second.heading_path == ("Cards", "Fees")


def test_a_heading_is_not_left_at_the_end() -> None:
    text = "Short.\nFees\n" + "x" * 100 + "."
    outline = Outline((Heading(Span(7, 11), 1),))
    assert [one.text.split("\n")[0] for one in passages(version(text, outline), 110, 0)] == ["Short.", "Fees"]


def test_a_passage_knows_its_page() -> None:
    text = "One one one.\nTwo two two.\n"
    outline = Outline(pages=(Page(4, Span(0, 13)), Page(5, Span(13, 26))))
    assert [one.page for one in passages(version(text, outline), 14, 0)] == [4, 5]


def test_chinese_is_cut_at_its_marks() -> None:
    text = "本行提供多种账户，" * 30
    parts = passages(version(text, language="zh"), 50, 0)
    assert all(part.text.endswith("，") for part in parts)


def test_an_empty_text_has_no_passages() -> None:
    assert passages(version(" \n\n "), 100, 10) == []


def test_an_overlap_as_large_as_the_passage_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        passages(version("a"), 10, 10)
