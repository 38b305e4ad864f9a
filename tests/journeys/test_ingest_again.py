"""A workspace that an earlier version of the program filled is told so, and brought in line by the next ingest."""

from pathlib import Path

import pytest
from sqlalchemy import select

from autogpt.progress import Sink
from autogpt.retrieve.index import Index
from autogpt.services import indexing, intake
from autogpt.services.doctor.workspace import check_workspace
from autogpt.services.ingesting import ingest
from autogpt.services.sources import list_sources
from autogpt.store import Store
from autogpt.store.tables import DocumentVersionRow
from autogpt.text.analyse import terms

PAGE = "<main><h1>年费</h1><p>金卡的年费是五百元，按年\n收取。</p><p>下一条：首年免年费。</p></main>"
#: What the first version read of `PAGE`: a space where the line broke, and no second paragraph.
AS_READ_BEFORE = "年费\n\n金卡的年费是五百元，按年 收取。"


def test_what_an_earlier_version_read_is_told_and_read_anew(
    store: Store, word_encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "fees.html").write_text(PAGE, encoding="utf-8")
    (folder / "faq.csv").write_text("question,answer\nIs it open on Sunday?,No.\n")

    def sync(store: Store, sink: Sink) -> int:
        return indexing.sync(store, sink, word_encoder).passages

    with monkeypatch.context() as earlier:
        earlier.setattr(intake, "PARSERS_VERSION", 1)
        ingest(store, [folder], sync=sync)
    with store.session() as session:
        (version,) = session.scalars(select(DocumentVersionRow))
        version.text, version.parser, version.outline = AS_READ_BEFORE, "html/1", {}
    notes = {one.name: one.note for one in list_sources(store)}
    assert notes == {
        "faq.csv": "1 FAQ entries",
        "fees.html": "read by an earlier version of the program: ingest it again",
    }

    report = ingest(store, [folder], sync=sync)
    assert (report.changed, report.unchanged, report.failed) == (2, 0, 0)
    assert {one.name: one.note for one in list_sources(store)} == notes | {"fees.html": ""}
    assert not any(one.name == "texts" for one in check_workspace(store.folder))
    (hit,) = Index(store.index_uri, word_encoder.id).lexical(terms("首年免年费"), 10, None)
    assert hit.passage.text == "年费\n\n金卡的年费是五百元，按年收取。\n\n下一条：首年免年费。"
    assert ingest(store, [folder], sync=sync).summary == "2 unchanged: nothing to do"
