"""Which language a text is in."""

import pytest

from autogpt.text.language import detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I close my account?", "en"),
        ("IBAN?", "en"),
        ("The fee is charged monthly. 费用", "en"),
        ("如何注销我的账户？", "zh"),
        ("我的 Visa 卡丢了怎么办", "zh"),
        ("臺灣銀行的帳戶管理費是多少", "zh"),
        ("Wie kann ich mein Konto kündigen und was kostet es?", "und"),
        ("Comment fermer le compte et les cartes ?", "und"),
        ("口座を閉じるにはどうすればいいですか", "und"),
        ("Как закрыть счёт?", "und"),
        ("12 345 %", "und"),
        ("", "und"),
    ],
)
def test_language_of(text: str, language: str) -> None:
    assert detect(text) == language


def test_a_long_text_is_judged_by_more_than_its_beginning() -> None:
    assert detect("Table of contents\n" + "本公司于二零二三年实现收入增长。" * 2_000) == "zh"
