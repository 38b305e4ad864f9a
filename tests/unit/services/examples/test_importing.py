"""Examples come in: anchored, repaired, or refused with the reason; and the same import again does nothing."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from autogpt.annotate.anchor import Text
from autogpt.errors import BusyError, DataError, NotFoundError
from autogpt.progress import Progress
from autogpt.records import AnswerSpan, Example, Split, Status
from autogpt.services import recording
from autogpt.services.events import history, note
from autogpt.services.examples import ImportReport, import_examples
from autogpt.services.examples.listing import load_examples
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.store.tables import DocumentRow, DocumentVersionRow
from example_texts import FEES, FEES_OUTLINE, AddDocument, WriteFile, asked, squad


def by_id(store: Store) -> dict[str, Example]:
    return {example.id: example for example in load_examples(store)}


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    return (report.added, report.updated, report.unchanged, len(report.duplicates), len(report.refused))


def test_contexts_become_documents_word_for_word(store: Store, write_file: WriteFile) -> None:
    context = "  Fees:\t5 €\u00a0\n\n单笔限额五万元。 "
    path = write_file(
        "a.jsonl",
        squad(
            context,
            asked("1", "Fee?", ("5 €", 8)),
            asked("2", "限额？", ("五万元", context.index("五"))),
            asked("3", "Name?"),
        ),
    )
    report = import_examples(store, path)
    assert counts(report) == (3, 0, 0, 0, 0)
    assert (report.documents, report.unanswerable, report.repaired) == (1, 1, ())
    examples = by_id(store)
    assert examples["1"].spans == (AnswerSpan("5 €", 8),)
    assert not examples["3"].answerable
    with store.session() as session:
        (document,) = session.scalars(select(DocumentRow)).all()
        version = session.get_one(DocumentVersionRow, document.current_version_id)
        assert version.text == context
        assert (document.name, version.title, version.details["article"]) == ("Fees", "Fees", "Fees")
        assert store.file_path(version.raw_checksum).read_bytes() == context.encode()
    assert {example.version_id for example in examples.values()} == {version.id}


def test_documents_made_from_contexts_go_into_the_index(
    store: Store, write_file: WriteFile, synced: list[Store]
) -> None:
    import_examples(store, write_file("a.jsonl", squad("One.", asked("1", "x"))), index=False)
    assert synced == []
    with store.session() as session:
        assert recording.is_pending(session)
    import_examples(store, write_file("b.jsonl", squad("Two.", asked("2", "x"))))
    assert synced == [store]
    import_examples(store, write_file("b.jsonl", squad("Two.", asked("2", "x"))))
    assert synced == [store]


def test_contexts_of_one_title_have_names_of_their_own(store: Store, write_file: WriteFile) -> None:
    import_examples(store, write_file("a.jsonl", squad("One.", asked("1", "x")), squad("Two.", asked("2", "x"))))
    import_examples(store, write_file("b.jsonl", squad("Three.", asked("3", "x"))))
    with store.session() as session:
        assert sorted(session.scalars(select(DocumentRow.name))) == ["Fees", "Fees (2)", "Fees (3)"]


def test_a_context_that_is_an_ingested_document_uses_it(
    store: Store, add_document: AddDocument, write_file: WriteFile
) -> None:
    document = add_document("fees.txt", FEES)
    report = import_examples(store, write_file("a.jsonl", squad(FEES, asked("1", "Fee?", ("5 euros", 33)))))
    assert report.documents == 0
    assert by_id(store)["1"].document_id == document


def test_a_flat_file_is_anchored_in_the_document_it_names(
    store: Store, add_document: AddDocument, write_file: WriteFile
) -> None:
    document = add_document("sub/fees.txt", FEES, FEES_OUTLINE)
    rows = [
        {"id": "name", "question": "What is free?", "answer": "withdrawals  abroad", "document": "Fees.TXT",
         "heading": "gold account"},
        {"id": "path", "question": "Fee?", "answer": "15 euros", "document": "/elsewhere/fees.txt"},
        {"id": "quote", "question": "Fee?", "answer": "The monthly fee", "quote": "The monthly fee is 15",
         "document": "sub/fees.txt"},
        {"id": "page", "question": "Which fee?", "answer": "monthly fee", "document": "fees.txt", "page": 2},
        {"id": "none", "question": "Who is the owner?", "answer": "", "document": "fees.txt"},
    ]  # fmt: skip
    report = import_examples(store, write_file("a.csv", *rows))
    assert counts(report) == (5, 0, 0, 0, 0)
    assert report.unanswerable == 1
    examples = by_id(store)
    gold = FEES.index("Gold")
    assert {example.document_id for example in examples.values()} == {document}
    assert examples["name"].spans == (AnswerSpan("Withdrawals abroad", FEES.index("Withdrawals", gold)),)
    assert examples["quote"].spans[0].start == FEES.index("The monthly", gold)
    assert examples["page"].spans[0].start == FEES.index("monthly", gold)
    assert all(span.text == FEES[span.start : span.end] for one in examples.values() for span in one.spans)
    assert examples["name"].quote_context.endswith("Withdrawals abroad are free.")


def test_examples_that_name_no_document_are_found_by_their_answer(
    store: Store, add_document: AddDocument, write_file: WriteFile
) -> None:
    document = add_document("fees.txt", FEES)
    add_document("other.txt", "The monthly fee is high. Ask us.")
    rows = [
        {"id": "one", "question": "Gold fee?", "answer": "15 euros"},
        {"id": "two", "question": "Which fee?", "answer": "monthly fee"},
        {"id": "none", "question": "Which fee?", "answer": "yearly fee"},
        {"id": "unanswerable", "question": "Which colour?", "answer": ""},
    ]
    report = import_examples(store, write_file("a.csv", *rows))
    assert by_id(store)["one"].document_id == document
    assert by_id(store)["unanswerable"].document_id is None
    assert {refused.id: refused.reason for refused in report.refused} == {
        "two": "it names no document, and 'monthly fee' stands in 2 documents",
        "none": "it names no document, and 'yearly fee' stands in no document",
    }


def test_the_document_can_be_given_for_a_whole_file(
    store: Store, add_document: AddDocument, write_file: WriteFile
) -> None:
    document = add_document("fees.txt", FEES)
    add_document("copy.txt", FEES + " Changed.")
    path = write_file("a.csv", {"id": "1", "question": "Fee?", "answer": "15 euros"})
    import_examples(store, path, document="fees.txt")
    assert by_id(store)["1"].document_id == document


def test_wrong_offsets_are_repaired_and_answers_that_stand_nowhere_are_listed(
    store: Store, write_file: WriteFile
) -> None:
    path = write_file(
        "a.jsonl",
        squad(
            FEES,
            asked("right", "Basic?", ("5 euros", FEES.index("5 euros"))),
            asked("wrong", "Abroad?", ("2 euros", 3)),
            asked("form", "Free?", ("WITHDRAWALS ABROAD ARE FREE", 0)),
            asked("gone", "Silver?", ("9 euros", 30)),
        ),
    )
    report = import_examples(store, path)
    assert set(report.repaired) == {"wrong", "form"}
    (refused,) = report.refused
    assert (refused.where, refused.id) == ("line 1, question 4", "gone")
    assert "'9 euros' does not stand in" in refused.reason
    assert by_id(store)["form"].answer_text == "Withdrawals abroad are free"
    assert "gone" not in by_id(store)


def test_the_same_import_again_does_nothing(store: Store, add_document: AddDocument, write_file: WriteFile) -> None:
    add_document("fees.txt", FEES)
    files = [
        write_file("a.jsonl", squad(FEES + "!", asked("1", "Fee?", ("5 euros", 33)), asked("2", "Name?"))),
        write_file(
            "b.csv",
            {"question": "Gold fee?", "answer": "15 euros", "document": "fees.txt"},
            {"question": "Colour?", "answer": "", "document": "fees.txt"},
        ),
    ]
    for path in files:
        import_examples(store, path)
    before = by_id(store)
    assert len(before) == 4
    for path in files:
        assert counts(import_examples(store, path)) == (0, 0, 2, 0, 0)
    assert by_id(store) == before


def test_duplicates_are_reported_and_passed_over(store: Store, write_file: WriteFile) -> None:
    start = FEES.index("5 euros")
    path = write_file(
        "a.jsonl",
        squad(
            FEES,
            asked("1", "Fee?", ("5 euros", start)),
            asked("2", " fee? ", ("5 euros", start)),
            asked("3", "Fee?", ("15 euros", FEES.index("15"))),
        ),
    )
    report = import_examples(store, path)
    assert report.duplicates == {"2": "1"}
    assert set(by_id(store)) == {"1", "3"}
    again = write_file("b.jsonl", squad(FEES, asked("4", "FEE?", ("5 euros", start))))
    assert import_examples(store, again).duplicates == {"4": "1"}


def test_a_corrected_answer_updates_its_example_and_keeps_the_split(store: Store, write_file: WriteFile) -> None:
    import_examples(store, write_file("a.jsonl", squad(FEES, {**asked("1", "Fee?", ("5 euros", 33)), "split": "test"})))
    corrected = write_file("b.jsonl", squad(FEES, asked("1", "Fee?", ("15 euros", FEES.index("15")))))
    assert counts(import_examples(store, corrected)) == (0, 1, 0, 0, 0)
    example = by_id(store)["1"]
    assert (example.answer_text, example.split, example.provenance) == ("15 euros", Split.TEST, "import:a.jsonl")


def test_an_id_that_another_example_has_is_refused(store: Store, write_file: WriteFile) -> None:
    import_examples(store, write_file("a.jsonl", squad(FEES, asked("1", "Fee?", ("5 euros", 33)))))
    other = write_file(
        "b.jsonl", squad("A new text.", asked("1", "New?", ("new", 2)), asked("2", "Text?", ("text", 6)))
    )
    report = import_examples(store, other)
    assert counts(report) == (1, 0, 0, 0, 1)
    assert "taken by another example (from import:a.jsonl)" in report.refused[0].reason


def test_stated_status_split_and_annotator_are_kept(store: Store, write_file: WriteFile) -> None:
    stated = {"status": "rejected", "split": "dev", "annotator": "Ann"}
    import_examples(store, write_file("a.jsonl", squad(FEES, {**asked("1", "Fee?"), **stated})))
    example = by_id(store)["1"]
    assert (example.status, example.split, example.annotator) == (Status.REJECTED, Split.VALIDATION, "Ann")


@pytest.mark.parametrize(("stated", "kept"), [("EN_us", "en"), ("zh-Hant", "zh"), ("Chinese", "zh"), ("de", "de")])
def test_languages_are_kept_by_their_code(stated: str, kept: str, store: Store, write_file: WriteFile) -> None:
    import_examples(store, write_file("a.csv", {"id": "1", "question": "Who?", "answer": "", "language": stated}))
    assert by_id(store)["1"].language == kept


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"question": " ", "answer": "15 euros"}, "question is empty"),
        ({"question": "Fee?", "answer": "15 euros", "document": "fee.txt"}, "did you mean 'fees.txt'?"),
        ({"question": "Fee?", "answer": "15 euros", "split": "exam"}, "unknown split 'exam'"),
        ({"question": "Fee?", "answer": "15 euros", "status": "fine"}, "unknown status 'fine'"),
        ({"question": "Fee?", "answer": "15 euros", "id": "x" * 65}, "longer than 64"),
        ({"question": "Fee?\ud800", "answer": "15 euros"}, "half a character"),
        ({"question": "Fee?", "answer": "15 euros", "document": "twin.txt"}, "2 documents are called 'twin.txt'"),
    ],
)
def test_what_cannot_be_an_example_says_why(
    row: dict[str, Any], reason: str, store: Store, add_document: AddDocument, tmp_path: Path
) -> None:
    import json

    for name in ("fees.txt", "a/twin.txt", "b/twin.txt"):
        add_document(name, FEES if name == "fees.txt" else name)
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row) + "\n" + json.dumps({"question": "Good?", "answer": "15 euros"}))
    (refused,) = import_examples(store, path).refused
    assert reason in refused.reason
    assert len(by_id(store)) == 1


def test_strict_brings_in_nothing_when_one_cannot_be_used(store: Store, write_file: WriteFile) -> None:
    path = write_file(
        "a.jsonl", squad(FEES, asked("1", "Fee?", ("5 euros", 33)), asked("2", "Silver?", ("9 euros", 0)))
    )
    with pytest.raises(DataError, match="1 of the 2 examples"):
        import_examples(store, path, strict=True)
    with store.session() as session:
        assert session.scalars(select(DocumentRow)).all() == []
    assert by_id(store) == {}


def test_a_file_of_which_nothing_can_be_used_is_an_error(store: Store, write_file: WriteFile) -> None:
    with pytest.raises(DataError, match="line 1, question 1"):
        import_examples(store, write_file("a.jsonl", squad(FEES, asked("2", "Silver?", ("9 euros", 0)))))


def test_a_dry_run_writes_nothing(store: Store, write_file: WriteFile) -> None:
    path = write_file("a.jsonl", squad(FEES, asked("1", "Fee?", ("5 euros", 33))))
    report = import_examples(store, path, dry_run=True)
    assert (report.added, report.documents) == (1, 1)
    assert by_id(store) == {}
    with store.session() as session:
        assert session.scalars(select(DocumentRow)).all() == []


def test_an_import_that_is_killed_leaves_nothing(
    store: Store, write_file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file("a.jsonl", squad(FEES, asked("1", "Fee?", ("5 euros", 33))))

    def killed(report: Any) -> None:
        if report.stage == "examples":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_examples(store, path, sink=killed)
    assert by_id(store) == {}
    with store.session() as session:
        assert session.scalars(select(DocumentRow)).all() == []
    assert import_examples(store, path).added == 1


def test_a_large_import_that_is_killed_is_finished_by_the_next(
    store: Store, write_file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autogpt.services.examples.importing._ROWS", 1)
    path = write_file(
        "a.jsonl", squad(FEES, asked("1", "Fee?", ("5 euros", 33)), asked("2", "What is it?", ("5 euros", 33)))
    )
    seen: list[float] = []

    def killed(report: Any) -> None:
        seen.extend([report.done] if report.stage == "examples" else [])
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_examples(store, path, sink=killed, by="Anna")
    assert set(by_id(store)) == {"1"}
    (event,) = history(store, "data set")
    assert event.after["added"] == 1
    report = import_examples(store, path, by="Anna")
    assert (report.added, report.unchanged, set(by_id(store))) == (1, 1, {"1", "2"})


def test_the_document_of_a_context_that_was_removed_comes_back(
    store: Store, write_file: WriteFile, remove_document: Any
) -> None:
    path = write_file("a.jsonl", squad(FEES, asked("1", "Fee?", ("5 euros", 33))))
    import_examples(store, path)
    document = by_id(store)["1"].document_id
    remove_document(document)
    import_examples(store, write_file("b.jsonl", squad(FEES, asked("2", "Gold fee?", ("15 euros", FEES.index("15"))))))
    assert by_id(store)["2"].document_id == document
    with store.session() as session:
        row = session.get_one(DocumentRow, document)
        version = session.get_one(DocumentVersionRow, row.current_version_id)
        assert (row.removed_at, version.text, version.title) == (None, FEES, "Fees")


def test_a_data_set_in_a_folder_is_read_by_datasets(store: Store, tmp_path: Path) -> None:
    import datasets

    rows = {
        "id": ["1", "2"],
        "title": ["Fees", "Fees"],
        "context": [FEES, FEES],
        "question": ["Fee?", "Name?"],
        "answers": [{"text": ["5 euros"], "answer_start": [33]}, {"text": [], "answer_start": []}],
    }
    datasets.DatasetDict({"train": datasets.Dataset.from_dict(rows)}).save_to_disk(str(tmp_path / "saved"))
    report = import_examples(store, tmp_path / "saved", part="train")
    assert counts(report) == (2, 0, 0, 0, 0)
    assert by_id(store)["1"].spans == (AnswerSpan("5 euros", 33),)
    assert not by_id(store)["2"].answerable
    with pytest.raises(NotFoundError, match="Available: train"):
        import_examples(store, tmp_path / "saved", part="test")


def test_a_hub_that_cannot_be_reached_is_one_clear_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def unreachable(*arguments: Any, **options: Any) -> None:
        raise ConnectionError("no route")

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", unreachable)
    with pytest.raises(DataError, match="cannot be reached"):
        import_examples(store, "rajpurkar/squad_v2")


def test_an_import_waits_for_nobody_who_ingests(store: Store, write_file: WriteFile) -> None:
    path = write_file("a.jsonl", squad("One.", asked("1", "x")))
    with exclusive(store.folder / "ingest.lock", "ingesting documents"):
        with pytest.raises(BusyError):
            import_examples(store, path)
        assert import_examples(store, path, dry_run=True).added == 1


def test_documents_are_prepared_once_for_all_answers_that_name_none(
    store: Store, write_file: WriteFile, add_document: AddDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_document("fees.txt", FEES)
    for number in range(5):
        add_document(f"{number}.txt", f"Number {number} says nothing about it.")
    looked: list[str] = []
    find = Text.find
    monkeypatch.setattr(Text, "find", lambda text, wanted: looked.append(wanted) or find(text, wanted))
    answer = FEES.split(".")[0].strip().upper()
    rows = [{"question": f"Question {number}?", "answer": answer} for number in range(3)]
    report = import_examples(store, write_file("a.csv", *rows))
    assert report.added == 3
    assert len(looked) <= 3 * len(rows)


def test_fifty_thousand_rows_leave_room_for_others_to_write(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "intents.jsonl"
    rows = (json.dumps({"text": f"Where is card {at}?", "label": f"card {at % 7}"}) for at in range(50_000))
    path.write_text("\n".join(rows), encoding="utf-8")
    writing = threading.Event()
    written: list[bool] = []
    done = threading.Event()

    def write() -> None:
        while not done.wait(0.005):
            with store.session() as session:
                note(session, "Ben", "look", ("test", "x"))
            written.append(writing.is_set())

    def seen(report: Progress) -> None:
        if report.stage == "examples":
            writing.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        report = import_examples(store, path, by="Anna", sink=seen)
    finally:
        done.set()
        writer.join()
    assert report.added == 50_000
    assert sum(written) > 3  # were it one transaction, the first would wait for all of it
