"""A release on disk: the frozen names of its files, its manifest, and the check that nothing in it changed.

In: a folder `releases/<version>`. Out: a `Release` with the places of its models, and the policy. Knows nothing
about the database, the index or which release is current.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from autogpt.answer.policy import Policy
from autogpt.errors import DataError, NotFoundError

FORMAT_VERSION = 1
MANIFEST = "release.json"
READER = "reader"
ENCODER = "encoder"
RERANKER = "reranker"
CLASSIFIER = "classifier"


@dataclass(frozen=True, slots=True)
class Release:
    """An immutable bundle of models, calibration and policy.

    Attributes:
        version: its name, "r1", "r2", …
        reader, encoder: folders of the exported models.
        manifest: what it was made of and how it measured.
        reranker, classifier: the same of one that holds a reranker or a classifier, else None.
    """

    version: str
    reader: Path
    encoder: Path
    policy: Policy
    manifest: Mapping[str, Any]
    reranker: Path | None = None
    classifier: Path | None = None


def write_release(
    folder: Path,
    *,
    reader: Path,
    encoder: Path,
    reranker: Path | None = None,
    classifier: Path | None = None,
    policy: Policy,
    details: Mapping[str, Any],
    complete: Callable[[Path], None] = lambda partial: None,
) -> str:
    """Assemble a release under another name and put it in place at once; returns the manifest's SHA-256.

    Args:
        folder: `releases/<version>`; must not exist.
        reader, encoder, reranker, classifier: folders of exported models, copied.
        details: what the manifest says besides files and hashes; must be JSON.
        complete: called with the half-made folder before it is sealed, to add what belongs in it (reports).
    """
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    shutil.copytree(reader, partial / READER)
    shutil.copytree(encoder, partial / ENCODER)
    for name, model in ((RERANKER, reranker), (CLASSIFIER, classifier)):
        if model is not None:
            shutil.copytree(model, partial / name)
    policy.save(partial)
    complete(partial)
    files = {path.relative_to(partial).as_posix(): _sha256(path) for path in _files(partial)}
    manifest = {**details, "format_version": FORMAT_VERSION, "version": folder.name, "files": files}
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    (partial / MANIFEST).write_text(text, encoding="utf-8")
    partial.rename(folder)
    return sha256(text.encode()).hexdigest()


def open_release(folder: Path, manifest_checksum: str = "") -> Release:
    """Read a release.

    Args:
        manifest_checksum: SHA-256 the manifest must have; empty skips the check.

    Raises:
        NotFoundError: there is no release in `folder`.
        DataError: it is of a newer format, or its manifest is not the one that was recorded.
    """
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFoundError(
            f"There is no release '{folder.name}' in {folder.parent}.", "List them with: autogpt release list"
        ) from None
    if manifest_checksum and sha256(text.encode()).hexdigest() != manifest_checksum:
        raise DataError(f"The manifest of release '{folder.name}' was changed.", "Create the release again.")
    try:
        manifest = json.loads(text)
    except ValueError:
        raise DataError(f"The manifest of release '{folder.name}' is broken.", "Create the release again.") from None
    if manifest["format_version"] > FORMAT_VERSION:
        raise DataError(
            f"Release '{folder.name}' has format {manifest['format_version']}; this program reads up to "
            f"{FORMAT_VERSION}.",
            "Update with: pip install -U autogpt-qa",
        )
    return Release(
        manifest["version"],
        folder / READER,
        folder / ENCODER,
        Policy.load(folder),
        manifest,
        *(folder / name if (folder / name).is_dir() else None for name in (RERANKER, CLASSIFIER)),
    )


def changed_files(release: Release) -> list[str]:
    """Files that are missing or differ from the manifest, by name; empty when the release is whole."""
    folder, recorded = release.reader.parent, release.manifest["files"]
    return [name for name, checksum in recorded.items() if not _matches(folder / name, checksum)]


def _matches(path: Path, checksum: str) -> bool:
    return path.is_file() and _sha256(path) == checksum


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _sha256(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
