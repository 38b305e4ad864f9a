"""A classifier of a workspace, or of files: trained, kept as a run, and measured."""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autogpt.cli import main
from autogpt.config import Config, override
from autogpt.errors import DataError, NotFoundError, UsageError
from autogpt.records import ClassifierExample
from autogpt.services.evaluating_classifier import classifier_folder, measure_workspace_classifier, run_or_folder
from autogpt.services.examples import import_examples, split_examples
from autogpt.services.lineage import lineage_of
from autogpt.services.runs import list_runs
from autogpt.services.training_classifier import ClassifierRun, hold_out, train_classifier, train_classifier_on_files
from autogpt.store import Store
from autogpt.train.history import HISTORY, read_history
from autogpt.train.suspects import Suspect, read_suspects, write_suspects
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
    assert ", a head on the encoder as it was; on" in run.summary  # which tells these apart without a training
    drawn = replace(run, metrics={**run.metrics, "few_shot": 1.0})
    assert ", drawn together by class; on" in drawn.summary
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
    write_suspects(tmp_path, [Suspect(f"c{at}", f"Text {at}?", ("a",), "b", 0.9) for at in range(4)])
    (said,) = ClassifierRun("r1", tmp_path, "base", {}, "intents", 100, 40, 3).remarks
    assert (
        "4 validation texts are likely labelled wrongly: 'Text 0?' has 'a' where the classifier says 'b' (90%)" in said
    )
    assert "Text 3" not in said
    assert str(tmp_path / "suspects.jsonl") in said


def test_wrong_labels_of_the_validation_part_are_said(config: Config, tmp_path: Path) -> None:
    held, wrong = labelled(30, 100), {"c104": "founded", "c108": "people"}
    held = [replace(one, labels=(wrong[one.id],)) if one.id in wrong else one for one in held]
    learns = {"train.classifier.few_shot_pairs": 3, "train.classifier.batch_size": 4, "train.classifier.seed": 5}
    run = train_classifier_on_files(override(config, learns), labelled(36), held, tmp_path / "run")
    found = read_suspects(run.folder)
    assert found
    assert {one.id for one in found} <= wrong.keys()
    (said,) = [one for one in run.remarks if "likely labelled wrongly" in one]
    assert f"'{found[0].text}' has '{wrong[found[0].id]}' where the classifier says '{found[0].said}'" in said


def test_a_training_that_learns_by_heart_says_so(config: Config, tmp_path: Path) -> None:
    """Two labels in five are wrong: what is common to the classes is learnt first, and then who has which label."""
    chance, names = random.Random(1), ("founded", "people", "mayor")
    train = [
        replace(one, labels=(chance.choice([name for name in names if name not in one.labels]),))
        if chance.random() < 0.4
        else one
        for one in labelled(48)
    ]
    learns = {"few_shot": "never", "linear_probe": False, "epochs": 20, "learning_rate": 2e-3, "schedule": "constant",
              "batch_size": 8, "dropout": 0, "patience": 0, "seed": 5}  # fmt: skip
    changes = {f"train.classifier.{key}": value for key, value in learns.items()}
    run = train_classifier_on_files(override(config, changes), train, labelled(30, 100), tmp_path / "run")
    (said,) = [one for one in run.remarks if "by heart" in one]
    assert "while the training loss went on falling" in said
    scores = [line["eval_accuracy"] for line in read_history(run.folder / HISTORY) if "eval_accuracy" in line]
    assert max(scores) == pytest.approx(run.metrics["accuracy"])  # the best epoch is what is kept
    assert scores[-1] < max(scores)


