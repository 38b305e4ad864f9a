import pytest

from autogpt.metrics.answers import answer_tokens, exact_match, f1, rules_of


def test_english_is_scored_as_squad_does() -> None:
    assert exact_match("The Bank!", ["bank"]) == 1.0
    assert f1("bank of the city", ["city bank"]) == pytest.approx(0.8)


def test_chinese_is_scored_as_cmrc_does() -> None:
    assert exact_match("《红楼梦》", ["红楼梦"]) == 1.0
    assert f1("银行中国", ["中国银行"]) == pytest.approx(0.5)


def test_the_golds_decide() -> None:
    assert f1("the 5", ["5", "五"]) == pytest.approx(2 / 3)
    assert f1("中国5", ["the 5"]) == 0.0


def test_lengths_are_counted_in_words_or_characters() -> None:
    assert (len(answer_tokens("the old bank")), len(answer_tokens("老银行。"))) == (2, 3)


def test_a_report_can_say_which_rules_held() -> None:
    assert rules_of([["bank"], []]) == "SQuAD 2.0"
    assert rules_of([]) == "SQuAD 2.0"
    assert rules_of([["银行"]]) == "CMRC 2018 (by character)"
    both = rules_of([["bank"], ["银行"], ["行"]])
    assert both == "SQuAD 2.0 (1 answer) and CMRC 2018 (by character) (2 answers)"
