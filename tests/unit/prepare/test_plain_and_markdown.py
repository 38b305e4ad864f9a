"""Plain text and Markdown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.errors import DataError
from autogpt.prepare.sources import EmptyError
from parsing import assert_mapped, headings, parsed, rows, source_of

TEXT = """ACCOUNT TERMS
=============

These terms are valid for all of the accounts that the bank offers to
its customers in the country, unless other terms
are agreed upon.

OPENING HOURS
Oxenby, Village Hall     9:30 to 11:30
Marrick, The Green      13:00 to 14:30

1.2 Fees and charges

Account      Fee     Minimum
Gold         $5      $500
Student      free    none

- first item
- second item that is quite long and wraps over
  to the next line of the text
Short line
Another short line
"""


def test_wrapped_lines_become_paragraphs_and_columns_rows() -> None:
    document = parsed(TEXT, "terms.txt")
    assert document.text == (
        "ACCOUNT TERMS\n\nThese terms are valid for all of the accounts that the bank offers to its customers in the "
        "country, unless other terms are agreed upon.\n\nOPENING HOURS\n\nOxenby, Village Hall: 9:30 to 11:30\n"
        "Marrick, The Green: 13:00 to 14:30\n\n1.2 Fees and charges\n\nAccount: Gold | Fee: $5 | Minimum: $500\n"
        "Account: Student | Fee: free | Minimum: none\n\n- first item\n- second item that is quite long and wraps over "
        "to the next line of the text\nShort line\nAnother short line"
    )
    assert headings(document) == [(1, "ACCOUNT TERMS"), (1, "OPENING HOURS"), (3, "1.2 Fees and charges")]
    assert len(rows(document)) == 4
    assert_mapped(document, TEXT)
    assert source_of(document, TEXT, "offers to its") == "offers to\nits"


CHINESE = """关于短信服务费的公告

尊敬的客户：我行自二〇二五年十月一日起调整个人客户的短
信通知服务费，云梭卡继续免费。起点金额调整为 100 元，由
App 推送代替。
（一）第一项内容写满了整整一行所以下一行不能与它相连接哪
（二）第二项

　　第一段的末尾几乎写满了整整一行，看起来像是没有写完。
　　第二段另起一行。
"""


def test_wrapped_chinese_lines_are_joined_without_spaces() -> None:
    document = parsed(CHINESE, "公告.txt")
    assert document.text.split("\n") == [
        "关于短信服务费的公告",
        "",
        "尊敬的客户：我行自二〇二五年十月一日起调整个人客户的短信通知服务费，云梭卡继续免费。"
        "起点金额调整为 100 元，由 App 推送代替。",
        "（一）第一项内容写满了整整一行所以下一行不能与它相连接哪",
        "（二）第二项",
        "",
        "第一段的末尾几乎写满了整整一行，看起来像是没有写完。",
        "第二段另起一行。",
    ]
    assert_mapped(document, CHINESE)
    assert source_of(document, CHINESE, "短信通知") == "短\n信通知"


def test_chinese_columns_with_amounts_have_their_names() -> None:
    text = "项目        收费\n年费        120元\n短信        2元\n补卡        免费\n"
    assert rows(parsed(text, "收费.txt")) == [
        "项目: 年费 | 收费: 120元",
        "项目: 短信 | 收费: 2元",
        "项目: 补卡 | 收费: 免费",
    ]


@pytest.mark.parametrize("number", ["第 {} 页 / 共 3 页", "第{}页，共3页", "第 {} 頁", "- {} -"])
def test_chinese_page_numbers_go(number: str) -> None:
    pages = [f"{name}的内容各不相同。\n\n{number.format(at)}" for at, name in enumerate(("甲", "乙", "丙"), 1)]
    assert parsed("\f".join(pages), "条款.txt").text.split("\n\n") == [f"{name}的内容各不相同。" for name in "甲乙丙"]


def test_running_lines_and_page_numbers_of_text_pages_go() -> None:
    pages = [
        f"Northwind Bank, Terms\n\nClause {name} says something of its own.\n\n- {number} -"
        for number, name in enumerate(("one", "two", "three", "four"), 1)
    ]
    text = "\f".join(pages)
    document = parsed(text, "terms.txt")
    assert document.text.split("\n\n") == [
        f"Clause {name} says something of its own." for name in ("one", "two", "three", "four")
    ]
    assert [page.number for page in document.outline.pages] == [1, 2, 3, 4]
    assert document.outline.page_at(document.text.index("three")) == 3


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Gebühr: 5 €".encode("utf-16"), "Gebühr: 5 €"),
        ("The café’s fee is 5 €, naïvely".encode("cp1252"), "The café’s fee is 5 €, naïvely"),
        ("\ufeffFee".encode(), "Fee"),
        ("The cafÃ©â€™s fee".encode(), "The café's fee"),
        (b"caf\xc3\xa9 ol\xe9 " + "Gebühr ".encode() * 9, "café olé " + "Gebühr " * 9),
        (
            "本行提供多种账户，年费首年免费，之后每年收取两百元。".encode("gb18030"),
            "本行提供多种账户，年费首年免费，之后每年收取两百元。",
        ),
        (
            "臺灣的銀行帳戶管理費是多少？請向分行查詢，謝謝。".encode("big5"),
            "臺灣的銀行帳戶管理費是多少？請向分行查詢，謝謝。",
        ),
        ("a\x00b\x07\u200bc\u202ed \u00a0 e\u00ad\ufb01".encode() + b" words" * 99, "abcd efi" + " words" * 99),
        ("hidden\U000e0041\U000e0042 tags".encode(), "hidden tags"),
    ],
)
def test_broken_and_foreign_encodings_are_mended(data: bytes, text: str) -> None:
    document = parsed(data, "a.txt")
    assert document.text.replace("’", "'") == text.strip().replace("’", "'")


def test_an_empty_or_binary_text_is_refused() -> None:
    with pytest.raises(EmptyError):
        parsed(b" \n\t\n", "a.txt")
    with pytest.raises(EmptyError):
        parsed("\u200b\u200b", "a.txt")
    with pytest.raises(DataError, match="binary"):
        parsed(bytes(range(256)) * 10, "a.txt")


@given(st.text(st.sampled_from("ab A1.-|\n\t\f\r#=*é文\u200b\u00a0"), min_size=1, max_size=200))
def test_any_text_is_read_with_its_places(text: str) -> None:
    for name in ("a.txt", "a.md"):
        try:
            document = parsed(f"Words. {text}", name)
        except EmptyError:
            continue
        assert_mapped(document, f"Words. {text}")
        for span in document.outline.rows:
            assert "\n" not in span.of(document.text)


MARKDOWN = """---
title: "Card guide"
date: 2024-05-01
---
# Cards

