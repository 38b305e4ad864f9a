"""Which classifier a release takes, and that it is exported, sealed and asked."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autogpt.answer.policy import Policy
from autogpt.answer.release import Release, changed_files, open_release, write_release
from autogpt.classify.card import Card, save_card
from autogpt.config import override
from autogpt.errors import NotFoundError, UsageError
from autogpt.records import AnswerKind
from autogpt.services import classifiers
from autogpt.services.classifiers import classifier_source, compress_classifier, release_router
from autogpt.store import Store
from autogpt.store.tables import RunRow


@pytest.fixture(scope="module")
def trained(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported encoder with a head that calls everything `b`."""
    import shutil

    folder = tmp_path_factory.mktemp("classifier") / "model"
    shutil.copytree(tiny_encoder, folder)
    head = {"head_weights": np.zeros((2, 32), np.float32), "head_bias": np.array([0, 5], np.float32)}
    save_card(folder, Card("intents", ("a", "b"), 32), head)
    return folder


def routed(store: Store, **routes: str) -> Store:
    return Store(store.folder, override(store.config, {"answer.routes": routes}))


def test_a_run_a_folder_or_none_can_be_named(store: Store, trained: Path) -> None:
    assert classifier_source(store) is None
    assert classifier_source(store, "none") is None
    found = classifier_source(store, str(trained))
    assert found is not None
    assert (found.folder, found.run, found.card.labels) == (trained, "", ("a", "b"))
    with pytest.raises(NotFoundError, match="no finished run 'x'"):
        classifier_source(store, "x")
    with store.session() as session:
        session.add(RunRow(id="c1", kind="classifier", state="done"))
    (store.runs / "c1").mkdir(parents=True)
    (store.runs / "c1" / "model").symlink_to(trained)
    found = classifier_source(store, "c1")
    assert found is not None
    assert found.to_json() == {"name": "run c1", "run": "c1", "kind": "intents", "classes": 2, "out_of_scope": None}


def test_routes_of_unknown_classes_are_refused_before_a_release_is_made(store: Store, trained: Path) -> None:
    with pytest.raises(UsageError, match="has 'c'"):
        classifier_source(routed(store, c="refuse"), str(trained))


def test_the_classifier_of_the_current_release_is_kept(
    store: Store, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about: dict[str, Any] = {"classifier": {"name": "run c1", "run": "c1"}}
    release = Release("r1", tmp_path, tmp_path, Policy(), about, classifier=trained)
    monkeypatch.setattr(classifiers, "current_version", lambda store: "r1")
    monkeypatch.setattr(classifiers, "find_release", lambda store, version: release)
    found = classifier_source(store)
    assert found is not None
    assert (found.name, found.run, found.folder) == ("run c1", "c1", trained)


def test_a_sealed_classifier_routes_as_the_configuration_says(store: Store, trained: Path, tmp_path: Path) -> None:
    exported = compress_classifier(trained, tmp_path / "exported")
    for name in ("reader", "encoder"):
        (tmp_path / name).mkdir()
    models = {"reader": tmp_path / "reader", "encoder": tmp_path / "encoder", "classifier": exported}
    write_release(tmp_path / "r1", **models, policy=Policy(), details={})
    release = open_release(tmp_path / "r1")
    assert release.classifier == tmp_path / "r1" / "classifier"
    router = release_router(routed(store, b="handover"), release)
    assert router is not None
    decided = router.route("When was Gale founded?")
    assert (decided.kind, decided.explanation["labels"]) == (AnswerKind.HANDOVER, ["b"])
    assert decided.confidence == pytest.approx(1 / (1 + np.exp(-5)))
    (tmp_path / "r1" / "classifier" / "classifier.json").write_text("{}")
    assert changed_files(release) == ["classifier/classifier.json"]


def test_a_release_without_a_classifier_routes_nothing(store: Store, tmp_path: Path) -> None:
    assert release_router(store, Release("r1", tmp_path, tmp_path, Policy(), {})) is None
