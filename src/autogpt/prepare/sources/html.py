"""Reads HTML: the text of a page without what is around it.

In: bytes. Out: a `ParsedDocument` mapped to the decoded source. Structure decides first (regions, the main element,
link density); short blocks that it leaves open are kept when trafilatura keeps them. Tables stay, as readable rows.
"""

import re
from collections.abc import Sequence

from autogpt.config import IngestSection
from autogpt.prepare.clean import decode
from autogpt.prepare.sources.html_blocks import Page, read_page
from autogpt.prepare.sources.html_tables import Block
from autogpt.prepare.sources.parsed import Assembler, ParsedDocument, document, first_heading

PARSER = "html/3"
_SHARE_OF_MAIN = 0.25
_SHARE_OF_BOILERPLATE = 0.4
_SHORT = 80
_DEEPEST_FOR_TRAFILATURA = 200
_CHARSET = re.compile(
    rb"<(?:meta[^>]{0,200}?charset\s*=\s*[\"']?|\?xml[^>]{0,100}encoding\s*=\s*[\"'])([\w.:-]+)", re.IGNORECASE
)
_COOKIES = re.compile(
    r"\b(?:we|this (?:web)?site|our (?:web)?site|our partners) (?:and our partners )?uses? (?:[a-z]+ ){0,3}cookies\b"
    r"|\baccept (?:all )?cookies\b|\bcookie (?:settings|preferences|notice)\b|\bby continuing to (?:use|browse)\b"
    r"|(?:我们|我們|本网站|本網站|本站)[会會]?使用\s*cookie|接受(?:所有|全部)?\s*cookie|(?:继续浏览|繼續瀏覽).{0,10}表示.{0,6}同意",
    re.I,
)
_COPYRIGHT = re.compile(
    r"^(?:copyright\b.{0,20}|©|\(c\)).{0,160}$|^.{0,120}\ball rights reserved\b.{0,40}$"
    r"|^[^。]{0,80}(?:版[权權]所有(?![者人])|保留所有[权權]利)[^。]{0,60}。?$",
    re.I,
)
_CONTROL = re.compile(
    r"(?:skip to (?:main )?(?:content|navigation)|back to top|to top|print(?: this page)?|share(?: this(?: page)?)?"
    r"|tweet|follow us|log ?in|log ?out|sign in|sign up|register|search|menu|close|home|read more|learn more|next"
    r"|previous|subscribe|contact us|(?:was|is) this (?:page|article|answer) helpful\?"
    r"|toggle navigation|登[录錄入]|注册|註冊|首[页頁]|搜[索尋]|(?:返回|回到?)(?:[顶頂]部|[页頁]首|首[页頁]|上一[页頁])"
    r"|跳[到至]主要[内內]容|[上下]一[篇页頁条條则則]|(?:分享|转发)到?[：:]?|扫一扫.{0,3}[关關]注.{0,24}"
    r"|(?:[这這]篇文章|本文|本[页頁](?:内容)?|以上[内內]容)(?:[对對]您)?(?:是否)?有(?:帮助|幫助|用)[吗嗎]?？?"
    r"|(?:[【[]?(?:打印|列印|关闭|關閉|收藏)(?:本[页頁]|窗口|[视視]窗)?[】\]]?\s*)+)[\s»›>.…]*",
    re.I,
)
#: Begins what leads to the article before or after, and sentences of rules, too.
_PAGER = re.compile(r"([上下])一[篇页頁条條则則]\s*[：:]")
#: What pages and tables put between two of them.
_BETWEEN_PAGERS = " |｜:·/"
_LONGEST_TITLE = 200
_NO_OTHER = re.compile(
    r"(?:[暂暫]?[无無]|[没沒]有)(?:了|更多(?:了|[内內]容)?|[上下]一[篇页頁条條则則]了?)?|已[经經]?是(?:第一|最[后後]一?)[篇页頁条條则則]了?"
)
_SENTENCE_ENDS = ("。", "；", "！", "？")
_SITE = re.compile(r"\s+[|–—·»-]\s+")


def parse(data: bytes, name: str, limits: IngestSection, declared: str | None = None) -> ParsedDocument:
    """Parse an HTML page. Raises DataError when it holds no text or is nested too deeply."""
    match = _CHARSET.search(data[:4_096])
    source = decode(data, declared or (match[1].decode("ascii") if match else None))
    page = read_page(source)
    assembler = Assembler(limits)
    write_blocks(assembler, kept(page, source))
    text, outline = assembler.finish()
    title = _title(page, first_heading(text.text, outline))
    known = {"author": "author", "article:published_time": "date", "date": "date", "description": "description"}
    metadata = {known[key]: value for key, value in page.meta.items() if key in known}
    return document(assembler, title=title, media_type="text/html", parser=PARSER, metadata=metadata)


def write_blocks(assembler: Assembler, blocks: Sequence[Block]) -> None:
    """Hand blocks to the assembler by their kind."""
    for block in blocks:
        if block.kind == "heading":
            assembler.heading(block.text, block.level)
        elif block.kind == "row":
            assembler.row(block.text, block.group)
        elif block.kind == "item":
            assembler.line(block.text, block.group)
        else:
            assembler.paragraph(block.text, tidied=block.kind == "code")


