"""Excerpts of long documents for training."""

from hypothesis import given, settings
from hypothesis import strategies as st

from autogpt.annotate.excerpt import LENGTH, Excerpts
from autogpt.records import AnswerSpan

LONG = "\n".join(f"Section {number}. The fee of product {number} is {number} euros. " * 4 for number in range(200))


def answer_at(text: str, words: str) -> AnswerSpan:
    return AnswerSpan(words, text.index(words))


def test_a_short_document_is_shown_whole() -> None:
    span = Excerpts("One. Two.").around(AnswerSpan("Two", 5), "seed")
    assert (span.start, span.end) == (0, 9)


def test_an_excerpt_holds_the_answer_between_borders_of_sentences() -> None:
    answer = answer_at(LONG, "137 euros")
    span = Excerpts(LONG).around(answer, "seed")
    assert span.start <= answer.start
    assert answer.end <= span.end
    assert 0.6 * LENGTH < len(span) <= LENGTH
    assert span.of(LONG).startswith(("Section", "The fee"))
    assert span.of(LONG).endswith(".")


def test_the_answer_stands_anywhere_in_its_excerpt_as_the_seed_decides() -> None:
    answer = answer_at(LONG, "100 euros")
    excerpts = Excerpts(LONG)
    places = [(answer.start - excerpts.around(answer, str(seed)).start) / LENGTH for seed in range(40)]
    assert min(places) < 0.2
    assert max(places) > 0.8
    assert excerpts.around(answer, "7") == excerpts.around(answer, "7")


def test_an_unanswerable_question_gets_the_part_that_shares_its_words() -> None:
    span = Excerpts(LONG).about("Is product 137 insured?")
    assert "product 137 is" in span.of(LONG)
    assert len(span) <= LENGTH


def test_a_chinese_document_is_cut_at_its_sentences() -> None:
    text = "".join(f"第{number}条规定了相应的限额和费用。" for number in range(600))
    answer = answer_at(text, "第300条")
    span = Excerpts(text, "zh").around(answer, "seed")
    assert span.of(text).startswith("第")
    assert span.of(text).endswith("。")
    assert answer.text in span.of(text)


sentence_texts = st.lists(st.sampled_from(["A b. ", "Why? ", "长句子。", "\n", "word ", "x" * 40]), max_size=60).map(
    "".join
)


@settings(max_examples=200)
@given(sentence_texts, st.integers(1, 60), st.text(max_size=3), st.data())
def test_an_excerpt_always_holds_its_answer(text: str, length: int, seed: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    span = Excerpts(text, length=length).around(AnswerSpan(text[start:end], start), seed)
    assert 0 <= span.start <= start
    assert end <= span.end <= len(text)
    assert len(span) <= max(length, end - start) or len(text) <= length
    about = Excerpts(text, length=length).about("why word")
    assert 0 <= about.start <= about.end <= len(text)
    assert len(about) <= max(length, 1)
