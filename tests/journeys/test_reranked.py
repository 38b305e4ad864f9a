"""A reranker through the Python door: trained, released, asked within its time, said when that was none, rolled back.

All models are tiny and random; what they answer does not matter here.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autogpt import Workspace
from autogpt.answer import tune
from autogpt.answer.release import RERANKER
from autogpt.answer.tune import RerankFit
from autogpt.cli import main
from autogpt.read.backends.facts import model_facts
from autogpt.services import compressing, release_gate, rerankers
from autogpt.services.answering import Answerer
from autogpt.services.bundles import find_release
from autogpt.services.releasing import list_releases
from autogpt.services.rerankers import reranker_source
from autogpt.store import Store
from tiny_models import make_examples

QUESTION = "When was Arden founded?"


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    """Tiny models gain nothing from more threads."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory, tiny_model: Callable[[str], Path], tiny_encoder: Path) -> Path:
    """A model pack of a tiny encoder and a tiny reader."""
    folder = tmp_path_factory.mktemp("pack")
    shutil.copytree(tiny_encoder, folder / "encoder")
    shutil.copytree(tiny_model("bert"), folder / "reader")
    about = 'name = "tiny"\nversion = "1"\nformat_version = 1\nlanguages = ["en"]\nlicence = "none"\n'
    (folder / "pack.toml").write_text(about)
    return folder


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory, pack: Path) -> Iterator[Workspace]:
    """A workspace with questions about towns and the run of a reranker."""
    root = tmp_path_factory.mktemp("towns")
    lines = []
    for one in make_examples(36):
        answers = [{"text": span.text, "answer_start": span.start} for span in one.answers]
        asked = {"id": one.id, "question": one.question, "answers": answers, "is_impossible": not answers}
        lines.append(json.dumps({"title": one.title, "context": one.context, "qas": [asked]}))
    (root / "towns.jsonl").write_text("\n".join(lines))
    settings = f'[workspace]\nmodel = "{pack}"\n[compress]\nint8 = false\n[retrieve]\nrerank_budget_ms = 60000\n'
    with Workspace.create(root / "made") as made:
        (made.store.folder / "autogpt.toml").write_text(
            f"{settings}[read]\nmax_length = 128\nstride = 32\nthreads = 1\n"
        )
    with Workspace(root / "made") as opened:
        opened.import_examples(root / "towns.jsonl")
        opened.split()
        opened.train_reranker(epochs=1, max_length=64, precision="fp32", trackers=(), hard_negatives=1)
        yield opened


