"""What evidence supports, and what it does not: small cases in both languages."""

import pytest

from autogpt.answer.grounding import Evidence, Limits, Source, Verdict

CARDS = Source(
    "The Gold card costs $45 a year. It is free for students under 26. Cash abroad costs 1% of the sum, while the "
    "Basic card costs $10 a year. A new card arrives within 5 working days. The bank does not insure luggage. You may "
    "freeze a card in the app. Theft is covered unless it is reported after 24 hours. At least 1,000 members voted on "
    "3 March 2024. Lufthansa bought Swiss in 2005.",
    ("Fees",),
)
KARTEN = Source(
    "金卡的年费是四十五欧元，二十六岁以下的学生免费。普通卡的年费为10欧元。新卡在5个工作日内寄出。"
    "被盗后未报案的损失不予赔偿。张学良于1936年12月12日在西安发动兵变，扣留了蒋介石。利率为百分之三点五。客户可以在手机上冻结卡片。",
    ("费用",),
    "zh",
)


def verdict(statement: str, question: str = "", *sources: Source) -> Verdict:
    found = Evidence(sources or (CARDS, KARTEN)).check(statement, question)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    "statement",
    [
        "The Gold card costs $45 a year.",
        "The Gold card costs 45 dollars a year.",
        "According to the document, the Gold card costs forty-five dollars a year.",
        "The Basic card costs $10 yearly.",
        "The Gold card is free for students under twenty-six.",
        "A new card arrives within five working days.",
        "Luggage is not insured by the bank.",
        "The bank doesn't insure luggage.",
        "At least 1000 members voted on 2024-03-03.",
        "On March 3, 2024, one thousand or more members voted.",
        "In 2005, Lufthansa bought Swiss.",
        "Swiss was bought in 2005 by Lufthansa.",
        "Cash abroad costs 1 percent of the sum.",
        "Theft is covered unless it is reported after 24 hours.",
        "金卡年费45欧元。",
        "根据文档，普通卡的年费为十欧元。",
        "26岁以下学生免费。",
        "新卡在五个工作日内寄出。",
        "未报案的损失不予赔偿。",
        "1936年12月12日，张学良在西安发动兵变。",
        "利率为3.5%。",
    ],
)
def test_a_faithful_statement_is_supported(statement: str) -> None:
    question = "金卡年费是多少？" if "卡" in statement else "What about the Gold card?"
    assert verdict(statement, question).problems == ()


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("The Gold card costs $54 a year.", "number"),
        ("The Gold card costs $45,000 a year.", "number"),
        ("The Gold card costs 45 euros a year.", "unit"),
        ("A new card arrives within 5 days.", "unit"),
        ("Cash abroad costs 2% of the sum.", "number"),
        ("At most 1,000 members voted on 3 March 2024.", "limit"),
        ("1,000 members voted on 3 March 2024.", "limit"),
        ("At least 1,000 members voted on 3 May 2024.", "number"),
        ("The Gold card is free for students under 62.", "number"),
        ("The Gold card is not free for students under 26.", "denial"),
        ("The bank insures luggage.", "denial"),
        ("A new card never arrives within 5 working days.", "denial"),
        ("Theft is covered.", "exception"),
        ("You must freeze a card in the app.", "duty"),
        ("The Platinum card costs $45 a year.", "name"),
        ("Air France bought Swiss in 2005.", "name"),
        ("Swiss bought Lufthansa in 2005.", "attachment"),
        ("Lufthansa bought Lufthansa in 2005.", "attachment"),
        ("The Gold card is expensive for students under 26.", "word"),
        ("Yes.", "nothing"),
        ("金卡的年费是五十四欧元。", "number"),
        ("金卡的年费是四十五美元。", "unit"),
        ("二十六岁以上的学生免费。", "limit"),
        ("新卡在5个工作日内不寄出。", "denial"),
        ("被盗后未报案的损失赔偿。", "denial"),
        ("张学良没有扣留蒋介石。", "denial"),
        ("蒋介石扣留了张学良。", "attachment"),
        ("1936年12月12日，蒋介石在西安发动兵变。", "attachment"),
        ("张学良于1936年12月12日在南京发动兵变。", "name"),
        ("张学良于1936年11月12日在西安发动兵变。", "number"),
        ("客户必须在手机上冻结卡片。", "duty"),
    ],
)
def test_an_edited_statement_is_refused_for_its_reason(statement: str, kind: str) -> None:
    found = verdict(statement)
    assert not found.supported
    assert kind in {problem.kind for problem in found.problems}


def test_two_numbers_of_one_sentence_cannot_change_places() -> None:
    source = Source("The Gold card costs $45 and the Basic card costs $10.")
    assert verdict("The Basic card costs $10.", "", source).supported
    assert not verdict("The Gold card costs $10 and the Basic card costs $45.", "", source).supported


def test_a_supported_sentence_names_the_sentences_that_support_it() -> None:
    found = verdict("新卡在5个工作日内寄出。")
    assert found.source == 1
    assert found.span is not None
    assert found.span.of(KARTEN.text) == "新卡在5个工作日内寄出。"


def test_each_sentence_has_its_own_verdict() -> None:
    found = Evidence([CARDS]).check("The Gold card costs $45 a year. The Basic card costs $11 a year.")
    assert [one.supported for one in found] == [True, False]


def test_what_a_pronoun_stands_for_may_come_from_the_sentence_before() -> None:
    source = Source("The Harbour Line opened in 1999. It carries 4,000 passengers a day.")
    assert verdict("The Harbour Line carries 4,000 passengers a day.", "", source).supported
    assert not verdict("The Castle Line carries 4,000 passengers a day.", "", source).supported


def test_sentences_of_two_sources_do_not_make_one_statement() -> None:
    sources = Source("Anna Berg founded the school."), Source("The clinic opened in Oslo in 1980.")
    assert not verdict("Anna Berg founded the clinic in Oslo in 1980.", "", *sources).supported


def test_the_question_lends_words_but_no_names_and_no_numbers() -> None:
    question = "Does Mr. Smith pay a yearly charge of $45 for the Gold card?"
    assert not verdict("Mr. Smith pays $45 a year.", question).supported
    assert not verdict("The Basic card costs $45 a year.", question).supported


def test_without_evidence_nothing_is_supported() -> None:
    assert not Evidence([]).check("The Gold card costs $45 a year.")[0].supported
    assert Evidence([CARDS]).check("") == []


def test_limits_decide_how_many_unknown_words_pass() -> None:
    statement = "The Gold card generously costs $45 a year."
    assert not Evidence([CARDS]).check(statement)[0].supported
    assert Evidence([CARDS], Limits(missing=0.3)).check(statement)[0].supported
