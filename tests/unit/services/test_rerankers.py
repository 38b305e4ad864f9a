"""Rerankers of releases: where they come from, in which form they are kept, and how much they count."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autogpt.answer.tune import FEWEST_TO_FUSE, Gold
from autogpt.errors import DataError, NotFoundError
from autogpt.records import AnswerSpan, Passage
from autogpt.retrieve.retriever import Retrieval, Retrieved
from autogpt.services import rerankers
from autogpt.services.compressing import compress_reranker
from autogpt.services.rerankers import fit_to_search, reranker_source
from autogpt.store import Store
from autogpt.store.tables import RunRow

QUESTIONS = [f"question {number}" for number in range(FEWEST_TO_FUSE)]
GOLDS = [Gold("v9", (AnswerSpan("text", 0),))] * len(QUESTIONS)


class Searches:
    """Finds ten passages for every question; what answers stands last. Judges as the folder of its reranker says, and
    does so in time for the questions `in_time`."""

    dense_weight = 0.5
    rerank_weight = 0.0
    rerank_limit: float | None = 0.15
    reranker: Any = None
    in_time: tuple[str, ...] = tuple(QUESTIONS)

    def __init__(self) -> None:
        self.compared: list[str] = []

    def retrieve(self, question: str, labels: frozenset[str] | None) -> Retrieval:
        assert (self.rerank_limit, self.rerank_weight) == (0.15, 0.2)  # as it serves
        return Retrieval(reranked=question in self.in_time)

    def search(self, question: str, labels: frozenset[str] | None) -> Any:
        found = [
            Retrieved(Passage(f"p{at}", "d", f"v{at}", 0, 4, "text"), 1 - at / 10, None, at + 1, None, 0.5, ())
            for at in range(10)
        ]
        return SimpleNamespace(ranked=lambda weight: found)

    def judge(self, question: str, ranked: list[Retrieved]) -> list[float]:
        assert self.rerank_limit is None  # all are judged, however long it takes
        if self.reranker.name == "small":
            self.compared.append(question)
        logits: list[float] = json.loads((self.reranker / "logits.json").read_text())
        return logits


@pytest.fixture
def forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The folders of a whole reranker, which is right, and of its form in int8, which is nearly so."""

    def opened(folder: Path, *, threads: int) -> Path:
        assert threads == 1  # as it serves
        return folder

    monkeypatch.setattr(rerankers, "Reranker", opened)
    whole, small = tmp_path / "whole", tmp_path / "small"
    for folder, precision, off in ((whole, "bf16", 0.0), (small, "int8-dynamic", 0.1)):
        folder.mkdir()
        about = {"task": "reranker", "pad_id": 0, "max_tokens": 512, "inputs": ["input_ids"], "precision": precision}
        (folder / "export.json").write_text(json.dumps({"model": about}))
        (folder / "logits.json").write_text(json.dumps([-5.0 - off] * 9 + [5.0 + off]))
    return whole, small


def test_a_form_that_orders_alike_is_kept_and_one_that_helps_gets_a_weight(forms: tuple[Path, Path]) -> None:
    searches, (whole, small) = Searches(), forms
    fitted = fit_to_search(searches, whole, small, QUESTIONS, GOLDS, threads=1)  # type: ignore[arg-type]
    assert (fitted.precision, fitted.fit.weight, searches.rerank_weight) == ("int8-dynamic", 0.2, 0.2)
    assert fitted.parity is not None
    assert (fitted.parity.agreement, fitted.parity.largest) == (1.0, pytest.approx(0.1))
    assert not small.exists()
    assert fitted.summary == "int8-dynamic, 0.2 a logit: MRR 1.000 (without: 0.100) on 20 validation questions"
    assert fitted.to_json()["parity"]["passed"] is True
    assert fitted.to_json()["in_time"] == {"questions": 20, "share": 1.0, "budget_ms": 150}
    assert searches.rerank_limit is None  # what is fitted next takes its time


def test_forms_are_compared_on_questions_from_everywhere(
    forms: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerankers, "COMPARED", 12)
    (forms[1] / "logits.json").write_text(json.dumps([5.0] + [-5.0] * 9))
    searches = Searches()
    fitted = fit_to_search(searches, *forms, QUESTIONS, GOLDS, threads=1)  # type: ignore[arg-type]
    assert len(set(searches.compared)) == 12
    assert set(searches.compared) != set(QUESTIONS[:12])
    assert fitted.to_json()["parity"]["questions"] == 12


