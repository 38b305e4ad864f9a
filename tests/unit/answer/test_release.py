"""Releases on disk: whole or not there, and every change is noticed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from autogpt.answer.policy import Policy
from autogpt.answer.release import changed_files, open_release, write_release
from autogpt.errors import DataError, NotFoundError
from autogpt.metrics.calibrator import Calibrator


@pytest.fixture
def models(tmp_path: Path) -> dict[str, Path]:
    for name in ("reader", "encoder"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.xml").write_text(name)
    return {"reader": tmp_path / "reader", "encoder": tmp_path / "encoder"}


def calibrated() -> Policy:
    calibrator = Calibrator.fit([[0.1], [0.4], [0.3], [0.9]], [False, True, False, True], ["score"])
    return Policy(threshold=0.61, retrieval_weight=2.0, calibrator=calibrator, fitted_on={"questions": 4})


def test_a_release_is_read_back_as_it_was_written(tmp_path: Path, models: dict[str, Path]) -> None:
    policy = replace(calibrated(), rerank_weight=0.4, unreranked=calibrated())
    checksum = write_release(tmp_path / "r1", **models, policy=policy, details={"run": "abc"})
    release = open_release(tmp_path / "r1", checksum)
    assert (release.version, release.policy, release.manifest["run"]) == ("r1", policy, "abc")
    assert changed_files(release) == []


def test_a_reranker_is_sealed_in_where_there_is_one(tmp_path: Path, models: dict[str, Path]) -> None:
    write_release(tmp_path / "r1", **models, policy=Policy(), details={})
    assert open_release(tmp_path / "r1").reranker is None
    write_release(tmp_path / "r2", **models, reranker=models["reader"], policy=Policy(rerank_weight=0.2), details={})
    release = open_release(tmp_path / "r2")
    assert (release.reranker, release.policy.rerank_weight) == (tmp_path / "r2" / "reranker", 0.2)
    (tmp_path / "r2" / "reranker" / "model.xml").write_text("another")
    assert changed_files(release) == ["reranker/model.xml"]


def test_a_changed_or_missing_file_is_named(tmp_path: Path, models: dict[str, Path]) -> None:
    write_release(tmp_path / "r1", **models, policy=Policy(), details={})
    release = open_release(tmp_path / "r1")
    (release.reader / "model.xml").write_text("another")
    (release.encoder / "model.xml").unlink()
    assert changed_files(release) == ["encoder/model.xml", "reader/model.xml"]


def test_a_changed_manifest_is_refused(tmp_path: Path, models: dict[str, Path]) -> None:
    checksum = write_release(tmp_path / "r1", **models, policy=Policy(), details={})
    path = tmp_path / "r1" / "release.json"
    path.write_text(path.read_text().replace('"r1"', '"r2"'))
    with pytest.raises(DataError, match="changed"):
        open_release(tmp_path / "r1", checksum)


def test_a_release_that_fails_half_way_is_not_there(tmp_path: Path, models: dict[str, Path]) -> None:
    def fail(partial: Path) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_release(tmp_path / "r1", **models, policy=Policy(), details={}, complete=fail)
    with pytest.raises(NotFoundError):
        open_release(tmp_path / "r1")
    write_release(tmp_path / "r1", **models, policy=Policy(), details={})
    assert open_release(tmp_path / "r1").version == "r1"


def test_a_policy_of_a_newer_format_is_refused() -> None:
    raw = {**Policy().to_json(), "format_version": 99}
    with pytest.raises(DataError, match="Update"):
        Policy.from_json(json.loads(json.dumps(raw)))
