"""Tells what format a file is in: by its first bytes, then by the type it was served with, then by its name.

In: bytes, a name, perhaps a media type. Out: the name of a parser in the table, or an error that says what it is.
"""

import io
import re
import zipfile
from pathlib import PurePosixPath

from autogpt.errors import DataError
from autogpt.prepare.sources.parsed import EmptyError

SUFFIXES = {
    ".txt": "text",
    ".text": "text",
    ".log": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
MEDIA_TYPES = {
    "text/plain": "text",
    "text/markdown": "markdown",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
}
READABLE = "PDF, DOCX, HTML, Markdown and TXT documents; CSV and JSONL of question-answer pairs"

#: First bytes of formats that are not read, and what to do about them.
_OTHERS = (
    (b"\x89PNG", "a PNG image", "Images are not read."),
    (b"\xff\xd8\xff", "a JPEG image", "Images are not read."),
    (b"GIF8", "a GIF image", "Images are not read."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first."),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it first."),
    (b"Rar!", "a RAR archive", "Unpack it first."),
    (b"{\\rtf", "a rich text (RTF) file", "Save it as DOCX."),
    (b"\x7fELF", "a program", "Programs are not read."),
    (b"MZ\x90", "a program", "Programs are not read."),
    (b"SQLite format 3", "a database", "Export its text first."),
)
#: What the names of their parts tell of other archives.
_ARCHIVES = (("ppt/", "a PowerPoint file"), ("xl/", "an Excel file"), ("mimetype", "an OpenDocument or EPUB file"))
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>])", re.I | re.S)


def kind_of(data: bytes, name: str, media_type: str | None = None) -> str:
    """Name of the parser for a file.

    Raises:
        DataError: it is empty, encrypted, or in a format that is not read.
    """
    if not data.strip(b"\x00\t\n\r\x0b\x0c "):
        raise EmptyError("The file is empty.", "Leave it out, or check that it was saved properly.")
    named = SUFFIXES.get(PurePosixPath(name.lower()).suffix)
    # Before a PDF's mark other bytes may stand; a text that writes about PDF files is none.
    if data.startswith(b"%PDF-") or (b"%PDF-" in data[:1_024] and named in {None, "pdf", "docx"}):
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(data, name)
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise DataError("The file is encrypted.", "Save it without a password.")
        raise DataError("The file is in an old Office format.", "Save it as DOCX or PDF.")
    for magic, what, hint in _OTHERS:
        if data.startswith(magic):
            raise DataError(f"The file is {what}.", hint)
    return _by_name(data, name, media_type)


def _archive(data: bytes, name: str) -> str:
    try:
        parts = [part.replace("\\", "/") for part in zipfile.ZipFile(io.BytesIO(data)).namelist()]
    except (zipfile.BadZipFile, OSError, ValueError):
        parts = []
    if any(part.startswith("word/") for part in parts):
        return "docx"
    for beginning, what in _ARCHIVES:
        if any(part.startswith(beginning) for part in parts):
            raise DataError(f"The file is {what}, which is not read.", "Save it as PDF or DOCX.")
    if name.lower().endswith(".docx"):
        return "docx"
    raise DataError("The file is a ZIP archive.", "Unpack it first.")


def _by_name(data: bytes, name: str, media_type: str | None) -> str:
    suffix = PurePosixPath(name.lower()).suffix
    kind = MEDIA_TYPES.get((media_type or "").partition(";")[0].strip().lower()) or SUFFIXES.get(suffix)
    if kind in {"pdf", "docx"}:
        if _HTML.match(data[:4_096]):
            return "html"
        raise DataError(
            f"The file is named like a {kind.upper()} but is none.", "It may be damaged: export it once more."
        )
    if kind in {None, "text"} and _HTML.match(data[:4_096]):
        return "html"
    if kind is None:
        what = f"'{suffix}' files are" if suffix else "Files without an extension are"
        raise DataError(f"{what} not read.", f"What is read: {READABLE}.")
    return kind
