"""A classifier of a workspace, or of files: trained, kept as a run, and measured."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autogpt.cli import main
from autogpt.config import Config, override
from autogpt.errors import DataError, NotFoundError, UsageError
from autogpt.records import ClassifierExample
from autogpt.services.evaluating_classifier import classifier_folder, measure_workspace_classifier, run_or_folder
from autogpt.services.examples import import_examples, split_examples
from autogpt.services.runs import list_runs
from autogpt.services.training_classifier import ClassifierRun, hold_out, train_classifier, train_classifier_on_files
from autogpt.store import Store
from autogpt.train.suspects import Suspect, write_suspects
from labelled import labelled

SETTINGS: dict[str, Any] = {
    "train.classifier.few_shot": "always",
    "train.classifier.few_shot_learning_rate": 3e-3,
    "train.classifier.few_shot_pairs": 2,
    "train.classifier.max_length": 48,
    "train.classifier.precision": "fp32",
    "train.classifier.trackers": [],
}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    """Tiny models gain nothing from more threads."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def config(tiny_model: Callable[[str], Path]) -> Config:
    return override(Config(), {**SETTINGS, "train.classifier.base": str(tiny_model("bert"))})


def written(path: Path, examples: list[ClassifierExample]) -> Path:
    lines = (json.dumps({"id": one.id, "text": one.text, "label": list(one.labels)}) for one in examples)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def towns(store: Store, config: Config, tmp_path: Path) -> Store:
    import_examples(store, written(tmp_path / "intents.jsonl", labelled(45, strange=9)))
    split_examples(store)
    return Store(store.folder, config)


def test_a_workspace_trains_a_classifier_and_measures_it(towns: Store, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotFoundError, match="No classifier was trained"):
        measure_workspace_classifier(towns)
    run = train_classifier(towns)
    assert run.classes == 3
    assert run.validation_texts > 5
    assert "drawn together by class" in run.summary
    (row,) = list_runs(towns)
    assert (row["kind"], row["state"]) == ("classifier", "done")
    assert row["metrics"]["accuracy"] > 60
    assert run_or_folder(towns, "") == (run.id, run.model)
    assert classifier_folder(run.folder) == run.model

    assert main(["evaluate", "classifier", "-w", str(towns.folder), "--html", str(towns.folder / "a.html")]) == 0
    shown = capsys.readouterr().out
    assert "accuracy" in shown
    assert "mayor" in shown
    assert (towns.folder / "a.html").is_file()
    with pytest.raises(UsageError, match="Unknown part 'rest'"):
        measure_workspace_classifier(towns, part="rest")
    with pytest.raises(NotFoundError, match="no finished run 'r9'"):
        run_or_folder(towns, "r9")


def test_a_workspace_without_labelled_questions_says_what_to_do(store: Store) -> None:
    with pytest.raises(DataError, match="no accepted labelled questions"):
        train_classifier(store)
    with pytest.raises(UsageError, match="no labelled questions"):
        measure_workspace_classifier(store)


