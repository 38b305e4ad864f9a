"""The index follows the records, whatever happened in between."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from autogpt.config import override
from autogpt.errors import BusyError, CancelledError
from autogpt.progress import Progress
from autogpt.retrieve.index import Index
from autogpt.services import indexing
from autogpt.services.index_recipe import behind
from autogpt.services.indexing import sync
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.store.tables import DocumentRow, DocumentVersionRow, now
from autogpt.text.glossary import parse

SENTENCES = "The {0} card costs {1} euros a year. Its limit is {1}00 euros a day. {0} customers call the {0} hotline."


def put(store: Store, name: str, text: str, language: str = "en", **changes) -> str:
    """Write a document's new current version straight into the records, as ingesting does."""
    with store.session() as session:
        row = session.get(DocumentRow, name) or DocumentRow(id=name, uri=f"file:///{name}", name=f"{name}.txt")
        session.add(row)
        session.flush()
        number = session.query(DocumentVersionRow).filter_by(document_id=name).count() + 1
        version = DocumentVersionRow(
            id=f"{name}-{number}",
            document_id=name,
            number=number,
            title=name.title(),
            text=text,
            text_checksum=str(hash(text)),
            raw_checksum=str(hash(text)),
            media_type="text/plain",
            language=language,
        )
        session.add(version)
        row.current_version_id = version.id
        row.removed_at = None
        for key, value in changes.items():
            setattr(row, key, value)
        return version.id


def take_away(store: Store, name: str) -> None:
    with store.session() as session:
        row = session.get(DocumentRow, name)
        row.current_version_id, row.removed_at = None, now()


@pytest.fixture
def filled(store: Store) -> Store:
    for number in range(6):
        put(store, f"doc{number}", SENTENCES.format(f"Colour{number}", number + 1))
    return store


def texts(store: Store, encoder) -> set[tuple[str, str]]:
    """(version id, text) of all that the index holds."""
    index = Index(store.index_uri, encoder.id)
    hits = index.dense(encoder.encode(["card"])[0], 10_000, None)
    assert len(hits) == index.count(), "a passage is there twice"
    return {(hit.passage.version_id, hit.passage.text) for hit in hits}


def test_what_is_recorded_is_found_and_again_changes_nothing(filled: Store, word_encoder) -> None:
    report = sync(filled, encoder=word_encoder)
    assert (report.added, report.removed, report.passages, report.total) == (6, 0, 6, 6)
    index = Index(filled.index_uri, word_encoder.id)
    version, encoded = index.version(), word_encoder.encoded
    report = sync(filled, encoder=word_encoder)
    assert (report.added, report.removed, report.passages, report.total) == (0, 0, 0, 6)
    assert index.version() == version
    assert word_encoder.encoded == encoded


def test_only_what_changed_is_encoded_again(filled: Store, word_encoder) -> None:
    sync(filled, encoder=word_encoder)
    before = word_encoder.encoded
    put(filled, "doc2", "The price list was withdrawn.")
    put(filled, "doc9", "A new leaflet on mortgages.")
    take_away(filled, "doc4")
    report = sync(filled, encoder=word_encoder)
    assert (report.added, report.removed, report.passages) == (2, 1, 2)
    assert word_encoder.encoded == before + 2
    held = texts(filled, word_encoder)
    assert {version for version, _ in held} == {"doc0-1", "doc1-1", "doc2-2", "doc3-1", "doc5-1", "doc9-1"}


def test_a_removed_text_is_gone_from_every_encoders_index_and_from_the_disk(
    store: Store, make_word_encoder: Callable
) -> None:
    put(store, "secret", "The Quetzalcoatl account of Wilhelmina.")
    put(store, "other", "An ordinary account.")
    encoders = [make_word_encoder("one"), make_word_encoder("two")]
    for encoder in encoders:
        sync(store, encoder=encoder)
    files = Path(store.index_uri)
    assert sum(b"Wilhelmina" in path.read_bytes() for path in files.rglob("*") if path.is_file()) == 2
    take_away(store, "secret")
    sync(store, encoder=encoders[0])
    for encoder in encoders:
        assert {version for version, _ in texts(store, encoder)} == {"other-1"}
    everything = b"".join(path.read_bytes() for path in files.rglob("*") if path.is_file())
    assert b"Wilhelmina" not in everything
    assert b"wilhelmina" not in everything
    assert b"ordinary" in everything


