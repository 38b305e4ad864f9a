"""The Python door hands on what it was given."""

from pathlib import Path
from typing import Any

import pytest

from autogpt import Workspace
from autogpt.progress import Progress
from autogpt.services import examples, releasing


def test_importing_and_splitting_report_to_the_workspaces_sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*given: Any, sink: Any) -> None:
        sink(Progress("work", 1, 1))

    monkeypatch.setattr(examples, "import_examples", work)
    monkeypatch.setattr(examples, "split_examples", work)
    seen: list[Progress] = []
    with Workspace.create(tmp_path, sink=seen.append) as workspace:
        workspace.import_examples("examples.jsonl")
        workspace.split()
        own: list[Progress] = []
        workspace.split(sink=own.append)
    assert (len(seen), len(own)) == (2, 1)


def test_a_release_can_be_made_with_other_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    risks: list[float] = []
    monkeypatch.setattr(releasing, "create_release", lambda store, *_: risks.append(store.config.answer.risk))
    with Workspace.create(tmp_path) as workspace:
        workspace.create_release(settings={"answer.risk": 0.05})
        workspace.create_release()
    assert risks == [0.05, 0.2]
