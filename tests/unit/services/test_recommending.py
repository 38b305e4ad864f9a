"""A base model is recommended by trying those that are there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autogpt.cli import main
from autogpt.cli.models import _show
from autogpt.config import override
from autogpt.errors import CancelledError, DataError, UsageError
from autogpt.evaluate.side_by_side import Contender, side_by_side
from autogpt.models import catalogue
from autogpt.models.choose import Try
from autogpt.progress import Progress
from autogpt.services.examples import import_examples, split_examples
from autogpt.services.recommending import PRESENT, Recommendation, recommend
from autogpt.store import Store
from labelled import labelled
from tiny_models import make_examples, write_lines

SETTINGS: dict[str, Any] = {
    "train.reader.epochs": 1,
    "train.reader.batch_size": 8,
    "train.reader.max_length": 96,
    "train.reader.stride": 16,
    "train.reader.retrieved_negatives": 0,
}
ABOUT = 'name = "tiny"\nversion = "1"\nformat_version = 1\nlanguages = ["en"]\nlicence = "MIT"\n'


@pytest.fixture
def pack(tmp_path: Path, tiny_model: Callable[[str], Path]) -> Path:
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "pack.toml").write_text(ABOUT)
    for name in ("encoder", "reader"):
        (folder / name).symlink_to(tiny_model("bert"))
    return folder


@pytest.fixture
def towns(store: Store, tmp_path: Path, pack: Path) -> Store:
    """A workspace with divided examples and a tiny pack."""
    write_lines(tmp_path / "towns.jsonl", make_examples(45))
    import_examples(store, str(tmp_path / "towns.jsonl"))
    split_examples(store)
    return Store(store.folder, override(store.config, {**SETTINGS, "workspace.model": str(pack)}))


def headless(folder: Path) -> str:
    from transformers import ViTConfig

    ViTConfig().save_pretrained(folder)
    return str(folder)


def test_candidates_are_tried_and_set_beside_what_is_there(
    towns: Store, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    names = [str(tiny_model("bert")), str(tiny_model("roberta")), headless(tmp_path / "vit")]
    found = recommend(towns, 5, names)
    assert found.best in names[:2]
    assert [one.name for one in found.failures] == names[2:]
    assert "cannot be opened as a model" in found.failures[0].reason
    assert found.untrained[names[2]] is None
    untrained = {name: found.untrained[name] or 0.0 for name in names[:2]}
    ahead = [f"{names[1]}, untrained"] if untrained[names[1]] > untrained[names[0]] else []  # bert is the present one
    assert [line.contender.name for line in found.table.lines] == [PRESENT, *ahead, *names[:2]]
    assert found.line.contender.costs is not None
    assert {one.round for one in found.tries} == {0, 1}
    assert found.elsewhere == ()
    assert not any((towns.folder / "cache" / "recommend").iterdir())
    json.dumps(found.to_json())


def test_readers_are_measured_as_they_are_and_others_cannot_answer(
    towns: Store,
    tiny_model: Callable[[str], Path],
    tiny_encoder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Also where the workspace's pack has no reader: the best of the candidates stands in its place."""
    alone = tmp_path / "encoder-pack"
    alone.mkdir()
    (alone / "pack.toml").write_text(ABOUT)
    (alone / "encoder").symlink_to(tiny_model("bert"))
    ready = Store(towns.folder, override(towns.config, {"workspace.model": str(alone)}))
    reader, encoder = str(tiny_model("roberta")), str(tiny_encoder)
    seen: list[Progress] = []
    found = recommend(ready, 2, [reader, encoder], seen.append)
    assert found.untrained[encoder] is None
    assert found.untrained[reader] is not None
    first = next(at for at, one in enumerate(seen) if one.message == f"{reader}: as it is")
    assert first < next(at for at, one in enumerate(seen) if "minutes" in one.message)
    assert found.table.lines[0].contender.name == f"{reader}, untrained"
    line, costs = found.line, found.line.contender.costs
    assert line.difference is not None
    assert costs is not None
    assert json.loads(json.dumps(found.to_json()))["untrained"] == dict(found.untrained)

    _show(found)
    said = " ".join(capsys.readouterr().out.split())
    assert "model untrained 1.0 min" in said
    assert f"{encoder} cannot answer untrained" in said
    assert f"{reader} {found.untrained[reader]:.1f}" in said
    gain = f"{line.difference:+.1f} ({line.difference_lower:+.1f} to {line.difference_upper:+.1f})"
    assert f"Expected gain: F1 {gain} to {reader}, untrained: {line.verdict}." in said
    assert (
        f"Cost: {costs.seconds / 60:.1f} minutes of training and {costs.peak_bytes / 1e6:,.0f} MB of memory; " in said
    )
    assert f"{line.contender.latency_ms:.0f} ms a question" in said
    assert "higher untrained" not in said


