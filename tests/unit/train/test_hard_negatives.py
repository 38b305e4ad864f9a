"""What may be a hard negative, and how pairs are filled up with others."""

from autogpt.records import AnswerSpan, Example, Passage
from autogpt.train.hard_negatives import less_similar, without_answer
from autogpt.train.pairs import Pair, holding, with_strangers

TEXT = "The fee is 5 euros. Cards are free. Abroad it is 2 euros."


def passage(start: int, end: int, version: str = "v", text: str = TEXT) -> Passage:
    return Passage(f"{version}-{start}", "d", version, start, end, text[start:end])


def test_false_negatives_are_filtered() -> None:
    asked = Example("q", "What is the fee?", version_id="v", spans=(AnswerSpan("5 euros", 11),))
    elsewhere = passage(0, 26, "w", "Students pay 5 Euros, too.")
    free = passage(20, 35)
    ranked = [passage(0, 19), elsewhere, passage(10, 35), free]
    assert list(without_answer(asked, ranked)) == [free]
    assert list(without_answer(asked, [free], held_out={"v"})) == []


def test_what_is_nearly_as_similar_as_the_answer_is_no_negative() -> None:
    ranked = [("a", 0.9), ("b", 0.77), ("c", 0.75), ("d", 0.5), ("d", 0.5), ("e", 0.1)]
    assert less_similar(ranked, 0.8, 0.05, 2) == ("c", "d")
    assert less_similar(ranked, 0.8, 0.0, 9) == ("b", "c", "d", "e")
    assert less_similar([("x", -0.22), ("y", -0.2)], -0.2, 0.05, 9) == ("x",)


def test_the_passage_with_most_around_the_answer_is_its_own() -> None:
    span = AnswerSpan("Cards are free", 20)
    assert holding([passage(0, 19), passage(20, 57), passage(5, 50)], [span]) == [2, 1]
    assert holding([passage(0, 24), passage(24, 57)], [span]) == [1]  # no passage holds it whole
    assert holding([passage(0, 10)], [span]) == []


def test_every_pair_gets_as_many_negatives_and_none_of_them_is_right() -> None:
    pairs = [Pair(f"q{number // 2}", f"p{number}", ("hard",) if number else ()) for number in range(6)]
    filled = with_strangers(pairs, 3, seed=1)
    assert {len(one.negatives) for one in filled} == {3}
    for one in filled:
        right = {other.positive for other in pairs if other.question == one.question}
        assert not right & set(one.negatives)
        assert len(set(one.negatives)) == 3
    assert filled[1].negatives[0] == "hard"
    assert with_strangers(pairs, 3, seed=1) == filled
    assert {one.negatives for one in with_strangers(pairs, 0, seed=1)} == {()}


def test_phrasings_are_filled_up_with_phrasings() -> None:
    pairs = [Pair("a?", "A"), Pair("b?", "B"), Pair("a?", "a, please?", (), "query"), Pair("b?", "b now?", (), "query")]
    filled = with_strangers(pairs, 1, seed=1)
    assert [one.negatives for one in filled] == [("B",), ("A",), ("b now?",), ("a, please?",)]


def test_what_is_right_as_well_is_no_stranger() -> None:
    pairs = [Pair("a?", "A", alike=("B",)), Pair("b?", "B"), Pair("c?", "C")]
    assert with_strangers(pairs, 1, seed=1)[0].negatives == ("C",)


def test_a_pair_that_nothing_can_be_told_apart_from_is_left_out() -> None:
    filled = with_strangers([Pair("a?", "A"), Pair("b?", "B", ("hard",))], 2, seed=1)
    assert [(one.positive, len(one.negatives)) for one in filled] == [("A", 2), ("B", 2)]
    assert with_strangers([Pair("a?", "A")], 2, seed=1) == [Pair("a?", "A")]


def test_a_passage_that_answers_the_question_elsewhere_is_no_negative_of_its_own() -> None:
    asked = [Pair("How long?", "two years", ("three years", "blue")), Pair("How long?", "three years", ("two years",))]
    first, second = with_strangers(asked, 1, 0)
    assert first.negatives == ("blue",)
    assert "two years" not in second.negatives
