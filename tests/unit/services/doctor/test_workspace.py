"""What the doctor says about a workspace."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from autogpt.models import layout
from autogpt.records import Passage
from autogpt.retrieve.encoder import encoder_id
from autogpt.retrieve.index import Index
from autogpt.services.doctor import Check, State, diagnose
from autogpt.services.doctor.workspace import check_workspace
from autogpt.services.encoders import drop_unused_indexes
from autogpt.services.faq_vectors import faq_vectors
from autogpt.services.glossary import read_glossary
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, DocumentVersionRow, ExampleRow, IngestRow, PromotionRow, ReleaseRow

TEXT = "The monthly fee is 5 euros."


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A model pack whose encoder nobody loads."""
    folder = tmp_path / "pack"
    (folder / layout.ENCODER).mkdir(parents=True)
    (folder / layout.PACK_FILE).write_text(
        'name = "tiny"\nversion = "1"\nformat_version = 1\nlanguages = ["en"]\nlicence = "CC0-1.0"\n'
    )
    for name in layout.MODEL_FILES:
        (folder / layout.ENCODER / name).write_text("{}")
    return folder


@pytest.fixture
def filled(store: Store, pack: Path, word_encoder: Any) -> Iterator[Store]:
    """A workspace with one document that is in the index."""
    (store.folder / "autogpt.toml").write_text(f"[workspace]\nmodel = {json.dumps(str(pack))}\n")
    store = Store(store.folder)
    checksum = store.put_file(TEXT.encode())
    with store.session() as session:
        session.add(DocumentRow(id="d", uri="file:///fees.txt", name="fees.txt", current_version_id="v"))
        session.flush()
        session.add(
            DocumentVersionRow(
                id="v",
                document_id="d",
                number=1,
                text=TEXT,
                text_checksum=sha256(TEXT.encode()).hexdigest(),
                raw_checksum=checksum,
                media_type="text/plain",
                language="en",
            )
        )
    passage = Passage("p", "d", "v", 0, len(TEXT), TEXT)
    Index(store.index_uri, encoder_id(pack / layout.ENCODER)).add([passage], word_encoder.encode([TEXT]))
    yield store
    store.close()


def found(folder: Path) -> dict[str, Check]:
    return {check.name: check for check in check_workspace(folder)}


def test_a_folder_without_a_workspace_is_a_note(tmp_path: Path) -> None:
    (check,) = check_workspace(tmp_path)
    assert check.state == State.NOTE
    assert "autogpt new" in check.advice


def test_a_sound_workspace_has_neither_problems_nor_warnings(filled: Store) -> None:
    checks = found(filled.folder)
    assert {check.state for check in checks.values()} == {State.OK, State.NOTE}
    assert checks["index"].found == "in line with the documents, 1 passages"
    assert checks["documents"].found == "1, and 0 FAQ entries"
    assert checks["model"].found == "pack tiny 1"
    assert checks["release"].state == State.NOTE


def test_an_index_that_lacks_or_keeps_documents_is_a_warning(filled: Store) -> None:
    with filled.session() as session:
        session.get_one(DocumentRow, "d").removed_at = session.get_one(DocumentRow, "d").created_at
    check = found(filled.folder)["index"]
    assert (check.state, check.found) == (State.WARNING, "1 are in it that were removed")
    assert check.advice == "autogpt doctor --repair"


def test_a_glossary_is_told_and_what_brings_the_index_in_line_with_it(filled: Store, pack: Path) -> None:
    assert "glossary" not in found(filled.folder)
    filled.glossary.write_text("monthly fee = subscription\nIT\n")
    check, note = (one for one in check_workspace(filled.folder) if one.name == "glossary")
    assert (check.state, check.found[:14]) == (State.WARNING, "it has changed")
    assert "autogpt doctor --repair" in check.advice
    assert (note.state, note.found) == (State.NOTE, "line 2: 'it' is passed over: every text holds that word")
    index = Index(filled.index_uri, encoder_id(pack / layout.ENCODER))
    index.analyse_anew(read_glossary(filled), {})
    check = next(one for one in check_workspace(filled.folder) if one.name == "glossary")
    assert (check.state, check.found) == (State.OK, "1 terms, 1 other names, in use")
    filled.glossary.write_text("monthly fee =\n")
    check = found(filled.folder)["glossary"]
    assert check.state == State.PROBLEM
    assert "line 1: expected a term on both sides" in check.found