def test_a_time_that_seldom_suffices_is_told(forms: tuple[Path, Path]) -> None:
    searches = Searches()
    searches.in_time = tuple(QUESTIONS[:7])
    fitted = fit_to_search(searches, forms[0], None, QUESTIONS, GOLDS, threads=1)  # type: ignore[arg-type]
    assert fitted.to_json()["in_time"] == {"questions": 20, "share": 0.35, "budget_ms": 150}
    assert fitted.summary.endswith("validation questions; only 35% of the questions are judged within 150 ms")
    searches.rerank_limit = 0.0  # off: there is no time to keep
    assert fit_to_search(searches, forms[0], None, QUESTIONS, GOLDS, threads=1).in_time is None  # type: ignore[arg-type]


def test_a_form_that_orders_otherwise_is_not_kept(forms: tuple[Path, Path]) -> None:
    whole, small = forms
    (small / "logits.json").write_text(json.dumps([5.0] + [-5.0] * 9))
    fitted = fit_to_search(Searches(), whole, small, QUESTIONS, GOLDS, threads=1)  # type: ignore[arg-type]
    assert (fitted.precision, fitted.fit.weight) == ("bf16", 0.2)


def test_what_does_not_help_or_is_hardly_known_is_not_asked(forms: tuple[Path, Path]) -> None:
    searches, (whole, _) = Searches(), forms
    few = fit_to_search(searches, whole, None, QUESTIONS[1:], GOLDS[1:], threads=1)  # type: ignore[arg-type]
    assert few.summary == "not asked: 19 validation questions cannot show that it helps (20 can)"
    (whole / "logits.json").write_text(json.dumps([5.0] + [-5.0] * 9))
    useless = fit_to_search(searches, whole, None, QUESTIONS, GOLDS, threads=1)  # type: ignore[arg-type]
    assert useless.summary.startswith("not asked, since it does not help enough: MRR 0.100 (without: 0.100)")
    assert (few.fit.weight, useless.fit.weight, searches.rerank_weight) == (0, 0, 0)


def test_a_reranker_is_found_by_run_or_folder(store: Store, tiny_reranker: Path) -> None:
    shutil.copytree(tiny_reranker, store.runs / "a" / "model")
    with store.session() as session:
        for id, kind, state in (("a", "reranker", "done"), ("b", "retriever", "done"), ("c", "reranker", "failed")):
            session.add(RunRow(id=id, kind=kind, state=state, settings={}, data_hash="", metrics={}))
    found = reranker_source(store, "a")
    assert found is not None
    assert (found.folder, found.run, found.name) == (store.runs / "a" / "model", "a", "run a")
    for name in ("b", "c", "d"):
        with pytest.raises(NotFoundError, match=f"no finished run '{name}' of a reranker"):
            reranker_source(store, name)
    folder = reranker_source(store, str(tiny_reranker))
    assert folder is not None
    assert folder.folder == tiny_reranker
    assert reranker_source(store) is reranker_source(store, "none") is None


def test_what_is_no_reranker_is_refused_before_anything_is_made(
    store: Store, tiny_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="holds no reranker"):
        reranker_source(store, str(tiny_encoder))
    with pytest.raises(NotFoundError, match="not a model folder"):
        reranker_source(store, str(tmp_path))


def test_a_trained_reranker_gets_two_forms_and_an_exported_one_is_copied(
    store: Store, tiny_reranker: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    small = compress_reranker(store, tmp_path / "first", tiny_reranker)
    assert small is not None
    assert [rerankers.model_facts(one).precision for one in (tmp_path / "first", small)] == ["bf16", "int8-dynamic"]
    assert compress_reranker(store, tmp_path / "second", tmp_path / "first") is None
    assert {one.name for one in (tmp_path / "second").iterdir()} == {
        "model.xml",
        "model.bin",
        "tokenizer.json",
        "export.json",
    }
    with pytest.raises(DataError, match="another task"):
        compress_reranker(store, tmp_path / "encoder", tiny_encoder)
