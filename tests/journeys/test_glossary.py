"""A question finds its passage by the workspace's own terms alone, on the command line from the first file on."""

import json
from pathlib import Path
from typing import Any

import pytest

from autogpt.cli import main

DOCUMENTS = {
    "netbank.md": "# 網路銀行\n\n網銀 U 盾遺失時，請攜帶身分證到網點補發，工本費為三十元。\n",
    "phone.md": "# 手机银行\n\n手机银行的转账限额是每日五万元，密码连续输错三次即被锁定。\n",
    "plan.md": "# Spreading a purchase\n\nWith Pay Later a purchase is settled in three parts.\n",
}
GLOSSARY = "# Products of the bank\n网银U盾 = 电子密钥，蓝精灵\nPay Later = Klarbo\n"


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    documents = tmp_path / "documents"
    documents.mkdir()
    for name, text in DOCUMENTS.items():
        (documents / name).write_text(text, encoding="utf-8")
    assert main(["new", str(tmp_path / "desk"), "--language", "auto"]) == 0
    assert main(["ingest", str(documents), "-w", str(tmp_path / "desk")]) == 0
    capsys.readouterr()
    return tmp_path / "desk"


def search(desk: Path, question: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["retrieve", question, "-w", str(desk), "--json"]) == 0
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


def by_words(found: dict[str, Any]) -> list[str]:
    """First words of the passages that the words of the question found."""
    return [one["passage"]["text"][:2] for one in found["passages"] if one["lexical_rank"] is not None]


def test_a_nickname_finds_the_product_after_the_glossary_says_what_it_is(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert by_words(search(desk, "蓝精灵丢了", capsys)) == []
    (desk / "glossary.txt").write_text(GLOSSARY, encoding="utf-8")

    found = search(desk, "蓝精灵丢了", capsys)
    assert by_words(found) == []
    assert "autogpt doctor --repair" in found["notices"][0]

    main(["doctor", "--repair", "-w", str(desk), "--json"])
    checks = {one["name"]: one["found"] for one in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["glossary"] == "2 terms, 3 other names, in use"

    found = search(desk, "蓝精灵丢了", capsys)
    assert found["words"][0] == "网银u盾"
    assert found["notices"] == []
    (first, *_) = found["passages"]
    assert (first["lexical_rank"], first["matched_terms"]) == (1, ["网银u盾"])
    assert "網銀 U 盾" in first["passage"]["text"]
    assert by_words(search(desk, "藍精靈", capsys)) == by_words(search(desk, "电子密钥", capsys)) == by_words(found)
    assert by_words(search(desk, "klarbo?", capsys)) == ["Sp"]


def test_a_glossary_with_a_bad_line_stops_the_next_ingest_and_no_search(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "glossary.txt").write_text("网银U盾\n= 电子密钥\n", encoding="utf-8")
    assert main(["ingest", str(desk.parent / "documents"), "-w", str(desk)]) == 2
    assert "glossary.txt has 1 problem(s):\n  line 2: expected a term on both sides of '='" in capsys.readouterr().err
    assert "autogpt doctor" in search(desk, "转账限额", capsys)["notices"][0]


def test_a_page_with_a_line_of_dashes_is_indexed_with_the_words_of_its_terms(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "glossary.txt").write_text("gold card = Aurora\n", encoding="utf-8")
    page = "<main><h1>Products</h1><pre>name: blue\n---\nname: gold card</pre></main>"
    (desk.parent / "documents" / "cards.html").write_text(page, encoding="utf-8")
    assert main(["ingest", str(desk.parent / "documents"), "-w", str(desk)]) == 0
    capsys.readouterr()
    assert by_words(search(desk, "Aurora", capsys)) == ["Pr"]
