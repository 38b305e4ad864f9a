import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from autogpt.config import Config, override
from autogpt.errors import CancelledError, DataError, NotFoundError, UsageError
from autogpt.models.costs import Costs
from autogpt.progress import Progress
from autogpt.records import AnswerSpan, ReaderExample, Split
from autogpt.services.examples import import_examples, reader_examples, split_examples
from autogpt.services.runs import list_runs
from autogpt.services.training_reader import ReaderRun, train_reader, train_reader_on_files
from autogpt.store import Store
from autogpt.store.tables import RunRow
from autogpt.train.suspects import read_suspects
from tiny_models import make_examples

SETTINGS: dict[str, Any] = {
    "train.reader.epochs": 2,
    "train.reader.batch_size": 8,
    "train.reader.max_length": 96,
    "train.reader.stride": 16,
    "train.reader.trackers": [],
    "train.reader.retrieved_negatives": 0,
}


def write(path: Path, examples: list[ReaderExample]) -> Path:
    """The examples as JSON lines."""
    lines = []
    for one in examples:
        answers = [{"text": span.text, "answer_start": span.start} for span in one.answers]
        asked = {"id": one.id, "question": one.question, "answers": answers, "is_impossible": not answers}
        lines.append(json.dumps({"title": one.title, "context": one.context, "qas": [asked]}))
    path.write_text("\n".join(lines))
    return path


def towns(folder: Path, database: Store, base: Path, **changes: Any) -> Store:
    """The workspace with examples, divided, and a tiny base model."""
    import_examples(database, str(write(folder / "towns.jsonl", make_examples(45))))
    split_examples(database)
    return with_settings(database, base, **changes)


def with_settings(store: Store, base: Path, **changes: Any) -> Store:
    given = {**SETTINGS, "train.reader.base": str(base), **changes}
    return Store(store.folder, override(store.config, given))


