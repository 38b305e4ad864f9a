"""Examples from a person's hand: checked, divided, changed by one at a time, undone."""

import threading

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from autogpt.errors import ConflictError, NotFoundError, UsageError
from autogpt.records import AnswerSpan, Example, Split, Status
from autogpt.services import events
from autogpt.services.examples import (
    Edited,
    Written,
    change_example,
    check_examples,
    create_example,
    editing,
    find_example,
    reader_examples,
    reanchor,
    set_status,
    split_examples,
    undo,
)
from autogpt.services.examples.listing import load_examples
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, ExampleRow, now
from example_texts import AddDocument

TEXT = "Fees\nThe Gold card costs 45 euro a year. It is free for students under 26. 😀 Cash abroad costs 1%.\n"


def span(text: str, quote: str) -> AnswerSpan:
    return AnswerSpan(quote, text.index(quote))


def written(question: str = "What does the Gold card cost?", quote: str = "45 euro", *phrasings: str) -> Written:
    return Written(question, (span(TEXT, quote),), phrasings)


def add(store: Store, document: str, *args: str) -> Edited:
    return create_example(store, document, written(*args), "anna")


def test_a_question_with_its_answers_is_stored_as_one_that_was_imported(
    store: Store, add_document: AddDocument
) -> None:
    document = add_document("fees.txt", TEXT)
    two = Written(
        "  What does\nthe Gold card cost? ",
        (span(TEXT, " 45 euro "), span(TEXT, "45 euro a year")),
        ("How much is Gold?", ""),
    )
    made = create_example(store, document, two, "anna")
    example = made.example
    assert (example.question, example.answerable, example.language) == ("What does the Gold card cost?", True, "en")
    assert [one.text for one in example.spans] == ["45 euro", "45 euro a year"]
    assert all(TEXT[one.start : one.end] == one.text for one in example.spans)
    assert (example.answer_text, example.annotator, example.provenance) == ("45 euro", "anna", "annotate")
    assert example.quote_context
    assert example.quote_context in TEXT
    assert made.phrasings == ("How much is Gold?",)
    read = reader_examples(store)
    assert sorted(one.question for one in read) == ["How much is Gold?", "What does the Gold card cost?"]
    assert all(one.answers[0].text == "45 euro" for one in read)
    (event,) = events.history(store, "example", example.id)
    assert (event.person, event.action, dict(event.before)) == ("anna", "create", {})
    assert event.after["phrasings"] == ["How much is Gold?"]
    none = create_example(store, document, Written("Is there a Platinum card?"), "anna").example
    assert not none.answerable
    assert not [one for one in check_examples(store).findings if one.severity == "error"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Written("?!"), "question is empty"),
        (Written("x" * 2_001), "at most 2,000 characters"),
        (Written("What \ud83d?"), "half a character"),
        (Written("What?", (AnswerSpan("46 euro", TEXT.index("45")),)), "does not stand at"),
        (Written("What?", (AnswerSpan("Fees", -5),)), "does not stand at"),
        (Written("What?", (AnswerSpan(" ", TEXT.index(" ")),)), "An answer is empty"),
        (
            Written("What?", tuple(AnswerSpan(one, at) for at, one in enumerate(TEXT[:60]) if one.isalpha())),
            "at most 20 answers",
        ),
        (Written("What?", (), tuple(f"What {at}?" for at in range(21))), "other phrasings"),
    ],
)
def test_what_can_be_no_example_is_refused_in_words(
    store: Store, add_document: AddDocument, wrong: Written, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        create_example(store, add_document("fees.txt", TEXT), wrong, "anna")
    assert load_examples(store) == []
    assert events.history(store, "example") == []


def test_a_new_example_goes_where_its_document_is_and_never_where_its_question_leaks(
    store: Store, add_document: AddDocument
) -> None:
    documents = [
        add_document(f"{name}.txt", f"The {name} costs {at} euro a month.\n") for at, name in enumerate("abcdef")
    ]

    def ask(document: str, question: str) -> Edited:
        return create_example(store, document, Written(question), "anna")

    first = [
        ask(one, f"What is said of {name}?").example
        for one, name in zip(documents, ("apples", "boats", "cars", "dogs", "elks", "foxes"), strict=True)
    ]
    assert all(one.split is None for one in first)
    split_examples(store)
    parts = {one.document_id: one.split for one in load_examples(store)}
    later = ask(documents[0], "Which tall trees grow?").example
    assert later.split == parts[documents[0]]
    other = next(one for one in documents if parts[one] != parts[documents[0]])
    assert ask(other, "Which trees are growing tall?").example.split is None
    fresh = create_example(store, add_document("new.txt", TEXT), written(), "anna").example
    assert fresh.split is None
    split_examples(store)
    assert find_example(store, fresh.id).example.split in set(Split)


def test_the_same_sent_twice_is_one_example(store: Store, add_document: AddDocument) -> None:
    document = add_document("fees.txt", TEXT)
    made = create_example(store, document, written(), "anna", id="a1")
    assert create_example(store, document, written(), "anna", id="a1") == made
    with pytest.raises(ConflictError, match="under this id"):
        create_example(store, document, written("Another?"), "anna", id="a1")
    with pytest.raises(UsageError, match="there already"):
        create_example(store, document, written("what does the gold card COST?"), "bo")
    made_at_once: list[Edited] = []
    both = [
        threading.Thread(
            target=lambda: made_at_once.append(
                create_example(store, document, written("Free?", "free"), "anna", id="a2")
            )
        )
        for _ in range(4)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(made_at_once) == 4
    assert len(load_examples(store)) == 2


def test_a_change_takes_the_state_it_was_read_in(store: Store, add_document: AddDocument) -> None:
    document = add_document("fees.txt", TEXT)
    made = add(store, document, "Gold?", "45 euro", "Price of Gold?", "Cost of Gold?")
    id = made.example.id
    changed = change_example(
        store, id, written("How much is Gold?", "45 euro a year", "Cost of Gold?"), "bo", made.version
    )
    assert (changed.example.question, changed.example.annotator) == ("How much is Gold?", "anna")
    assert changed.phrasings == ("Cost of Gold?",)
    assert {one.answer_text for one in load_examples(store)} == {"45 euro a year"}
    with pytest.raises(ConflictError, match="last by bo"):
        change_example(store, id, written("Mine"), "anna", made.version)
    assert find_example(store, id) == changed
    with pytest.raises(UsageError, match="no version"):
        set_status(store, id, Status.REJECTED, "anna", "yesterday")
    add_document("fees.txt", f"New\n{TEXT}")
    with pytest.raises(ConflictError, match="brought in anew"):
        change_example(store, id, written(), "anna", changed.version, version_id=changed.example.version_id or "")
    with pytest.raises(NotFoundError):
        change_example(store, "none", written(), "anna", made.version)


def test_of_two_who_change_it_at_once_one_is_told(
    store: Store, add_document: AddDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = add(store, add_document("fees.txt", TEXT))

    placed = editing._placed

    def meanwhile(session: Session, example: Example) -> Example:
        with store.engine.begin() as other:
            other.execute(update(ExampleRow).values(question="Other", updated_at=now()))
        return placed(session, example)

    monkeypatch.setattr(editing, "_placed", meanwhile)
    with pytest.raises(ConflictError):
        change_example(store, made.example.id, written("Mine"), "bo", made.version)
    assert find_example(store, made.example.id).example.question == "Other"


def test_a_suggestion_that_was_accepted_comes_back_accepted(store: Store, add_document: AddDocument) -> None:
    document = add_document("fees.txt", TEXT)
    made = create_example(store, document, written(), "rules", status=Status.SUGGESTED, provenance="suggested:rules")
    assert reader_examples(store) == []
    accepted = set_status(store, made.example.id, Status.ACCEPTED, "anna", made.version)
    assert accepted.example.provenance == "confirmed:rules"
    assert len(reader_examples(store)) == 1
    assert set_status(store, made.example.id, Status.ACCEPTED, "anna") == accepted
    add_document("fees.txt", "Nothing of it.")
    assert reanchor(store).stale == (made.example.id,)
    add_document("fees.txt", f"Again. {TEXT}")
    reanchor(store)
    assert find_example(store, made.example.id).example.status == Status.ACCEPTED
    rejected = set_status(store, made.example.id, Status.REJECTED, "bo")
    assert rejected.example.status == Status.REJECTED
    assert [one.action for one in events.history(store, "example")] == ["reject", "accept", "create"]
    with pytest.raises(UsageError, match="Accept or reject"):
        set_status(store, made.example.id, Status.STALE, "bo")


def test_every_change_can_be_undone_and_that_too(store: Store, add_document: AddDocument) -> None:
    document = add_document("fees.txt", TEXT)
    made = add(store, document, "Gold?", "45 euro", "Price of Gold?", "Cost of Gold?")
    id = made.example.id
    changed = change_example(store, id, Written("Platinum?"), "bo", made.version)
    assert changed.phrasings == ()
    back = undo(store, events.history(store, "example", id)[0].id, "anna")
    assert back is not None
    assert (back.example, set(back.phrasings)) == (made.example, set(made.phrasings))
    forth = undo(store, events.history(store, "example", id)[0].id, "anna")
    assert forth is not None
    assert forth.example == changed.example
    created = events.history(store, "example", id)[-1].id
    with pytest.raises(ConflictError, match="changed again since, last by anna"):
        undo(store, created, "anna")
    set_status(store, id, Status.REJECTED, "bo")
    kept = undo(store, events.history(store, "example", id)[0].id, "bo")
    assert kept is not None
    assert kept.example.status == Status.ACCEPTED


def test_undoing_that_it_was_written_takes_it_away_and_undoing_this_brings_it_back(
    store: Store, add_document: AddDocument
) -> None:
    made = add(store, add_document("fees.txt", TEXT), "Gold?", "45 euro", "Price of Gold?")
    id = made.example.id
    assert undo(store, events.history(store, "example", id)[0].id, "anna") is None
    assert load_examples(store) == []
    again = undo(store, events.history(store, "example", id)[0].id, "anna")
    assert again is not None
    assert (again.example, again.phrasings) == (made.example, made.phrasings)
    assert len(reader_examples(store)) == 2
    with pytest.raises(NotFoundError):
        undo(store, 999, "anna")


def test_what_cannot_be_seen_cannot_be_annotated(store: Store, add_document: AddDocument) -> None:
    document = add_document("fees.txt", TEXT)
    with store.session() as session:
        session.get_one(DocumentRow, document).labels = ["staff"]
    with pytest.raises(NotFoundError):
        create_example(store, document, written(), "anna")
    assert (
        create_example(store, document, written(), "anna", labels=frozenset({"staff"})).example.document_id == document
    )