def kept(page: Page, source: str) -> list[Block]:
    """The blocks worth keeping; all of them where nothing would be left."""
    everything = page.blocks
    total = sum(len(block.text) for block in everything)
    blocks = [block for block in everything if not _in_boilerplate(block, total)]
    main = [block for block in blocks if block.in_main]
    if sum(len(block.text) for block in main) >= _SHARE_OF_MAIN * max(sum(len(block.text) for block in blocks), 1):
        blocks = main
    else:
        blocks = _voted(blocks, page, source)
    blocks = _without_menus(blocks)
    about_cookies = sum("cookie" in block.text.text.lower() for block in blocks) >= 5
    blocks = _without_pagers([block for block in blocks if not _is_phrase(block, about_cookies)])
    return blocks or everything


def _in_boilerplate(block: Block, total: int) -> bool:
    return any(
        region.sure or not (region.holds_main or region.characters > _SHARE_OF_BOILERPLATE * total)
        for region in block.regions
        if not (region.holds_main and block.kind == "heading" and block.level == 1)
    )


def _voted(blocks: list[Block], page: Page, source: str) -> list[Block]:
    """Short or linked blocks that neither structure nor length vouches for stay if trafilatura keeps them."""
    if page.depth > _DEEPEST_FOR_TRAFILATURA or not any(map(_is_doubtful, blocks)):
        return blocks
    from trafilatura import extract

    text = extract(source, favor_recall=True, include_comments=False, include_tables=True, fast=True) or ""
    found = _letters(text)
    if not found:
        return blocks
    return [block for block in blocks if not _is_doubtful(block) or _letters(block.text.text) in found]


def _is_doubtful(block: Block) -> bool:
    if block.kind in {"heading", "row", "code"}:
        return False
    return block.link_characters * 2 > len(block.text) or (len(block.text) < _SHORT and block.kind == "paragraph")


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def _without_menus(blocks: list[Block]) -> list[Block]:
    """Without runs of three or more short blocks that are nothing but links."""
    kept_blocks: list[Block] = []
    run: list[Block] = []
    for block in [*blocks, None]:
        if block and block.kind in {"item", "paragraph"} and _is_link(block):
            run.append(block)
            continue
        if len(run) < 3:
            kept_blocks += run
        run = []
        if block:
            kept_blocks.append(block)
    return kept_blocks


def _is_link(block: Block) -> bool:
    return len(block.text) < _SHORT and block.link_characters >= 0.8 * len(block.text.text.lstrip("- 0123456789."))


def _without_pagers(blocks: list[Block]) -> list[Block]:
    """Without the lines that lead to the articles before and after; text that begins as they do stays."""
    kept_blocks: list[Block] = []
    run: list[Block] = []
    for block in [*blocks, None]:
        if block and _pagers(block):
            run.append(block)
            continue
        kept_blocks += _body_of(run, at_end=block is None)
        run = []
        if block:
            kept_blocks.append(block)
    return kept_blocks


def _body_of(run: Sequence[Block], *, at_end: bool) -> list[Block]:
    """Of blocks that begin as pagers do, those that are text.

    A pager is a link, or says that there is none. What is neither, and no sentence, is one beside such a pager, or as
    one of two in opposite directions at the end.
    """
    body = [block for block in run if not _leads_on(block)]
    pagers = [pager for block in run for pager in _pagers(block)]
    beside = len(body) < len(run) or any(_NO_OTHER.fullmatch(title) for _, title in pagers)
    if beside or (at_end and len({direction for direction, _ in pagers}) == 2):
        return [block for block in body if block.text.text.endswith(_SENTENCE_ENDS)]
    return body


def _leads_on(block: Block) -> bool:
    titles = (title for _, title in _pagers(block) if not _NO_OTHER.fullmatch(title))
    return block.link_characters * 2 >= sum(max(len(title), 1) for title in titles)


def _pagers(block: Block) -> list[tuple[str, str]]:
    """The direction and the title of each pager that a block consists of, be it one after the other; none where it
    does not begin as they do."""
    if block.kind in {"heading", "code"}:
        return []
    before, *rest = _PAGER.split(block.text.text.lstrip("- "))
    pagers = [(direction, title.strip(_BETWEEN_PAGERS)) for direction, title in zip(rest[::2], rest[1::2], strict=True)]
    if before or any(len(title) > _LONGEST_TITLE for _, title in pagers):
        return []
    # A row of data explains what such words do: it neither links, nor says twice that there is nothing.
    if block.kind == "row" and not block.link_characters:
        nowhere = [pager for pager in pagers if _NO_OTHER.fullmatch(pager[1])]
        return pagers if len(pagers) == len(nowhere) > 1 else []
    return pagers


def _is_phrase(block: Block, about_cookies: bool) -> bool:
    text = block.text.text.lstrip("- ")
    if block.kind == "heading":
        return False
    if _CONTROL.fullmatch(text) or (_COPYRIGHT.match(text) and block.kind != "row"):
        return True
    return not about_cookies and len(text) < 500 and bool(_COOKIES.search(text))


def _title(page: Page, heading: str) -> str:
    """The page's own heading where its title repeats it; else the title without the site's name."""
    title = page.meta.get("og:title") or page.title
    if heading and (not title or _letters(heading) in _letters(title)):
        return heading
    parts = _SITE.split(title)
    return (parts[0] if len(parts[0]) >= 8 or len(parts) == 1 else title)[:300] if title else heading
