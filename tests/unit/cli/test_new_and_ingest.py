"""`autogpt new` and `autogpt ingest`."""

import json
from pathlib import Path

import pytest

from autogpt.cli import main
from autogpt.services import ingesting


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A new workspace beside a folder of documents; the index is left out."""
    monkeypatch.setattr(ingesting, "_sync_index", lambda store, sink: 0)
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "fees.md").write_text("# Fees\n\nThe fee is 5 euros.")
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    assert main(["new", str(tmp_path / "bank"), "--domain", "finance"]) == 0
    assert "autogpt ingest" in capsys.readouterr().out
    return tmp_path / "bank"


def test_a_report_names_every_failure_with_what_to_do(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents = str(bank.with_name("documents"))
    assert main(["ingest", documents, "-w", str(bank)]) == 0
    shown = capsys.readouterr().out
    assert "1 new, 1 failed" in shown
    assert "broken.pdf" in shown
    assert "The PDF is damaged." in shown
    assert main(["ingest", documents, "-w", str(bank), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["unchanged"], report["failed"]) == (1, 1)
    assert report["failures"][0]["name"] == "broken.pdf"


def test_listing_and_removing(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["ingest", str(bank.with_name("documents")), "-w", str(bank)])
    capsys.readouterr()
    assert main(["ingest", "--list", "-w", str(bank), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["state"]) for one in listed] == [("broken.pdf", "failed"), ("fees.md", "done")]
    assert main(["ingest", "--remove", "fees.md", "-w", str(bank)]) == 0
    assert "1 removed" in capsys.readouterr().out


def test_failures_are_dismissed_by_name(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["ingest", str(bank.with_name("documents")), "-w", str(bank)])
    assert main(["ingest", "--dismiss", "broken.pdf", "-w", str(bank)]) == 0
    assert "1 dismissed" in capsys.readouterr().out
    assert main(["ingest", "--list", "-w", str(bank), "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == ["fees.md"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["/there/is/no/such/folder"],
        ["--remove", "unknown.txt"],
        ["--dismiss", "unknown.txt"],
        ["--dismiss", "--remove", "broken.pdf"],
    ],
)
def test_wrong_use_is_told_apart_from_failed_work(
    bank: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", *arguments, "-w", str(bank)]) == 2
    assert "hint:" in capsys.readouterr().err
    only_broken = str(bank.with_name("documents") / "broken.pdf")
    assert main(["ingest", only_broken, "-w", str(bank)]) == 1


@pytest.mark.parametrize(
    ("given", "pack"),
    [([], "en"), (["--language", "zh"], "multi"), (["--language", "auto", "--model", "mine"], "mine")],
)
def test_the_language_chooses_the_models_and_a_name_overrides_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], pack: str
) -> None:
    assert main(["new", str(tmp_path / "desk"), *given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == pack


def test_models_that_are_not_installed_are_named_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["new", str(tmp_path / "desk"), "--model", "mine"])
    assert "pip install autogpt-model-mine" in capsys.readouterr().out


def test_a_source_in_a_language_that_the_models_do_not_read_is_told(
    bank: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = bank.with_name("documents")
    (documents / "年费.md").write_text("# 年费\n\n金卡的年费是五百元，按年收取。", encoding="utf-8")
    (documents / "faq.csv").write_text("question,answer\n年费是多少？,五百元。\nOpen?,Yes.\n", encoding="utf-8")
    main(["ingest", str(documents), "-w", str(bank)])
    shown = " ".join(capsys.readouterr().out.split())
    assert "2 sources are in Chinese" in shown
    assert 'language = "auto"' in shown
    config = bank / "autogpt.toml"
    config.write_text(config.read_text() + 'language = "auto"\n')
    (documents / "年费.md").write_text("# 年费\n\n金卡的年费是六百元，按年收取。", encoding="utf-8")
    main(["ingest", str(documents), "-w", str(bank)])
    assert "in Chinese" not in capsys.readouterr().out
