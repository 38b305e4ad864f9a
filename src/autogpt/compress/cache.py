"""Exports of model packs, made once on this machine and found again by content.

In: a pack. Out: the folder of its exported reader or encoder. Two processes may ask at once; a kill leaves no half
export. Needs torch only for a pack that was never exported here.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from autogpt.compress.export import FORMAT_VERSION, export_encoder, export_reader
from autogpt.errors import NotFoundError
from autogpt.models.packs import Pack
from autogpt.read.backends.cache import cache_folder, used
from autogpt.read.backends.facts import MODEL_FILES
from autogpt.store.locks import exclusive

#: Seconds to wait for another process that exports the same model.
_PATIENCE = 300.0


def exported_reader(pack: Pack) -> Path:
    """The pack's reader for OpenVINO, in the precision it was trained in. Raises NotFoundError when it has none."""
    if not pack.has_reader:
        raise NotFoundError(
            f"The model pack '{pack.name}' has no reader.", "Train one from its encoder with: autogpt train reader"
        )
    return _exported(pack.reader, export_reader)


def exported_encoder(pack: Pack) -> Path:
    """The pack's sentence encoder for OpenVINO."""
    return _exported(pack.encoder, export_encoder)


def _exported(source: Path, export: Callable[[Path, Path], Path]) -> Path:
    entry = cache_folder("exports") / _content_hash(source)
    if not (entry / MODEL_FILES["openvino"]).is_file():
        with exclusive(entry.with_suffix(".lock"), "exporting the same model", wait=_PATIENCE):
            if not (entry / MODEL_FILES["openvino"]).is_file():
                export(source, entry)
    used(entry)
    return entry


def _content_hash(source: Path) -> str:
    digest = sha256(f"{FORMAT_VERSION}".encode())
    for path in sorted(path for path in source.iterdir() if path.is_file()):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:32]
