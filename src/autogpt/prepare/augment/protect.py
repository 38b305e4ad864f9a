"""Tells what a question says that must not be touched: numbers, negations, limits, names, and what the answer says.

In: a question, the text it is asked of and its answers. Out: ranges of the question; and whether a rewritten question
still says all of them. Rules alone, which keep rather too much: a word that is kept costs one variant, a word that is
lost costs a wrong label. Knows nothing about how questions are rewritten.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from autogpt.prepare.deduplicate import NUMBER_WORDS
from autogpt.records import Span
from autogpt.text.chinese import simplified_character, tagged
from autogpt.text.scripts import HAN

_NEGATIONS = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|nor|neither|without|cannot|except|unless|hardly|refuse\w*|fail\w*)\b"
    r"|\b\w+n['’]t\b",
    re.IGNORECASE,
)
_LIMITS = re.compile(
    r"\b(?:more|most|less|least|fewer|fewest|first|last|only|all|any|each|every|both|either|before|after|until|since|"
    r"above|below|over|under|within|during|between|minimum|maximum|min|max|at|up|than|same|other|another|own|next|"
    r"previous|former|latter|(?:larg|small|bigg|high|low|long|short|old|young|new|earli|lat)(?:est|er))\b",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"\S*\d\S*|\b(?:" + "|".join(NUMBER_WORDS.split()) + r")\b", re.IGNORECASE)
#: Addresses, file names and the like, in ASCII: no spaces part Chinese words.
_ADDRESS = re.compile(
    r"[!-~]+@[!-~]+|https?://[!-~]+|\bwww\.[!-~]+|[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)+|[!-~]*[_#@/\\][!-~]*"
)
_QUOTED = re.compile(
    r"\"[^\"]+\"|“[^”]+”|‘[^’]+’|(?<!\w)'[^']+'(?!\w)|「[^」]+」|『[^』]+』|《[^》]+》|〈[^〉]+〉|【[^】]+】"
)
_CAPITALISED = re.compile(r"\b[A-Z][\w'’&.-]*")
_SHOUTED = re.compile(r"\b[A-Z]{2,}\w*\b|\b\w*[a-z]\w*[A-Z]\w*\b")
_WORD = re.compile(r"[^\W\d_]{4,}")

_ZH_NUMBERS = re.compile(
    r"[０-９Ａ-Ｚａ-ｚ0-9A-Za-z][０-９Ａ-Ｚａ-ｚ0-9A-Za-z.,:%‰％+-]*|[一二两三四五六七八九十百千万亿零〇半]+"
)
#: What denies; in 能不能 and 是否 it asks.
_ZH_NEGATIONS = re.compile(r"(?P<asked>(.)[不没]\2|有没有|[是能可与会]否)|[不没无未非别勿免]")
_ZH_LIMITS = re.compile(
    r"以上|以下|以内|之前|之后|以前|以后|超过|低于|高于|至少|至多|最[多少高低大小早晚初后]?|第|[只仅每各首末前后多少]"
)
#: Parts of speech of names of people, places, organisations and other things, of numbers and moments.
_ZH_NAMES = re.compile(r"n[rstz].*|m.*|t|eng")


def protected(text: str, language: str, context: str = "", answers: Iterable[str] = ()) -> tuple[Span, ...]:
    """The ranges of a question that stay as they are, in order; they may touch, not overlap.

    >>> [span.of("Is there no fee below $500?") for span in protected("Is there no fee below $500?", "en")]
    ['no', 'below', '$500?']
    """
    found = list(_told(text, language))
    found += _answered(text, answers)
    if language == "zh":
        simple = _simple(text)
        found += _matches(_ZH_LIMITS, simple)
        found += _named_in_chinese(simple)
    else:
        found += _matches(_LIMITS, text)
        found += _named(text, context)
    return _joined(found)


def counts_the_same(question: str, other: str, language: str) -> bool:
    """Whether two questions say the same numbers and negations, as often."""
    return _counted(question, language) == _counted(other, language)


def says_the_same(question: str, other: str, language: str, context: str = "") -> bool:
    """Whether they do, and `other` says every quotation and name that `question` does."""
    if not counts_the_same(question, other, language):
        return False
    names = _matches(_QUOTED, question)
    names += _matches(_ZH_NUMBERS, question) if language == "zh" else _named(question, context)
    said = other.casefold()
    return all(span.of(question).strip("?？.!,").casefold() in said for span in names)


def _told(text: str, language: str) -> Iterator[Span]:
    """Numbers, negations, quotations and addresses."""
    yield from _matches(_QUOTED, text)
    yield from _matches(_ADDRESS, text)
    if language == "zh":
        simple = _simple(text)
        yield from _matches(_ZH_NUMBERS, simple)
        yield from _matches(_ZH_NEGATIONS, simple)
    else:
        yield from _matches(_NUMBERS, text)
        yield from _matches(_NEGATIONS, text)


def _counted(text: str, language: str) -> Counter[str]:
    if language == "zh":
        simple = _simple(text)
        denied = [match.group() for match in _ZH_NEGATIONS.finditer(simple) if not match.group("asked")]
        return Counter([*_digits(simple), *denied])
    return Counter([*_digits(text), *(match.group().lower() for match in _NEGATIONS.finditer(text))])


def _digits(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def _answered(text: str, answers: Iterable[str]) -> Iterator[Span]:
    """Where the question says words of an answer: those that lead to it must not lead elsewhere."""
    low = text.lower()
    for answer in answers:
        for word in {answer.lower(), *_WORD.findall(answer.lower())} if len(answer) < 60 else ():
            yield from _matches(re.compile(rf"(?<!\w){re.escape(word)}(?!\w)"), low) if len(low) == len(text) else ()


def _named(text: str, context: str) -> list[Span]:
    """Words with a capital: in the middle of the question, or at its beginning where the text knows them so."""
    found = _matches(_SHOUTED, text)
    for match in _CAPITALISED.finditer(text):
        word = match.group()
        begins = not re.search(r"[\w,;:]\W*$", text[: match.start()])
        if word == "I" or word.startswith(("I'", "I’")):
            continue
        if not begins or (word in context and not re.search(rf"\b{re.escape(word.lower())}\b", context)):
            found.append(Span(*match.span()))
    return found


def _named_in_chinese(simple: str) -> Iterator[Span]:
    at = 0
    for word, tag in tagged(simple, guess=True):
        if _ZH_NAMES.fullmatch(tag) and re.search(f"[{HAN}]", word):
            yield Span(at, at + len(word))
        at += len(word)


def _matches(pattern: re.Pattern[str], text: str) -> list[Span]:
    return [Span(*match.span()) for match in pattern.finditer(text) if match.group()]


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start < joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def _simple(text: str) -> str:
    return "".join(map(simplified_character, text))
