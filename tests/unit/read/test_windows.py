from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.errors import UsageError
from autogpt.read.windows import Window, WindowBuilder
from tiny_models import FAMILIES, build_tokenizer

LENGTH, STRIDE = 48, 12
LETTERS = "Arden was founded in 1850.\n\t 银行在一八五〇年成立。é́ß𝒳😀👩‍👧ﬁ\u00a0\u2028\u200b"
TEXTS = st.text(alphabet=st.sampled_from(LETTERS), max_size=400)


@cache
def builder(family: str) -> WindowBuilder:
    return WindowBuilder(build_tokenizer(family), LENGTH, STRIDE)


def covered(windows: list[Window]) -> set[int]:
    return {place for one in windows for offset in one.offsets if offset for place in range(*offset)}


@pytest.mark.parametrize("family", FAMILIES)
@given(question=TEXTS, context=TEXTS)
def test_windows_fit_and_their_offsets_lie_in_the_context(family: str, question: str, context: str) -> None:
    windows = builder(family).build(question, context)
    assert windows
    for one in windows:
        assert len(one.input_ids) == len(one.type_ids) == len(one.offsets) <= LENGTH
        assert one.offsets[one.null_index] is None
        for offset in one.offsets:
            if offset is not None:
                start, end = offset
                assert 0 <= start < end <= len(context)
                assert context[start:end] == context[start:end].strip()
        first, last = one.context_range
        assert all(offset is None for offset in one.offsets[:first] + one.offsets[last:])


@pytest.mark.parametrize("family", [name for name in FAMILIES if name not in ("deberta", "xlm-roberta")])
@given(context=st.text(alphabet="abcdefghij 0123456789.", min_size=1, max_size=600))
def test_every_character_of_a_long_context_is_in_some_window(family: str, context: str) -> None:
    windows = builder(family).build("When was it founded?", context)
    assert covered(windows) == {place for place, character in enumerate(context) if not character.isspace()}


@pytest.mark.parametrize("family", FAMILIES)
def test_neighbouring_windows_share_the_stride(family: str) -> None:
    context = " ".join(f"Arden was founded in {1800 + number}." for number in range(40))
    windows = builder(family).build("When?", context)
    assert len(windows) > 3
    for one, other in pairwise(windows):
        shared = set(filter(None, one.offsets)) & set(filter(None, other.offsets))
        assert len(shared) >= STRIDE // 2  # sentence-piece tokens of white space alone have no offset


@pytest.mark.parametrize("family", FAMILIES)
def test_an_answer_of_up_to_the_stride_is_whole_in_some_window(family: str) -> None:
    context = " ".join(f"Arden was founded in {1800 + number}." for number in range(40))
    windows = builder(family).build("When?", context)
    for number in range(40):
        start = context.index(str(1800 + number))
        assert any(
            any(offset and offset[0] <= start < offset[1] for offset in one.offsets)
            and any(offset and offset[0] < start + 4 <= offset[1] for offset in one.offsets)
            for one in windows
        )


@pytest.mark.parametrize("family", FAMILIES)
def test_a_question_longer_than_a_window_is_cut_and_the_context_still_read(family: str) -> None:
    windows = builder(family).build("When was Arden founded? " * 100, "Arden was founded in 1850.")
    assert all(len(one) <= LENGTH for one in windows)
    assert covered(windows) >= set(range(21, 25))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("question", "context"), [("", ""), ("?", ""), ("", "Arden."), ("  ", "\n\n")])
def test_empty_texts_give_one_window(family: str, question: str, context: str) -> None:
    assert len(builder(family).build(question, context)) == 1


def test_offsets_are_code_points_also_behind_characters_of_four_bytes() -> None:
    context = "😀👩‍👧 Arden 银行 1850"
    for family in ("roberta", "gpt2"):
        (one,) = builder(family).build("When?", context)
        start = context.index("1850")
        assert any(offset and offset[0] == start for offset in one.offsets)
        assert covered([one]) >= set(range(start, start + 4))


def test_left_to_right_models_score_no_answer_where_they_have_read_everything() -> None:
    (one,) = builder("gpt2").build("When?", "Arden was founded in 1850.")
    assert one.null_index == len(one) - 1
    assert builder("bert").build("When?", "Arden.")[0].null_index == 0


def test_the_given_tokenizer_is_left_as_it_was() -> None:
    tokenizer = build_tokenizer("bert")
    tokenizer.enable_padding(length=64)
    tokenizer.enable_truncation(20)
    before = tokenizer.to_str()
    built = WindowBuilder(tokenizer, LENGTH, STRIDE).build("When?", "Arden was founded in 1850.")
    assert tokenizer.to_str() == before
    assert 20 > len(built[0]) > 4


def test_many_pairs_are_built_as_one_by_one() -> None:
    pairs = [("When?", "Arden was founded in 1850. " * number) for number in range(6)]
    one_by_one = [builder("bert").build(question, context) for question, context in pairs]
    assert builder("bert").build_many(pairs) == one_by_one


@pytest.mark.parametrize(("length", "stride"), [(16, 12), (8, 0), (48, 40)])
def test_windows_without_room_are_refused_with_what_would_do(length: int, stride: int) -> None:
    with pytest.raises(UsageError, match="no room") as caught:
        WindowBuilder(build_tokenizer("bert"), length, stride)
    assert "stride" in caught.value.hint


def test_a_tokenizer_that_cannot_part_question_and_context_is_refused() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    bare = Tokenizer(models.WordLevel({"a": 0, "?": 1}, unk_token="?"))
    bare.pre_tokenizer = pre_tokenizers.Whitespace()
    with pytest.raises(UsageError, match="end-of-text"):
        WindowBuilder(bare)
