import re

import pytest

from autogpt.text.scripts import HAN, has_han


@pytest.mark.parametrize("text", ["银", "銀", "𠮷", "豈", "A股"])
def test_han_characters_of_all_blocks_are_seen(text: str) -> None:
    assert has_han(text)
    assert re.fullmatch(rf"[A{HAN}]+", text)


@pytest.mark.parametrize("text", ["", "A-share", "。，", "かな", "은행", "２０"])
def test_other_signs_are_not_han(text: str) -> None:
    assert not has_han(text)
