"""Releases without models: what they hold, which may be promoted, and the way back."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from autogpt.errors import DataError, NotFoundError, UsageError
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.threshold import Threshold
from autogpt.progress import Sink, silent
from autogpt.read.backends.facts import CALIBRATION_FILE
from autogpt.services import compressing, releasing
from autogpt.services.bundles import current_version, find_release
from autogpt.store import Store
from autogpt.store.tables import AuditRow


class Compressed:
    def to_json(self) -> dict[str, str]:
        return {"precision": "int8"}


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to make releases from; nothing is compressed."""

    def to_reader(store: Store, model: Path, target: Path, sink: Sink = silent) -> Compressed:
        target.mkdir()
        Calibrator(("softmax",), (0.0,), (1.0,), ((),), (1.0,), 0.0, Threshold(0.37)).save(target / CALIBRATION_FILE)
        (target / "model.bin").write_bytes(b"weights")
        return Compressed()

    def to_encoder(store: Store, target: Path, sink: Sink = silent, source: Path | None = None) -> None:
        target.mkdir()

    monkeypatch.setattr(compressing, "compress_reader", to_reader)
    monkeypatch.setattr(compressing, "compress_encoder", to_encoder)
    trained = tmp_path / "trained"
    trained.mkdir()
    return trained


def test_without_validation_examples_the_readers_own_threshold_holds(store: Store, reader: Path) -> None:
    release = releasing.create_release(store, str(reader))
    assert (release.version, release.policy.threshold, release.policy.calibrator) == ("r1", 0.37, None)
    assert release.manifest["validation"] == {"data": "the reader's own"}
    (listed,) = releasing.list_releases(store)
    assert (listed.version, listed.current, listed.precision, listed.problem) == ("r1", False, "int8", "")
    assert listed.metrics["threshold"] == 0.37


def test_what_cannot_be_compared_is_promoted_only_by_force_and_that_is_recorded(store: Store, reader: Path) -> None:
    releasing.create_release(store, str(reader))
    with pytest.raises(UsageError, match=r"unproven against 'base'.*no validation examples") as refused:
        releasing.promote(store, "r1")
    assert "autogpt release promote r1 --force" in str(refused.value.hint)
    assert current_version(store) is None
    assert releasing.promote(store, "r1", force=True).previous == "base"
    with store.session() as session:
        events = [row.entry for row in session.scalars(select(AuditRow)) if row.kind == "promote"]
    assert [(one["version"], one["verdict"], one["forced"]) for one in events] == [("r1", "unproven", True)]
    with pytest.raises(UsageError, match="current already"):
        releasing.promote(store, "r1", force=True)


def test_the_way_back_leads_through_releases_that_were_current(store: Store, reader: Path) -> None:
    with pytest.raises(NotFoundError, match="no earlier release"):
        releasing.rollback(store)
    for version in ("r1", "r2", "r3"):
        assert releasing.create_release(store, str(reader)).version == version
    for version in ("r1", "r2"):
        releasing.promote(store, version, force=True)
    with pytest.raises(NotFoundError, match="'r3' was never current"):
        releasing.rollback(store, "r3")
    assert releasing.rollback(store).version == current_version(store) == "r1"


def test_a_release_that_was_changed_is_not_promoted(store: Store, reader: Path) -> None:
    releasing.create_release(store, str(reader))
    (store.releases / "r1" / "reader" / "model.bin").write_bytes(b"others")
    with pytest.raises(DataError, match=r"'r1' is damaged: reader/model\.bin differs"):
        releasing.promote(store, "r1", force=True)
    manifest = store.releases / "r1" / "release.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "run": "another"}))
    with pytest.raises(DataError):
        find_release(store, "r1")
    (listed,) = releasing.list_releases(store)
    assert listed.problem


def test_there_must_be_something_to_make_a_release_of(store: Store, reader: Path) -> None:
    with pytest.raises(NotFoundError, match="no finished training") as missing:
        releasing.create_release(store)
    assert "--from base" in str(missing.value.hint)
    with pytest.raises(NotFoundError, match="no finished run 'x1'"):
        releasing.create_release(store, "x1")
