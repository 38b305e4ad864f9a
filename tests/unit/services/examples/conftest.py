"""Documents and files of examples for the tests of the examples services."""

import csv
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from autogpt.records import Outline
from autogpt.services.recording import Shelf, erase_document
from autogpt.store import Store
from autogpt.store.documents import outline_to_json
from autogpt.store.store import new_id
from autogpt.store.tables import DocumentRow, DocumentVersionRow
from example_texts import AddDocument, WriteFile


@pytest.fixture(autouse=True)
def synced(monkeypatch: pytest.MonkeyPatch) -> list[Store]:
    """The stores whose index was brought in line, instead of doing it: that takes a model."""
    calls: list[Store] = []
    monkeypatch.setattr("autogpt.services.indexing.sync", lambda store, sink: calls.append(store))
    return calls


@pytest.fixture
def add_document(store: Store) -> AddDocument:
    """Ingest a text as the newest version of a document; return the document's id."""

    def add(name: str, text: str, outline: Outline | None = None, language: str = "en") -> str:
        with store.session() as session:
            document = session.query(DocumentRow).filter_by(uri=f"file:///docs/{name}").one_or_none()
            if document is None:
                document = DocumentRow(id=new_id(), uri=f"file:///docs/{name}", name=name.rsplit("/", 1)[-1], labels=[])
                session.add(document)
                session.flush()
            number = session.query(DocumentVersionRow).filter_by(document_id=document.id).count() + 1
            version = DocumentVersionRow(
                id=new_id(),
                document_id=document.id,
                number=number,
                title=name,
                text=text,
                text_checksum=sha256(text.encode()).hexdigest(),
                raw_checksum=sha256(text.encode()).hexdigest(),
                media_type="text/plain",
                language=language,
                outline=outline_to_json(outline or Outline()),
                details={},
            )
            session.add(version)
            document.current_version_id, document.removed_at = version.id, None
            return document.id

    return add


@pytest.fixture
def remove_document(store: Store) -> Callable[[str], None]:
    """Remove a document as `autogpt ingest` does: the text of all its versions is erased."""

    def remove(document_id: str) -> None:
        with store.session() as session:
            shelf = Shelf(session, store.config.ingest.near_duplicate_similarity)
            erase_document(session, shelf, session.get_one(DocumentRow, document_id))

    return remove


@pytest.fixture
def write_file(tmp_path: Path) -> WriteFile:
    """Write rows to a CSV (.csv) or JSON-lines file."""

    def write(name: str, *rows: dict[str, Any]) -> Path:
        path = tmp_path / name
        if name.endswith(".csv"):
            with path.open("w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, list(dict.fromkeys(key for row in rows for key in row)))
                writer.writeheader()
                writer.writerows(rows)
        else:
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return path

    return write
