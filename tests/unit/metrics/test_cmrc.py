import pytest

from autogpt.metrics.cmrc import answer_tokens, exact_match, f1, normalise_answer


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("《红楼梦》", "红楼梦"),
        (" 人民币5.5%。", "人民币5.5%"),
        ("A-B：甲、乙", "ab甲乙"),
        ("（一九九八年）", "一九九八年"),
        ("臺灣大學", "臺灣大學"),
        ("‘甲’", "‘甲"),
        ("", ""),
    ],
)
def test_normalisation_is_that_of_the_script(text: str, normalised: str) -> None:
    assert normalise_answer(text) == normalised


def test_chinese_counts_by_character_and_other_words_whole() -> None:
    assert answer_tokens("NBA总决赛2016年") == ["nba", "总", "决", "赛", "2016", "年"]
    assert answer_tokens("𠮷野家") == ["𠮷", "野", "家"]


def test_what_two_answers_share_is_one_run_of_characters() -> None:
    assert f1("中国银行上海", ["中国银行"]) == pytest.approx(0.8)
    assert f1("银行中国", ["中国银行"]) == pytest.approx(0.5)
    assert f1("一九九八", ["二零零零"]) == 0.0


def test_long_answers_of_common_characters_are_compared_whole() -> None:
    text = "的一是在不了有和人这" * 30
    assert f1(text, [text]) == 1.0


def test_best_of_several_golds_counts() -> None:
    assert exact_match("红楼梦", ["石头记", "《红楼梦》"]) == 1.0
    assert f1("红楼", ["石头记", "红楼梦"]) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("prediction", "golds", "score"), [("", [], 1.0), ("银行", [], 0.0), ("", ["银行"], 0.0), ("。", ["，"], 1.0)]
)
def test_no_answer_counts_as_in_squad_2(prediction: str, golds: list[str], score: float) -> None:
    assert exact_match(prediction, golds) == score
    assert f1(prediction, golds) == score
