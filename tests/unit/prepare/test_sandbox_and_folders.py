"""The process that parses, and the listing of folders."""

import os
import signal
from pathlib import Path

import pytest

from autogpt.config import IngestSection
from autogpt.errors import DataError
from autogpt.prepare.folders import read, walk
from autogpt.prepare.sandbox import Sandbox
from autogpt.prepare.sources import PARSERS, FaqPair, ParsedDocument, ParsedFaq, parse, parse_here
from autogpt.prepare.sources.wire import from_plain, to_plain

TEXT = "# Fees\n\n| Card | Fee |\n|---|---|\n| Gold | 5 € |\n\nThe fee is charged monthly.".encode()


def test_a_parsed_file_crosses_the_border_unchanged() -> None:
    limits = IngestSection()
    with Sandbox(limits) as sandbox:
        for data, name in ((TEXT, "fees.md"), (b"question,answer\nA?,b\n", "faq.csv")):
            assert sandbox.parse(data, name) == parse_here(data, name, None, limits)
    assert isinstance(parse(TEXT, "fees.md"), ParsedDocument)


def test_an_outline_beyond_the_text_is_not_believed() -> None:
    plain = to_plain(parse_here(TEXT, "fees.md", None, IngestSection()))
    plain["document"]["outline"]["rows"].append([0, 10_000])
    with pytest.raises(ValueError, match="beyond"):
        from_plain(plain, b"")
    faq = ParsedFaq((FaqPair(("A?",), "b", "en", ("staff",)),), "faq/1", ("1 left out",))
    assert from_plain(to_plain(faq), b"") == faq


def test_an_answer_that_is_not_believed_is_the_error_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(plain: object, blob: bytes) -> None:
        raise ValueError

    monkeypatch.setattr("autogpt.prepare.sandbox.from_plain", refuse)
    with Sandbox(IngestSection()) as sandbox, pytest.raises(DataError, match="parser err"):
        sandbox.parse(TEXT, "fees.md")


def test_a_process_that_dies_takes_one_file_along_and_is_replaced() -> None:
    with Sandbox(IngestSection()) as sandbox:
        sandbox.parse(TEXT, "fees.md")
        first = sandbox._process
        assert first is not None
        os.kill(first.pid, signal.SIGSEGV)
        first.wait()
        with pytest.raises(DataError, match="crash"):
            sandbox.parse(TEXT, "fees.md")
        assert isinstance(sandbox.parse(TEXT, "fees.md"), ParsedDocument)
        second = sandbox._process
        assert second is not None
        assert second.pid != first.pid
    assert second.poll() is not None


def test_the_process_can_write_no_files_and_sees_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    with Sandbox(IngestSection()) as sandbox:
        sandbox.parse(TEXT, "fees.md")
        assert sandbox._process is not None
        root = Path(f"/proc/{sandbox._process.pid}")
        if not root.exists():
            pytest.skip("there is no /proc on this system")
        limits = {line[:25].strip(): line[26:].split() for line in (root / "limits").read_text().splitlines()[1:]}
        assert limits["Max file size"][0] == "0"
        assert limits["Max address space"][0] == str(2_048 * 2**20)
        assert b"SECRET_TOKEN" not in (root / "environ").read_bytes()


def test_every_parser_of_the_table_exists() -> None:
    for name in PARSERS:
        assert callable(PARSERS.load(name))


def test_a_folder_is_listed_in_a_fixed_order_without_litter(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/b/c.txt", ".hidden", ".git/config", "~$lock.docx", "Thumbs.db", "own/db"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [found.name for found in walk(tmp_path, {tmp_path / "own"})] == ["b.txt", "a/z.txt", "a/b/c.txt"]


def test_only_ordinary_files_of_the_allowed_size_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"12345")
    assert read(tmp_path / "a.txt", 5) == b"12345"
    with pytest.raises(DataError, match="larger"):
        read(tmp_path / "a.txt", 4)
    with pytest.raises(DataError, match="gone"):
        read(tmp_path / "b.txt", 5)
    with pytest.raises(DataError, match="ordinary"):
        read(tmp_path, 5)
    (tmp_path / "link").symlink_to(tmp_path / "a.txt")
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path / "link", 5)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="ordinary"):
        read(tmp_path / "pipe", 5)
