"""What of a passage is searched: the words for BM25 and the text for the vector.

In: a passage. Out: analysed words, or the text to encode. Headings, titles and file names are searched with the text
they stand above. Knows nothing about indexes.
"""

from autogpt.records import Passage
from autogpt.text.analyse import terms

#: Raised when what is searched changes, so that indexes are made anew.
SEARCHABLE_VERSION = 1


def search_terms(passage: Passage, name: str = "") -> list[str]:
    """The analysed words a passage is found by: its own, its headings', its title's and those of its file's `name`."""
    found = terms(passage.text, passage.language)
    for line in _above(passage, name):
        found += terms(line, passage.language)
    return found


def embedded_text(passage: Passage) -> str:
    """The text whose vector stands for the passage."""
    return "\n".join((*_above(passage), passage.text))


def _above(passage: Passage, name: str = "") -> list[str]:
    """Title, file name and headings, each once, as far as the passage does not begin with them."""
    lines = dict.fromkeys(line for line in (passage.title, name, *passage.heading_path) if line)
    return [line for line in lines if not passage.text.startswith(line)]