def test_files_are_trained_on_and_measured(config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, held = written(tmp_path / "a.jsonl", labelled(24)), written(tmp_path / "b.jsonl", labelled(21, 100))
    out = tmp_path / "run"
    changes = {**SETTINGS, "train.classifier.base": config.train.classifier.base}
    told = [part for key, value in changes.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    command = ["train", "classifier", "--data", str(data), "--validation", str(held), "--out", str(out), *told]
    assert main([*command, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["texts"], said["validation_texts"], said["classes"]) == (24, 21, 3)
    assert said["model"] == str(out / "model")
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "mean F1 of the classes" in shown
    assert main(["evaluate", "classifier", "--model", str(out), "--data", str(held), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["texts"] == 21
    assert report["accuracy"] == pytest.approx(said["metrics"]["accuracy"] / 100)
    assert (out / "config.json").is_file()


def test_labels_that_contradict_each_other_are_said(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = ClassifierExample("again", labelled(1)[0].text.upper(), ("mayor",))
    spelt = ClassifierExample("spelt", "Who rules Arden?", ("Mayor",))
    data = written(tmp_path / "a.jsonl", [*labelled(24), again, spelt])
    changes = {**SETTINGS, "train.classifier.base": config.train.classifier.base}
    told = [part for key, value in changes.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    command = ["train", "classifier", "--data", str(data), "--out", str(tmp_path / "run"), *told]
    assert main([*command, "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["remarks"][:2]
    assert "1 texts stand several times" in first
    assert f"'{labelled(1)[0].text}' ('founded' and 'mayor')" in first
    assert "'Mayor', 'mayor'" in second


def test_labels_that_the_classifier_contradicts_are_listed(tmp_path: Path) -> None:
    def run(texts: int) -> ClassifierRun:
        return ClassifierRun("r1", tmp_path, "base", {}, "intents", 100, texts, 3)

    write_suspects(tmp_path, [Suspect(f"c{at}", f"Text {at}?", ("a",), "b", 0.9) for at in range(4)])
    (said,) = run(40).remarks
    assert (
        "4 validation texts are likely labelled wrongly: 'Text 0?' has 'a' where the classifier says 'b' (90%)" in said
    )
    assert "Text 3" not in said
    assert str(tmp_path / "suspects.jsonl") in said
    assert run(8).remarks == []  # so many contradictions speak against the classifier


def test_texts_without_labels_train_too(config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, held = written(tmp_path / "a.jsonl", labelled(12)), written(tmp_path / "b.jsonl", labelled(21, 100))
    (tmp_path / "more.txt").write_text("\n".join(one.text for one in labelled(12, 200)), encoding="utf-8")
    changes = {**SETTINGS, "train.classifier.base": config.train.classifier.base, "train.classifier.pseudo_floor": 0.5}
    told = [part for key, value in changes.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    command = ["train", "classifier", "--data", str(data), "--validation", str(held), "--out", str(tmp_path / "run")]
    assert main([*command, "--unlabelled", str(tmp_path / "more.txt"), *told]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "that it labelled itself" in shown
    assert "gained by texts without labels" in shown
    assert (tmp_path / "run" / "rounds.json").is_file()
    assert main([*command, *told]) == 2  # the folder is of another training


def test_texts_without_labels_and_a_search_do_not_go_together(config: Config, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="do not go together"):
        train_classifier_on_files(
            config, labelled(24), labelled(21, 100), tmp_path / "run", search_minutes=1, unlabelled=["Who?"]
        )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "classifier", "--data", "none.csv", "--out", "x"], "There is no file none.csv"),
        (["train", "classifier", "--data", "one.csv"], "--data needs a folder"),
        (["train", "classifier", "--data", "one.csv", "--out", "x"], "one class only"),
        (["train", "classifier", "--kind", "spam", "--data", "one.csv", "--out", "x"], "train.classifier.kind"),
        (["evaluate", "classifier", "--data", "one.csv"], "--data needs a classifier"),
        (["evaluate", "classifier", "--data", "one.csv", "--model", "none"], "There is no folder none"),
        (["evaluate", "classifier", "--data", "one.csv", "--model", "."], "holds no classifier"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.csv").write_text("text,label\nOne thing?,a\nAnother?,a\n", encoding="utf-8")
    assert main(arguments) != 0
    shown = capsys.readouterr().err
    assert said in " ".join(shown.split())
    assert "Traceback" not in shown


def test_a_part_of_each_class_is_held_out_and_nothing_of_few_texts() -> None:
    train, held = hold_out(labelled(60), seed=1)
    counts = Counter(one.labels[0] for one in held)
    assert set(counts.values()) == {3}
    assert len(train) + len(held) == 60
    assert hold_out(labelled(15), seed=1) == (labelled(15), [])