def test_made_texts_train_too_and_are_no_labels_of_people(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = {"train.classifier.augment": ["typos", "paraphrase"], "train.classifier.augment_times": 2}
    made = override(config, {**changes, "train.classifier.few_shot": "auto"})
    train, held = labelled(18), labelled(21, 100)
    run = train_classifier_on_files(made, train, held, tmp_path / "run")
    assert 18 < run.texts <= 54
    assert run.validation_texts == 21
    assert "few_shot" in run.metrics  # six of each class are few, however many are made of them
    lineage = lineage_of(run.model)
    assert lineage is not None
    assert set(lineage.trained) == {one.id for one in train}
    refused = override(config, {"train.classifier.augment": ["entities"]})
    with pytest.raises(UsageError, match="made by 'entities'"):
        train_classifier_on_files(refused, train, held, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_several_seeds_are_averaged_and_each_is_told(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, held = written(tmp_path / "a.jsonl", labelled(30)), written(tmp_path / "b.jsonl", labelled(21, 100))
    changes = {**SETTINGS, "train.classifier.base": config.train.classifier.base, "train.classifier.few_shot": "never"}
    changes |= {"train.classifier.epochs": 2, "train.classifier.learning_rate": 3e-3}
    told = [part for key, value in changes.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    command = ["train", "classifier", "--data", str(data), "--validation", str(held), "--seeds", "2", *told]
    command += ["--out", str(tmp_path / "run")]
    assert main(command) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "2 seeds averaged" in shown
    assert "models asked" in shown
    assert "ensemble" in shown
    assert main([*command, "--json"]) == 0  # finished: said again
    said = json.loads(capsys.readouterr().out)
    assert [one["models"] for one in said["seeds"]] == [1, 1, 1, 2]
    assert said["metrics"]["accuracy"] == said["seeds"][2]["metrics"]["accuracy"]
    models = [part for seed in (13, 14) for part in ("--model", str(tmp_path / "run" / f"seed-{seed}" / "model"))]
    assert main(["evaluate", "classifier", *models, "--data", str(held), "--json"]) == 0
    together = json.loads(capsys.readouterr().out)["accuracy"]
    assert 100 * together == pytest.approx(said["seeds"][3]["metrics"]["accuracy"], abs=0.1)
    (tmp_path / "more.txt").write_text("Who is the mayor of Gale?", encoding="utf-8")
    for more in (["--search", "1"], ["--unlabelled", str(tmp_path / "more.txt")]):
        assert main([*command, *more]) == 2
        assert "do not go together" in " ".join(capsys.readouterr().err.split())


def test_several_seeds_need_something_to_choose_by(config: Config, tmp_path: Path) -> None:
    never = override(config, {"train.classifier.few_shot": "never"})
    with pytest.raises(DataError, match="no validation questions"):
        train_classifier_on_files(never, labelled(15), [], tmp_path / "run", seeds=2)


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


@pytest.mark.parametrize("unlabelled", [[], [one.text for one in labelled(12, 200)]])
def test_settings_that_drawing_together_has_no_place_for_are_said(
    unlabelled: list[str], config: Config, tmp_path: Path
) -> None:
    told = {
        "few_shot": "auto",
        "epochs": 2,
        "rdrop": 1.0,
        "label_smoothing": 0.1,
        "few_shot_pairs": 1,
        "pseudo_floor": 0.5,
    }
    changed = override(config, {f"train.classifier.{name}": value for name, value in told.items()})
    seen: list[str] = []

    def trained(name: str, count: int, asked: Config) -> ClassifierRun:
        train, validation = labelled(count), labelled(21, 100)
        return train_classifier_on_files(
            asked, train, validation, tmp_path / name, lambda one: seen.append(one.message), unlabelled=unlabelled
        )

    run = trained("few", 12, changed)
    (remark,) = [one for one in run.remarks if "few_shot" in one]
    assert "train.classifier.label_smoothing, train.classifier.rdrop, train.classifier.epochs had no place" in remark
    assert "few_shot_epochs" in remark
    assert remark in seen
    assert remark in json.loads(json.dumps(run.to_json(), default=str))["remarks"]
    if not unlabelled:
        assert not trained("many", 30, changed).unheard
        assert not trained("plain", 12, override(config, {"train.classifier.few_shot_pairs": 1})).unheard


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
