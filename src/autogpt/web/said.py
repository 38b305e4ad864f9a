"""What errors, remarks and summaries say, in the words of a page and the language of its visitor.

In: English words, as services said them. Out: the same for a page, or as they are where nothing is known. Who raises an
error writes plain English with its values in it; `tools/extract_words.py` reads the templates of such sentences from
the source, and here a sentence is matched with its template, so that services know neither language nor door: a hint
that names a command is said otherwise on pages, in English too (`locale/en/errors.po`), and may link to where it is
done.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from urllib.parse import quote

from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from autogpt.web.translations import FOLDER, catalogue

#: Longer messages stay as they are: they hold what somebody wrote.
LONGEST = 2_000
#: Places whose values are names, or lists of names, that the pages know in the visitor's language, as roles.
NAMED = frozenset({"doing", "join", "kind", "least", "part", "parts", "role", "slice", "state", "verdict", "which"})
#: Places whose values are sentences themselves.
SENTENCES = frozenset({"join", "key", "notice", "reason", "remark", "rules", "summary", "why"})
_PLACE = re.compile(r"\{(\w+)\}")
#: Places that take in less than anything: `{n}`, `{n1}` a number, `{word}` one word.
_NUMBER, _WORD = re.compile(r"n\d*"), "word"
#: A link to a page: `[Data sets](/datasets)`.
LINK = re.compile(r"\[([^]]+)\]\((/[\w/{}-]*)\)")
_BETWEEN_NAMES = re.compile(", | and ")
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+")
#: Between the clauses of a summary, the outer ones first.
_BETWEEN = ("; ", ", ")
#: Sentences of one message that are looked at, and clauses of a sentence.
_MOST, _MOST_CLAUSES = 8, 12


@dataclass(frozen=True)
class Template:
    """A sentence with places for values; `literal` is its longest part that always stands there."""

    literal: str
    pattern: re.Pattern[str]
    words: str


@dataclass(frozen=True)
class Errors:
    """What is known in one language."""

    exact: Mapping[str, str]
    templates: tuple[Template, ...]
    names: Mapping[str, str]

    def said(self, message: str) -> str:
        """A message, one or several sentences, as far as they are known."""
        return self._told(message, links=False)

    def linked(self, message: str) -> Markup:
        """The same as markup, with links to the pages that it names."""
        return Markup(self._told(message, links=True))  # noqa: S704  every part of it is escaped

    def _told(self, message: str, *, links: bool) -> str:
        as_it_is = _escaped if links else str
        if not self.exact or len(message) > LONGEST:
            return as_it_is(message)
        sentences = _BETWEEN_SENTENCES.split(message, _MOST)
        alone = [self._one(one, links=links) for one in sentences]
        told = [one for one in alone if one is not None]
        if len(told) == len(sentences):
            return _joined(told)
        # A value may hold the end of a sentence, and a template several sentences: the longest that is known.
        told = []
        while sentences:
            for count in range(len(sentences), 0, -1):
                found = self._one(" ".join(sentences[:count]), links=links)
                if found is not None or count == 1:
                    told.append(found if found is not None else as_it_is(sentences[0]))
                    del sentences[:count]
                    break
        return _joined(told)

    def _one(self, sentence: str, *, links: bool) -> str | None:
        if sentence in self.exact:
            return _filled(self.exact[sentence], {}, links=links)
        for template in self.templates:
            if template.literal in sentence and (match := template.pattern.fullmatch(sentence)):
                values = {name: self._value(name, value, links=links) for name, value in match.groupdict().items()}
                return _filled(template.words, values, links=links)
        return self._clauses(sentence, links=links)

    def _clauses(self, sentence: str, *, links: bool) -> str | None:
        """A sentence by its clauses, where each of them is known."""
        between = next((one for one in _BETWEEN if one in sentence), None)
        if between is None or sentence.count(between) >= _MOST_CLAUSES:
            return None
        told: list[str] = []
        for clause in sentence.split(between):
            found = self._one(clause, links=links)
            if found is None:
                return None
            told.append(found)
        return self.names.get(between, between).join(told)

    def _value(self, name: str, value: str, *, links: bool) -> str:
        name = name.rstrip("0123456789")
        listed = _BETWEEN_NAMES.split(value)
        if name in NAMED and all(one in self.names for one in listed):
            value = self.names.get(", ", ", ").join(self.names[one] for one in listed)
        elif name in SENTENCES:
            return self._told(value, links=links)
        return _escaped(value) if links else value


@cache
def errors(language: str) -> Errors:
    """What is known in a language; of English, what is said otherwise on pages."""
    path = FOLDER / language / "errors.po"
    if not path.is_file():
        return Errors({}, (), {})
    with path.open("rb") as file:
        messages = {str(one.id): str(one.string) for one in read_po(file, locale=language) if one.id and one.string}
    exact = {english: words for english, words in messages.items() if not _PLACE.search(english)}
    # Those that say most first: a place takes in anything. What has no word of its own would take in all messages.
    said = {one: _PLACE.sub("", one) for one in messages.keys() - exact.keys()}
    worded = (one for one in said if re.search(r"[^\W\d_]", said[one]))
    templates = sorted(worded, key=lambda one: (-len(said[one]), one))
    made = tuple(Template(_literal(one), _pattern(one), messages[one]) for one in templates)
    return Errors(exact, made, catalogue(language).words)


def _pattern(english: str) -> re.Pattern[str]:
    parts = _PLACE.split(english)
    joined = "".join(_place(part) if at % 2 else re.escape(part) for at, part in enumerate(parts))
    return re.compile(joined, re.DOTALL)


def _place(name: str) -> str:
    takes = r"[+-]?\d[\d,.]*%?" if _NUMBER.fullmatch(name) else r"\S+" if name == _WORD else ".+?"
    return f"(?P<{name}>{takes})"


def _literal(english: str) -> str:
    return max(_PLACE.split(english)[::2], key=len)


def _filled(words: str, values: Mapping[str, str], *, links: bool) -> str:
    """Words with their values; links as such, and all of it as markup, or as the words that they stand on."""

    def with_values(part: str) -> str:
        return _PLACE.sub(lambda place: values.get(place[1], place[0]), part)

    def address(part: str) -> str:
        return _PLACE.sub(lambda place: quote(unescape(values.get(place[1], "")), safe=""), part)

    if not links:
        return with_values(LINK.sub(r"\1", words))
    # Words, what a link stands on, and where it leads: one after the other.
    parts = LINK.split(words)
    told = [with_values(_escaped(parts[0]))]
    for at in range(1, len(parts), 3):
        told.append(
            f'<a href="{address(parts[at + 1])}">{_escaped(parts[at])}</a>{with_values(_escaped(parts[at + 2]))}'
        )
    return "".join(told)


def _joined(sentences: Sequence[str]) -> str:
    return " ".join(sentences).replace("。 ", "。")


def _escaped(words: str) -> str:
    return str(escape(words))
