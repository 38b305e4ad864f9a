"""What a question that is made of a sentence may be about.

In: words of a sentence. Out: the same as they stand inside of a question, or nothing where they cannot be understood
alone. Knows no rules that make questions.
"""

import re
from dataclasses import dataclass

from autogpt.text.chinese import simplified_character

#: Words that stand for something said before, or for nobody: a question about them can not be understood alone.
_OPEN_TEXT = (
    "it this that these those they he she we you i there here what which who if when where how such both all each one "
    "everything nothing some many most please note see no not its our your my his her their later then otherwise"
)
_OPEN = frozenset(_OPEN_TEXT.split())
_OPEN_HAN = re.compile(
    r"^(?:这|那|该|此|其|它|他|她|我|你|您|如|若|请|但|而|并|也|还|因|由于|以上|以下|上述|同时|另外|一般|通常|就|都|不)"
)
_MOST_WORDS = 8
_LONGEST_HAN = 24
_EDGES = " \t.,;:。，；：、"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that a sentence answers with its characters from `start` to `end`. `kind`: definition, name or
    quantity.
    """

    question: str
    start: int
    end: int
    kind: str


def subject_of(words: str) -> str:
    """What a question asks about, as it stands inside of one; empty when it cannot be understood alone."""
    parts = words.replace("“", '"').replace("”", '"').strip().split()
    if not parts or len(parts) > _MOST_WORDS or parts[0].lower() in _OPEN or "," in words:
        return ""
    if parts[0].lower() in {"the", "a", "an"}:
        parts[0] = parts[0].lower()
        if len(parts) == 1:
            return ""
    return " ".join(parts)


def han_subject_of(words: str) -> str:
    """As `subject_of`, of a Chinese sentence."""
    words = re.sub(r"^(?:本(?:办法|规定|合同|条款|细则)所称的?|所谓|其中的?)", "", words.strip())
    long = len(words) < 2 or len(words) > _LONGEST_HAN
    return "" if long or _OPEN_HAN.match(words) or not re.search(r"[^\W\d]", words) else words


def simplified_alike(sentence: str) -> str:
    """The sentence in simplified characters, each in the place of its own, so that offsets stay."""
    simplified = "".join(simplified_character(one) for one in sentence)
    return simplified if len(simplified) == len(sentence) else sentence


def bare(sentence: str, start: int, end: int) -> tuple[int, int]:
    """The range without punctuation and white space at its ends."""
    while end > start and sentence[end - 1] in _EDGES:
        end -= 1
    while start < end and sentence[start] in _EDGES:
        start += 1
    return start, end
