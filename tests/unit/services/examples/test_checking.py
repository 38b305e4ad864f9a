"""The check names what is wrong, with ids and reasons."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from autogpt.services.examples import CheckReport, check_examples, import_examples, split_examples
from autogpt.services.examples.checking import Severity
from autogpt.store import Store
from autogpt.store.tables import ExampleRow
from example_texts import FEES, AddDocument, WriteFile, asked, squad

START = FEES.index("5 euros")


@pytest.fixture
def fees(store: Store, write_file: WriteFile) -> Store:
    rows = [squad(FEES, asked("fee", "Basic fee?", ("5 euros", START)), asked("none", "Owner?"))]
    rows += [
        squad(
            f"The colour of item {number} is number {number}.", asked(f"colour-{number}", f"Colour of item {number}?")
        )
        for number in range(4)
    ]
    import_examples(store, write_file("a.jsonl", *rows))
    split_examples(store)
    return store


def found(report: CheckReport, severity: Severity = Severity.ERROR) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for finding in report.findings:
        if finding.severity == severity:
            kinds.setdefault(finding.kind, set()).update(finding.ids)
    return kinds


def change(store: Store, id: str, **values: object) -> None:
    with store.session() as session:
        session.execute(update(ExampleRow).where(ExampleRow.id == id).values(**values))


def test_a_sound_workspace_has_no_errors(fees: Store) -> None:
    report = check_examples(fees)
    assert report.errors == 0
    assert report.statuses == {"accepted": 6}
    assert set(report.parts) == {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("wrong offset", {"spans": [{"text": "5 euros", "start": 3}]}),
        ("no such text", {"spans": [{"text": "9 euros", "start": START}]}),
        ("empty question", {"question": "  "}),
        ("no answer", {"spans": []}),
        ("answered", {"answerable": False}),
    ],
)
def test_a_broken_example_is_named(kind: str, values: dict[str, object], fees: Store) -> None:
    change(fees, "fee", **values)
    assert found(check_examples(fees))[kind] == {"fee"}


def test_examples_of_an_old_version_are_named(store: Store, add_document: AddDocument, write_file: WriteFile) -> None:
    add_document("fees.txt", FEES)
    import_examples(store, write_file("a.csv", {"id": "gold", "question": "Gold fee?", "answer": "15 euros"}))
    add_document("fees.txt", FEES + " New.")
    assert found(check_examples(store)) == {"old version": {"gold"}}


def test_duplicates_and_contradictions_are_told_apart(store: Store, write_file: WriteFile) -> None:
    rows = [
        asked("1", "Basic fee?", ("5 euros", START)),
        asked("2", "basic  fee?", ("fee is 5 euros", FEES.index("fee is 5"))),
        asked("3", "Fee?", ("5 euros", START)),
        asked("4", "Fee?", ("2 euros", FEES.index("2 euros"))),
        asked("5", "Free?", ("free", FEES.index("free"))),
        asked("6", "Free?"),
    ]
    import_examples(store, write_file("a.jsonl", squad(FEES, *rows)))
    report = check_examples(store)
    assert found(report) == {"contradiction": {"5", "6"}}
    warnings = found(report, Severity.WARNING)
    assert warnings["duplicate"] == {"1", "2"}
    assert warnings["contradiction"] == {"3", "4"}


def test_leakage_across_parts_is_an_error(fees: Store) -> None:
    change(fees, "fee", split="test")
    change(fees, "none", split="train")
    assert found(check_examples(fees)) == {"leakage": {"fee", "none"}}


def test_what_the_balance_lacks_is_a_warning(fees: Store) -> None:
    warnings = found(check_examples(fees), Severity.WARNING)
    assert "balance" in warnings
    reasons = " ".join(finding.reason for finding in check_examples(fees).findings)
    assert "100% of the" in reasons
    assert "fewer than 30" in reasons


def test_an_empty_workspace_says_where_to_begin(store: Store) -> None:
    (finding,) = check_examples(store).findings
    assert "autogpt examples import" in finding.reason


def test_stale_examples_and_those_without_a_part_are_warnings(
    store: Store, add_document: AddDocument, write_file: WriteFile, remove_document: Callable[[str], None]
) -> None:
    document = add_document("fees.txt", FEES)
    rows = [
        {"id": "gold", "question": "Gold fee?", "answer": "15 euros"},
        {"id": "who", "question": "Who?", "answer": ""},
    ]
    import_examples(store, write_file("a.csv", *rows))
    assert found(check_examples(store), Severity.WARNING)["no split"] == {"gold", "who"}
    from autogpt.services.examples import reanchor

    remove_document(document)
    reanchor(store)
    assert found(check_examples(store), Severity.WARNING)["stale"] == {"gold"}


def test_near_duplicate_texts_in_two_parts_are_named_with_one_example_of_each(
    store: Store, add_document: AddDocument, write_file: WriteFile
) -> None:
    text = "The Gold account costs 15 euros a month, is opened in every branch and closed at the end of any month. "
    rows = []
    for name, other in (("a", "Basic"), ("b", "Basic"), ("c", "")):
        told = text * 3 + f"The {other} account is free of charge." if other else "Loans are paid out in two days. " * 9
        add_document(f"{name}.txt", told.replace("15", "16") if name == "b" else told)
        answer = "free of charge" if other else "two days"
        rows.append(
            {"id": name, "question": f"What is told in {name} about it?", "answer": answer, "document": f"{name}.txt"}
        )
    import_examples(store, write_file("a.csv", *rows))
    for id, part in (("a", "train"), ("b", "test"), ("c", "train")):
        change(store, id, split=part)
    (finding,) = [one for one in check_examples(store).findings if one.kind == "leakage"]
    assert finding.reason.startswith("cluster ")
    assert sorted(finding.pair) == ["a", "b"]