def test_indexes_that_no_release_needs_are_told_and_dropped(
    filled: Store, word_encoder: Any, make_word_encoder: Any
) -> None:
    passage = Passage("x", "d", "v", 0, len(TEXT), TEXT)
    stray_encoder = make_word_encoder("0123456789abcdef")
    stray = Index(filled.index_uri, stray_encoder.id)
    stray.add([passage], word_encoder.encode([TEXT]))
    for encoder in (stray_encoder, word_encoder):
        faq_vectors(filled, encoder, ["Is it free?"], ["Yes."])
    assert found(filled.folder)["unused indexes"].state is State.NOTE
    drop_unused_indexes(filled)
    (kept,) = (filled.folder / "cache").glob("faq-*")
    assert word_encoder.id in kept.name
    assert "unused indexes" not in found(filled.folder)
    assert found(filled.folder)["index"].state is State.OK


def test_a_broken_configuration_is_a_problem_with_its_key(store: Store) -> None:
    (store.folder / "autogpt.toml").write_text("[serve]\nprot = 1\n")
    (check,) = check_workspace(store.folder)
    assert check.state == State.PROBLEM
    assert "serve.prot: unknown key" in check.found


def test_a_missing_model_pack_is_a_problem_and_the_rest_is_checked(filled: Store, pack: Path) -> None:
    (pack / layout.PACK_FILE).unlink()
    checks = found(filled.folder)
    assert checks["model"].state == State.PROBLEM
    assert checks["documents"].state == State.OK


def test_a_damaged_database_is_one_problem(filled: Store) -> None:
    filled.close()
    data = bytearray((filled.folder / "autogpt.db").read_bytes())
    data[100:] = b"\xff" * (len(data) - 100)
    (filled.folder / "autogpt.db").write_bytes(data)
    checks = found(filled.folder)
    assert checks["database"].state == State.PROBLEM
    assert "documents" not in checks


def test_missing_originals_and_failed_sources_are_warnings(filled: Store) -> None:
    for path in filled.files.glob("??/*"):
        path.unlink()
    with filled.session() as session:
        session.add(IngestRow(uri="file:///broken.pdf", state="failed", reason="encrypted"))
    checks = found(filled.folder)
    assert checks["originals"].state == State.WARNING
    assert checks["sources"].found == "1 could not be read"


def test_stale_and_undivided_examples_are_warnings(filled: Store) -> None:
    with filled.session() as session:
        session.add(ExampleRow(id="1", question="Fee?", task="extractive", status="stale"))
        session.add(ExampleRow(id="2", question="Fee?", task="extractive", status="accepted"))
    checks = found(filled.folder)
    assert checks["examples"].found == "1 accepted"
    assert checks["stale examples"].state == State.WARNING
    assert checks["split"].advice == "autogpt examples split"


def test_a_release_whose_folder_is_gone_is_a_problem(filled: Store) -> None:
    with filled.session() as session:
        session.add(ReleaseRow(version="r1", manifest_checksum="0" * 64))
        session.flush()
        session.add(PromotionRow(version="r1", action="promote"))
    check = found(filled.folder)["release"]
    assert check.state == State.PROBLEM
    assert "rollback" in check.advice


def test_the_diagnosis_covers_all_three_areas(filled: Store) -> None:
    diagnosis = diagnose(filled.folder)
    assert list(dict.fromkeys(check.area for check in diagnosis.checks)) == ["installation", "machine", "workspace"]
