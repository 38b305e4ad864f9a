"""HTML: the text of a page without what is around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.errors import DataError
from parsing import assert_mapped, headings, parsed, rows, source_of

PAGE = """<!doctype html><html lang="en"><head><title>Account fees | Northwind Bank</title>
<style>p { color: red }</style><script>var x = "<p>no</p>";</script></head>
<body class="has-sidebar cookie-ready">
<a class="skip-link" href="#main">Skip to content</a>
<header><div class="logo">Northwind</div><nav><ul><li><a href="/">Home</a><li><a href="/c">Cards</a></ul></nav></header>
<div id="cookie-banner"><p>We use cookies to improve your visit. <button>Accept all</button></p></div>
%s
<footer><p>© 2024 Northwind Bank. All rights reserved.</p><p>Imprint</p></footer></body></html>"""
MAIN = """<main><h1>Account fees</h1>
<p>Fees for personal accounts &amp; cards, charged on the 1st&nbsp;of each month.</p>
<h2>How to close</h2><p>Write to us.</p></main>"""
BOILERPLATE = ("Northwind", "Home", "Cards", "Skip", "cookies", "Imprint", "rights reserved", "Accept")


def test_what_is_around_the_text_goes() -> None:
    page = PAGE % MAIN
    document = parsed(page, "fees.html")
    assert document.text == (
        "Account fees\n\nFees for personal accounts & cards, charged on the 1st of each month.\n\n"
        "How to close\n\nWrite to us."
    )
    assert headings(document) == [(1, "Account fees"), (2, "How to close")]
    assert (document.title, document.language, document.media_type) == ("Account fees", "en", "text/html")
    assert_mapped(document, page)
    assert source_of(document, page, "accounts & cards") == "accounts &amp; cards"


def test_a_page_without_main_element_loses_its_boilerplate_too() -> None:
    text = "The Gold account is made for people who travel a lot and want their card to be free everywhere."
    page = PAGE % f"<div class='content'><h1>Gold</h1><p>{text}</p><p>{text.replace('Gold', 'Blue')}</p></div>"
    document = parsed(page, "gold.html")
    assert text in document.text
    assert not any(word in document.text for word in BOILERPLATE)


@pytest.mark.parametrize(
    "phrase",
    [
        "返回顶部",
        "回到頁首",
        "以上内容对您有帮助吗？",
        "這篇文章對您有幫助嗎？",
        "上一篇",
        "上一篇：<a href=1>如何开通短信提醒</a>",
        "<a href=1>下一条：关于调整金卡年费的公告</a>",
        "上一则：没有了",
        "上一篇：没有了 下一篇：<a href=1>利率说明</a>",
        "上一篇：没有了<br>下一篇：<a href=1>利率说明</a>",
        "<span>上一篇：没有了</span><span>下一篇：没有了</span>",
        "上一則：<a href=1>年費</a> 下一則：<a href=2>利率</a>",
        "上一篇：<a href=1>年费</a>　｜　下一篇：<a href=2>利率</a>",
        "上一篇：没有了 下一篇：如何开通短信提醒",
        "【打印本页】 【关闭窗口】",
        "扫一扫，关注青梭银行微信公众号",
        "版权所有 © 2025 青梭银行股份有限公司 未经许可不得转载",
        "我们使用 Cookie 来记住您的偏好。",
    ],
)
def test_chinese_phrases_of_pages_go_from_inside_the_text(phrase: str) -> None:
    kept = ["云梭卡", "返回首页后点“登录”，即可开通。", "我们绝不会索要验证码，上一篇公告里也说过。"]
    body = "".join(f"<p>{text}</p>" for text in (kept[1], phrase, kept[2]))
    assert parsed(f"<main><h1>{kept[0]}</h1>{body}</main>", "card.html").text.split("\n\n") == kept


@pytest.mark.parametrize(
    "end",
    [
        "<p>上一篇：没有了</p><p>下一篇：如何开通短信提醒</p>",
        "<p>上一篇：如何挂失</p><p>下一篇：如何开通短信提醒</p><p>版权所有 © 2025 青梭银行</p>",
        "<p>上一篇：<a href=1>如何挂失</a><br>下一篇：<a href=2>如何开通短信提醒</a></p><p>返回顶部</p>",
        "<ul><li>上一篇：<a href=1>如何挂失</a><li>下一篇：<a href=2>如何开通短信提醒</a></ul>",
        "<p>上一篇：如何挂失 下一篇：如何开通短信提醒</p>",
        "<div><span>上一篇：没有了</span><span>下一篇：没有了</span></div>",
        "<table><tr><td>上一篇：<a href=1>如何挂失</a><td>下一篇：<a href=2>如何开通短信提醒</a></table>",
        "<table><tr><td>上一篇：没有了<td>下一篇：<a href=2>如何开通短信提醒</a></table>",
        "<table><tr><td>上一篇：没有了<td>下一篇：没有了</table>",
    ],
)
def test_what_leads_to_other_articles_goes(end: str) -> None:
    page = f"<main><h1>云梭卡</h1><p>云梭卡首年免年费，此后每年收取一百元。</p>{end}</main>"
    assert parsed(page, "card.html").text == "云梭卡\n\n云梭卡首年免年费，此后每年收取一百元。"


@pytest.mark.parametrize(
    "texts",
    [
        ["下一条：持卡人应当妥善保管密码。", "持卡人不得出借卡片。"],
        ["上一条：见第五条。", "下一条：持卡人应当妥善保管密码，见<a href=5>第五条</a>。"],
        ["第四条 持卡人不得出借卡片。", "下一条：本合同自签订之日起生效"],
        ["上一篇：讲了如何挂失", "下一篇：讲如何开通短信提醒", "都在手机银行里办理。"],
        ["上一条：见第五条。", "下一条：无息贷款。", "下一篇：<a href=5>如何挂失</a>"],
        ["上一条：无。下一条：持卡人应当妥善保管密码。", "下一篇：<a href=5>如何挂失</a>"],
        ["上一条：见第五条 下一条：见<a href=5>第七条</a>的约定", "持卡人不得出借卡片。"],
        ["下一条：持卡人应当妥善保管密码，上一条：另有约定的除外。"],
    ],
)
def test_text_that_begins_as_a_pager_does_stays(texts: list[str]) -> None:
    body = "".join(f"<p>{text}</p>" for text in texts)
    kept = [text.replace("<a href=5>", "").replace("</a>", "") for text in texts if "如何挂失</a>" not in text]
    assert parsed(f"<main><h1>章程</h1>{body}</main>", "card.html").text.split("\n\n") == ["章程", *kept]


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        (
            "<tr><td>上一页：<td>返回前一步<tr><td>下一页：<td>进入下一步",
            ["上一页： 返回前一步", "下一页： 进入下一步"],
        ),
        ("<tr><td>上一页：<td>返回前一步<tr><td>下一页：<td>无", ["上一页： 返回前一步", "下一页： 无"]),
        ("<tr><td>上一页：返回前一步<td>下一页：进入下一步", ["上一页：返回前一步: 下一页：进入下一步"]),
    ],
)
def test_a_table_that_explains_the_words_of_pagers_stays(table: str, rows: list[str]) -> None:
    page = f"<main><h1>手机银行</h1><p>各按钮的作用如下。</p><table>{table}</table></main>"
    assert parsed(page, "card.html").text.split("\n\n")[2].split("\n") == rows


def test_line_breaks_inside_chinese_are_no_spaces_but_in_code() -> None:
    page = "<main><h1>卡</h1><p>短\n  信服务，用\nApp。<br>地址：织女路</p><pre>甲\n乙</pre></main>"
    document = parsed(page, "card.html")
    assert document.text == "卡\n\n短信服务，用 App。 地址：织女路\n\n甲\n乙"
    assert_mapped(document, page)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            "<tr><th>Account<th>Fee<th>Minimum<tr><td>Gold<td>$5<td>$500<tr><td>Blue<td>free<td>",
            ["Account: Gold | Fee: $5 | Minimum: $500", "Account: Blue | Fee: free"],
        ),
        (
            "<thead><tr><td></td><td colspan=2>Fee</td></tr><tr><td></td><td>Monthly</td><td>Yearly</td></tr></thead>"
            "<tbody><tr><td rowspan=2>Gold</td><td>$5</td><td>$50</td></tr><tr><td>$6</td><td>$60</td></tr></tbody>",
            ["Gold | Fee Monthly: $5 | Fee Yearly: $50", "Gold | Fee Monthly: $6 | Fee Yearly: $60"],
        ),
        (
            "<tr><td>Opening hours</td><td>9 to 17</td></tr><tr><td>Telephone</td><td>555-0100</td></tr>",
            ["Opening hours: 9 to 17", "Telephone: 555-0100"],
        ),
        (
            "<caption>Rates</caption><tr><td>Year</td><td>2022</td><td>2023</td></tr>"
            "<tr><td>Rate</td><td>1.5%</td><td>2.5%</td></tr>",
            ["Year: Rate | 2022: 1.5% | 2023: 2.5%"],
        ),
    ],
)
def test_tables_become_rows_that_can_be_read_alone(table: str, expected: list[str]) -> None:
    page = PAGE % f"<main><h1>Fees</h1><p>These are the fees of our accounts.</p><table>{table}</table></main>"
    document = parsed(page, "fees.html")
    assert rows(document) == expected


def test_a_name_of_a_column_leads_back_to_its_cell() -> None:
    page = PAGE % "<main><table><tr><th>Account<th>Fee<tr><td>Gold<td>$5<tr><td>Blue<td>$3</table></main>"
    document = parsed(page, "fees.html")
    assert source_of(document, page, "$3") == "$3"
    assert document.text.count("Fee") == 2
    assert_mapped(document, page)


def test_a_table_for_layout_is_read_as_blocks() -> None:
    inner = "<table><tr><th>A<th>B<tr><td>1<td>2</table>"
    page = PAGE % f"<main><table><tr><td><h2>Left</h2><p>Some text.</p></td><td>{inner}</td></tr></table></main>"
    document = parsed(page, "layout.html")
    assert document.text == "Left\n\nSome text.\n\nA: 1 | B: 2"


def test_lists_and_definitions_keep_their_lines() -> None:
    page = PAGE % (
        "<main><h1>Steps</h1><ol><li>Open the app.<li>Choose <b>Close</b>.</ol><ul><li>One<ul><li>Inner</ul></ul>"
        "<dl><dt>IBAN<dd>Your number<dt>PIN?<dd>A secret</dl><pre>a  b\n  c</pre></main>"
    )
    assert parsed(page, "steps.html").text == (
        "Steps\n\n1. Open the app.\n2. Choose Close.\n\n- One\n\n- Inner\n\nIBAN: Your number\nPIN? A secret\n\n"
        "a  b\n  c"
    )


def test_broken_markup_is_read_to_its_end() -> None:
    page = "<p>One <b>two <p>Three</i> & four &unknown; &#x41;&amp <table><tr><td>five<td>six"
    document = parsed(page, "broken.html")
    assert "Three & four &unknown; A&" in document.text
    assert "five" in document.text
    assert_mapped(document, page)


def test_hidden_sections_of_a_page_about_cookies_stay() -> None:
    paragraphs = "".join(f"<p>We use cookies of kind {kind} to remember your cookie choice.</p>" for kind in "ABCDEF")
    document = parsed(PAGE % f"<main><h1>Cookies</h1>{paragraphs}</main>", "cookies.html")
    assert document.text.count("We use cookies of kind") == 6


def test_a_page_in_another_encoding_is_decoded_as_it_says() -> None:
    page = '<html><head><meta charset="gb18030"></head><body><p>信用卡的年费是两百元，首年免费。</p></body></html>'
    document = parsed(page.encode("gb18030"), "fee.html")
    assert document.text == "信用卡的年费是两百元，首年免费。"
    assert document.language == "zh"


def test_elements_nested_too_deeply_are_refused() -> None:
    with pytest.raises(DataError, match="nested more than"):
        parsed("<div>" * 2_000 + "text", "deep.html")


MARKUP = (
    "<p> </p> <div> </div> <li> <ul> </ul> <table> <tr> <td> <th> </table> <h1> </h1> <b> <br> <dl> <dt> <dd> <nav> "
    "</nav> <pre> </pre> <a@href=x> </a> word Fee 5€ &amp; &nbsp; 中文 <script> </script> <!-- --> < > & <main> "
    "</main> <footer> </footer> <caption> <thead> </thead>"
)


@given(st.lists(st.sampled_from(MARKUP.split()), max_size=40))
def test_any_markup_is_read_with_its_places(parts: list[str]) -> None:
    page = "<body><p>Some words to begin with." + " ".join(parts).replace("@", " ")
    document = parsed(page, "any.html")
    for heading in document.outline.headings:
        assert heading.span.of(document.text).strip()
    assert_mapped(document, page)
