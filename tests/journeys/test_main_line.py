"""The main job through the Python door: raw files and examples in, a fine-tuned, released, cited answer out."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autogpt import Workspace
from autogpt.errors import DataError, NotFoundError, UsageError
from autogpt.records import AnswerKind
from autogpt.services.auditing import verify_trail
from autogpt.services.releasing import list_releases

DOCUMENTS = {
    "cards.md": "# Cards\n\nThe Amber card costs 24 euros a year. The Basalt card is free of charge.\n\n"
    "## Limits\n\nWith the Amber card you can withdraw 600 euros a day. The Basalt card allows 250 euros a day.\n",
    "branches.txt": "Branches\n\nThe Harbour branch opens at half past eight. The Mill Street branch opens at ten.\n\n"
    "All branches close at five in the afternoon.\n",
    "loans.html": "<html><head><title>Loans</title></head><body><nav><a href='/'>Home</a></nav><h1>Loans</h1>"
    "<p>A bicycle loan runs for 36 months. Its interest rate is 4.9 percent a year.</p>"
    "<table><tr><th>Loan</th><th>Longest term</th></tr><tr><td>Car loan</td><td>84 months</td></tr></table>"
    "</body></html>",
    "saving.md": "# Saving\n\nThe Lantern account pays 2.1 percent. It was opened to customers in 2019.\n",
    "app.txt": "The app\n\nThe app is called Pebble. It needs a telephone with at least 2 gigabytes of memory.\n",
    "help.md": "# Help\n\nThe help line is run by Orla Penhaligon. It answers within four minutes on average.\n",
}
ASKED = (
    ("What does the Amber card cost?", "cards.md", "24 euros"),
    ("How much can I withdraw a day with the Amber card?", "cards.md", "600 euros"),
    ("What is the daily limit of the Basalt card?", "cards.md", "250 euros"),
    ("When does the Harbour branch open?", "branches.txt", "half past eight"),
    ("When does the Mill Street branch open?", "branches.txt", "ten"),
    ("When do branches close?", "branches.txt", "five in the afternoon"),
    ("How long does a bicycle loan run?", "loans.html", "36 months"),
    ("What is the interest rate of the bicycle loan?", "loans.html", "4.9 percent"),
    ("How much does the Lantern account pay?", "saving.md", "2.1 percent"),
    ("When was the Lantern account opened to customers?", "saving.md", "2019"),
    ("What is the app called?", "app.txt", "Pebble"),
    ("How much memory does the app need?", "app.txt", "2 gigabytes"),
    ("Who runs the help line?", "help.md", "Orla Penhaligon"),
    ("How fast does the help line answer?", "help.md", "within four minutes"),
    ("Who owns the Harbour branch?", "branches.txt", None),
    ("What colour is the Amber card?", "cards.md", None),
    ("Which bank made the app before Pebble?", "app.txt", None),
)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace taken through the whole line once."""
    root = tmp_path_factory.mktemp("main")
    source = root / "documents"
    source.mkdir()
    for name, text in DOCUMENTS.items():
        (source / name).write_text(text, encoding="utf-8")
    rows = [
        {"id": f"q{number}", "question": question, "document": document, "answer": answer}
        for number, (question, document, answer) in enumerate(ASKED)
    ]
    examples = root / "examples.jsonl"
    examples.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with Workspace.create(root / "bank", domain="finance") as made:
        # What int8 loses is measured by its own tests; here it would only take time.
        config = made.store.folder / "autogpt.toml"
        config.write_text(config.read_text(encoding="utf-8") + "\n[compress]\nint8 = false\n", encoding="utf-8")
    with Workspace(root / "bank") as opened:
        assert opened.ingest(source).new == len(DOCUMENTS)
        assert opened.import_examples(examples).added == len(ASKED)
        opened.split()
        opened.train_reader(epochs=1, batch_size=8)
        opened.promote(opened.create_release().version, force=True)
        yield opened


def test_an_answer_points_at_its_characters(bank: Workspace) -> None:
    answer = bank.ask("When does the Harbour branch open?")
    (first, *_) = answer.evidence
    assert answer.release == "r1"
    assert first.document == "branches.txt"
    assert "eight" in first.quote
    assert first.context[first.start - first.context_start :].startswith(first.quote)


def test_an_answer_from_a_table_points_into_its_row(bank: Workspace) -> None:
    (first, *_) = bank.ask("What is the longest term of a car loan?").evidence
    assert first.document == "loans.html"
    assert "84" in first.quote


def test_what_the_documents_do_not_hold_is_refused(bank: Workspace) -> None:
    assert bank.ask("What is the boiling point of tungsten?").kind is AnswerKind.ABSTAIN


def test_the_report_of_the_test_part_counts_every_question_once(bank: Workspace) -> None:
    report = bank.evaluate()
    assert report.part == "test"
    assert report.metrics["questions"] == len(report.outcomes) > 0
    assert len({one.id for one in report.outcomes}) == len(report.outcomes)


def test_every_answer_is_in_an_unbroken_audit_trail(bank: Workspace) -> None:
    before = verify_trail(bank.store).entries
    bank.ask("What is the app called?")
    after = verify_trail(bank.store)
    assert after.entries == before + 1
    assert after.problems == ()


def test_another_release_is_taken_up_and_rolled_back(bank: Workspace) -> None:
    second = bank.create_release("base")
    bank.promote(second.version, force=True)
    assert bank.ask("What is the app called?").release == second.version
    bank.rollback()
    assert bank.ask("What is the app called?").release == "r1"
    assert [one.version for one in list_releases(bank.store) if one.current] == ["r1"]


def test_a_damaged_release_is_not_promoted(bank: Workspace) -> None:
    release = bank.create_release("base")
    with (release.reader / "tokenizer.json").open("a") as file:
        file.write(" ")
    with pytest.raises(DataError, match=r"reader/tokenizer\.json"):
        bank.promote(release.version, force=True)


def test_what_does_not_exist_cannot_be_promoted_nor_gone_back_to(bank: Workspace) -> None:
    with pytest.raises(NotFoundError):
        bank.promote("r99")
    with pytest.raises(NotFoundError):
        bank.rollback("r99")


def test_promoting_the_current_release_again_is_refused(bank: Workspace) -> None:
    with pytest.raises(UsageError, match="current already"):
        bank.promote("r1")


def test_a_removed_document_is_cited_by_no_release(bank: Workspace) -> None:
    question = "Who runs the help line?"
    assert any(one.document == "help.md" for one in bank.ask(question).evidence)
    source = bank.store.folder.parent / "documents"
    (source / "help.md").unlink()
    assert bank.ingest(source).removed == 1
    for version in ("r1", "base"):
        from autogpt.services.answering import Answerer

        with Answerer(bank.store, version) as answerer:
            answer = answerer.ask(question)
        assert all(one.document != "help.md" for one in answer.evidence)
        assert "Penhaligon" not in json.dumps(answer.explanation)


def test_vetted_answers_alone_are_enough_to_answer(tmp_path: Path) -> None:
    (tmp_path / "faq.csv").write_text("question,answer\nHow do I report a lost card?,Call 0808.\n", encoding="utf-8")
    with Workspace.create(tmp_path / "desk") as desk:
        assert desk.ingest(tmp_path / "faq.csv").faq_entries == 1
        answer = desk.ask("How do I report a lost card?")
        assert (answer.kind, answer.text) == (AnswerKind.FAQ, "Call 0808.")
        assert desk.ask("Who was the first king of Norway?").kind is AnswerKind.ABSTAIN
