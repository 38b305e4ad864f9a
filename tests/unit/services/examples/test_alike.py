"""Two examples side by side: what they share, what differs, and what is sealed."""

import pytest

from answers import add_document
from autogpt.records import AnswerSpan, Split
from autogpt.services.examples import Written, create_example
from autogpt.services.examples.alike import side_by_side
from autogpt.services.examples.sealing import open_test_part
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, ExampleRow

LINE = "The Gold account costs {} euros a month and is opened in every branch. "
MORE = "".join(f"Loan {number} is paid out within {number + 2} days. " for number in range(40))


def add(store: Store, name: str, price: str, question: str, part: Split | None) -> str:
    text = MORE + LINE.format(price) + MORE
    document, _ = add_document(store, name, text)
    span = AnswerSpan(f"{price} euros", text.index(f"{price} euros"))
    id = create_example(store, document, Written(question, (span,)), "bo").example.id
    with store.session() as session:
        session.get_one(ExampleRow, id).split = part.value if part else None
    return id


@pytest.fixture
def pair(store: Store) -> tuple[str, str]:
    return (
        add(store, "a.txt", "15", "What does the Gold account cost?", Split.TRAIN),
        add(store, "b.txt", "16", "How much does the Gold account cost?", Split.TEST),
    )


def test_what_differs_is_told_in_the_part_where_both_are_alike(store: Store, pair: tuple[str, str]) -> None:
    one, other = side_by_side(store, pair, "bo")
    assert (one.part, one.title, other.part, other.title) == ("train", "a.txt", "test", "b.txt")
    texts = ["".join(piece.text for piece in side.text) for side in (one, other)]
    assert LINE.format("15").strip() in texts[0]
    assert LINE.format("16").strip() in texts[1]
    assert [piece.text for piece in other.question if piece.differs] == ["How much"]
    assert "15" in [piece.text for piece in one.text if piece.differs]
    assert "16" in [piece.text for piece in other.text if piece.differs]


def test_the_sealed_side_says_nothing_until_it_is_opened(store: Store, pair: tuple[str, str]) -> None:
    shown, hidden = side_by_side(store, pair, "anna")
    assert (hidden.sealed, hidden.title, hidden.question, hidden.text) == (True, "", (), ())
    assert not any(piece.differs for piece in (*shown.question, *shown.text))  # nothing of the other shines through
    open_test_part(store, "anna")
    assert not any(side.sealed for side in side_by_side(store, pair, "anna"))


def test_of_one_document_the_questions_alone_differ_and_of_what_is_gone_nothing_is_shown(store: Store) -> None:
    document, _ = add_document(store, "a.txt", LINE.format(15))
    ids = [
        create_example(store, document, Written(question, (AnswerSpan("15 euros", LINE.index("{}")),)), "bo").example.id
        for question in ("What is the price?", "Which is the price?")
    ]
    one, other = side_by_side(store, ids, "bo")
    assert one.text == other.text
    assert [piece.text for piece in one.question if piece.differs] == ["What"]
    assert side_by_side(store, [ids[0], "gone"], "bo") == ()
    assert side_by_side(store, [], "bo") == ()


def test_a_document_that_somebody_may_not_see_shows_nothing_of_its_text(store: Store, pair: tuple[str, str]) -> None:
    with store.session() as session:
        example = session.get_one(ExampleRow, pair[0])
        session.get_one(DocumentRow, example.document_id).labels = ["staff"]
    one, other = side_by_side(store, pair, "bo")
    assert (one.title, one.text) == ("", ())
    assert [piece.differs for piece in other.text] == [False]
    assert side_by_side(store, pair, "bo", frozenset({"staff"}))[0].title == "a.txt"
