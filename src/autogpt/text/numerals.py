"""English numbers in words: "twenty-five", "one thousand two hundred", "third".

In: text. Out: where such words stand, and what they are worth. Knows nothing about figures or other languages.
"""

import re
from fractions import Fraction

_ONES_TEXT = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_ONES = {word: value for value, word in enumerate(_ONES_TEXT.split())}
_TENS_TEXT = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: 20 + 10 * at for at, word in enumerate(_TENS_TEXT.split())}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ORDINAL_TEXT = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_ORDINALS = {word: value for value, word in enumerate(_ORDINAL_TEXT.split())} | {
    f"{word.removesuffix('y')}ieth": value for word, value in _TENS.items()
}
_CARDINAL = "|".join(sorted((*_ONES, *_TENS, *_SCALES, "dozen"), key=len, reverse=True))
_SCALE = "|".join((*_SCALES, "dozen"))
_ORDINAL = "|".join(sorted(_ORDINALS, key=len, reverse=True))
#: What "one" stands behind when it stands for a thing, and "second" when it is a unit of time.
_NO_ONE = "".join(rf"(?<!\b{word} )" for word in ("no", "this", "that", "the", "each", "any", "every", "which"))
_NO_SECOND = "".join(rf"(?<!\b{word} )" for word in ("per", "each", "every"))
#: A run of words for one number, or for several that follow each other.
SPELT = re.compile(
    rf"\b(?:{_NO_ONE}one|a (?={_SCALE})(?:{_SCALE})|(?!one\b)(?:{_CARDINAL})|{_NO_SECOND}(?:{_ORDINAL}))\b"
    rf"(?:[ -](?:and )?(?:{_CARDINAL}|{_ORDINAL})\b)*(?!['’]?s\b)",
    re.IGNORECASE,
)


def spelt_value(words: str) -> tuple[Fraction, bool] | None:
    """What a match of `SPELT` is worth, and whether it is an ordinal; None where it is no number.

    >>> spelt_value("one thousand two hundred and five"), spelt_value("twenty-first"), spelt_value("a dozen")
    ((Fraction(1205, 1), False), (Fraction(21, 1), True), (Fraction(12, 1), False))
    """
    total, group, ordinal, last = 0, 0, False, 0  # last: the word before, where it leaves no room for ones
    for word in re.split(r"[ -]+", words.lower()):
        if ordinal:
            return None
        if word in _ONES or word in _ORDINALS:
            value = _ONES.get(word, _ORDINALS.get(word, 0))
            if 0 < last < 20:
                return None  # "five six" are two numbers
            group, ordinal, last = group + value, word in _ORDINALS, value
        elif word in _TENS:
            group, last = group + _TENS[word], _TENS[word]
        elif word in ("hundred", "dozen"):
            group, last = max(group, 1) * (100 if word == "hundred" else 12), 100
        elif word in _SCALES:
            total, group, last = total + max(group, 1) * _SCALES[word], 0, 0
    return Fraction(total + group), ordinal
