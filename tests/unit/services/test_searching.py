"""What a search is shown to have done, and that it is the one of the open release."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from answers import TEXT, FakeAnswerer, add_document
from autogpt.answer.policy import Policy
from autogpt.answer.release import Release
from autogpt.errors import UsageError
from autogpt.records import Passage, Span
from autogpt.retrieve.retriever import Retrieval, Retrieved
from autogpt.services import answering
from autogpt.services.answering import Answerer
from autogpt.services.searching import search
from autogpt.store import Store
from autogpt.text.glossary import parse


class Retrieves:
    """Finds nothing, and remembers what it was asked for."""

    encoder = SimpleNamespace(id="none")

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, frozenset[str] | None]] = []
        self.closed = False

    def retrieve(self, question: str, k: int, labels: frozenset[str] | None = frozenset()) -> Retrieval:
        assert not self.closed
        self.asked.append((question, k, labels))
        return Retrieval()

    def close(self) -> None:
        self.closed = True


def test_the_open_release_searches_as_it_would_to_answer(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    retriever = Retrieves()
    release = Release("r1", tmp_path, tmp_path, Policy(passages=5), {})
    monkeypatch.setattr(answering, "find_release", lambda *given: release)
    monkeypatch.setattr(answering, "_open_models", lambda *given: (retriever, SimpleNamespace(close=lambda: None)))
    monkeypatch.setattr(answering, "build_matcher", lambda *given: None)
    with Answerer(store) as answerer:
        made = search(store, answerer, " a\n card ", labels=frozenset({"staff"}))
        answerer.retrieve("card", 50)
        with pytest.raises(UsageError, match="2,000 are allowed"):
            answerer.retrieve("x" * 2_001)
        assert not retriever.closed
    assert retriever.asked == [("a card", 5, frozenset({"staff"})), ("card", 50, frozenset())]
    assert retriever.closed
    assert (made.found, made.words, made.language) == ((), ("card",), "en")


def test_a_document_goes_by_its_name_and_one_without_records_by_its_title(store: Store) -> None:
    known = FakeAnswerer(store, add_document(store, "fees.pdf", TEXT), TEXT, {})
    unknown = FakeAnswerer(store, ("gone", "gone"), TEXT, {}, title="Fees")
    assert {one.document for one in search(store, known, "card").found} == {"fees.pdf"}
    assert {one.document for one in search(store, unknown, "card").found} == {"Fees"}


def test_words_and_marks_are_those_of_the_glossary_that_was_searched_with(store: Store) -> None:
    glossary = parse("网银U盾 = 电子密钥")
    text = "請攜帶網銀 U 盾。"
    passage = Passage("p", "d", "v", 100, 100 + len(text), text, title="電子密鑰", language="zh")
    retrieved = Retrieved(passage, 1.0, 1, 1, 1.0, 1.0, ("网银u盾",))
    searches = SimpleNamespace(retrieve=lambda *given: Retrieval((retrieved,), ("Slow.",), glossary))
    made = search(store, searches, "电子密钥丢了")
    assert made.words[0] == "网银u盾"
    assert made.found[0].matched == (Span(103, 109),)
    assert made.found[0].title_matched == (Span(0, 4),)
    assert made.notices[0] == "Slow."
    assert "glossary has changed" in made.notices[1]
    store.glossary.write_text("网银U盾 = 电子密钥", encoding="utf-8")
    assert search(store, searches, "电子密钥丢了").notices == ("Slow.",)
