from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from autogpt.read.decode import decode, decode_reference

LOW = -9.0


@dataclass
class Window:
    offsets: Sequence[tuple[int, int] | None]
    null_index: int = 0


def words(text: str) -> list[tuple[int, int]]:
    places, at = [], 0
    for word in text.split(" "):
        if word:
            places.append((at, at + len(word)))
        at += len(word) + 1
    return places


def logits(size: int, **peaks: float) -> list[float]:
    """`size` low logits with some raised: logits(4, t2=5.0)."""
    return [peaks.get(f"t{at}", LOW) for at in range(size)]


CONTEXT = "Anna opened the bank in Basel in 1912"  # eight words
FRAME: list[tuple[int, int] | None] = [None, None, None, *words(CONTEXT), None]


def test_best_span_is_found_with_code_point_offsets() -> None:
    decoded = decode(CONTEXT, [Window(FRAME)], [logits(12, t8=5.0, t0=1.0)], [logits(12, t8=4.0, t0=0.5)])
    assert decoded.best is not None
    assert (decoded.best.text, decoded.best.start, decoded.best.end) == ("Basel", 24, 29)
    assert decoded.best.score == pytest.approx(5 + 4 - 1.5)
    assert decoded.null_score == pytest.approx(1.5)


def test_null_token_may_stand_last() -> None:
    scores = [logits(12, t8=5.0, t0=7.0, t11=2.0)]
    decoded = decode(CONTEXT, [Window(FRAME, null_index=11)], scores, scores)
    assert decoded.best is not None
    assert decoded.best.score == pytest.approx(10 - 4)
    assert decoded.null_score == pytest.approx(4.0)


def test_windows_are_compared_against_their_own_null_score() -> None:
    first = Window([None, *FRAME[3:7], None])
    second = Window([None, *FRAME[7:11], None])
    starts = [logits(6, t1=6.0, t0=5.0), logits(6, t4=4.0, t0=-4.0)]
    decoded = decode(CONTEXT, [first, second], starts, starts)
    assert decoded.best is not None
    assert decoded.best.text == "1912"  # 8 + 8 = 16 beats 12 - 10 = 2
    reference = decode_reference(CONTEXT, [first, second], starts, starts)
    assert reference.best is not None
    assert reference.best.text == "Anna"  # raw: 12 beats 8
    assert reference.null_score == pytest.approx(-8.0)


def test_span_seen_by_two_windows_is_one_candidate() -> None:
    overlapping = [Window([None, *FRAME[3:9], None]), Window([None, *FRAME[7:11], None])]
    starts = [logits(8, t6=3.0), logits(8, t2=5.0)]
    decoded = decode(CONTEXT, overlapping, starts, starts)
    assert [one.text for one in decoded.candidates].count("Basel") == 1
    assert decoded.best is not None
    assert decoded.best.score == pytest.approx(10 + 18)
    assert decoded.features["agreement"] == 1.0


def test_answer_never_crosses_question_or_padding() -> None:
    high = np.full((1, 16), 9.0, dtype=np.float32)  # 12 tokens, 4 of padding, all equally high
    for decoded in (
        decode(CONTEXT, [Window(FRAME)], high, high, n_best=500),
        decode_reference(CONTEXT, [Window(FRAME)], high, high, n_best=500),
    ):
        assert len(decoded.candidates) == 8 * 9 / 2  # every span of eight words
        assert all(one.text == CONTEXT[one.start : one.end] for one in decoded.candidates)


def test_answers_longer_than_allowed_are_left_out() -> None:
    starts, ends = [logits(12, t3=5.0, t9=1.0)], [logits(12, t10=5.0, t3=1.0)]
    for length, expected in ((8, CONTEXT), (7, "Anna")):
        decoded = decode(CONTEXT, [Window(FRAME)], starts, ends, max_answer_tokens=length)
        assert decoded.best is not None
        assert decoded.best.text == expected


@pytest.mark.parametrize("decoder", [decode, decode_reference])
def test_nothing_to_read_gives_no_candidates(decoder) -> None:
    assert decoder("", [], np.zeros((0, 0)), np.zeros((0, 0))).candidates == ()
    decoded = decoder("", [Window([None, None, None])], np.ones((1, 3)), np.ones((1, 3)))
    assert decoded.candidates == ()
    assert decoded.best is None
    assert decoded.features == {}
    assert decoded.null_score == 2.0


def test_broken_logits_fail_loudly() -> None:
    with pytest.raises(ValueError, match="12 tokens but only 5"):
        decode(CONTEXT, [Window(FRAME)], np.zeros((1, 5)), np.zeros((1, 5)))
    broken = np.full((1, 12), np.nan)
    with pytest.raises(ValueError, match="not finite"):
        decode(CONTEXT, [Window(FRAME)], broken, broken)
