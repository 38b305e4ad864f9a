"""Opening what answers."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from autogpt.answer.policy import Policy
from autogpt.answer.release import Release
from autogpt.errors import DataError
from autogpt.metrics.calibrator import Calibrator
from autogpt.models.layout import FAQ
from autogpt.services import answering
from autogpt.services.answering import Answerer
from autogpt.store import Store


def test_no_model_is_opened_while_there_is_nothing_to_search(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(answering, "open_reader", lambda *given: opened.append("reader"))
    monkeypatch.setattr(answering, "WorkspaceRetriever", lambda *given: opened.append("retriever"))
    monkeypatch.setattr(answering, "find_release", lambda *given: Release("r1", tmp_path, tmp_path, Policy(), {}))
    with pytest.raises(DataError, match="nothing to search"):
        Answerer(store)
    assert opened == []


def test_vetted_answers_are_judged_as_the_release_was_fitted_to_or_as_its_encoder_has_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def calibrator(bias: float) -> Calibrator:
        return Calibrator(("question",), (0.0,), (1.0,), ((),), (1.0,), bias)

    calibrator(1.0).save(tmp_path / FAQ)
    given: list[Calibrator | None] = []
    opened = SimpleNamespace(encoder=None, close=lambda: None), SimpleNamespace(close=lambda: None)
    monkeypatch.setattr(answering, "_open_models", lambda *given: opened)
    monkeypatch.setattr(answering, "build_matcher", lambda store, encoder, calibrator: given.append(calibrator))
    for policy in (Policy(faq_calibrator=calibrator(2.0)), Policy()):
        release = Release("r1", tmp_path, tmp_path, policy, {})
        monkeypatch.setattr(answering, "find_release", lambda *given, release=release: release)
        Answerer(store).close()
    assert given == [calibrator(2.0), calibrator(1.0)]
