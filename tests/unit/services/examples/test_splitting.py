"""The split of a workspace: stored, sealed, extended."""

from collections import defaultdict
from dataclasses import asdict

import pytest

from autogpt.errors import DataError, UsageError
from autogpt.records import Split, Status
from autogpt.services.examples import import_examples, split_examples
from autogpt.services.examples.grouping import question_key
from autogpt.services.examples.listing import load_examples
from autogpt.store import Store
from autogpt.store.tables import ExampleRow
from example_texts import WriteFile, asked, squad


def town(number: int) -> dict[str, object]:
    """A context about a town of its own, with six questions, one of them unanswerable."""
    name = f"Town{chr(65 + number // 26)}{chr(65 + number % 26)}"
    facts = [("river", "Alder"), ("bridge", "Stone"), ("market", "Cattle"), ("mill", "Water"), ("church", "Marten")]
    text = " ".join(f"The {what} of {name} is called {word}{name}." for what, word in facts)
    questions = [
        asked(f"{name}-{what}", f"How is the {what} of {name} called?", (f"{word}{name}", text.index(f"{word}{name}")))
        for what, word in facts
    ]
    return squad(text, *questions, asked(f"{name}-castle", f"Who built the castle of {name}?"), title=name)


@pytest.fixture
def towns(store: Store, write_file: WriteFile) -> Store:
    import_examples(store, write_file("towns.jsonl", *(town(number) for number in range(25))))
    return store


def parts(store: Store) -> dict[str, Split | None]:
    return {example.id: example.split for example in load_examples(store)}


def test_parts_are_stored_by_document_in_their_shares(towns: Store) -> None:
    report = split_examples(towns)
    assert sum(part.examples for part in report.parts.values()) == report.added == 150
    assert report.parts["test"].share == pytest.approx(0.15, abs=0.03)
    assert report.parts["train"].share == pytest.approx(0.595, abs=0.03)
    assert [part.unanswerable for part in report.parts.values()] == [part.documents for part in report.parts.values()]
    by_document = defaultdict(set)
    for example in load_examples(towns):
        by_document[example.document_id].add(example.split)
    assert all(len(held) == 1 for held in by_document.values())
    assert None not in set.union(*by_document.values())


def test_splitting_again_changes_nothing_and_new_examples_join(towns: Store, write_file: WriteFile) -> None:
    split_examples(towns)
    before = parts(towns)
    assert split_examples(towns).added == 0
    assert parts(towns) == before
    import_examples(towns, write_file("more.jsonl", *(town(number) for number in range(25, 45))))
    report = split_examples(towns)
    after = parts(towns)
    assert report.added == 120
    assert {id: after[id] for id in before} == before
    assert report.parts["test"].share == pytest.approx(0.15, abs=0.03)


def test_the_test_part_is_sealed_until_forced(towns: Store) -> None:
    split_examples(towns)
    before = parts(towns)
    with pytest.raises(UsageError, match="--force"):
        split_examples(towns, seed=99)
    assert parts(towns) == before
    split_examples(towns, seed=99, force=True)
    assert parts(towns) != before
    assert split_examples(towns).seed == 99


def test_contexts_of_one_article_stay_together(store: Store, write_file: WriteFile) -> None:
    rows = [{**town(number), "title": f"Article {number // 2}"} for number in range(24)]
    import_examples(store, write_file("a.jsonl", *rows))
    split_examples(store)
    found = parts(store)
    names = [str(row["qas"][0]["id"]) for row in rows]  # type: ignore[index]
    assert all(found[names[number]] == found[names[number + 1]] for number in range(0, 24, 2))


def test_a_title_that_all_contexts_share_does_not_tie_them(store: Store, write_file: WriteFile) -> None:
    import_examples(store, write_file("a.jsonl", *({**town(number), "title": "data"} for number in range(25))))
    assert set(parts(store).values()) == {None}
    split_examples(store)
    assert set(parts(store).values()) == set(Split)


def test_a_question_asked_of_two_documents_keeps_them_together(store: Store, write_file: WriteFile) -> None:
    rows = [town(number) for number in range(25)]
    for number, row in enumerate(rows):
        row["qas"].append(asked(f"shared-{number}", f"Is pair {number // 2} on the shared list?"))  # type: ignore[attr-defined]
    import_examples(store, write_file("a.jsonl", *rows))
    split_examples(store)
    found = parts(store)
    assert all(found[f"shared-{number}"] == found[f"shared-{number + 1}"] is not None for number in range(0, 24, 2))


def test_a_form_of_a_question_does_not_tie_all_documents(store: Store, write_file: WriteFile) -> None:
    rows = [town(number) for number in range(25)]
    for number, row in enumerate(rows):
        text, name = str(row["context"]), str(row["title"])
        span = (f"Alder{name}", text.index("Alder"))
        row["qas"].append(asked(f"form-{number}", "How is its river called?", span))  # type: ignore[attr-defined]
    import_examples(store, write_file("a.jsonl", *rows))
    report = split_examples(store)
    assert report.left_out == {}
    assert set(parts(store).values()) == set(Split)


def test_near_duplicate_questions_have_one_key() -> None:
    key = question_key("What is the fee for transfers abroad?")
    assert key
    assert question_key("what's the transfer fee abroad") == key
    assert question_key("What is the fee for 2 transfers abroad?") != key
    assert question_key("How much?") == ""
    assert question_key("信用卡的年费是多少") == question_key("信用卡年费是多少？") != ""


def test_only_accepted_examples_are_divided(towns: Store) -> None:
    with towns.session() as session:
        session.get_one(ExampleRow, "TownAA-river").status = Status.REJECTED.value
    split_examples(towns)
    assert parts(towns)["TownAA-river"] is None


def test_too_few_documents_are_a_clear_error(store: Store, write_file: WriteFile) -> None:
    with pytest.raises(DataError, match="no accepted example"):
        split_examples(store)
    import_examples(store, write_file("a.jsonl", town(0), town(1)))
    with pytest.raises(DataError, match="at least three"):
        split_examples(store)


def test_the_report_has_a_form_in_json(towns: Store) -> None:
    assert set(asdict(split_examples(towns))) == {"parts", "added", "seed", "left_out"}
