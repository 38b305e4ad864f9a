"""Parsers, one file per format, by name.

In: the bytes of a file. Out: a `ParsedDocument`, or a `ParsedFaq` for question-answer pairs. `parse` runs the parser in
a process of its own; `parse_here` is what runs there.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module

from autogpt.config import IngestSection
from autogpt.errors import DataError
from autogpt.prepare.sources.kinds import kind_of
from autogpt.prepare.sources.parsed import EmptyError, FaqPair, Parsed, ParsedDocument, ParsedFaq
from autogpt.registry import Registry

__all__ = [
    "PARSERS",
    "PARSERS_VERSION",
    "EmptyError",
    "FaqPair",
    "Parsed",
    "ParsedDocument",
    "ParsedFaq",
    "is_outdated",
    "parse",
    "parse_here",
]

#: Raised, with the number in the `PARSER` of each of them, when parsers give another text for the same file: the next
#: ingest parses every source anew.
PARSERS_VERSION = 3

#: Format → what parses it: `(data, name, limits, declared encoding) -> Parsed`.
PARSERS = Registry(
    "document format",
    {
        "text": "autogpt.prepare.sources.plain:parse",
        "markdown": "autogpt.prepare.sources.markdown:parse",
        "html": "autogpt.prepare.sources.html:parse",
        "pdf": "autogpt.prepare.sources.pdf:parse",
        "docx": "autogpt.prepare.sources.docx:parse",
        "csv": "autogpt.prepare.sources.faq:parse_csv",
        "jsonl": "autogpt.prepare.sources.faq:parse_jsonl",
    },
)


def is_outdated(parser: str) -> bool:
    """Whether what `parser` read ("pdf/1") would be read by a later version of it now."""
    name, _, version = parser.partition("/")
    return _present_versions().get(name, version) != version


def parse(data: bytes, name: str, media_type: str | None = None, limits: IngestSection | None = None) -> Parsed:
    """Parse one file in a process with the limits of `limits`.

    Args:
        name: file name; its extension counts where the content does not tell.
        media_type: as served, with a charset perhaps ("text/html; charset=big5").

    Raises:
        DataError: the file cannot be parsed, or not within the limits; nothing else happens to the caller.
    """
    from autogpt.prepare.sandbox import Sandbox

    with Sandbox(limits or IngestSection()) as sandbox:
        return sandbox.parse(data, name, media_type)


def parse_here(data: bytes, name: str, media_type: str | None, limits: IngestSection) -> Parsed:
    """Parse one file in this process. Raises DataError."""
    if len(data) > limits.max_file_mb * 2**20:
        raise DataError(f"The file is larger than {limits.max_file_mb} MB.", "Split it, or raise ingest.max_file_mb.")
    parser: Callable[..., Parsed] = PARSERS.load(kind_of(data, name, media_type))
    parsed = parser(data, name, limits, _charset(media_type))
    if isinstance(parsed, ParsedDocument):
        from autogpt.prepare.deduplicate import sketch

        return replace(parsed, sketch=sketch(parsed.text).to_bytes())
    return parsed


@cache
def _present_versions() -> dict[str, str]:
    """Name → version of every parser that states one."""
    modules = {path.partition(":")[0] for path in PARSERS.values()}
    stated = (getattr(import_module(module), "PARSER", "").partition("/") for module in modules)
    return {name: version for name, _, version in stated}


def _charset(media_type: str | None) -> str | None:
    for part in (media_type or "").split(";")[1:]:
        key, _, value = part.partition("=")
        if key.strip().lower() == "charset":
            return value.strip().strip("\"'") or None
    return None
