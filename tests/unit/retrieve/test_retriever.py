"""A question and what each stage says of the passages."""

from pathlib import Path

import pytest

from autogpt.config import RetrieveSection
from autogpt.errors import UsageError
from autogpt.records import Passage
from autogpt.retrieve.index import Index
from autogpt.retrieve.retriever import MAX_CHARACTERS, Retriever
from autogpt.retrieve.searchable import embedded_text, search_terms

TEXTS = [
    "The daily limit of the Gold card is 5,000 euros.",
    "A lost card is blocked within minutes by calling the hotline.",
    "Interest on savings is paid every quarter.",
    "每日限额为五千元。",
]


@pytest.fixture
def retriever(tmp_path: Path, word_encoder) -> Retriever:
    index = Index(str(tmp_path / "index"), word_encoder.id)
    made = [
        Passage(f"p{number}", f"d{number}", f"v{number}", 0, len(text), text, language="zh" if number == 3 else "en")
        for number, text in enumerate(TEXTS)
    ]
    index.add(made, word_encoder.encode([one.text for one in made]))
    index.compact()
    return Retriever(index, word_encoder, RetrieveSection(passages=3))


def test_each_passage_shows_its_ranks_scores_and_words(retriever: Retriever) -> None:
    first, *others = retriever.retrieve("How do I block a lost card?")
    assert first.passage.id == "p1"
    assert (first.lexical_rank, first.dense_rank) == (1, 1)
    assert first.score > max(one.score for one in others)
    assert first.matched_terms == ("block", "lost", "card")
    assert len(others) == 2
    assert all(one.dense_score is not None for one in (first, *others))


def test_the_cosine_is_known_of_passages_that_only_words_found(retriever: Retriever, word_encoder) -> None:
    narrow = Retriever(retriever.index, word_encoder, RetrieveSection(dense_candidates=1))
    found = {one.passage.id: one for one in narrow.retrieve("lost card limit")}
    by_words = next(one for one in found.values() if one.dense_rank is None)
    expected = word_encoder.encode(["lost card limit"])[0] @ word_encoder.encode([by_words.passage.text])[0]
    assert by_words.dense_score == pytest.approx(float(expected), abs=1e-5)


def test_a_question_of_stop_words_is_searched_by_meaning_alone(retriever: Retriever) -> None:
    assert [one.lexical_rank for one in retriever.retrieve("what is it?")] == [None, None, None]


def test_a_chinese_question_finds_a_chinese_passage(retriever: Retriever) -> None:
    assert retriever.retrieve("每日限额是多少？", 1)[0].passage.id == "p3"


@pytest.mark.parametrize("question", ["", "  \n", "?!… —", "💳🔥", "\x00\x01", '"""', "()[]{}*~^:"])
def test_a_question_without_a_word_is_refused(retriever: Retriever, question: str) -> None:
    with pytest.raises(UsageError, match="no word"):
        retriever.retrieve(question)


@pytest.mark.parametrize(
    "question",
    [
        "card 💳 lost 🔥",
        "עברית lost card العربية",
        "Wo ist meine verlorene Karte?",
        "\u202elost\u202c card",
        "e\u0301" * 50,
        "lost " * 1_500,
        "x" * MAX_CHARACTERS,
        " ".join(f"word{number}" for number in range(1_000)),
        "𝓁ℴ𝓈𝓉 𝒸𝒶𝓇𝒹",
    ],
)
def test_odd_questions_are_searched_by(retriever: Retriever, question: str) -> None:
    assert len(retriever.retrieve(question)) == 3


def test_a_hundred_thousand_characters_are_no_question(retriever: Retriever) -> None:
    with pytest.raises(UsageError, match="100,000 characters"):
        retriever.retrieve("a" * 100_000)


def test_title_and_headings_are_searched_once_and_encoded_with_the_text() -> None:
    passage = Passage("p", "d", "v", 0, 20, "Limits\nNone at all.", title="Gold card", heading_path=("Cards", "Limits"))
    assert embedded_text(passage) == "Gold card\nCards\nLimits\nNone at all."
    assert search_terms(passage, "fees.html").count("limit") == 1
    assert {"gold", "card", "fee"} <= set(search_terms(passage, "fees.html"))