@pytest.fixture(scope="module")
def helping() -> Iterator[None]:
    """The tiny model helps nobody: releases are made as if it did."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rerankers, "FEWEST_TO_FUSE", 1)
        patch.setattr(tune, "FEWEST_TO_FUSE", 1)
        patch.setattr(rerankers, "fit_reranker", lambda judged, golds: RerankFit(0.4, len(golds), 0.5, 0.6))
        patch.setattr(release_gate, "gold_examples", lambda store, split: [])
        yield


@pytest.fixture(scope="module")
def released(towns: Workspace, helping: None) -> str:
    """r1 has no reranker, r2 the trained one, and is current. Returns the id of its run."""
    towns.promote(towns.create_release("base").version, force=True)
    (run,) = [path.parent.name for path in towns.store.runs.glob("*/found.jsonl")]
    release = towns.create_release("base", reranker=run)
    about = release.manifest["reranker"]
    assert (about["run"], about["weight"], about["precision"]) == (run, 0.4, "bf16")
    assert "MRR 0.600 (without: 0.500)" in about["summary"]
    assert about["in_time"]["share"] == 1.0
    assert release.reranker is not None
    assert model_facts(release.reranker).trained_tokens == 64
    assert f"{RERANKER}/model.xml" in release.manifest["files"]
    assert release.policy.unreranked is not None
    assert (release.policy.rerank_weight, release.policy.unreranked.rerank_weight) == (0.4, 0.0)
    towns.promote(release.version, force=True)
    return run


def test_what_was_found_is_ranked_anew_for_answers_and_searches_alike(
    towns: Workspace, released: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = towns.ask(QUESTION)
    assert (answer.release, answer.notices) == ("r2", ())
    assert {"retrieve", "rerank", "read"} <= answer.timings.keys()
    read = answer.explanation["passages"]
    assert all(one["rerank_rank"] for one in read)
    found = towns.retrieve(QUESTION, 30)
    assert [one.rerank_score is not None for one in found] == [True] * 20 + [False] * 10
    assert sorted(one.rerank_rank for one in found[:20] if one.rerank_rank) == list(range(1, 21))
    assert [one.fused_rank for one in found[20:]] == list(range(21, 31))
    assert [one["rerank_score"] for one in read] == pytest.approx([one.rerank_score for one in found[: len(read)]])
    assert main(["retrieve", QUESTION, "-w", str(towns.store.folder)]) == 0
    assert "reranked" in capsys.readouterr().out


def test_without_time_the_order_of_the_search_holds_and_it_is_said(
    towns: Workspace, released: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [QUESTION, "-w", str(towns.store.folder), "--set", "retrieve.rerank_budget_ms=0.001", "--json"]
    said = ["The reranker was skipped: over its budget of 0.001 ms."]
    assert main(["retrieve", *command]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["notices"] == said
    assert [one["fused_rank"] for one in told["passages"]] == list(range(1, len(told["passages"]) + 1))
    assert {one["rerank_rank"] for one in told["passages"]} == {None}
    assert main(["ask", *command]) == 0
    assert json.loads(capsys.readouterr().out)["notices"] == said
    off = [*command[:-2], "retrieve.rerank_budget_ms=0", "--json"]
    assert main(["retrieve", *off]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["notices"] == []
    assert {one["rerank_rank"] for one in told["passages"]} == {None}


def test_what_decides_on_a_promotion_takes_its_time(towns: Workspace, released: str) -> None:
    config = towns.store.config
    hurried = config.retrieve.model_copy(update={"rerank_budget_ms": 0.001})
    store = Store(towns.store.folder, config.model_copy(update={"retrieve": hurried}))
    with Answerer(store, record=False) as answerer:
        assert answerer.ask(QUESTION).notices
        answerer.take_time()
        answer = answerer.ask(QUESTION)
    assert answer.notices == ()
    assert all(one["rerank_rank"] for one in answer.explanation["passages"])


def test_the_next_release_keeps_it_unless_it_is_told_not_to_and_the_way_back_leads_without(
    towns: Workspace, released: str
) -> None:
    kept = reranker_source(towns.store)
    assert kept is not None
    assert (kept.run, kept.name) == (released, f"run {released}")
    assert reranker_source(towns.store, "none") is None
    without = towns.create_release("base", reranker="none")
    assert (without.reranker, without.manifest["reranker"], without.policy.rerank_weight) == (None, None, 0.0)
    assert towns.rollback().version == "r1"
    assert reranker_source(towns.store) is None
    answer = towns.ask(QUESTION)
    assert (answer.release, answer.notices) == ("r1", ())
    assert {one["rerank_rank"] for one in answer.explanation["passages"]} == {None}
    towns.promote("r2", force=True)
    assert towns.ask(QUESTION).release == "r2"


def test_one_that_helps_nobody_is_sealed_in_and_not_asked(
    towns: Workspace, released: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerankers, "FEWEST_TO_FUSE", 1_000)
    command = ["release", "create", "--from", "base", "--reranker", released, "-w", str(towns.store.folder)]
    assert main(command) == 0
    assert "not asked: " in capsys.readouterr().out
    version = list_releases(towns.store)[-1].version
    release = find_release(towns.store, version)
    assert release.reranker is not None
    assert release.policy.rerank_weight == 0
    assert release.manifest["reranker"]["in_time"] is None
    monkeypatch.setattr(compressing, "compress_reader", None)  # what is no reranker is refused before
    assert main([*command[:-3], str(release.encoder), *command[-2:]]) != 0
    assert "holds no reranker" in capsys.readouterr().err
    assert main([*command[:-3], "nowhere", *command[-2:]]) == 2
    assert "no finished run 'nowhere' of a reranker" in capsys.readouterr().err
