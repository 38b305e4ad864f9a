from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


@dataclass
class Case:
    context: str
    windows: list[Window]
    starts: np.ndarray
    ends: np.ndarray


LETTERS = st.sampled_from(["bank", "利率", "𝒳y", "naïve", "1,000", "é", "🏦", "of"])


@st.composite
def cases(draw: st.DrawFn, most_windows: int = 4) -> Case:
    """A context of odd words, cut into overlapping windows behind a question, padded, with any logits."""
    tokens: list[tuple[int, int]] = []
    context = ""
    for word in draw(st.lists(LETTERS, min_size=1, max_size=14)):
        context += draw(st.sampled_from(["", " ", "\n", "\u3000"]))
        at = len(context)
        cut = draw(st.integers(1, len(word)))
        tokens += [(at, at + cut)] + ([(at + cut, at + len(word))] if cut < len(word) else [])
        context += word
    size = draw(st.integers(1, len(tokens)))
    step = draw(st.integers(max(1, -(-len(tokens) // most_windows)), max(size, -(-len(tokens) // most_windows))))
    windows = []
    for at in range(0, len(tokens), step):
        inside: list[tuple[int, int] | None] = [None, None, *tokens[at : at + size], None]
        windows.append(Window(inside))
    width = max(len(window.offsets) for window in windows) + draw(st.integers(0, 3))
    seed = draw(st.integers(0, 2**32 - 1))
    generator = np.random.default_rng(seed)
    shape = (len(windows), width)
    scale = draw(st.sampled_from([0.0, 1.0, 8.0]))
    return Case(
        context,
        windows,
        (scale * generator.normal(size=shape)).astype(np.float32),
        (scale * generator.normal(size=shape)).astype(np.float32),
    )


def every_span(case: Case, longest: int) -> dict[tuple[int, int], float]:
    """Score of every allowed span, by trying all of them."""
    scores: dict[tuple[int, int], float] = {}
    for window, starts, ends in zip(case.windows, case.starts, case.ends, strict=True):
        null = starts[0] + ends[0]
        for first, head in enumerate(window.offsets):
            for last in range(first, min(first + longest, len(window.offsets))):
                tail = window.offsets[last]
                if head is not None and tail is not None:
                    place = (head[0], tail[1])
                    scores[place] = max(scores.get(place, -np.inf), float(starts[first] + ends[last] - null))
    return scores


@given(cases(), st.integers(1, 6), st.integers(1, 8))
def test_n_best_is_what_trying_every_span_finds(case: Case, n_best: int, longest: int) -> None:
    decoded = decode(case.context, case.windows, case.starts, case.ends, n_best=n_best, max_answer_tokens=longest)
    expected = every_span(case, longest)
    assert len(decoded.candidates) == min(n_best, len(expected))
    for candidate in decoded.candidates:
        assert candidate.text == case.context[candidate.start : candidate.end] == candidate.text.strip() != ""
        assert candidate.score == pytest.approx(expected[candidate.start, candidate.end], rel=1e-6)
    places = [(one.start, one.end) for one in decoded.candidates]
    assert len(set(places)) == len(places)
    best = sorted(expected.values(), reverse=True)[:n_best]
    assert [one.score for one in decoded.candidates] == pytest.approx(best, rel=1e-6)
    assert all(np.isfinite(value) for value in decoded.features.values())


def published_post_processing(case: Case, n_best: int, longest: int) -> tuple[list[dict[str, object]], float, str]:
    """The SQuAD post-processing with unanswerable questions, step by step as published, for comparison: the n-best
    list without null, the score difference, and the answer at threshold 0."""
    null = None
    listed: list[dict[str, object]] = []
    for number, window in enumerate(case.windows):
        start_row, end_row = case.starts[number], case.ends[number]
        this_null = start_row[0] + end_row[0]
        if null is None or null > this_null:
            null = this_null
        best_starts = np.argsort(start_row)[::-1][:n_best]
        best_ends = np.argsort(end_row)[::-1][:n_best]
        for s in best_starts:
            for e in best_ends:
                if s >= len(window.offsets) or e >= len(window.offsets):
                    continue
                if window.offsets[s] is None or window.offsets[e] is None:
                    continue
                if e < s or e - s + 1 > longest:
                    continue
                listed.append(
                    {
                        "text": case.context[window.offsets[s][0] : window.offsets[e][1]],
                        "score": start_row[s] + end_row[e],
                        "start": start_row[s],
                        "end": end_row[e],
                    }
                )
    listed.append({"text": "", "score": null})
    listed.sort(key=lambda one: one["score"], reverse=True)
    kept = listed[:n_best]
    if not any(one["text"] == "" for one in kept):
        kept.append({"text": "", "score": null})
    scores = np.array([one["score"] for one in kept])
    odds = np.exp(scores - scores.max())
    for one, share in zip(kept, odds / odds.sum(), strict=True):
        one["probability"] = share
    spans = [one for one in kept if one["text"]]
    if not spans:
        return [], 0.0, ""
    difference = null - spans[0]["start"] - spans[0]["end"]
    return spans, float(difference), "" if difference > 0 else str(spans[0]["text"])


@settings(max_examples=300)
@given(cases(), st.integers(1, 25), st.integers(1, 8))
def test_reference_mode_equals_the_published_post_processing(case: Case, n_best: int, longest: int) -> None:
    decoded = decode_reference(
        case.context, case.windows, case.starts, case.ends, n_best=n_best, max_answer_tokens=longest
    )
    spans, difference, answer = published_post_processing(case, n_best, longest)
    assert [(one.text, one.score) for one in decoded.candidates] == [
        (one["text"], float(one["score"])) for one in spans
    ]
    # The sum of the softmax is taken in another order: float32's last digits differ.
    assert [one.probability for one in decoded.candidates] == pytest.approx([one["probability"] for one in spans], 1e-5)
    if spans:
        assert decoded.features["null_margin"] == -difference
        assert (decoded.candidates[0].text if decoded.features["null_margin"] >= 0 else "") == answer


@given(cases(most_windows=1), st.integers(1, 8))
def test_both_decoders_agree_on_single_windows(case: Case, longest: int) -> None:
    whole = 1000  # every start and end is considered, so that the reference mode misses nothing
    own = decode(case.context, case.windows, case.starts, case.ends, n_best=whole, max_answer_tokens=longest)
    reference = decode_reference(
        case.context, case.windows, case.starts, case.ends, n_best=whole, max_answer_tokens=longest
    )
    assert len(case.windows) == 1
    assert own.null_score == reference.null_score
    assert own.features["null_margin"] == pytest.approx(reference.features["null_margin"], abs=1e-4)
    mine = {(one.start, one.end): one.score for one in own.candidates}
    theirs = {(one.start, one.end): one.score - reference.null_score for one in reference.candidates}
    assert mine == pytest.approx(theirs, abs=1e-4)


def test_features_tell_sure_readings_from_doubtful_ones() -> None:
    sure = decode(CONTEXT, [Window(FRAME)], [logits(12, t8=9.0)], [logits(12, t8=9.0)]).features
    torn = decode(
        CONTEXT, [Window(FRAME)], [logits(12, t8=1.1, t3=1.0, t0=1.0)], [logits(12, t8=1.1, t3=1.0, t0=1.0)]
    ).features
    assert sure["null_margin"] == pytest.approx(36)
    assert torn["null_margin"] == pytest.approx(0.2, abs=1e-5)
    assert torn["rival_margin"] == pytest.approx(0.2, abs=1e-5)
    assert sure["start_entropy"] < 1e-3
    assert torn["start_entropy"] == pytest.approx(np.log(3), abs=0.01)
    assert sure["log_softmax"] > torn["log_softmax"] == pytest.approx(np.log(torn["softmax"]), abs=1e-5)


def test_windows_that_disagree_show_in_the_features() -> None:
    overlapping = [Window([None, *FRAME[3:9], None]), Window([None, *FRAME[7:11], None])]
    # Basel is token 6 of the first window and 2 of the second, which starts its own answer at 1912.
    starts = [logits(8, t6=5.0), logits(8, t2=1.0, t4=3.0)]
    decoded = decode(CONTEXT, overlapping, starts, [logits(8, t6=5.0), logits(8, t2=1.0, t4=-5.0)])
    assert decoded.best is not None
    assert decoded.best.text == "Basel"
    assert decoded.features["agreement"] == 0.5
