"""What each kind makes of a question, and what it leaves alone."""

import random
from itertools import islice
from pathlib import Path

import pytest

from autogpt.errors import AutoGPTError, MissingExtraError, UsageError
from autogpt.prepare.augment import homophones
from autogpt.prepare.augment.base import Resources
from autogpt.prepare.augment.endpoint import KEY_VARIABLE, EndpointTranslator
from autogpt.prepare.augment.entities import Entities
from autogpt.prepare.augment.making import augment, question_variants
from autogpt.prepare.augment.synonyms import Synonyms
from autogpt.prepare.augment.typos import Typos
from autogpt.records import AnswerSpan, ReaderExample
from autogpt.text.chinese import is_word
from autogpt.text.glossary import parse
from chat_server import Reply, replies, says, served


def variants(question: str, kind: str, resources: Resources | None = None) -> list[str]:
    return question_variants(question, [kind], times=30, resources=resources)


def swapped(question: str, context: str, answer: str, language: str = "en", seed: int = 1) -> ReaderExample | None:
    spans = (AnswerSpan(answer, context.index(answer)),) if answer else ()
    one = ReaderExample("q", question, context, spans, language=language)
    return next(Entities(Resources()).variants(one, random.Random(seed)), None)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Where can I buy a card?", "Where can I purchase a card?"),
        ("How often do you review a mandate?", "How frequently do you review a mandate?"),
        ("网银密码忘记了怎么办", "网上银行密码忘记了怎么办"),
        ("遺失了卡片要去哪裡？", "丟失了卡片要去哪裡？"),  # in the characters of the question
        ("Which Doctor Who story is famous?", "Which Doctor Who story is well-known?"),
    ],
)
def test_a_word_is_replaced_by_one_of_the_same_meaning(question: str, expected: str) -> None:
    assert expected in variants(question, "synonyms")


@pytest.mark.parametrize(
    "question",
    [
        "What type of a fee is it?",
        "Is there an error?",
        "中国平安保险在哪儿？",
        "What form do I close?",  # words with several senses are in no list
    ],
)
def test_articles_agree_and_words_of_many_senses_stay(question: str) -> None:
    for variant in variants(question, "synonyms"):
        assert " a i" not in variant
        assert " an m" not in variant
        assert not {"shape", "shut"} & set(variant.split())


def test_names_of_the_glossary_are_synonyms_even_where_they_are_names() -> None:
    resources = Resources(glossary=parse("Pay Later = Klarbo\n网银U盾 = 电子密钥\nCD = 存单\nDisc = CD"))
    assert variants("How does Klarbo work?", "synonyms", resources) == ["How does pay later work?"]
    assert "电子密钥丢了" in variants("网银U盾丢了", "synonyms", resources)
    assert variants("Where is my CD?", "synonyms", resources) == []  # it stands for two things


