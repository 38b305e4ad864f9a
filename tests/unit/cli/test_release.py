"""`autogpt release measure` and a refused `promote`: the verdict in words and as JSON, and the way on."""

import json

import pytest

from answers import TEXT, add_document
from autogpt.cli import main
from autogpt.services import release_gate
from autogpt.services.bundles import current_version
from autogpt.store import Store
from measured import Measures, add_many, add_release


def test_a_release_is_measured_refused_and_promoted_by_force(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = add_document(store, "fees.txt", TEXT)
    add_many(store, place, TEXT, 60)
    monkeypatch.setattr(release_gate, "measured", Measures(place, TEXT, {"r1": 40, "r2": 20}))
    add_release(store, "r1", promoted=True)
    add_release(store, "r2")

    def typed(*words: str, code: int = 0) -> str:
        assert main(["release", *words, "-w", str(store.folder)]) == code
        told = capsys.readouterr()
        return " ".join((told.out + told.err).split())

    told = typed("measure", "r2")
    assert "Release r2 against r1: worse." in told
    assert "overall 60 66.7 33.3 -33.3 (" in told
    assert "It would not pass." in told
    assert current_version(store) == "r1"
    asked = json.loads(typed("measure", "r2", "--json"))
    assert (asked["passed"], asked["overall"]["after"]) == (False, pytest.approx(100 / 3))
    assert "worse against r1" in typed("list")
    assert json.loads(typed("list", "--json"))[1]["gate"]["verdict"] == "worse"
    refused = typed("promote", "r2", code=2)
    assert "was not promoted: worse against 'r1'" in refused
    assert "autogpt release promote r2 --force" in refused
    assert "current already" in typed("measure", "r1", code=2)
    assert "Verdict: worse" in typed("promote", "r2", "--force")
    assert current_version(store) == "r2"
