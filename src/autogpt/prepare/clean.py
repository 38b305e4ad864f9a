"""Decodes bytes and mends characters, keeping the way back to the original.

In: bytes, or mapped text. Out: text without control characters, broken encodings and odd spaces. Knows nothing about
formats; what is boilerplate in a format is decided beside its parser.
"""

import codecs
import re

from autogpt.errors import DataError
from autogpt.text.mapped import Mapped, join

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Text is mended in parts of at most so many characters.
_PART = 1_000
#: Control, zero-width and direction-changing characters, and the invisible tags that can hide instructions.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]+"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_ODD_SPACE = re.compile(r"\s\s|[^\S ]")
#: Chinese characters with their punctuation and wide forms, for the inside of a character class.
WIDE = r"\u2e80-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
_SPACE_BETWEEN_HAN = re.compile(rf"(?<=[{WIDE}]) (?=[{WIDE}])")
_ARTICLE = re.compile(r"第[一二三四五六七八九十百零〇]{1,5}[条條款章节節编編]\Z")
_BREAK_BETWEEN_HAN = re.compile(rf"(?<=[{WIDE}])[ \t]*\r?\n[ \t]*(?=[{WIDE}])")
#: Part of a text in another script than Latin that its non-ASCII bytes make up, at least.
_MOSTLY = 0.3
_HIGH = re.compile(rb"[\x80-\xff]")


def decode(data: bytes, declared: str | None = None) -> str:
    """Text of `data`. The declared encoding is tried after byte-order marks and strict UTF-8, then a guess is made.

    Bytes that are broken in otherwise valid UTF-8 are read as Windows-1252.

    Raises:
        DataError: the bytes are no text.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    if _is_binary(data):
        raise DataError("The file holds binary data, not text.", "Check that its name has the right extension.")
    for candidate in ("utf-8", declared):
        decoded = _try(data, candidate)
        if decoded is not None:
            return decoded
    return _guess(data)


def mend(text: Mapped) -> Mapped:
    """Repair broken encodings (ftfy), ligatures and composed characters; drop characters that nobody can see."""
    if text.text.isascii():
        return text.sub(_INVISIBLE, lambda match: "") if _INVISIBLE.search(text.text) else text
    lines = join((_mended_line(line) for line in text.lines()), "\n") if "\n" in text.text else _mended_line(text)
    return lines.sub(_INVISIBLE, lambda match: "") if _INVISIBLE.search(lines.text) else lines


def tidy(text: Mapped) -> Mapped:
    """One clean line: mended, runs of white space as single spaces, none at the ends."""
    mended = mend(text)
    if _ODD_SPACE.search(mended.text):
        mended = mended.sub(_SPACES, lambda match: " ")
    return mended.strip()


def without_spaces_between_han(text: Mapped) -> Mapped:
    """Without the single spaces that PDF text has between Chinese characters; that after 第三条 is the author's."""

    def kept(match: re.Match[str]) -> str:
        return " " if _ARTICLE.search(text.text, max(0, match.start() - 7), match.start()) else ""

    return text.sub(_SPACE_BETWEEN_HAN, kept)


def without_breaks_between_han(text: Mapped) -> Mapped:
    """Without the line breaks between Chinese characters: where other scripts wrap at a space, Chinese has none."""
    return text.sub(_BREAK_BETWEEN_HAN, lambda match: "") if "\n" in text.text else text


def _mended_line(line: Mapped) -> Mapped:
    if line.text.isascii():
        return line
    parts = [line.cut(at, min(at + _PART, len(line))) for at in range(0, len(line), _PART)]
    return join(_mended_part(part) for part in parts)


def _mended_part(part: Mapped) -> Mapped:
    import ftfy

    config = ftfy.TextFixerConfig(
        unescape_html=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        remove_control_chars=False,
        normalization="NFC",
    )
    return part.rewritten(_SURROGATE.sub("\ufffd", ftfy.fix_text(part.text, config)))


def _try(data: bytes, encoding: str | None) -> str | None:
    if not encoding:
        return None
    try:
        return data.decode(encoding)
    except (ValueError, LookupError):
        return None


def _guess(data: bytes) -> str:
    high = len(_HIGH.findall(data))
    mixed = data.decode("utf-8", errors="replace")
    if mixed.count("\ufffd") * 10 <= high:
        codecs.register_error("autogpt-1252", _as_windows_1252)
        return data.decode("utf-8", errors="autogpt-1252")
    if high < _MOSTLY * len(data):
        # Single accents and curly quotes in Latin text: too little for a guess.
        decoded = _try(data, "cp1252")
        if decoded is not None:
            return decoded
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_exclusion=["utf_7"], enable_fallback=False).best()
    return str(best) if best is not None else data.decode("cp1252", errors="replace")


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


def _is_binary(data: bytes) -> bool:
    sample = data[:65_536]
    controls = sum(sample.count(bytes([code])) for code in (*range(9), *range(14, 27), *range(28, 32), 127))
    return controls * 100 > len(sample)