def test_every_line_of_the_lists_can_be_used() -> None:
    for question in ("Where can I buy it?", "怎么购买？"):
        assert list(Synonyms(Resources()).variants(ReaderExample("q", question, ""), random.Random(0)))
    folder = Path(homophones.__file__).parent / "words"
    for path in folder.glob("*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                words, _, others = line.partition(":")
                assert words.strip() not in [one.strip() for one in others.split(",")], line
                assert all(one.strip() for one in others.split(",")), line


@pytest.mark.parametrize("question", ["What does the replacement card cost?", "How quickly are payments processed?"])
def test_a_typing_error_makes_no_other_word_and_keeps_the_first_letter(question: str) -> None:
    made = Typos(Resources()).variants(ReaderExample("q", question, ""), random.Random(3))
    found = [one.question for one in islice(made, 60) if one.question != question]
    assert len(set(found)) > 8
    for variant in found:
        wrong = [(old, new) for old, new in zip(question.split(), variant.split(), strict=True) if old != new]
        assert 1 <= len(wrong) <= 2
        assert all(old[0] == new[0] and abs(len(old) - len(new)) <= 1 for old, new in wrong)


def test_chinese_typing_errors_are_sounds_and_shapes() -> None:
    assert "张" in homophones.homophones("账户", 0)
    assert "行" not in homophones.homophones("银行", 1)
    assert homophones.homophones("银行", 1) != homophones.homophones("行走", 0)  # háng and xíng
    assert "己" in homophones.ALIKE["已"]
    for variant in variants("怎么查询账户余额", "typos"):
        old, new = next((a, b) for a, b in zip("怎么查询账户余额", variant, strict=True) if a != b)
        assert old in "查询账户余额"
        assert new
        assert not (variant[2:4] != "查询" and is_word(variant[2:4]))


def test_chinese_typing_errors_without_pypinyin_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pypinyin", None)
    homophones._pinyin.cache_clear()
    with pytest.raises(MissingExtraError, match="Chinese typing noise"):
        homophones.homophones("账户", 0)
    monkeypatch.undo()
    homophones._pinyin.cache_clear()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What's the daily limit?", "Could you tell me what the daily limit is?"),
        ("How can I close my account?", "How do I close my account?"),
        ("How much do I pay?", "I would like to know how much I pay."),
        ("Can I pay in cash?", "Is it possible for me to pay in cash?"),
        ("What happens if I lose my card?", "If I lose my card, what happens?"),
        ("When was the savings society founded?", "Please tell me when the savings society was founded."),
        ("How long does it take to move in?", "Do you know how long it takes to move in?"),
        ("如何开户？", "怎么开户？"),
        ("活期存款是什么？", "什么是活期存款？"),
        ("能否提前还款？", "能不能提前还款？"),
        ("如果卡丢了，要多久补办？", "要多久补办，如果卡丢了的话？"),
        ("請問月費是多少？", "月費是多少？"),
        ("帳戶怎麼註銷？", "請問帳戶怎麼註銷？"),
        ("My card is broken.", "My card is broken. Can you help?"),
        ("我的卡丢了", "您好，我的卡丢了"),
    ],
)
def test_a_question_is_put_in_another_form(question: str, expected: str) -> None:
    assert expected in variants(question, "paraphrase")


@pytest.mark.parametrize(
    ("question", "wrong"),
    [
        ("How is the data collected by the site used?", "tell me how the data"),
        ("Do you know if I can pay?", "If I can pay"),
        ("Why do you share my data?", "Do you know why you"),
        ("松鸦又被称为什么？", "称为何"),
        ("他们拥有哪些藏品？", "拥包括"),
        ("账户的年费是什么？", "什么是账户"),
        ("《怎么办》的作者是哪国人？", "如何"),
        ("卡丢了该怎么办？", "该该"),
        ("我的卡丢了", "请问"),
        ("My card is broken.", "question"),
    ],
)
def test_a_form_that_would_be_wrong_is_not_made(question: str, wrong: str) -> None:
    found = variants(question, "paraphrase")
    assert found
    assert not any(wrong in one for one in found)


def test_amounts_keep_their_proportions_in_question_text_and_answer() -> None:
    made = swapped("What do I pay for $500?", "It is $5 for $500, and $1,000.50 at most.", "$5")
    assert made is not None
    small, middle, large = (float(one.strip("$,.").replace(",", "")) for one in made.context.split() if "$" in one)
    assert middle == 100 * small
    assert large == pytest.approx(2.001 * middle)
    assert f"${middle:.0f}?" in made.question
    assert made.answers[0].text == f"${small:.0f}"


def test_years_move_together() -> None:
    made = swapped("How long did it last from 1990?", "It lasted from 1990 to 1995.", "1990 to 1995")
    assert made is not None
    first, last = (int(one) for one in made.answers[0].text.split(" to "))
    assert last - first == 5
    assert first != 1990
    assert str(first) in made.question


