import pytest

from autogpt.metrics.answers import answer_tokens, exact_match, f1, holds, rules_of


def test_english_is_scored_as_squad_does() -> None:
    assert exact_match("The Bank!", ["bank"]) == 1.0
    assert f1("bank of the city", ["city bank"]) == pytest.approx(0.8)


def test_chinese_is_scored_as_cmrc_does() -> None:
    assert exact_match("《红楼梦》", ["红楼梦"]) == 1.0
    assert f1("银行中国", ["中国银行"]) == pytest.approx(0.5)


def test_one_chinese_text_makes_the_question_chinese() -> None:
    assert f1("the 5", ["5", "五"]) == pytest.approx(2 / 3)
    assert f1("2018年", ["2018"]) == pytest.approx(2 / 3)
    assert exact_match("“2018”。", ["2018年", "2018"]) == 1.0


@pytest.mark.parametrize(
    ("text", "answer", "held"),
    [
        ("年利率为12.5%，按季付息。", "12.5%", True),
        ("限额为1,000元。", "1,000", True),
        ("The U.S. (中国) office", "U.S.", True),
        ("The Bank's fee is $5.", "fee is 5", True),
        ("金卡年费为二百元。", "二百元", True),
        ("金卡年费为二百元。", "三百元", False),
        ("The fee is $15.", "5", False),
    ],
)
def test_an_answer_is_seen_in_a_text_of_either_language(text: str, answer: str, held: bool) -> None:
    assert holds(text, [answer]) == held


def test_lengths_are_counted_in_words_or_characters() -> None:
    assert (len(answer_tokens("the old bank")), len(answer_tokens("老银行。"))) == (2, 3)


def test_a_report_can_say_which_rules_held() -> None:
    assert rules_of([["bank"], []]) == "SQuAD 2.0"
    assert rules_of([]) == "SQuAD 2.0"
    assert rules_of([["银行"]]) == "CMRC 2018 (by character)"
    both = rules_of([["bank"], ["银行"], ["行"]])
    assert both == "SQuAD 2.0 (1 answer) and CMRC 2018 (by character) (2 answers)"
