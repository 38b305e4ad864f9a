"""Encoders of releases: where they come from, and indexes beside each other."""

import json
from pathlib import Path
from typing import Any

import pytest

from autogpt.errors import BusyError, CancelledError, DataError, NotFoundError
from autogpt.progress import Progress
from autogpt.retrieve.encoder import Encoder, encoder_id
from autogpt.retrieve.index import Index
from autogpt.services import encoders, indexing
from autogpt.services.compressing import compress_encoder
from autogpt.services.encoders import encoder_source, ready_index
from autogpt.services.examples import import_examples
from autogpt.services.indexing import sync
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.store.tables import RunRow
from tiny_models import make_examples


@pytest.fixture
def old(make_word_encoder: Any) -> Any:
    return make_word_encoder("old", 32)


@pytest.fixture
def new(make_word_encoder: Any) -> Any:
    return make_word_encoder("new", 48)


@pytest.fixture
def indexed(store: Store, old: Any, new: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A workspace of twelve documents that the encoder `old` answers for; folders are called as their encoders."""
    monkeypatch.setattr(encoders, "current_encoder", lambda store: tmp_path / "old")
    monkeypatch.setattr(encoders, "encoder_id", lambda folder: folder.name)
    monkeypatch.setattr(encoders, "load_encoder", lambda config, folder: {"old": old, "new": new}[folder.name])
    monkeypatch.setattr(indexing, "COMMIT", 1)  # a commit for each document
    add(store, tmp_path, 12)
    sync(store, encoder=old)
    return store


def add(store: Store, folder: Path, count: int, start: int = 0) -> None:
    lines = []
    for one in make_examples(count, start):
        asked = {"id": one.id, "question": one.question, "answers": [], "is_impossible": True}
        lines.append(json.dumps({"title": one.title, "context": one.context, "qas": [asked]}))
    (folder / "towns.jsonl").write_text("\n".join(lines))
    import_examples(store, str(folder / "towns.jsonl"), index=False)


def test_a_build_that_is_cut_short_leaves_the_old_index_serving(
    indexed: Store, old: Any, new: Any, tmp_path: Path
) -> None:
    switched: list[str] = []
    serving, beside = Index(indexed.index_uri, "old"), Index(indexed.index_uri, "new")
    before = serving.version()

    def cut(progress: Progress) -> None:
        if progress.stage == "index" and progress.total and progress.done > progress.total / 2:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        ready_index(indexed, tmp_path / "new", cut, lambda: switched.append("new"))
    assert not switched
    assert 0 < len(beside.contents()) < 12
    assert (len(serving.contents()), serving.version()) == (12, before)
    vector = old.encode(["When was Arden founded?"])[0]
    assert serving.dense(vector, 1, None)[0].passage.text.startswith("Arden")

    encoded = new.encoded
    ready_index(indexed, tmp_path / "new", then=lambda: switched.append("new"))
    assert switched == ["new"]
    assert len(beside.contents()) == len(serving.contents()) == 12
    assert new.encoded - encoded < 12  # what was finished is kept


def test_the_index_that_answers_is_made_as_the_program_says_now_before_another_is(
    indexed: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autogpt.services.index_recipe.SEARCHABLE_VERSION", 10_000)
    ready_index(indexed, tmp_path / "new")
    assert len(Index(indexed.index_uri, "old").contents()) == len(Index(indexed.index_uri, "new").contents()) == 12


def test_a_damaged_release_does_not_bar_the_way_to_another(
    indexed: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(store: Store) -> Path:
        raise DataError("It was changed.")

    monkeypatch.setattr(encoders, "current_encoder", damaged)
    ready_index(indexed, tmp_path / "new")
    assert len(Index(indexed.index_uri, "new").contents()) == 12


def test_what_came_in_meanwhile_is_in_the_index_before_it_answers(indexed: Store, old: Any, tmp_path: Path) -> None:
    ready_index(indexed, tmp_path / "new")
    add(indexed, tmp_path, 3, 12)
    sync(indexed, encoder=old)
    beside = Index(indexed.index_uri, "new")
    assert len(beside.contents()) == 12

    def then() -> None:
        assert len(Index(indexed.index_uri, "new").contents()) == 15
        with pytest.raises(BusyError), exclusive(indexed.folder / "index.lock", "ingesting"):
            pass  # no document can come between

    ready_index(indexed, tmp_path / "new", then=then)
    assert len(beside.contents()) == 15


def test_the_encoder_that_answers_needs_nothing(indexed: Store, old: Any, tmp_path: Path) -> None:
    encoded = old.encoded
    switched: list[str] = []
    ready_index(indexed, tmp_path / "old", then=lambda: switched.append("old"))
    assert (switched, old.encoded) == (["old"], encoded)


def test_an_encoder_is_found_by_run_folder_or_pack(store: Store, tmp_path: Path) -> None:
    with store.session() as session:
        for id, kind, state in (("a", "retriever", "done"), ("b", "reader", "done"), ("c", "retriever", "failed")):
            session.add(RunRow(id=id, kind=kind, state=state, settings={}, data_hash="", metrics={}))
    found = encoder_source(store, "a")
    assert (found.folder, found.run, found.name) == (store.runs / "a" / "model", "a", "run a")
    for name in ("b", "c", "d"):
        with pytest.raises(NotFoundError, match=f"no finished run '{name}' of a retriever"):
            encoder_source(store, name)
    assert encoder_source(store, str(tmp_path)) == encoders.EncoderSource(tmp_path, "", str(tmp_path))
    found.folder.mkdir(parents=True)
    assert encoder_source(store, str(found.folder)).run == "a"  # named by its folder, it is still a run's
    assert encoder_source(store, "pack") == encoder_source(store) == encoders.EncoderSource(None, "", "pack en")


def test_a_trained_encoder_is_exported_and_an_exported_one_copied(
    store: Store, tiny_encoder: Path, tiny_model: Any, tmp_path: Path
) -> None:
    first = compress_encoder(store, tmp_path / "first", source=tiny_encoder)
    second = compress_encoder(store, tmp_path / "second", source=first)
    assert {one.name for one in second.iterdir()} == {"model.xml", "model.bin", "tokenizer.json", "export.json"}
    assert encoder_id(first) == encoder_id(second) == encoder_id(tiny_encoder)
    texts = ["When was Arden founded?"]
    assert Encoder(second).encode(texts) == pytest.approx(Encoder(tiny_encoder, "torch").encode(texts), abs=0.02)
    with pytest.raises(DataError, match="another task"):
        compress_encoder(store, tmp_path / "reader", source=tiny_model("bert"))
