"""A generator is trained and measured in a workspace and on files, and then words its answers."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autogpt.answer.composer import open_composer
from autogpt.answer.composition import Composition
from autogpt.answer.evidence import cite_span
from autogpt.cli import main
from autogpt.config import ComposeSection, Config, override
from autogpt.errors import DataError, NotFoundError, UsageError
from autogpt.records import (
    Answer,
    AnswerKind,
    AnswerSpan,
    DocumentVersion,
    FaqEntry,
    Passage,
    ReaderExample,
    Span,
    Split,
)
from autogpt.retrieve.retriever import Retrieved
from autogpt.services import generators
from autogpt.services.evaluating_generator import measure_workspace_generator
from autogpt.services.examples import contrast, import_examples, split_examples, wording
from autogpt.services.generators import generator_of
from autogpt.services.runs import list_runs
from autogpt.services.training_generator import train_generator, train_generator_on_files
from autogpt.store import Store
from tiny_models import build_generator, build_model, make_examples

SETTINGS: dict[str, Any] = {
    "train.generator.epochs": 1,
    "train.generator.max_length": 768,
    "train.generator.trackers": [],
    "train.generator.precision": "fp32",
    "train.generator.validation_questions": 1,
    "train.generator.max_answer_tokens": 4,
    "train.generator.distractors": 0,
    "compose.max_tokens": 6,
}
FEES = "The Gold card costs $45 a year. It is free for students under 26."
HOURS = "Branches open at nine. A new card arrives within 5 working days."
QUESTION = "What does the Gold card cost?"


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    """Tiny models gain nothing from more threads."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_generator("llama", tmp_path_factory.mktemp("llama"))


def write(path: Path, examples: list[ReaderExample]) -> Path:
    lines = []
    for one in examples:
        answers = [{"text": span.text, "answer_start": span.start} for span in one.answers]
        asked = {"id": one.id, "question": one.question, "answers": answers, "is_impossible": not answers}
        lines.append(json.dumps({"title": one.title, "context": one.context, "qas": [asked]}))
    path.write_text("\n".join(lines))
    return path


def towns(folder: Path, store: Store, base: Path, **changes: Any) -> Store:
    """The workspace with examples, divided, and a tiny base model."""
    import_examples(store, str(write(folder / "towns.jsonl", make_examples(18))))
    split_examples(store)
    return Store(store.folder, override(store.config, {**SETTINGS, "train.generator.base": str(base), **changes}))


