"""Batches: every row once, few padding tokens, within the limits."""

from hypothesis import given
from hypothesis import strategies as st

from autogpt.read.backends.padding import MULTIPLE, pad, padded_length, plan

LENGTHS = st.lists(st.integers(1, 512), max_size=80)


@given(LENGTHS, st.integers(1, 40), st.integers(16, 4096))
def test_every_row_is_in_exactly_one_batch_and_no_batch_is_too_large(
    lengths: list[int], rows: int, tokens: int
) -> None:
    groups = list(plan(lengths, rows, tokens))
    assert sorted(row for group in groups for row in group) == list(range(len(lengths)))
    for group in groups:
        width = padded_length(max(lengths[row] for row in group))
        assert len(group) <= rows
        assert len(group) == 1 or len(group) * width <= tokens


@given(LENGTHS)
def test_rows_are_batched_longest_first(lengths: list[int]) -> None:
    order = [lengths[row] for group in plan(lengths, 8) for row in group]
    assert order == sorted(lengths, reverse=True)


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=70), min_size=1, max_size=9), st.integers(0, 3))
def test_padded_rows_hold_their_tokens_and_a_mask_of_them(rows: list[list[int]], pad_id: int) -> None:
    batch = pad(rows, [[1] * len(row) for row in rows], pad_id)
    width = batch.input_ids.shape[1]
    assert width % MULTIPLE == 0
    assert width - max(map(len, rows)) < MULTIPLE
    for number, row in enumerate(rows):
        assert batch.input_ids[number].tolist() == row + [pad_id] * (width - len(row))
        assert batch.attention_mask[number].tolist() == [1] * len(row) + [0] * (width - len(row))
        assert batch.token_type_ids[number].tolist() == batch.attention_mask[number].tolist()
