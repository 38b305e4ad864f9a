"""Replaces personal data in text before it is stored: audit trail, review queue, logs.

In: text. Out: the text with placeholders such as `[email]`, and which kinds were found. What is read is never masked,
only what is kept. Knows nothing about names or addresses of people: patterns and check digits only.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

#: Numbers written without a country code are tried as these regions'.
PHONE_REGIONS = ("US", "GB", "CN")


@dataclass(frozen=True, slots=True)
class Masked:
    """Text safe to keep, and the kinds of data that were replaced, in order of appearance."""

    text: str
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    kind: str


def mask(text: str) -> Masked:
    """Replace personal data by its kind in square brackets.

    Recognised: e-mail addresses; payment cards (Luhn); IBAN (mod 97, ISO 13616); Chinese resident ids (GB 11643
    check digit) and mobile numbers; United States social security and United Kingdom national insurance numbers;
    phone numbers (libphonenumber, valid ones of `PHONE_REGIONS` or with a country code); IP addresses; any run of
    nine digits or more (account and customer numbers). Full-width digits count as digits.

    >>> mask("Why was card 4111 1111 1111 1111 of ann@example.org refused?").text
    'Why was card [card] of [email] refused?'
    """
    plain = _half_width(text)
    hits: list[_Hit] = []
    for found in _hits(plain):
        if not any(found.start < hit.end and hit.start < found.end for hit in hits):
            hits.append(found)
    hits.sort(key=lambda hit: hit.start)
    parts: list[str] = []
    at = 0
    for hit in hits:
        parts += [text[at : hit.start], f"[{hit.kind}]"]
        at = hit.end
    return Masked("".join([*parts, text[at:]]), tuple(hit.kind for hit in hits))


def _half_width(text: str) -> str:
    """Full-width characters and other digits as ASCII, one for one, so that offsets stay."""
    if text.isascii():
        return text
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    if character.isdigit():
        return str(unicodedata.digit(character))
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


def _luhn(number: str) -> bool:
    digits = [int(character) for character in number if character.isdigit()]
    if len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _iban(number: str) -> bool:
    joined = re.sub(r"[ -]", "", number).upper()
    return int("".join(str(int(character, 36)) for character in joined[4:] + joined[:4])) % 97 == 1


def _chinese_id(number: str) -> bool:
    """GB 11643-1999: weights 2^(17-i) mod 11 over the first 17 digits give the check character."""
    month, day = int(number[10:12]), int(number[12:14])
    total = sum(int(digit) * (pow(2, 17 - place) % 11) for place, digit in enumerate(number[:17]))
    return 1 <= month <= 12 and 1 <= day <= 31 and "10X98765432"[total % 11] == number[17].upper()


def _any(_: str) -> bool:
    return True


#: Kind, pattern, check; the first to claim a place keeps it. `\b` is no border between Chinese letters and digits.
_PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("email", re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"), _any),
    ("iban", re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])"), _iban),
    ("id", re.compile(r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d{9}[\dXx](?!\d)"), _chinese_id),
    ("card", re.compile(r"(?<![\d+])\d(?:[ -]?\d){12,18}(?!\d)"), _luhn),
    ("id", re.compile(r"(?<!\d)(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?!\d)"), _any),
    ("id", re.compile(r"(?<![A-Za-z])[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Za-z])"), _any),
    ("phone", re.compile(r"(?<![\d+])(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)"), _any),
    ("ip", re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])"), _any),
)
_LONG_NUMBER = re.compile(r"(?<!\d)\d{9,}(?!\d)")
_SEVEN_DIGITS = re.compile(r"(?:\d[^\d\n]{0,3}){7}")


def _hits(text: str) -> Iterator[_Hit]:
    for kind, pattern, check in _PATTERNS:
        for match in pattern.finditer(text):
            longest = _longest(match[0], check) if kind == "iban" else match[0] if check(match[0]) else ""
            if longest:
                yield _Hit(match.start(), match.start() + len(longest), kind)
    yield from _phones(text)
    for match in _LONG_NUMBER.finditer(text):
        yield _Hit(match.start(), match.end(), "number")


def _longest(text: str, check: Callable[[str], bool]) -> str:
    """The longest beginning of `text`, cut at a space, that passes `check`: words may follow an IBAN."""
    while text:
        if check(text):
            return text
        text = text.rpartition(" ")[0]
    return ""


def _phones(text: str) -> Iterator[_Hit]:
    if not _SEVEN_DIGITS.search(text):
        return
    from phonenumbers import PhoneNumberMatcher

    for region in PHONE_REGIONS:
        for found in PhoneNumberMatcher(text, region):
            yield _Hit(found.start, found.end, "phone")
