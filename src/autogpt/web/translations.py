"""The language of the pages: which one a visitor wants, and what English words are in it.

In: a request, English words. Out: a language, words. The catalogues are gettext's (`locale/<language>/pages.po`, which
`tools/extract_words.py` keeps complete). What errors say is for `said`. Knows nothing about pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.pofile import read_po
from markupsafe import escape
from starlette.requests import HTTPConnection

#: Languages of the pages, by what each calls itself.
LANGUAGES = {"en": "English", "zh": "中文"}
COOKIE = "autogpt_language"
FOLDER = Path(__file__).parent / "locale"
#: Where the words of modules come from; the others are those of templates.
MODULES = "static/js/"


@dataclass(frozen=True)
class Catalogue:
    """Words of one language.

    Attributes:
        words: by what they are in English.
        of_modules: of them, those that modules in the browser say.
    """

    words: Mapping[str, str]
    of_modules: Mapping[str, str]

    def gettext(self, words: str) -> str:
        """The words as a template takes them, which trusts what it gets: those of no catalogue came from records and
        are escaped, also for the `%` that stands before a value's name.
        """
        return self.words.get(words, words) if words in _known() else str(escape(words)).replace("%", "%%")

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.gettext(one if count == 1 else many)


@cache
def catalogue(language: str) -> Catalogue:
    """The words of a language; English ones are themselves."""
    path = FOLDER / language / "pages.po"
    if not path.is_file():
        return Catalogue({}, {})
    with path.open("rb") as file:
        read = read_po(file, locale=language)
    words: dict[str, str] = {}
    of_modules: dict[str, str] = {}
    for message in read:
        # A tuple holds what is said of one and of many; Chinese has one form for both.
        ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
        found = message.string if isinstance(message.string, str) else (message.string or ("",))[0]
        said = dict.fromkeys((one for one in ids if one and found), found)
        words |= said
        if any(source.startswith(MODULES) for source, _ in message.locations):
            of_modules |= said
    return Catalogue(words, of_modules)


@cache
def _known() -> frozenset[str]:
    """All words that templates and modules say, in English."""
    return frozenset(words for language in LANGUAGES for words in catalogue(language).words)


def language_of(request: HTTPConnection) -> str:
    """What a visitor chose, else what their browser prefers, else English."""
    return chosen_language(request) or preferred(request.headers.get("accept-language", ""))


def of_a_page(request: HTTPConnection) -> str:
    """The language of the page that asks; empty for a program, which prefers none."""
    return language_of(request) if "accept-language" in request.headers else chosen_language(request)


def chosen_language(request: HTTPConnection) -> str:
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else ""


def preferred(header: str) -> str:
    """The language of the pages that an `Accept-Language` header likes best: `zh-TW,en;q=0.8` → zh."""
    weighed: list[tuple[float, str]] = []
    for part in header.split(",")[:50]:
        tag, _, weight = part.strip().partition(";")
        try:
            share = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if tag and share > 0:
            weighed.append((-share, tag.strip().replace("-", "_")))
    wanted = [tag for _, tag in sorted(weighed, key=lambda one: one[0])]
    return negotiate_locale([one.partition("_")[0] for one in wanted], list(LANGUAGES)) or "en"
