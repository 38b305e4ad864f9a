"""Searching a workspace: what is gone or hidden at this moment is not found, whatever the index still holds."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from autogpt.answer.policy import Policy
from autogpt.answer.release import Release
from autogpt.errors import DataError
from autogpt.services import retrieving
from autogpt.services.indexing import sync
from autogpt.services.retrieving import WorkspaceRetriever, open_retriever, release_retriever, visible_versions
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, DocumentVersionRow, now


def stand_in(monkeypatch: pytest.MonkeyPatch, encoder) -> None:
    """Let the workspace use `encoder` instead of its model pack's."""
    monkeypatch.setattr(retrieving, "current_encoder", lambda store: store.folder)
    monkeypatch.setattr(retrieving, "encoder_id", lambda folder: encoder.id)
    monkeypatch.setattr(retrieving, "load_encoder", lambda config, folder: encoder)


@pytest.fixture
def retriever(store: Store, word_encoder, monkeypatch) -> Iterator[WorkspaceRetriever]:
    stand_in(monkeypatch, word_encoder)
    with store.session() as session:
        for number, labels in enumerate([[], [], ["staff"]]):
            session.add(DocumentRow(id=f"d{number}", uri=str(number), name=f"{number}.txt", labels=labels))
            session.flush()
            version = DocumentVersionRow(id=f"v{number}", document_id=f"d{number}", number=1, media_type="text/plain")
            version.text, version.language = f"The card of kind {number} costs {number} euros.", "en"
            version.text_checksum = version.raw_checksum = str(number)
            session.add(version)
            session.get(DocumentRow, f"d{number}").current_version_id = version.id
    sync(store, encoder=word_encoder)
    with open_retriever(store) as opened:
        yield opened


def found(retriever: WorkspaceRetriever, labels: frozenset[str] | None = frozenset(), k: int | None = None) -> set[str]:
    return {one.passage.version_id for one in retriever.retrieve("What does the card cost?", k, labels)}


def test_only_what_the_asker_may_see_is_found(retriever: WorkspaceRetriever) -> None:
    assert found(retriever) == {"v0", "v1"}
    assert found(retriever, frozenset({"staff"})) == {"v0", "v1", "v2"}
    assert found(retriever, None) == {"v0", "v1", "v2"}


def test_a_document_removed_from_the_records_is_not_found_though_still_indexed(
    store: Store, retriever: WorkspaceRetriever
) -> None:
    with store.session() as session:
        row = session.get(DocumentRow, "d0")
        row.current_version_id, row.removed_at = None, now()
    assert found(retriever) == {"v1"}
    assert retriever.index.count() == 3


def test_a_label_given_later_hides_a_document_at_once(store: Store, retriever: WorkspaceRetriever) -> None:
    with store.session() as session:
        session.get(DocumentRow, "d1").labels = ["board"]
    assert found(retriever, frozenset({"staff"})) == {"v0", "v2"}


def test_the_place_of_what_is_gone_is_filled(store: Store, retriever: WorkspaceRetriever) -> None:
    with store.session() as session:
        session.get(DocumentRow, "d0").current_version_id = "v-next"
    assert len(found(retriever, None, k=2)) == 2


def test_a_sync_shows_in_the_next_question(store: Store, retriever: WorkspaceRetriever, word_encoder) -> None:
    with store.session() as session:
        session.get(DocumentRow, "d2").labels = []
    sync(store, encoder=word_encoder)
    assert found(retriever) == {"v0", "v1", "v2"}


def test_questions_are_asked_with_the_glossary_of_the_index_until_it_has_another(
    store: Store, retriever: WorkspaceRetriever, word_encoder
) -> None:
    question = "How dear is the plastic of kind 1?"

    def matched() -> set[str]:
        made = retriever.retrieve(question, labels=None)
        return {word for one in made for word in one.matched_terms if made.glossary}

    assert matched() == set()
    store.glossary.write_text("plastic of kind = card of kind\n")
    assert matched() == set()
    sync(store, encoder=word_encoder)
    assert "plastic_of_kind" in matched()
    store.glossary.write_text("dear = costs\n")
    assert "plastic_of_kind" in matched()
    sync(store, encoder=word_encoder)
    assert "plastic_of_kind" not in matched()
    assert "dear" in matched()


def test_a_workspace_without_an_index_says_what_to_do(store: Store, word_encoder, monkeypatch) -> None:
    stand_in(monkeypatch, word_encoder)
    with pytest.raises(DataError, match="autogpt ingest"):
        open_retriever(store)


def test_another_encoder_gets_its_index_when_it_is_first_opened(
    store: Store, retriever: WorkspaceRetriever, make_word_encoder, monkeypatch
) -> None:
    stand_in(monkeypatch, make_word_encoder("other"))
    with open_retriever(store) as opened:
        assert found(opened, None) == {"v0", "v1", "v2"}
        assert opened.index.table_name != retriever.index.table_name


def test_visible_versions_are_the_current_ones_the_asker_may_see(store: Store, retriever: WorkspaceRetriever) -> None:
    assert visible_versions(store, ["v0", "v2", "v9"], frozenset()) == {"v0"}
    assert visible_versions(store, ["v0", "v2", "v9"], None) == {"v0", "v2"}


class Judges:
    """A reranker that has time for so many passages, and knows whether it was warm when it was asked."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        self.threads = threads
        self.warm = False
        self.time_for = 10

    def warm_up(self) -> None:
        self.warm = True

    def logits(self, question: str, texts: Sequence[str], limit: float | None) -> list[float]:
        assert self.warm
        return [float(-at) for at, _ in enumerate(texts[: self.time_for])]


def test_the_reranker_of_a_release_is_warm_before_it_is_asked_and_says_whether_it_judged_all(
    store: Store, retriever: WorkspaceRetriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrieving, "Reranker", Judges)
    folder = store.folder
    release = Release("r1", folder, folder, Policy(rerank_weight=0.4), {}, folder)
    with release_retriever(store, release) as opened:
        assert isinstance(opened.reranker, Judges)
        assert opened.reranker.threads == store.config.read.threads
        whole = opened.retrieve("What does the card cost?", None, None)
        assert (whole.reranked, [one.rerank_rank for one in whole], whole.notices) == (True, [1, 2, 3], ())
        opened.reranker.time_for = 2
        cut = opened.retrieve("What does the card cost?", None, None)
        assert (cut.reranked, [one.rerank_rank for one in cut]) == (False, [1, 2, None])
        assert cut.notices == ("The reranker judged 2 of 3 passages: over its budget of 150 ms.",)
    with release_retriever(store, replace(release, policy=Policy())) as without:
        assert without.reranker is None
        assert not without.retrieve("What does the card cost?", None, None).reranked