def test_a_reader_that_training_did_not_make_better_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    scores = [[80.0] * 20, [40.0] * 20]
    contenders = [
        Contender(name, "", score, {}, None, 1_000_000, 5.0)
        for name, score in zip((PRESENT, "one"), scores, strict=True)
    ]
    tries = (Try("one", 0, 3.0, 40.0), Try("two", 0, 3.0, None))
    table = side_by_side(contenders, "F1", "the validation part", resamples=200)
    found = Recommendation(
        "reader", "F1", "questions", "cannot answer", "one", {"one": None, "two": 80.0}, tries, (), table, (), 30
    )
    assert found.better_untrained == "two"
    _show(found)
    said = capsys.readouterr().out
    assert "two scores higher untrained than any after so short a training" in said
    assert "to the reader as it is now: worse." in said


def test_what_was_tried_already_is_not_tried_again(
    towns: Store, tiny_model: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [str(tiny_model("bert")), str(tiny_model("roberta"))]
    trained: list[str] = []

    def stops(progress: Progress) -> None:
        if "minutes" in progress.message:
            trained.append(progress.message)
        if len(trained) == 2:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        recommend(towns, 5, names, stops)
    steps: list[Progress] = []
    recommend(towns, 5, names, steps.append)
    assert not any(one.message.endswith(": as it is") for one in steps)
    began = [one.message for one in steps if one.message.startswith((*names, "going"))]
    first, second = began[:2]
    assert first.startswith(names[0])
    assert second.startswith(names[1])
    between = steps[next(at for at, one in enumerate(steps) if one.message == first) + 1]
    assert between.message == second


def test_without_names_the_catalogue_is_asked(
    towns: Store, pack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = catalogue.BaseModel(str(pack), "bert", 1, ("en",), ("general",), "MIT", origin="pack", here=True)
    monkeypatch.setattr(catalogue, "_packs", lambda: [packed])
    monkeypatch.setattr(catalogue, "_copies", set)
    (towns.folder / "autogpt.toml").write_text("")
    given = [f"--set={key}={json.dumps(value)}" for key, value in SETTINGS.items()]
    command = ["models", "recommend", "--minutes", "1", "-w", str(towns.folder), f"--set=workspace.model={pack}"]
    assert main([*command, *given]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"Recommended: {pack}" in said
    assert "Not on this machine, so not tried:" in said
    assert "roberta-base" in said
    assert "bert-base-chinese" not in said
    assert "SmolLM2" not in said


def test_nothing_that_can_be_trained_is_said(towns: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"No candidate could be trained.*cannot be opened"):
        recommend(towns, 1, [headless(tmp_path / "vit")])


def test_a_base_for_the_classifier_is_recommended_by_the_workspaces_classes(
    store: Store, tiny_model: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (json.dumps({"text": one.text, "label": one.labels[0]}) for one in labelled(60))
    (tmp_path / "intents.jsonl").write_text("\n".join(lines), encoding="utf-8")
    import_examples(store, str(tmp_path / "intents.jsonl"))
    split_examples(store)
    told = {"epochs": 2, "batch_size": 8, "max_length": 48, "precision": "fp32", "trackers": [], "few_shot": "never"}
    settings = [f"--set=train.classifier.{key}={json.dumps(value)}" for key, value in told.items()]
    names = [str(tiny_model("bert")), str(tiny_model("gpt2")), headless(tmp_path / "vit")]
    command = ["models", "recommend", "--task", "classifier", "--minutes", "2", "-w", str(store.folder), *settings]
    command += [f"--candidate={name}" for name in names]
    assert main(command) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Accuracy on the validation part, untrained and fine-tuned on" in said
    assert "autogpt train classifier --base" in said
    assert "ms a text" in said
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["best"] in names[:2]
    assert all(found["untrained"][name] > 0 for name in names[:2])  # with a head fitted to vectors
    assert found["untrained"][names[2]] is None
    assert [one["name"] for one in found["failures"]] == names[2:]
    assert found["table"]["measure"] == "accuracy"

    similar = Store(store.folder, override(store.config, {"train.classifier.kind": "similarity"}))
    with pytest.raises(UsageError, match="no pair with a score"):
        recommend(similar, 1, names, task="classifier")
    with pytest.raises(UsageError, match="Unknown task 'spam'"):
        recommend(store, 1, names, task="spam")
    with pytest.raises(DataError, match="no accepted extractive examples"):
        recommend(store, 1, names)
