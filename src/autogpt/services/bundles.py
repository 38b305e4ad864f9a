"""Finds the models that answer: a stored release, or the untuned ones of the model pack before the first.

In: a store and a release's name. Out: a `Release`, and its reader opened. Imports torch only when the pack's models
have never been exported on this machine.
"""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from autogpt.answer.policy import Policy
from autogpt.answer.release import Release, open_release
from autogpt.compress.cache import exported_encoder, exported_reader
from autogpt.config import Config
from autogpt.errors import NotFoundError
from autogpt.metrics.calibrator import Calibrator
from autogpt.models.packs import find_pack
from autogpt.read.backends.facts import CALIBRATION_FILE
from autogpt.read.reader import BatchedReader, Reader
from autogpt.store import Store
from autogpt.store.tables import PromotionRow, ReleaseRow

#: Name of the release that is always there: the pack's own models.
BASE = "base"


def current_version(store: Store) -> str | None:
    """Name of the promoted release, or None before the first promotion."""
    with store.session() as session:
        return session.scalar(select(PromotionRow.version).order_by(PromotionRow.id.desc()).limit(1))


def find_release(store: Store, version: str) -> Release:
    """The release called `version`; `base` is the pack's. Raises NotFoundError, or DataError for a changed one."""
    if version == BASE:
        return base_release(store.config)
    with store.session() as session:
        row = session.get(ReleaseRow, version)
    if row is None:
        raise NotFoundError(f"There is no release '{version}'.", "List them with: autogpt release list")
    return open_release(store.releases / version, row.manifest_checksum)


def current_encoder(store: Store) -> Path:
    """Folder of the encoder that answers at present; indexing needs no reader."""
    version = current_version(store)
    if version is None:
        return exported_encoder(find_pack(store.config.workspace.pack))
    return find_release(store, version).encoder


def base_release(config: Config) -> Release:
    """The workspace's model pack as it comes, exported once on this machine."""
    pack = find_pack(config.workspace.pack)
    reader, encoder = exported_reader(pack), exported_encoder(pack)
    manifest = {"model": f"{pack.name} {pack.version}", "files": {}}
    return Release(BASE, reader, encoder, default_policy(reader, config.retrieve.passages), manifest)


def default_policy(reader: Path, passages: int) -> Policy:
    """What is decided with before anything was fitted to the workspace: the reader's own threshold."""
    calibration = reader / CALIBRATION_FILE
    if not calibration.is_file():
        return Policy(passages=passages)
    return Policy(
        passages=passages,
        threshold=Calibrator.load(calibration).threshold.value,
        fitted_on={"data": "the reader's own"},
    )


def open_reader(store: Store, release: Release, on_batch: Callable[[int], None]) -> BatchedReader:
    """The release's reader with the workspace's settings, shared by callers in several threads."""
    serve = store.config.serve
    return BatchedReader(
        Reader.from_config(release.reader, store.config.read),
        window=serve.batch_window_ms / 1000,
        queue=serve.queue,
        timeout=serve.timeout_seconds,
        on_batch=on_batch,
    )
