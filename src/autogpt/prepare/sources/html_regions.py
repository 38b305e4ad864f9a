"""Tells which elements of a page look like boilerplate: navigation, footers, cookie banners and the like.

In: an element's tag and attributes. Out: the region it opens, or none. Knows nothing about text.
"""

import re
from dataclasses import dataclass


@dataclass(slots=True)
class Region:
    """An element that looks like boilerplate; `sure` when its tag or role says so, else its class or id does."""

    sure: bool
    characters: int = 0
    holds_main: bool = False


_BOILERPLATE_TAGS = frozenset({"nav", "footer", "aside", "search", "dialog", "menu"})
_BOILERPLATE_ROLES = frozenset(
    ["navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alertdialog", "menu", "menubar"]
)
_BOILERPLATE_WORDS_TEXT = (
    "nav navbar navigation menu submenu footer cookie cookies consent gdpr breadcrumb breadcrumbs sidebar social "
    "share sharing newsletter advert advertisement ads pagination pager skip skiplink topbar masthead popup"
)
_BOILERPLATE_WORDS = frozenset(_BOILERPLATE_WORDS_TEXT.split())
_WORD_BORDER = re.compile(r"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])")
_HEADING = re.compile(r"h[1-6]")
_NEVER_BOILERPLATE = frozenset({"html", "body", "main", "article", "table", "tr", "td", "th", "tbody", "thead"})


def region_of(tag: str, attributes: dict[str, str], open_count: dict[str, int]) -> Region | None:
    """The region an element opens, if it looks like boilerplate."""
    if tag in _NEVER_BOILERPLATE:
        return None
    inside = open_count.get("article", 0) + open_count.get("main", 0)
    if tag in _BOILERPLATE_TAGS or attributes.get("role") in _BOILERPLATE_ROLES:
        return Region(sure=True)
    if tag == "header" and not inside:
        return Region(sure=False)
    if _HEADING.fullmatch(tag):
        return None
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}"
    words = {word.lower() for word in _WORD_BORDER.split(names)}
    return Region(sure=False) if words & _BOILERPLATE_WORDS else None