Lost *cards* must be **blocked** at once: call [the desk](http://x/y) or
use `app`.

| Card | Fee |
|------|----:|
| Gold | 5 € |
| **Blue** | free |

1. One
2. Two
   - nested &amp; fine

> Quote me

```
x = 1
  y
```
Line<br>two <span>html</span> ![a picture](i.png) \\*star\\*

Setext
------
"""


def test_markup_goes_and_structure_stays() -> None:
    document = parsed(MARKDOWN, "card.md")
    assert document.text == (
        "Cards\n\nLost cards must be blocked at once: call the desk or use app.\n\nCard: Gold | Fee: 5 €\n"
        "Card: Blue | Fee: free\n\n1. One\n2. Two\n- nested & fine\n\nQuote me\n\nx = 1\n  y\n\n"
        "Line two html a picture *star*\n\nSetext"
    )
    assert headings(document) == [(1, "Cards"), (2, "Setext")]
    assert rows(document) == ["Card: Gold | Fee: 5 €", "Card: Blue | Fee: free"]
    assert (document.title, document.metadata) == ("Card guide", {"date": "2024-05-01"})
    assert_mapped(document, MARKDOWN)
    assert source_of(document, MARKDOWN, "blocked at once: call the desk or") == (
        "blocked** at once: call [the desk](http://x/y) or"
    )
    assert source_of(document, MARKDOWN, "nested & fine") == "nested &amp; fine"


def test_a_chinese_paragraph_of_several_lines_gets_no_spaces() -> None:
    text = "第一行写满以后，\n第二行接着写短\n信服务，用 Visa\n卡。\n"
    document = parsed(text, "note.md")
    assert document.text == "第一行写满以后，第二行接着写短信服务，用 Visa 卡。"
    assert_mapped(document, text)


def test_html_inside_markdown_is_read_as_html() -> None:
    text = "# Fees\n\n<table><tr><th>Card</th><th>Fee</th></tr><tr><td>Gold</td><td>5</td></tr></table>\n\nMore."
    document = parsed(text, "fees.md")
    assert rows(document) == ["Card: Gold | Fee: 5"]
    assert_mapped(document, text)


def test_line_ends_of_windows_do_not_shift_places() -> None:
    text = MARKDOWN.replace("\n", "\r\n")
    document = parsed(text, "card.md")
    assert document.text == parsed(MARKDOWN, "card.md").text
    assert source_of(document, text, "blocked at once") == "blocked** at once"


def test_a_text_about_pdf_files_is_none() -> None:
    assert parsed("# Formats\n\nA file that begins with %PDF-1.7 is a PDF.\n", "formats.md").title == "Formats"