def test_a_workspace_trains_on_its_parts_and_keeps_the_run(
    store: Store, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    seen: list[Progress] = []
    ready = towns(tmp_path, store, tiny_model("bert"))
    run = train_reader(ready, seen.append)
    assert run.folder == ready.runs / run.id
    assert (run.model / "model.safetensors").is_file()
    assert (run.folder / "curves.png").is_file()
    assert run.questions + run.validation_questions < 45  # the test part is in neither
    assert min(run.questions, run.validation_questions) > 5
    (row,) = list_runs(ready)
    assert (row["id"], row["state"], row["metrics"]) == (run.id, "done", dict(run.metrics))
    assert Config.model_validate(json.loads((run.folder / "config.json").read_text())) == ready.config
    assert run.id in run.summary
    assert {one.stage for one in seen} >= {"tokenise", "train"}


def test_a_stopped_run_is_gone_on_with_and_a_changed_one_is_not(
    store: Store, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    ready = towns(tmp_path, store, tiny_model("bert"))

    def stop(progress: Progress) -> None:
        if "f1" in progress.metrics:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        train_reader(ready, stop)
    (stopped,) = list_runs(ready)
    assert stopped["state"] == "stopped"
    run = train_reader(ready)
    assert run.id == stopped["id"]
    other = train_reader(with_settings(store, tiny_model("bert"), **{"train.reader.seed": 5}))
    assert other.id != run.id
    assert train_reader(ready).id not in (run.id, other.id)  # it was finished, so the wish is for a new one


def test_a_failed_run_says_why(store: Store, tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    empty = tmp_path / "no-model"
    empty.mkdir()
    ready = towns(tmp_path, store, empty)
    with pytest.raises(Exception, match="no-model"):
        train_reader(ready)
    with ready.session() as session:
        row = session.scalars(select(RunRow)).one()
        assert row.state == "failed"
        assert "no-model" in row.reason


def test_a_loss_that_trains_no_reader_is_refused_before_a_run_is_begun(
    store: Store, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    changed = {"train.reader.objective": "cross-entropy"}
    with pytest.raises(UsageError, match="No reader is trained by the objective 'cross-entropy'") as caught:
        train_reader(towns(tmp_path, store, tiny_model("bert"), **changed))
    assert caught.value.hint == "Available: span."
    assert list_runs(store) == []


def test_a_workspace_without_examples_says_what_to_do(store: Store, tiny_model: Callable[[str], Path]) -> None:
    with pytest.raises(DataError, match="train part") as caught:
        train_reader(with_settings(store, tiny_model("bert")))
    assert "autogpt examples" in caught.value.hint


def test_general_examples_are_mixed_in(store: Store, tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    general = write(tmp_path / "general.jsonl", make_examples(9, 300))
    plain = train_reader(towns(tmp_path, store, tiny_model("bert")))
    changes = {"train.reader.general_share": 0.5, "train.reader.general_data": str(general)}
    mixed = train_reader(with_settings(store, tiny_model("bert"), **changes))
    assert mixed.questions == 2 * plain.questions
    with pytest.raises(NotFoundError):
        train_reader(with_settings(store, tiny_model("bert"), **{**changes, "train.reader.general_data": "none"}))


def test_files_train_without_a_workspace(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    config = override(Config(), {**SETTINGS, "train.reader.base": str(tiny_model("bert"))})
    run: ReaderRun = train_reader_on_files(config, make_examples(40), [], tmp_path / "run")
    assert run.questions + run.validation_questions == 40
    assert run.validation_questions >= 6
    assert (run.model / "model.safetensors").is_file()


def test_a_search_keeps_the_best_of_its_trials_as_the_run(
    store: Store, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    changes = {"train.search.trials": 2, "train.search.batch_size": [4, 8]}
    ready = towns(tmp_path, store, tiny_model("bert"), **changes)
    run = train_reader(ready, search_minutes=5)
    assert len(run.trials) == 2
    assert run.metrics["f1"] == max(one.score or 0.0 for one in run.trials)
    assert "the best of 2 trials" in run.summary
    assert (run.model / "model.safetensors").is_file()
    assert len(list(run.folder.rglob("model.safetensors"))) == 1
    (row,) = list_runs(ready)
    assert (row["id"], row["state"]) == (run.id, "done")
    # The settings alone, or another time limit, are another run.
    assert train_reader(ready).id != run.id


def test_a_search_needs_something_to_choose_by(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    config = override(Config(), {**SETTINGS, "train.reader.base": str(tiny_model("bert"))})
    one_title = [one for one in make_examples(30) if one.title == make_examples(1)[0].title]
    with pytest.raises(DataError, match="no validation questions"):
        train_reader_on_files(config, one_title, [], tmp_path / "run", search_minutes=1)


def test_a_run_says_what_its_curves_say(tmp_path: Path) -> None:
    scores = {3: 50.0, 6: 55.0, 9: 51.0}
    lines = [{"step": step, "loss": 2.0 - step / 10} for step in range(1, 10)]
    lines += [{"step": step, "eval_f1": score} for step, score in scores.items()]
    (tmp_path / "history.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    run = ReaderRun("r", tmp_path, "base", {}, 10, 5)
    (remark,) = run.remarks
    assert "best after epoch 2 of 3 (55.0)" in remark
    assert run.to_json()["remarks"] == [remark]


def test_a_summary_says_which_share_of_a_model_was_trained(tmp_path: Path) -> None:
    run = ReaderRun("a", tmp_path, "base", {}, questions=1_200, validation_questions=0)
    assert run.summary.startswith("run a: trained on 1,200 ")
    Costs(1.0, 1, 22_700_000, 181_600).save(tmp_path)
    assert run.summary == "run a: trained 0.8% of 22.7 M parameters on 1,200 questions; nothing to validate on"
    Costs(1.0, 1, 22_700_000, 22_700_000).save(tmp_path)
    assert run.summary.startswith("run a: trained on 1,200 ")


def test_a_workspace_takes_the_method_that_is_configured(
    store: Store, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    run = train_reader(towns(tmp_path, store, tiny_model("bert"), **{"train.reader.method": "ia3"}))
    assert "% of 0.03" in run.summary
    assert (run.folder / "adapter" / "adapter.json").is_file()
    again = with_settings(store, run.folder / "adapter", **{"train.reader.epochs": 1})
    put_on = train_reader(again).costs
    assert run.costs is not None
    assert put_on is not None
    assert put_on.parameters < run.costs.parameters


def test_made_examples_train_and_do_not_validate(
    store: Store, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    once = {"train.reader.epochs": 1, "train.reader.augment": ["paraphrase"]}
    ready = towns(tmp_path, store, tiny_model("bert"), **once)
    more = train_reader(ready)
    assert more.questions == 2 * len(reader_examples(ready, Split.TRAIN))
    assert more.validation_questions == len(reader_examples(ready, Split.VALIDATION))
    config = override(Config(), {**SETTINGS, **once, "train.reader.base": str(tiny_model("bert"))})
    doubled = override(config, {"train.reader.augment_times": 2})
    run = train_reader_on_files(doubled, make_examples(8), make_examples(6, 100), tmp_path / "run")
    assert (run.questions, run.validation_questions) == (24, 6)
    with pytest.raises(UsageError, match="needs a model"):
        train_reader_on_files(
            override(config, {"train.reader.augment": ["back-translation"]}), make_examples(9), [], tmp_path / "other"
        )


def test_wrong_answers_of_the_validation_part_are_said(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    examples, held, wrong = make_examples(30), make_examples(30), {"q2", "q17"}
    for at, one in enumerate(held):
        if one.id in wrong:  # they have no answer
            held[at] = replace(one, answers=(AnswerSpan("sea", one.context.index("sea")),))
    learns: dict[str, Any] = {"epochs": 30, "learning_rate": 3e-3, "dropout": 0, "patience": 0, "precision": "fp32"}
    learns |= {"base": str(tiny_model("bert")), "packing": False}
    config = override(Config(), {**SETTINGS, **{f"train.reader.{key}": value for key, value in learns.items()}})
    run = train_reader_on_files(config, examples, held, tmp_path / "run")
    found = read_suspects(run.folder)
    named = [one for one in found[:3] if one.id in wrong]
    assert named
    (said,) = [one for one in run.remarks if "likely have a wrong answer" in one]
    assert f"'{named[0].text}' has 'sea' where the reader finds no answer" in said
    assert str(run.folder / "suspects.jsonl") in said
    assert said in run.to_json()["remarks"]
