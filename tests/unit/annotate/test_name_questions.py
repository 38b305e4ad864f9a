"""Questions about names: people, organisations, places and products, in English and Chinese."""

import pytest

from autogpt.annotate.names import is_name, is_person
from autogpt.annotate.question_patterns import questions_of


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("The head of Compliance is Jane Hart.", "Who is the head of Compliance?", "Jane Hart"),
        ("Jane Hart is the head of Compliance.", "Who is Jane Hart?", "the head of Compliance"),
        ("Jane Hart, the head of Compliance, signs it.", "Who is Jane Hart?", "the head of Compliance"),
        ("The Gold card is issued by Meridian Bank plc.", "Who is the Gold card issued by?", "Meridian Bank plc"),
        (
            "The bank is regulated by the Financial Conduct Authority (FCA).",
            "Who is the bank regulated by?",
            "Financial Conduct Authority",
        ),
        (
            "Lost cards must be reported to the Card Desk at once.",
            "Who must lost cards be reported to?",
            "Card Desk",
        ),
        ("For lost cards, contact the Card Desk.", "Who should I contact for lost cards?", "Card Desk"),
        ("The head office is at 12 Park Street, Leeds.", "Where is the head office?", "12 Park Street, Leeds"),
        (
            "Deposits are covered and protected by the Deposit Protection Fund up to £80,000.",
            "Who are deposits covered and protected by?",
            "Deposit Protection Fund",
        ),
        ("The promoter is Tarnwick Bank plc, 12 Millgate.", "Who is the promoter?", "Tarnwick Bank plc"),
        ("Meridian Bank is based in Leeds.", "Where is Meridian Bank based?", "Leeds"),
        ("The savings account is called Meridian Flex.", "What is the savings account called?", "Meridian Flex"),
    ],
)
def test_an_english_sentence_asks_for_its_name(sentence: str, question: str, answer: str) -> None:
    (asked,) = questions_of(sentence, "en")
    assert (asked.question, sentence[asked.start : asked.end], asked.kind) == (question, answer, "name")


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("投诉由客户服务部受理。", "投诉由谁受理？", "客户服务部"),
        ("投訴由客戶服務部受理。", "投訴由谁受理？", "客戶服務部"),
        ("本办法由总行负责解释。", "本办法由谁负责解释？", "总行"),
        ("挂失应向发卡银行申请。", "挂失应向谁申请？", "发卡银行"),
        ("信用卡部总经理是王芳。", "信用卡部总经理是谁？", "王芳"),
        ("王芳是信用卡部总经理。", "王芳是谁？", "信用卡部总经理"),
        ("总部位于上海市浦东新区。", "总部位于哪里？", "上海市浦东新区"),
        (
            "新址位于石螺湾区晒网路 88 号海丝广场一层，距地铁站约两百米。",
            "新址位于哪里？",
            "石螺湾区晒网路 88 号海丝广场一层",
        ),
        ("客服中心地址为：杭州市文三路12号。", "客服中心的地址是什么？", "杭州市文三路12号"),
        ("本办法根据《商业银行法》制定。", "本办法依据什么制定？", "《商业银行法》"),
        ("理财产品名为“天天盈”。", "理财产品叫什么？", "天天盈"),
    ],
)
def test_a_chinese_sentence_asks_for_its_name(sentence: str, question: str, answer: str) -> None:
    asked = next(one for one in questions_of(sentence, "zh") if one.kind == "name")
    assert (asked.question, sentence[asked.start : asked.end]) == (question, answer)


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("It is handled by the Customer Care Team.", "en"),  # what is?
        ("The fee is in Euro.", "en"),
        ("The form is in Annex B.", "en"),
        ("The form is held in English.", "en"),
        ("Payments are made by Monday.", "en"),
        ("The card is approved by post.", "en"),
        ("The manager is away.", "en"),
        ("费用全部由客户承担。", "zh"),
        ("负责人为高层。", "zh"),
        ("该产品由总行发行。", "zh"),
        ("网点位于附近。", "zh"),
        ("由" * 50_000, "zh"),
        ("A" * 50_000 + " is issued by X", "en"),
        ("The " + "A " * 20_000, "en"),
    ],
)
def test_what_names_nobody_asks_for_no_name(sentence: str, language: str) -> None:
    assert [one for one in questions_of(sentence, language) if one.kind == "name"] == []


def test_names_of_people_are_told_from_others() -> None:
    assert all(map(is_person, ("Jane Hart", "Dr. Jane Hart", "Ms Hart", "Jan van Dyk", "J. R. Hart")))
    assert not any(map(is_person, ("Meridian Bank", "Gold", "Card Desk", "jane hart", "March Friday", "")))
    assert is_name("Bank of Leeds")
    assert not any(map(is_name, ("Monday", "Annex B", "")))
