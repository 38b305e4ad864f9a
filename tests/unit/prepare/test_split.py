"""The split: whole groups, aimed shares, the same whatever the order, and nothing moves later."""

from collections import Counter, defaultdict
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autogpt.prepare.split import SplitItem, SplitResult, split
from autogpt.records import Split


def bank(documents: int = 25, per_document: int = 6, seed: int = 0) -> list[SplitItem]:
    """Examples on documents of uneven size, a fifth unanswerable."""
    random = Random(seed)
    items = []
    for document in range(documents):
        for _ in range(random.randint(per_document // 2, per_document * 3 // 2)):
            number = len(items)
            items.append(
                SplitItem(
                    f"q{number:04}",
                    (f"d{document}",),
                    question=f"question {number}",
                    document=f"d{document}",
                    answerable=random.random() > 0.2,
                )
            )
    return items


def given_parts(items: list[SplitItem], result: SplitResult) -> list[SplitItem]:
    return [
        SplitItem(item.id, item.groups, item.question, item.document, item.answerable, result.parts.get(item.id))
        for item in items
    ]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("documents", [25, 400])
def test_shares_hold_in_examples_documents_and_unanswerable_ones(documents: int, seed: int) -> None:
    items = bank(documents)
    parts = split(items, 0.15, 0.7, seed).parts
    aims = {Split.TEST: 0.15, Split.TRAIN: 0.595, Split.VALIDATION: 0.255}
    examples = Counter(parts[item.id] for item in items)
    unanswerable = Counter(parts[item.id] for item in items if not item.answerable)
    held = {part: {item.document for item in items if parts[item.id] == part} for part in Split}
    for part, share in aims.items():
        assert examples[part] / len(items) == pytest.approx(share, abs=0.03)
        assert unanswerable[part] / unanswerable.total() == pytest.approx(share, abs=0.06)
        assert len(held[part]) / documents == pytest.approx(share, abs=0.06)


def test_the_order_of_the_rows_changes_nothing() -> None:
    items = bank()
    shuffled = items[:]
    Random(1).shuffle(shuffled)
    assert split(items, 0.15, 0.7, 13) == split(shuffled, 0.15, 0.7, 13)


def test_another_seed_divides_otherwise() -> None:
    items = bank()
    assert split(items, 0.15, 0.7, 13).parts != split(items, 0.15, 0.7, 14).parts


def test_new_examples_join_and_old_ones_stay() -> None:
    items = bank(40)
    first = split(items[:150], 0.15, 0.7, 13)
    later = split(given_parts(items, first), 0.15, 0.7, 13)
    assert all(later.parts[id] == part for id, part in first.parts.items())
    assert set(later.parts) == {item.id for item in items}
    sizes = Counter(later.parts.values())
    assert sizes[Split.TEST] / len(items) == pytest.approx(0.15, abs=0.03)


def test_splitting_again_changes_nothing() -> None:
    items = bank()
    first = split(items, 0.15, 0.7, 13)
    assert split(given_parts(items, first), 0.15, 0.7, 99).parts == first.parts


def test_a_new_example_that_ties_two_parts_is_left_out() -> None:
    items = bank()
    items = given_parts(items, split(items, 0.15, 0.7, 13))
    test = next(item for item in items if item.split == Split.TEST)
    train = next(item for item in items if item.split == Split.TRAIN)
    bridge = SplitItem("new", (test.document, train.document), "new question", test.document)
    result = split([*items, bridge], 0.15, 0.7, 13)
    assert "new" not in result.parts
    assert "several parts" in result.left_out["new"]


def test_a_question_asked_of_every_document_does_not_tie_them_all() -> None:
    items = bank() + [SplitItem(f"fee{number:02}", (f"d{number}",), "fee", f"d{number}") for number in range(25)]
    result = split(items, 0.15, 0.7, 13)
    assert set(result.parts.values()) == set(Split)
    asked = {result.parts[item.id] for item in items if item.question == "fee" and item.id in result.parts}
    assert asked == {Split.TEST}
    assert all("asked in the test part" in reason for reason in result.left_out.values())
    assert all(id.startswith("fee") for id in result.left_out)
    again = split(given_parts(items, result), 0.15, 0.7, 13)
    assert again == result


@pytest.mark.parametrize("documents", [0, 1, 2])
def test_fewer_groups_than_parts_cannot_be_divided(documents: int) -> None:
    with pytest.raises(ValueError, match="groups"):
        split(bank(documents), 0.15, 0.7, 13)


def test_three_documents_fill_three_parts() -> None:
    assert set(split(bank(3), 0.15, 0.7, 13).parts.values()) == set(Split)


def test_without_a_test_share_there_is_no_test_part() -> None:
    assert set(split(bank(), 0.0, 0.7, 13).parts.values()) == {Split.TRAIN, Split.VALIDATION}


groups = st.lists(st.sampled_from([f"g{number}" for number in range(12)]), min_size=1, max_size=3, unique=True)
questions = st.sampled_from(["", *(f"question {number}" for number in range(10))])


@settings(max_examples=150)
@given(st.lists(st.tuples(groups, questions, st.booleans()), min_size=3, max_size=60), st.integers(0, 5))
def test_no_group_and_no_question_is_in_two_parts(rows: list[tuple[list[str], str, bool]], seed: int) -> None:
    items = [
        SplitItem(f"{number}", tuple(held), question, held[0], answerable)
        for number, (held, question, answerable) in enumerate(rows)
    ]
    try:
        result = split(items, 0.15, 0.7, seed)
    except ValueError:
        return
    parts: dict[str, set[Split]] = defaultdict(set)
    for item in items:
        for key in (*item.groups, *([f"asked {item.question}"] if item.question else [])):
            if item.id in result.parts:
                parts[key].add(result.parts[item.id])
    assert all(len(held) == 1 for held in parts.values())
    assert set(result.parts) | set(result.left_out) == {item.id for item in items}
    assert not set(result.parts) & set(result.left_out)
