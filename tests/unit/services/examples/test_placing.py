"""Questions that come with their own texts are asked at the places where those stand in documents."""

import pytest

from autogpt.records import AnswerSpan, Example, ReaderExample
from autogpt.services.examples.placing import placed
from autogpt.store import Store
from example_texts import FEES, AddDocument

GOLD = FEES[FEES.index("Gold") :]
CHINESE = "费用\n金卡的年费是「四十五」欧元，二十六岁以下的学生免费。\n取款另计。"


def question(context: str, *answers: str, id: str = "q") -> ReaderExample:
    return ReaderExample(id, "How much?", context, tuple(AnswerSpan(one, context.index(one)) for one in answers))


def spans(found: list[Example], text: str) -> list[str]:
    """The answers as they stand in the document."""
    return [text[one.start : one.start + len(one.text)] for example in found for one in example.spans]


def test_an_answer_is_taken_where_its_text_stands_not_where_it_stands_first(
    store: Store, add_document: AddDocument
) -> None:
    other = add_document("other.txt", "The monthly fee is 5 euros in other banks too, but the gold account has none.")
    fees = add_document("fees.txt", FEES)
    asked = question(GOLD, "Withdrawals abroad", "15 euros")
    (found,) = placed(store, [asked])
    assert found.document_id == fees != other
    assert [one.start for one in found.spans] == [FEES.rindex("Withdrawals abroad"), FEES.index("15 euros")]
    assert found.id == "q"
    assert found.answerable


def test_forms_may_differ(store: Store, add_document: AddDocument) -> None:
    add_document("a.txt", f"Preface.\n\n{FEES.upper()}")
    add_document("b.txt", f"前言。\n{CHINESE}", language="zh")
    wide = CHINESE.replace("「", "“").replace("」", "”").replace("费用", "費用").replace("，", ",")
    found = placed(store, [question(GOLD.replace(" ", "  "), "15  euros"), question(wide, "四十五")])
    assert spans(found[:1], f"Preface.\n\n{FEES.upper()}") == ["15 EUROS"]
    assert spans(found[1:], f"前言。\n{CHINESE}") == ["四十五"]


def test_an_answer_whose_whole_text_stands_nowhere_is_taken_between_the_same_words(
    store: Store, add_document: AddDocument
) -> None:
    add_document("strange.txt", "A dog costs 15 euros at the market of the town, says nobody at all.")
    fees = add_document("fees.txt", FEES)
    other = f"An older form of it. {FEES}".replace("Basic account", "Plain account")
    (found,) = placed(store, [question(other, "15 euros")])
    assert (found.document_id, spans([found], FEES)) == (fees, ["15 euros"])
    assert placed(store, [question("For a cat they want 15 euros.", "15 euros")]) == []


@pytest.mark.parametrize(("context", "count"), [(FEES, 1), ("Some other text.", 0), ("", 0), ("  ", 0)])
def test_a_question_without_an_answer_belongs_to_its_text(
    store: Store, add_document: AddDocument, context: str, count: int
) -> None:
    document = add_document("fees.txt", FEES)
    found = placed(store, [ReaderExample("none", "Who owns it?", context)])
    assert [(one.document_id, one.answerable, one.spans) for one in found] == [(document, False, ())] * count


def test_without_documents_nothing_is_placed(store: Store) -> None:
    assert placed(store, [question(FEES, "5 euros")]) == []


def test_texts_of_removed_documents_are_not_asked(store: Store, add_document: AddDocument, remove_document) -> None:
    remove_document(add_document("fees.txt", FEES))
    assert placed(store, [question(FEES, "5 euros")]) == []
