"""Files that are broken or mean harm: each is one clear line of the report, and the rest goes on."""

import io
import os
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen import canvas

from autogpt.config import override
from autogpt.services.ingest_report import IngestReport
from autogpt.services.ingesting import ingest
from autogpt.store import Store

GOOD = "The monthly fee of the Gold account is 5 euros."
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)


def docx(document: bytes, **extra: bytes) -> bytes:
    """A DOCX archive with this main part and further parts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr("_rels/.rels", RELATIONS)
        archive.writestr("word/document.xml", document)
        for name, data in extra.items():
            archive.writestr(name, data)
    return packed.getvalue()


def pdf(pages: int = 1, encrypted: bool = False, text: str = GOOD) -> bytes:
    out = io.BytesIO()
    drawn = canvas.Canvas(out, encrypt=StandardEncryption("secret") if encrypted else None)
    for _ in range(pages):
        if text:
            drawn.drawString(72, 700, text)
        else:
            drawn.rect(72, 500, 200, 200, fill=1)
        drawn.showPage()
    drawn.save()
    return out.getvalue()


def body(text: str) -> bytes:
    paragraph = f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"
    return f'<w:document xmlns:w="{WORD}"><w:body>{paragraph}</w:body></w:document>'.encode()


BILLION_LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(
        f'<!ENTITY {new} "{f"&{old};" * 10}">'.encode() for old, new in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    + f']><w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t>&k;</w:t></w:r></w:p></w:body></w:document>'.encode()
)
EXTERNAL_ENTITY = (
    f'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><w:document xmlns:w="{WORD}"><w:body><w:p><w:r>'
    "<w:t>root is &a;</w:t></w:r></w:p></w:body></w:document>"
).encode()

#: File → (bytes, what its line says).
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb.docx": (lambda: docx(body("x"), **{"word/media/zeros.bin": bytes(60_000_000)}), "unpacks to 57 MB"),
    "traversal.docx": (lambda: docx(body("x"), **{"../../evil.txt": b"x"}), "leads outside"),
    "laughs.docx": (lambda: docx(BILLION_LAUGHS), "damaged"),
    "cut.docx": (lambda: docx(body(GOOD))[:400], "damaged"),
    "empty.docx": (lambda: docx(body("")), "no text"),
    "encrypted.docx": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "encrypted",
    ),
    "archive.docx": (lambda: docx(b"x").replace(b"word/", b"misc/"), "ZIP archive"),
    "nested.html": (lambda: b"<html><body>" + b"<div>" * 60_000 + b"deep", "nested more than"),
    "empty.txt": (lambda: b"  \n \n", "empty"),
    "binary.txt": (lambda: bytes(range(256)) * 40, "binary data"),
    "image.pdf": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG image"),
    "text.pdf": (lambda: b"just text", "named like a PDF"),
    "cut.pdf": (lambda: pdf()[:300], "damaged"),
    "encrypted.pdf": (lambda: pdf(encrypted=True), "encrypted"),
    "scan.pdf": (lambda: pdf(text=""), "scans"),
    "long.pdf": (lambda: pdf(pages=301), "301 pages"),
    "large.txt": (lambda: b"word " * 500_000, "larger than 2 MB"),
    "endless.txt": (lambda: b"a b " * 500_000, "longer than 1,000,000 characters"),
    "broken.jsonl": (lambda: b'{"question": "a", "answer": "b"}\nnot json\n', "Line 2 is not JSON"),
    "deep.jsonl": (lambda: b"[" * 200_000, "Line 1 is not"),
    "columns.csv": (lambda: b"name,price\nGold,5\n", "name, price"),
    "table.xlsx": (lambda: docx(b"x").replace(b"word/", b"xl///"), "Excel"),
    "noextension": (lambda: b"some words", "without an extension"),
}


@pytest.fixture
def limited(store: Store) -> Store:
    return Store(
        store.folder,
        override(store.config, {"ingest.max_file_mb": 2, "ingest.max_characters": 1_000_000, "ingest.max_pages": 300}),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    return folder


def bring(store: Store, *sources: Path) -> IngestReport:
    return ingest(store, list(sources), sync=lambda store, sink: 0)


def test_every_hostile_file_is_one_line_and_the_rest_goes_on(limited: Store, folder: Path) -> None:
    for name, (make, _) in HOSTILE.items():
        (folder / name).write_bytes(make())
    (folder / "aa.txt").write_text(GOOD)
    (folder / "zz.md").write_text(f"# Fees\n\n{GOOD}")
    report = bring(limited, folder)
    assert report.new == 2
    lines = {failure.name: failure for failure in report.failures}
    assert len(report.failures) == len(lines) == len(HOSTILE)
    for name, (_, reason) in HOSTILE.items():
        assert reason in lines[name].reason, (name, lines[name])
        assert lines[name].hint, name
        assert "\n" not in lines[name].reason
    assert bring(limited, folder).failures == report.failures


def test_nothing_of_an_external_entity_is_read(limited: Store, folder: Path) -> None:
    (folder / "entity.docx").write_bytes(docx(EXTERNAL_ENTITY))
    bring(limited, folder)
    with limited.engine.connect() as connection:
        dump = connection.exec_driver_sql("SELECT text FROM document_versions").scalars().all()
    assert not any("root:" in text for text in dump)


def test_links_and_special_files_are_not_followed(limited: Store, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("The safe is behind the painting.")
    (folder / "real.txt").write_text(GOOD)
    (folder / "inside.txt").symlink_to(folder / "real.txt")
    (folder / "outside.txt").symlink_to(outside / "secret.txt")
    (folder / "folder").symlink_to(outside)
    (folder / "nowhere.txt").symlink_to(folder / "gone.txt")
    (folder / "loop").symlink_to(folder)
    (folder / "round.txt").symlink_to(folder / "and-round.txt")
    (folder / "and-round.txt").symlink_to(folder / "round.txt")
    os.mkfifo(folder / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket.txt"))
    report = bring(limited, folder)
    assert (report.new, report.failed) == (1, 7)
    reasons = {failure.name: failure.reason for failure in report.failures}
    assert "outside the folder" in reasons["outside.txt"]
    assert "outside the folder" in reasons["folder"]
    assert "nowhere" in reasons["nowhere.txt"]
    assert "nowhere" in reasons["round.txt"]
    assert "no ordinary file" in reasons["pipe.txt"]
    assert "no ordinary file" in reasons["socket.txt"]


def test_half_characters_of_a_declared_encoding_do_not_stop_the_others(limited: Store, folder: Path) -> None:
    head = b'<meta charset="unicode_escape"><title>Gold \\ud800</title>'
    (folder / "half.html").write_bytes(b"<html>" + head + b"<p>The fee of the gold card \xe9 is 5 euros.</p>")
    (folder / "real.txt").write_text(GOOD)
    assert bring(limited, folder).new == 2


def test_a_name_that_is_no_text_is_one_line(limited: Store, folder: Path) -> None:
    os.close(os.open(os.fsencode(folder) + b"/bad\xff.txt", os.O_CREAT | os.O_WRONLY))
    (folder / "good.txt").write_text(GOOD)
    report = bring(limited, folder)
    assert report.new == 1
    assert [failure.reason for failure in report.failures] == ["Its name is not valid UTF-8."]


def test_a_file_that_takes_too_long_ends_alone(store: Store, folder: Path) -> None:
    (folder / "slow.html").write_bytes(b"<html><body>" + b"<p>word <b>word " * 200_000)
    (folder / "zz.txt").write_text(GOOD)
    limited = Store(store.folder, override(store.config, {"ingest.timeout_seconds": 1}))
    report = bring(limited, folder)
    assert report.new == 1
    assert [failure.reason for failure in report.failures] == ["Reading it took longer than 1 s."]


def test_a_file_that_needs_too_much_memory_ends_alone(store: Store, folder: Path) -> None:
    (folder / "fat.txt").write_bytes(b"word. " * 5_000_000)
    (folder / "zz.txt").write_text(GOOD)
    settings = {"ingest.memory_mb": 160, "ingest.max_file_mb": 200, "ingest.max_characters": 10**9}
    report = bring(Store(store.folder, override(store.config, settings)), folder)
    assert report.new == 1
    assert [failure.reason for failure in report.failures] == ["Reading it needs more than 160 MB of memory."]
