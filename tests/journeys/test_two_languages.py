"""A workspace in both languages and scripts: what is asked in one is found and read in the other."""

from collections.abc import Iterator

import pytest

from autogpt import Workspace
from autogpt.records import AnswerKind

DOCUMENTS = {
    "金卡.md": "# 金卡\n\n金卡的年费是一百二十元，每年五月收取。丢失金卡请致电 97570。\n",
    "白金卡.md": "# 白金卡\n\n白金卡的年費為三百元，由網路銀行扣款。\n",
    "营业时间.txt": "石螺湾支行周一至周五上午九点营业，周末休息。\n",
    "gold.md": "# Gold Card\n\nThe Gold Card can be used abroad without a fee. Lost cards are reported on 97570.\n",
    "mortgage.md": "# Mortgages\n\nA mortgage may run for up to 35 years. Valuation costs 250 pounds.\n",
}
FAQ = "question,answer\n怎么修改密码？,在手机银行的安全中心修改。\nHow do I order a cheque book?,In any branch.\n"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("both")
    documents = folder / "documents"
    documents.mkdir()
    for name, text in DOCUMENTS.items():
        (documents / name).write_text(text, encoding="utf-8")
    (folder / "faq.csv").write_text(FAQ, encoding="utf-8")
    with Workspace.create(folder / "desk", language="auto") as made:
        report = made.ingest(documents, folder / "faq.csv")
        assert (report.new, report.notices) == (6, ())
        yield made


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("金卡的年费是多少？", "金卡.md"),
        ("金卡年費120元", "金卡.md"),
        ("白金卡的年费是多少？", "白金卡.md"),
        ("网上银行扣款的是哪张卡？", "白金卡.md"),
        ("石螺灣支行幾點開門？", "营业时间.txt"),
        ("Gold Card境外使用要收费吗？", "gold.md"),
        ("Can I use the Gold Card abroad?", "gold.md"),
        ("mortgage最长可以多少年？", "mortgage.md"),
    ],
)
def test_the_document_is_found_whatever_the_script_or_language(desk: Workspace, question: str, document: str) -> None:
    first = desk.retrieve(question, 3)[0]
    assert DOCUMENTS[document].endswith(first.passage.text[-12:] + "\n")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("金卡的年费是多少？", "一百二十元"),
        ("白金卡的年费是多少？", "三百元"),
        ("金卡年費是多少？", "一百二十元"),
        ("How long may a mortgage run?", "35 years"),
    ],
)
def test_the_answer_is_read_in_both_languages(desk: Workspace, question: str, answer: str) -> None:
    assert answer in desk.ask(question).evidence[0].quote


def test_vetted_answers_are_matched_in_both_languages(desk: Workspace) -> None:
    for question, answer in (("怎麼修改密碼？", "安全中心"), ("How do I order a cheque book?", "branch")):
        found = desk.ask(question)
        assert found.kind is AnswerKind.FAQ
        assert answer in found.text


def test_what_is_not_known_is_refused_in_the_language_of_the_question(desk: Workspace) -> None:
    for question, words in (("挪威的第一位国王是谁？", "不知道"), ("Who was the first king of Norway?", "don't know")):
        found = desk.ask(question)
        assert found.kind is AnswerKind.ABSTAIN
        assert words in found.text
