"""Reader examples of a workspace: excerpts with exact offsets."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autogpt.records import Split
from autogpt.services.examples import import_examples, reader_examples, split_examples
from autogpt.store import Store
from example_texts import FEES, AddDocument, WriteFile, asked, squad

LONG = "\n".join(f"Product {number} costs {number} euros a year. It has a card, too." for number in range(400))


def test_a_short_document_is_the_context(store: Store, write_file: WriteFile) -> None:
    import_examples(store, write_file("a.jsonl", squad(FEES, asked("1", "Fee?", ("5 euros", 33)), asked("2", "Who?"))))
    first, second = reader_examples(store)
    assert first.context == second.context == FEES
    assert first.answers[0].start == 33
    assert not second.answerable
    assert (first.title, first.domain, first.language) == ("Fees", "general", "en")


def test_long_documents_are_cut_around_the_answer_with_exact_offsets(
    store: Store, add_document: AddDocument, write_file: WriteFile
) -> None:
    add_document("products.txt", LONG)
    rows = [
        {"id": f"p{number}", "question": f"What does product {number} cost?", "answer": f"{number} euros",
         "quote": f"Product {number} costs {number} euros", "document": "products.txt"}
        for number in range(100, 400, 7)
    ]  # fmt: skip
    import_examples(store, write_file("a.csv", *rows))
    examples = reader_examples(store)
    assert len(examples) == len(rows)
    places = []
    for example in examples:
        (answer,) = example.answers
        assert example.context[answer.start : answer.end] == answer.text
        assert example.context[: answer.start].endswith(f"Product {example.id[1:]} costs ")
        assert len(example.context) <= 3_000
        places.append(answer.start / len(example.context))
    assert min(places) < 0.2
    assert max(places) > 0.8
    assert reader_examples(store) == examples


def test_an_unanswerable_question_gets_the_part_nearest_to_it(
    store: Store, add_document: AddDocument, write_file: WriteFile
) -> None:
    add_document("products.txt", LONG)
    add_document("fees.txt", FEES)
    rows = [
        {"id": "named", "question": "Is product 321 insured?", "answer": "", "document": "products.txt"},
        {"id": "nowhere", "question": "Are withdrawals abroad insured?", "answer": ""},
    ]
    import_examples(store, write_file("a.csv", *rows))
    found = {example.id: example for example in reader_examples(store)}
    assert "Product 321 costs" in found["named"].context
    assert found["nowhere"].context == FEES


def test_a_part_alone_can_be_asked_for(store: Store, write_file: WriteFile) -> None:
    rows = [
        squad(f"Item {number} is blue.", asked(f"{number}", f"Item {number}?", ("blue", 10))) for number in range(9)
    ]
    import_examples(store, write_file("a.jsonl", *rows))
    split_examples(store)
    parts = {part: {example.id for example in reader_examples(store, part)} for part in Split}
    assert all(parts.values())
    assert set.union(*parts.values()) == {str(number) for number in range(9)}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.integers(1, 400), places=st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 300)), max_size=4))
def test_offsets_are_exact_wherever_the_answers_stand(
    store: Store, write_file: WriteFile, length: int, places: list[tuple[int, int]]
) -> None:
    answers = [(LONG[start : start + size].strip(), start) for start, size in places]
    answers = [(text, LONG.index(text, start)) for text, start in answers if text]
    import_examples(store, write_file("a.jsonl", squad(LONG, asked("x", "Which?", *answers))))
    for example in reader_examples(store, length=length):
        assert example.answerable == bool(answers)
        for answer in example.answers:
            assert example.context[answer.start : answer.end] == answer.text
            assert example.context in LONG