@pytest.mark.parametrize("changes", [{"labels": ["staff"]}, {"name": "renamed.txt"}])
def test_a_change_of_labels_or_name_makes_the_passages_anew(filled: Store, word_encoder, changes: dict) -> None:
    sync(filled, encoder=word_encoder)
    with filled.session() as session:
        for key, value in changes.items():
            setattr(session.get(DocumentRow, "doc1"), key, value)
    report = sync(filled, encoder=word_encoder)
    assert (report.added, report.removed, report.total) == (1, 0, 6)
    index = Index(filled.index_uri, word_encoder.id)
    seen = {hit.passage.document_id for hit in index.dense(word_encoder.encode(["card"])[0], 10)}
    assert ("doc1" in seen) == ("labels" not in changes)


def test_other_lengths_of_passages_make_all_of_them_anew(filled: Store, word_encoder) -> None:
    sync(filled, encoder=word_encoder)
    changes = {"ingest.passage_characters": 50, "ingest.passage_overlap": 0}
    shorter = Store(filled.folder, override(filled.config, changes))
    report = sync(shorter, encoder=word_encoder)
    assert report.added == 6
    assert report.total == report.passages > 6
    assert all(len(text) <= 50 for _, text in texts(filled, word_encoder))


def test_passages_in_chinese_are_shorter(store: Store, word_encoder) -> None:
    put(store, "fees", "The fee is due in May. " * 100)
    put(store, "年费", "年费在五月收取。" * 100, "zh")
    sync(store, encoder=word_encoder)
    longest = {"T": 0, "年": 0}
    for _, text in texts(store, word_encoder):
        longest[text[0]] = max(longest[text[0]], len(text))
    assert 300 < longest["年"] <= 360
    assert 800 < longest["T"] <= 900


def test_it_is_known_when_passages_would_be_made_differently(filled: Store, word_encoder) -> None:
    assert not behind(filled)
    sync(filled, encoder=word_encoder)
    assert not behind(filled)
    shorter = Store(filled.folder, override(filled.config, {"ingest.passage_characters": 500}))
    assert behind(shorter)
    sync(shorter, encoder=word_encoder)
    assert not behind(shorter)
    assert behind(Store(filled.folder, override(shorter.config, {"workspace.language": "auto"})))


def test_another_glossary_gives_other_words_and_no_other_vectors(filled: Store, make_word_encoder: Callable) -> None:
    encoders = [make_word_encoder("one"), make_word_encoder("two")]
    for encoder in encoders:
        sync(filled, encoder=encoder)
    encoded = [encoder.encoded for encoder in encoders]
    for lines in ("Limit Euros = euros a day\n", "Euros a day\n", ""):
        filled.glossary.write_text(lines)
        glossary = parse(lines)
        assert behind(filled)
        take_away(filled, f"doc{len(lines) % 6}")
        seen: list[Progress] = []
        report = sync(filled, seen.append, encoders[0])
        assert (report.added, report.passages) == (0, 0)
        assert not behind(filled)
        assert {one.stage for one in seen} >= {"analyse", "compact"}
        for encoder in encoders:
            index = Index(filled.index_uri, encoder.id)
            assert index.glossary == glossary
            assert index.compacted
            for word in ("limit_euro", "euro_a_day"):
                hits = index.lexical([word], 50)
                assert len(hits) == index.count() * (word in glossary.terms("euros a day"))
    assert encoded == [encoder.encoded for encoder in encoders]
    files = b"".join(path.read_bytes() for path in Path(filled.index_uri).rglob("*") if path.is_file())
    assert b"Limit Euros" not in files
    assert b"limit_euro" not in files


def test_new_documents_are_analysed_with_the_glossary(filled: Store, word_encoder) -> None:
    filled.glossary.write_text("Colour1 card\n")
    sync(filled, encoder=word_encoder)
    put(filled, "late", "The Colour1  Card again.")
    sync(filled, encoder=word_encoder)
    index = Index(filled.index_uri, word_encoder.id)
    found = {hit.passage.document_id for hit in index.lexical(["colour_1_card"], 50)}
    assert found == {"doc1", "late"}


def test_a_comment_in_the_glossary_changes_nothing(filled: Store, word_encoder) -> None:
    filled.glossary.write_text("Colour1 card\n")
    sync(filled, encoder=word_encoder)
    version = Index(filled.index_uri, word_encoder.id).version()
    filled.glossary.write_text("# ours\ncolour1 CARD\n")
    assert not behind(filled)
    sync(filled, encoder=word_encoder)
    assert Index(filled.index_uri, word_encoder.id).version() == version