@pytest.mark.parametrize(
    ("question", "context", "answer"),
    [
        ("What is the fee?", "The fee is five euros, or 10 euros abroad.", "10 euros"),  # five would stay
        ("When was it?", "It was in 1995, in the 1990s.", "1995"),
        ("When was it?", "It was on Friday, 3 May 2019.", "2019"),
        ("哪一年？", "天正十六年（1588年）。", "1588年"),
        ("多少钱？", "每月五元，每年60元。", "60元"),
        ("How far?", "It is 120 miles (19 km) away.", "120 miles"),
        ("Where is it?", "It is at the John Hancock Center in Chicago.", "Chicago"),
        ("What is it?", "金盏花（1990种）可以入药。金盏花很美。", "入药"),
    ],
)
def test_what_would_contradict_itself_is_not_swapped(question: str, context: str, answer: str) -> None:
    language = "zh" if "？" in question else "en"
    assert swapped(question, context, answer, language) is None


def test_a_person_gets_one_other_name_everywhere() -> None:
    made = swapped("Where did Mary work?", "Mary Brown was a nurse. Brown worked in Leeds.", "Leeds")
    assert made is not None
    given, surname = made.context.split()[:2]
    assert given not in ("Mary", "Brown")
    assert made.question == f"Where did {given} work?"
    assert made.context == f"{given} {surname} was a nurse. {surname} worked in Leeds."
    assert made.answers[0].text == "Leeds"
    made = swapped("张永海何时出生？", "张永海（1979年3月15日－），男，演员。张永海住在大连。", "1979年3月15日", "zh")
    assert made is not None
    assert "张永海" not in made.question + made.context
    assert made.context.count(made.question[:3]) == 2


class Answers:
    """A translator that brings back what it was told to."""

    def __init__(self, back: str) -> None:
        self.back = back

    def round_trip(self, texts: list[str], language: str) -> list[str]:
        return [self.back] * len(texts)


@pytest.mark.parametrize(
    ("back", "kept"),
    [
        ("What must I not pay in 2021?", True),
        ("What must I pay in 2021?", False),
        ("What must I not pay in 2012?", False),
        ("what do I not pay in 2021", False),  # the same
        ("", False),
    ],
)
def test_what_comes_back_is_kept_where_it_says_the_same(back: str, kept: bool) -> None:
    found = variants("What do I not pay in 2021?", "back-translation", Resources(translator=Answers(back)))
    assert bool(found) == kept


def test_back_translation_without_a_model_says_how_to_name_one() -> None:
    with pytest.raises(UsageError, match="Back-translation") as caught:
        augment([], ["back-translation"])
    assert "--translate" in caught.value.hint


def test_an_endpoint_is_asked_there_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "secret")
    with served(says(' "怎么付" ')) as server:
        assert EndpointTranslator(f"{server.url}/v1/", "m").round_trip(["How do I pay?"], "en") == ["怎么付"]
    (there, back) = server.asked
    assert there[0] == back[0] == "/v1/chat/completions"
    assert there[1]["Authorization"] == "Bearer secret"
    assert "English to Chinese" in there[2]["messages"][0]["content"]
    assert "Chinese to English" in back[2]["messages"][0]["content"]


@pytest.mark.parametrize(("reply", "reason"), [(replies({}, 401), "status 401"), (replies({"a": 1}), "form of chat")])
def test_an_endpoint_that_fails_says_why(reply: Reply, reason: str) -> None:
    with served(reply) as server, pytest.raises(AutoGPTError, match=f"Back-translation failed: .*{reason}"):
        EndpointTranslator(server.url, "m").round_trip(["How?"], "en")


def test_an_address_that_is_none_and_a_missing_model_are_refused() -> None:
    with pytest.raises(UsageError, match="no address"):
        EndpointTranslator("host", "m")
    with pytest.raises(UsageError, match="name of a model"):
        EndpointTranslator("http://host", "")