def test_a_workspace_trains_a_generator_measures_it_and_composes_by_it(
    store: Store, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [FaqEntry("f", ("What is free?", "What costs nothing?"), "Cash is free.")]
    monkeypatch.setattr(wording, "load_faq", lambda session: entries)
    ready = towns(tmp_path, store, base)
    with pytest.raises(NotFoundError, match="None was trained"):
        measure_workspace_generator(ready)
    run = train_generator(ready)
    parts = {part: len(wording.generator_examples(ready, part)) for part in Split}
    assert run.questions == parts[Split.TRAIN] + 2
    assert run.validation_questions == parts[Split.VALIDATION] > 0
    assert "probability of a right token" in run.summary
    (row,) = list_runs(ready)
    assert (row["kind"], row["state"], row["metrics"]) == ("generator", "done", dict(run.metrics))
    assert generator_of(ready) == generator_of(ready, run.id) == (run.id, run.model)
    assert generator_of(ready, str(base)) == ("", base)
    with pytest.raises(NotFoundError, match="no language model 'r9'"):
        generator_of(ready, "r9")

    without = train_generator(Store(store.folder, override(ready.config, {"train.generator.faq": False})))
    assert without.questions == run.questions - 2

    told = ["-w", str(store.folder), "--model", run.id, "--set", "compose.max_tokens=6"]
    told += ["--set", "train.generator.distractors=0", "--limit", "2"]
    assert main(["evaluate", "generator", *told]) == 0
    shown = capsys.readouterr().out
    assert f"run {run.id} on test part: 2 questions" in shown
    assert main(["evaluate", "generator", *told, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["questions"], len(report["written"])) == (2, 2)
    with pytest.raises(UsageError, match="Unknown part 'rest'"):
        measure_workspace_generator(ready, part="rest")

    opened: list[str] = []
    monkeypatch.setattr(generators, "open_composer", lambda section, folder: opened.append(section.model))
    composing = {"compose.kind": "local", "compose.model": run.id}
    generators.workspace_composer(Store(store.folder, override(store.config, composing)))
    generators.workspace_composer(Store(store.folder, override(store.config, {**composing, "compose.model": "other"})))
    assert opened == [str(run.model), "other"]


def test_what_the_search_finds_is_shown_beside_the_passage_of_the_answer(
    store: Store, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = towns(tmp_path, store, base, **{"train.generator.distractors": 1})
    elsewhere = Passage("p", "d", "elsewhere", 0, 20, "Cash is free abroad.")

    class Search:
        def __enter__(self) -> "Search":
            return self

        def __exit__(self, *exception: object) -> None: ...

        def retrieve(self, question: str, labels: Any) -> list[Any]:
            return [SimpleNamespace(passage=elsewhere)] * 2

    monkeypatch.setattr(contrast, "open_retriever", lambda _: Search())
    for part in (Split.TRAIN, Split.VALIDATION):
        made = wording.generator_examples(ready, part)
        assert made
        assert all(one.passages[1:] == (elsewhere.text,) for one in made)


def test_a_workspace_without_examples_says_what_to_do(store: Store, base: Path) -> None:
    with pytest.raises(UsageError, match="none is named"):
        train_generator(store)
    with pytest.raises(DataError, match="nor vetted answers"):
        train_generator(Store(store.folder, override(store.config, {"train.generator.base": str(base)})))


def test_files_are_trained_on_and_measured(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = write(tmp_path / "a.jsonl", make_examples(12)), tmp_path / "run"
    told = [part for key, value in SETTINGS.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    command = ["train", "generator", "--data", str(data), "--out", str(out), "--base", str(base), *told]
    assert main([*command, "--set", "train.generator.method=lora", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["questions"] + said["validation_questions"] == 12
    assert said["model"] == str(out / "model")
    assert (out / "adapter" / "adapter.json").is_file()
    assert (out / "config.json").is_file()
    assert main([*command, "--set", "train.generator.method=lora"]) == 0  # finished: said again
    assert "before" in capsys.readouterr().out
    measure = ["evaluate", "generator", "--data", str(data), "--limit", "3", "--set", "compose.max_tokens=6", "--json"]
    assert main([*measure, "--model", str(out)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["questions"], report["no_answer_questions"]) == (3, 1)
    assert report["shown"] + report["span"] == 100
    assert {"f1_interval", "shown_interval", "refused", "reasons"} <= report.keys()


def test_of_many_validation_questions_some_are_read(base: Path, tmp_path: Path) -> None:
    held = [replace(one, title=f"Held {at}") for at, one in enumerate(make_examples(9))]
    changes = {**SETTINGS, "train.generator.base": str(base), "train.generator.epochs": 0.01}

    def asked(count: int, name: str) -> int:
        config = override(Config(), {**changes, "train.generator.likelihood_questions": count})
        run = train_generator_on_files(config, make_examples(8), held, tmp_path / name)
        assert run.metrics["likelihood"] > 0
        return run.validation_questions

    assert asked(4, "some") == 4
    assert asked(0, "all") == 9


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "generator", "--data", "a.jsonl", "--out", "x"], "none is named"),
        (["train", "generator", "--data", "a.jsonl", "--out", "x", "--base", "en"], "holds no model that writes"),
        (["train", "generator", "--data", "a.jsonl", "--out", "x", "--base", "bert"], "reads both ways"),
        (["train", "generator", "--data", "a.jsonl", "--out", "x", "--base", "b.gguf"], "no GGUF file"),
        (
            ["train", "generator", "--data", "a.jsonl", "--out", "x", "--base", "none.gguf"],
            "There is no file none.gguf",
        ),
        (["train", "generator", "--data", "none.jsonl", "--out", "x"], "There is no file none.jsonl"),
        (["train", "generator", "--data", "a.jsonl", "--base", "bert"], "--data needs a folder"),
        (["evaluate", "generator", "--data", "a.jsonl"], "--data needs a generator"),
        (["evaluate", "generator", "--data", "a.jsonl", "--model", "none"], "There is no language model in none"),
        (["evaluate", "generator", "--title-hash", "8-f"], "--title-hash and --ids belong to --data"),
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
    write(tmp_path / "a.jsonl", make_examples(3))
    (tmp_path / "b.gguf").write_text("no model")
    if "bert" in arguments:
        build_model("bert", tmp_path / "bert")
    assert main(arguments) != 0
    shown = capsys.readouterr().err
    assert said in " ".join(shown.split())
    assert "Traceback" not in shown


def test_what_it_was_trained_to_say_is_shown_with_its_source(base: Path, tmp_path: Path) -> None:
    """From training to a composed answer, as a question goes through it."""
    version = DocumentVersion("fees", "d", "fees.txt", "Fees", FEES, "en", "text/plain", "0")
    other = DocumentVersion("hours", "e", "hours.txt", "Hours", HOURS, "en", "text/plain", "0")
    example = ReaderExample("q", QUESTION, FEES, (AnswerSpan("$45", FEES.index("$45")),), title="Fees")
    changes = {"batch_size": 1, "learning_rate": 0.02, "schedule": "constant", "dropout": 0}
    settings = {f"train.generator.{key}": value for key, value in changes.items()}
    config = override(Config(), {**SETTINGS, "train.generator.base": str(base), **settings})
    run = train_generator_on_files(config, [example] * 120, [], tmp_path / "run")

    def found(one: DocumentVersion) -> Retrieved:
        passage = Passage(one.id, one.document_id, one.id, 0, len(one.text), one.text, title=one.title)
        return Retrieved(passage, 1.0, 1, 1, 3.0, 0.7, ())

    span = Span(FEES.index("$45"), FEES.index("$45") + 3)
    answer = Answer("$45", AnswerKind.SPAN, 0.9, (cite_span(span, version, 0.9),), question=QUESTION)
    composer = open_composer(ComposeSection(kind="local", model=str(run.folder), max_tokens=80), tmp_path)
    assert composer is not None
    composition = Composition(composer, "local:run", len(FEES))
    composed = composition.in_place_of(answer, [found(other), found(version)], {"fees": version, "hours": other})
    assert (composed.kind, composed.text) == (AnswerKind.GENERATED, "The Gold card costs $45 a year."), composed.notices
    assert composed.evidence[0].quote == "The Gold card costs $45 a year."