def test_a_glossary_that_cannot_be_read_leaves_the_earlier_one_in_use(filled: Store, word_encoder) -> None:
    filled.glossary.write_text("Colour1 card\n")
    sync(filled, encoder=word_encoder)
    filled.glossary.write_text("Colour1 card =\n")
    assert not behind(filled)
    put(filled, "late", "The Colour1 card again.")
    sync(filled, encoder=word_encoder)
    assert len(Index(filled.index_uri, word_encoder.id).lexical(["colour_1_card"], 50)) == 2
    filled.glossary.unlink()
    assert behind(filled)


def test_a_glossary_outlives_an_index_without_documents(store: Store, word_encoder) -> None:
    store.glossary.write_text("Gold card\n")
    sync(store, encoder=word_encoder)
    assert not behind(store)
    put(store, "one", "The gold card.")
    sync(store, encoder=word_encoder)
    take_away(store, "one")
    store.glossary.write_text("Gold cards = gold plastic\n")
    sync(store, encoder=word_encoder)
    put(store, "two", "Gold plastic.")
    sync(store, encoder=word_encoder)
    assert len(Index(store.index_uri, word_encoder.id).lexical(["gold_card"], 5)) == 1


def test_duplicates_and_empty_documents_are_not_indexed(filled: Store, word_encoder) -> None:
    put(filled, "copy", "A copy.", duplicate_of="doc0")
    put(filled, "blank", " \n ")
    for _ in range(2):
        report = sync(filled, encoder=word_encoder)
        assert report.total == 6
    assert report.added == 0


def test_a_removed_document_may_come_back(filled: Store, word_encoder) -> None:
    sync(filled, encoder=word_encoder)
    before = texts(filled, word_encoder)
    take_away(filled, "doc3")
    sync(filled, encoder=word_encoder)
    with filled.session() as session:
        row = session.get(DocumentRow, "doc3")
        row.current_version_id, row.removed_at = "doc3-1", None
    assert sync(filled, encoder=word_encoder).added == 1
    assert texts(filled, word_encoder) == before


def test_a_workspace_without_documents_has_an_empty_index(store: Store, word_encoder) -> None:
    report = sync(store, encoder=word_encoder)
    assert (report.added, report.total) == (0, 0)


def test_all_documents_removed_leave_an_empty_index(filled: Store, word_encoder) -> None:
    sync(filled, encoder=word_encoder)
    for number in range(6):
        take_away(filled, f"doc{number}")
    report = sync(filled, encoder=word_encoder)
    assert (report.removed, report.total) == (6, 0)
    put(filled, "doc7", "Back again.")
    assert sync(filled, encoder=word_encoder).total == 1


def test_progress_grows_to_the_end(filled: Store, word_encoder, monkeypatch) -> None:
    monkeypatch.setattr(indexing, "COMMIT", 2)
    seen: list[Progress] = []
    sync(filled, seen.append, word_encoder)
    done = [one.done for one in seen if one.stage == "index"]
    assert done == sorted(done)
    assert done[-1] == next(one.total for one in seen if one.stage == "index")


def test_a_cancelled_sync_keeps_what_was_finished(filled: Store, word_encoder, monkeypatch) -> None:
    monkeypatch.setattr(indexing, "COMMIT", 2)

    def stop(progress: Progress) -> None:
        if progress.total and progress.done > progress.total / 2:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        sync(filled, stop, word_encoder)
    assert 0 < Index(filled.index_uri, word_encoder.id).count() < 6
    assert sync(filled, encoder=word_encoder).total == 6


def test_a_second_writer_is_told_so(filled: Store, word_encoder) -> None:
    with exclusive(filled.folder / "index.lock", "x"), pytest.raises(BusyError, match="updating the search index"):
        sync(filled, encoder=word_encoder)
    assert sync(filled, encoder=word_encoder).total == 6


def test_searches_go_on_while_the_index_is_rewritten(filled: Store, word_encoder) -> None:
    sync(filled, encoder=word_encoder)
    reader = Index(filled.index_uri, word_encoder.id)
    wrong: list[object] = []
    searched = threading.Event()
    stop = threading.Event()

    def search() -> None:
        vector = word_encoder.encode(["card"])[0]
        while not stop.is_set():
            try:
                found = {hit.passage.document_id for hit in reader.lexical(["card"], 50, None)}
                found &= {hit.passage.document_id for hit in reader.dense(vector, 50, None)}
                if not {"doc0", "doc1", "doc2"} <= found:
                    wrong.append(found)
            except Exception as error:
                wrong.append(error)
            searched.set()

    thread = threading.Thread(target=search)
    thread.start()
    assert searched.wait(30)
    for turn in range(6):
        put(filled, "doc5", f"Text of the card number {turn}.")
        if turn % 2:
            take_away(filled, "doc4")
        else:
            put(filled, "doc4", f"card {turn}")
        searched.clear()
        sync(filled, encoder=word_encoder)
        assert searched.wait(30)
    stop.set()
    thread.join()
    assert wrong == []


