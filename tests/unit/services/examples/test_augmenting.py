"""Made examples: written, suggested, trained on; never validated on."""

import json
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.cli import main
from autogpt.config import ReaderTrainingSection
from autogpt.errors import DataError, UsageError
from autogpt.prepare.augment.making import is_made
from autogpt.records import Split, Status
from autogpt.services.examples import (
    Recipe,
    Translation,
    augment_files,
    augment_workspace,
    check_examples,
    export_examples,
    import_examples,
    list_examples,
    reader_examples,
    split_examples,
)
from autogpt.services.examples.augmenting import made_for_training
from autogpt.services.examples.listing import load_examples
from autogpt.store import Store
from autogpt.text.glossary import NO_GLOSSARY
from chat_server import says, served
from example_texts import WriteFile, asked, squad

KINDS = ("synonyms", "typos", "paraphrase")


def card(number: int) -> dict[str, object]:
    name = f"Card {chr(65 + number)}"
    text = f"{name} costs ${number + 3}.50 a year. Customers order it in the app, which takes {number + 2} days."
    return squad(
        text,
        asked(f"cost-{number}", f"What does {name} cost per year?", (f"${number + 3}.50", text.index("$"))),
        asked(f"free-{number}", f"How often do customers replace {name}?"),
        title=name,
    )


@pytest.fixture
def file(write_file: WriteFile) -> Path:
    return write_file("cards.jsonl", *(card(number) for number in range(12)))


@pytest.fixture
def cards(store: Store, file: Path) -> Store:
    import_examples(store, file)
    split_examples(store)
    return store


def test_made_examples_of_a_workspace_come_from_its_train_part_alone(cards: Store, tmp_path: Path) -> None:
    out = tmp_path / "made.jsonl"
    report = augment_workspace(cards, Recipe(times=2), out=out)
    train = {one.id: one for one in reader_examples(cards, Split.TRAIN)}
    made = load_reader_examples(out)
    assert report.originals == len(train)
    assert report.made == len(made) == sum(report.kinds.values()) > len(train)
    assert {one.title for one in made} == {one.title for one in train.values()}
    assert {one.kind for one in report.samples} == set(report.kinds)
    rows = [row for line in out.read_text(encoding="utf-8").splitlines() for row in json.loads(line)["qas"]]
    assert {(row["split"], row["status"]) for row in rows} == {("train", "suggested")}
    assert all(row["provenance"].startswith("augmented:") for row in rows)
    assert augment_workspace(cards, Recipe(times=2)).samples == report.samples


def test_samples_show_answers_that_are_others(cards: Store) -> None:
    report = augment_workspace(cards, Recipe(("entities",)))
    assert report.made
    for sample in report.samples:
        assert sample.answer_before != sample.answer_after
        assert sample.answer_after.startswith("$")


def test_into_the_workspace_they_are_suggested_and_a_second_time_not_there_again(cards: Store) -> None:
    report = augment_workspace(cards, Recipe(KINDS), into_workspace=True)
    assert report.added == report.made > 0
    found, count = list_examples(cards, status="suggested", limit=None)
    assert count == report.added
    originals = {one.id: one for one in load_examples(cards, Status.ACCEPTED)}
    for one in (listed.example for listed in found):
        assert one.split == Split.TRAIN
        assert one.provenance.removeprefix("augmented:") in KINDS
        assert is_made(one.id)
        assert any(one.spans == other.spans and one.version_id == other.version_id for other in originals.values())
    assert augment_workspace(cards, Recipe(KINDS), into_workspace=True).added == 0
    assert check_examples(cards).errors == 0


def test_texts_of_documents_are_not_changed(cards: Store) -> None:
    with pytest.raises(UsageError, match="documents of the workspace"):
        augment_workspace(cards, Recipe(("entities",)), into_workspace=True)


def accept_made(store: Store) -> set[str]:
    from sqlalchemy import update

    from autogpt.store.tables import ExampleRow

    with store.session() as session:
        session.execute(update(ExampleRow).values(status="accepted"))
    return {one.id for one in load_examples(store) if is_made(one.id)}


