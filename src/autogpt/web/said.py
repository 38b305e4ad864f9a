"""What errors say, in the language of the visitor.

In: English words, as they were raised. Out: the same in another language, or as they are where nothing is known. Who
raises an error writes plain English with its values in it; `tools/extract_words.py` reads the templates of such
sentences from the source, and here a sentence is matched with its template, so that services know no language.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from babel.messages.pofile import read_po

from autogpt.web.translations import FOLDER, catalogue

#: Longer messages stay as they are: they hold what somebody wrote.
LONGEST = 2_000
#: Placeholders whose values are names that the pages know in the visitor's language, as roles and verdicts.
NAMED = frozenset({"least", "role", "state", "verdict", "slice", "which"})
_PLACE = re.compile(r"\{(\w+)\}")
_SENTENCES = re.compile(r"(?<=[.!?])\s+")
#: Sentences of one message that are looked at.
_MOST = 8


@dataclass(frozen=True)
class Template:
    """A sentence with places for values."""

    pattern: re.Pattern[str]
    words: str


@dataclass(frozen=True)
class Errors:
    """What is known of errors in one language."""

    exact: Mapping[str, str]
    templates: tuple[Template, ...]
    names: Mapping[str, str]

    def said(self, message: str) -> str:
        """A message, one or several sentences, in this language as far as they are known."""
        if not self.exact or len(message) > LONGEST:
            return message
        sentences = _SENTENCES.split(message, _MOST)
        told: list[str] = []
        while sentences:
            for count in range(len(sentences), 0, -1):
                found = self._one(" ".join(sentences[:count]))
                if found is not None or count == 1:
                    told.append(found if found is not None else sentences[0])
                    del sentences[:count]
                    break
        return " ".join(told).replace("。 ", "。")

    def _one(self, sentence: str) -> str | None:
        if sentence in self.exact:
            return self.exact[sentence]
        for template in self.templates:
            if match := template.pattern.fullmatch(sentence):
                values = {name: self._value(name, value) for name, value in match.groupdict().items()}
                return _PLACE.sub(lambda place, values=values: values[place[1]], template.words)  # type: ignore[misc]
        return None

    def _value(self, name: str, value: str) -> str:
        return self.names.get(value, value) if name in NAMED else value


@cache
def errors(language: str) -> Errors:
    """What is known of errors in a language; of English ones nothing has to be."""
    path = FOLDER / language / "errors.po"
    if not path.is_file():
        return Errors({}, (), {})
    with path.open("rb") as file:
        messages = {str(one.id): str(one.string) for one in read_po(file, locale=language) if one.id and one.string}
    exact = {english: words for english, words in messages.items() if not _PLACE.search(english)}
    # Those that say most first: a place takes in anything. What has no word of its own would take in all messages.
    said = {one: _PLACE.sub("", one) for one in messages.keys() - exact.keys()}
    templates = sorted((one for one in said if re.search(r"[^\W\d_]", said[one])), key=lambda one: -len(said[one]))
    made = tuple(Template(_pattern(one), messages[one]) for one in templates)
    return Errors(exact, made, catalogue(language).words)


def _pattern(english: str) -> re.Pattern[str]:
    parts = _PLACE.split(english)
    joined = "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    return re.compile(joined, re.DOTALL)