class Killed(BaseException):
    """Ends a sync as a kill does: nothing below catches it."""


def die_at(moment: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process "die" before or after one of the steps that write, the `moment`th such point."""
    left = moment

    def guard(name: str) -> None:
        original = getattr(Index, name)

        def wrapped(self: Index, *given, **named):
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed
            result = original(self, *given, **named)
            left -= 1
            if left == 0:
                raise Killed
            return result

        monkeypatch.setattr(Index, name, wrapped)

    for name in ("add", "remove", "analyse_anew", "compact", "_build_indices"):
        guard(name)


def test_stopped_at_any_step_and_run_again_it_ends_the_same(filled: Store, word_encoder, monkeypatch) -> None:
    monkeypatch.setattr(indexing, "COMMIT", 2)
    sync(filled, encoder=word_encoder)
    for moment in range(1, 100):
        change(filled, moment)
        with monkeypatch.context() as patched:
            die_at(moment, patched)
            try:
                sync(filled, encoder=word_encoder)
            except Killed:
                finished = False
            else:
                finished = True
        sync(filled, encoder=word_encoder)
        assert_in_line(filled, word_encoder, moment)
        if finished:
            break
    assert moment > 8, "the kills did not reach every step"


KILLED = """
import os, sys
sys.path.insert(0, sys.argv[1])
from conftest import WordEncoder
from autogpt.services import indexing
from autogpt.store import Store

indexing.COMMIT = 2

def die(progress):
    if progress.stage == sys.argv[3] and progress.done:
        os.kill(os.getpid(), 9)
    if progress.stage == sys.argv[3] == "compact":
        import threading
        threading.Timer(float(sys.argv[4]), os.kill, (os.getpid(), 9)).start()

indexing.sync(Store(sys.argv[2]), die, WordEncoder())
"""


@pytest.mark.parametrize(("stage", "seconds"), [("index", 0), ("compact", 0.005), ("compact", 0.03)])
def test_killed_and_run_again_it_ends_the_same(filled: Store, word_encoder, stage: str, seconds: float) -> None:
    sync(filled, encoder=word_encoder)
    change(filled, 1)
    change(filled, 2)
    script = [sys.executable, "-c", KILLED, str(Path(__file__).parents[2]), str(filled.folder), stage, str(seconds)]
    subprocess.run(script, capture_output=True, check=False, env=os.environ | {"PYTHONWARNINGS": "ignore"})
    sync(filled, encoder=word_encoder)
    assert_in_line(filled, word_encoder, 2)


def change(store: Store, turn: int) -> None:
    """Change a document, add two and take one away."""
    put(store, "doc1", f"Changed for the {turn}th time. Old words: Oldword{turn}.")
    put(store, f"new{turn}", f"Brought in at turn {turn}.")
    put(store, f"more{turn}", f"And another, {turn}.")
    store.glossary.write_text(f"Changed for the {turn}th\n")
    if turn > 1:
        take_away(store, f"new{turn - 1}")


def assert_in_line(store: Store, encoder, turn: int) -> None:
    """The index holds the current versions, and the disk nothing of the version before."""
    with store.session() as session:
        query = session.query(DocumentVersionRow.id, DocumentVersionRow.text)
        rows = query.join(DocumentRow, DocumentRow.current_version_id == DocumentVersionRow.id).all()
    assert texts(store, encoder) == {tuple(row) for row in rows}
    index = Index(store.index_uri, encoder.id)
    assert index.glossary == parse(store.glossary.read_text())
    assert [
        hit.passage.document_id for hit in index.lexical([index.glossary.terms(f"changed for the {turn}th")[0]], 5)
    ] == ["doc1"]
    files = [path.read_bytes() for path in Path(store.index_uri).rglob("*") if path.is_file()]
    assert any(f"Oldword{turn}.".encode() in data for data in files)
    assert not any(f"Oldword{turn - 1}.".encode() in data for data in files)