def test_accepted_ones_train_and_are_never_in_another_part(cards: Store) -> None:
    augment_workspace(cards, Recipe(KINDS), into_workspace=True)
    made = accept_made(cards)
    report = split_examples(cards, seed=5, force=True)
    held = {one.id: one for one in load_examples(cards)}
    train = {one.document_id for one in held.values() if one.split == Split.TRAIN and one.id not in made}
    assert {held[id].split for id in made} == {Split.TRAIN, None}
    assert all((held[id].split == Split.TRAIN) == (held[id].document_id in train) for id in made)
    assert {id for id in made if held[id].split is None} == set(report.left_out)
    assert sum(part.examples for part in report.parts.values()) == 24
    assert augment_workspace(cards, Recipe(KINDS)).originals == report.parts["train"].examples


def test_files_are_augmented_without_a_workspace_and_made_ones_not_again(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "made.json"
    report = augment_files([file], Recipe(KINDS), out=out)
    assert report.originals == 24
    assert len(load_reader_examples(out)) == report.made
    assert augment_files([file, out], Recipe(KINDS)).originals == 24
    with pytest.raises(DataError, match="made ones"):
        augment_files([out], Recipe(KINDS))


@pytest.mark.parametrize("name", ["made.csv", "made.xyz"])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_made(
    name: str, file: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError):
        augment_files([file], Recipe(), out=tmp_path / name)
    assert not (tmp_path / name).exists()


def test_without_a_train_part_it_says_what_to_do(store: Store) -> None:
    with pytest.raises(DataError, match="train part") as caught:
        augment_workspace(store, Recipe())
    assert "autogpt examples split" in caught.value.hint


def test_an_endpoint_gives_questions_in_other_words(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        told = server.asked[-1][2]["messages"][-1]["content"]
        says(told.replace("What does", "How much does").replace("replace", "drop"))(handler)

    out = tmp_path / "made.jsonl"
    with served(reply) as server:
        command = ["examples", "augment", "--data", str(file), "--kinds", "back-translation", "--endpoint", server.url]
        assert main([*command, "--endpoint-model", "m", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kinds"] == {"back-translation": 24}
    made = load_reader_examples(out)
    (cost,) = [one for one in made if one.question == "How much does Card A cost per year?"]
    ((text, start),) = [(span.text, span.start) for span in cost.answers]
    assert cost.context[start : start + len(text)] == text == "$3.50"
    assert all(one.question.startswith(("How much does", "How often do")) for one in made)


def test_half_a_translator_is_refused(file: Path, tmp_path: Path) -> None:
    for half in (Translation(there=tmp_path), Translation(model="m")):
        with pytest.raises(UsageError, match="both of two folders"):
            augment_files([file], Recipe(("back-translation",)), translation=half)


def test_a_training_gets_what_its_settings_ask_for(file: Path) -> None:
    train = load_reader_examples(file)
    assert made_for_training(ReaderTrainingSection(), train, NO_GLOSSARY, print) == []
    settings = ReaderTrainingSection(augment=("typos", "paraphrase"), augment_times=2)
    made = made_for_training(settings, train, NO_GLOSSARY, lambda progress: None)
    assert len(train) < len(made) <= 2 * len(train)
    assert made == made_for_training(settings, [*train, *made], NO_GLOSSARY, lambda progress: None)
    few = made_for_training(
        settings.model_copy(update={"augment_share": 0.2}), train, NO_GLOSSARY, lambda progress: None
    )
    assert 0 < len(few) < len(made) / 2


def test_suggested_ones_are_accepted_by_way_of_a_file(cards: Store, tmp_path: Path) -> None:
    augment_workspace(cards, Recipe(KINDS), into_workspace=True)
    file = tmp_path / "suggested.csv"
    export_examples(cards, file, status="suggested")
    file.write_text(file.read_text(encoding="utf-8").replace(",suggested,", ",accepted,"), encoding="utf-8")
    before = {one.id: one for one in load_examples(cards, Status.SUGGESTED)}
    report = import_examples(cards, file)
    assert (report.updated, report.added, report.refused) == (len(before), 0, ())
    after = {one.id: one for one in load_examples(cards, Status.ACCEPTED) if is_made(one.id)}
    assert after == {id: replace(one, status=Status.ACCEPTED) for id, one in before.items()}
