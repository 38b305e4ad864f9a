"""What of a passage is searched: the words for BM25 and the text for the vector.

In: a passage, its file's name, a glossary. Out: analysed words, or the text to encode. Headings, titles and file names
are searched with the text they stand above. Knows nothing about indexes.
"""

import re

from autogpt.records import Passage
from autogpt.text.glossary import NO_GLOSSARY, Glossary

#: Raised when what is searched changes, so that indexes are made anew.
SEARCHABLE_VERSION = 4

_SCHEME = re.compile(r"^[a-z]+://")
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def search_terms(passage: Passage, name: str = "", glossary: Glossary = NO_GLOSSARY) -> list[str]:
    """The analysed words a passage is found by: its own, its headings', its title's and those of its file's `name`."""
    found = glossary.terms(passage.text)
    for line in _above(passage, name):
        found += glossary.terms(line)
    return found


def embedded_text(passage: Passage, name: str = "") -> str:
    """The text whose vector stands for the passage, what it is about first."""
    return "\n".join((*_above(passage, name), passage.text))


def name_in_words(name: str) -> str:
    """A file name or URL as words.

    >>> name_in_words("BESTBUY_2019_10K.pdf"), name_in_words("https://bank.example/fees/card-limits.html")
    ('BESTBUY 2019 10K', 'bank example fees card limits')
    """
    return _BETWEEN_WORDS.sub(" ", _EXTENSION.sub("", _SCHEME.sub("", name))).strip()


def _above(passage: Passage, name: str) -> list[str]:
    """File name, title and headings, each once, as far as the passage does not begin with them."""
    named = name_in_words(name)
    if named.casefold() == name_in_words(passage.title).casefold():
        named = ""
    lines = dict.fromkeys(line for line in (named, passage.title, *passage.heading_path) if line)
    return [line for line in lines if not passage.text.startswith(line)]
