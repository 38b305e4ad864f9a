"""Words and what contradicts them."""

from autogpt.text.antonyms import ANTONYMS


def test_antonyms_go_both_ways() -> None:
    assert all(word in ANTONYMS[other] for word, others in ANTONYMS.items() for other in others)
