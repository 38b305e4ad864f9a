"""Opening what answers."""

from pathlib import Path

import pytest

from autogpt.answer.policy import Policy
from autogpt.answer.release import Release
from autogpt.errors import DataError
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
