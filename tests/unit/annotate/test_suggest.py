"""Suggested questions: by definitions, names, quantities, headings, tables, vetted answers; English and Chinese."""

import pytest

from autogpt.annotate.question_patterns import questions_of
from autogpt.annotate.suggest import suggest
from autogpt.records import FaqEntry, Heading, Outline, Span


@pytest.mark.parametrize(
    ("sentence", "language", "question", "answer"),
    [
        (
            "A standing order is a payment of the same sum at regular times.",
            "en",
            "What is a standing order?",
            "a payment of the same sum at regular times",
        ),
        (
            "“Dormant” means that nobody has used the account.",
            "en",
            'What does "Dormant" mean?',
            "that nobody has used the account",
        ),
        (
            "Instant transfers are the fastest way to send money.",
            "en",
            "What are Instant transfers?",
            "the fastest way to send money",
        ),
        ("The Gold card costs 45 euros a year.", "en", "How much does the Gold card cost?", "45 euros a year"),
        ("The yearly charge is £45.", "en", "How much is the yearly charge?", "£45"),
        ("A transfer takes up to three working days.", "en", "How long does a transfer take?", "three working days"),
        ("A loan is paid out within two days.", "en", "When is a loan paid out?", "within two days"),
        ("复利是指利息计入本金再生利息的方法。", "zh", "什么是复利？", "利息计入本金再生利息的方法"),
        ("金卡年费为300元。", "zh", "金卡年费是多少？", "300元"),
        ("本办法自2024年3月1日起施行。", "zh", "本办法什么时候施行？", "2024年3月1日"),
    ],
)
def test_a_sentence_asks_its_question(sentence: str, language: str, question: str, answer: str) -> None:
    (asked,) = questions_of(sentence, language)
    assert (asked.question, sentence[asked.start : asked.end]) == (question, answer)


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("It is a card that costs nothing.", "en"),
        ("Its fee is 5 euros.", "en"),
        ("This means that nobody pays.", "en"),
        ("We opened in 1931.", "en"),
        ("您指定的继承人可以办理手续。", "zh"),
        ("如果超过300元，请来网点。", "zh"),
        ("", "en"),
        ("x" * 100_000, "en"),
    ],
)
def test_what_cannot_be_understood_alone_asks_nothing(sentence: str, language: str) -> None:
    assert questions_of(sentence, language) == []


TEXT = (
    "Cards\nFees\nA new card is free of charge.\nWhat if I lose it?\n- Call us at once.\n"
    "Card: Gold | Yearly fee: 45 euro | ATM: free\n"
)


def outline() -> Outline:
    heads = [
        Heading(Span(TEXT.index(name), TEXT.index(name) + len(name)), 1)
        for name in ("Cards", "Fees", "What if I lose it?")
    ]
    row = TEXT.index("Card: Gold")
    return Outline(tuple(heads), (), (Span(row, len(TEXT) - 1),))


def test_headings_rows_and_vetted_answers_ask_and_each_stands_where_it_says() -> None:
    faq = [FaqEntry("1", ("Is a new card free?", "Do I pay for a new card?"), "A new card is free of charge.")]
    found = suggest(TEXT, "en", outline(), faq)
    told = {one.question: (one.kind, TEXT[one.start : one.end]) for one in found}
    assert told["Is a new card free?"] == ("faq", "A new card is free of charge.")
    assert told["What is said about “Fees”?"] == ("heading", "A new card is free of charge.")
    assert told["What if I lose it?"] == ("heading", "Call us at once.")
    assert told["What is the yearly fee for Gold?"] == ("table", "45 euro")
    assert told["What is the ATM for Gold?"] == ("table", "free")
    assert next(one for one in found if one.kind == "faq").phrasings == ("Do I pay for a new card?",)
    assert [one.start for one in found] == sorted(one.start for one in found)


def test_a_name_in_the_text_is_asked_for_beside_what_else_its_sentence_says() -> None:
    text = "Cards 😀\nComplaints are handled by the Customer Care Team within 15 days."
    told = {one.question: (one.kind, text[one.start : one.end]) for one in suggest(text, "en")}
    assert told["Who are complaints handled by?"] == ("name", "Customer Care Team")
    assert "within 15 days" in {answer for _, answer in told.values()}


def test_chinese_rows_and_headings() -> None:
    text = "银行卡\n怎样挂失\n请拨打客服电话。\n卡种：金卡 | 年费：300元\n"
    heads = tuple(Heading(Span(text.index(one), text.index(one) + len(one)), 1) for one in ("银行卡", "怎样挂失"))
    row = text.index("卡种")
    found = suggest(text, "zh", Outline(heads, (), (Span(row, len(text) - 1),)))
    assert {one.question: text[one.start : one.end] for one in found} == {
        "怎样挂失？": "请拨打客服电话。",
        "金卡的年费是什么？": "300元",
    }


def test_only_what_is_asked_for_is_suggested() -> None:
    part = Span(TEXT.index("Card: Gold"), len(TEXT))
    assert {one.kind for one in suggest(TEXT, "en", outline(), within=part)} == {"table"}
    assert len(suggest(TEXT, "en", outline(), limit=1)) == 1
    assert suggest("", "en") == []
