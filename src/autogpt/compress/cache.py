"""Exports kept between runs, by what they were made from: a model pack is exported once on a machine.

In: a pack. Out: a folder with an exported model. An entry appears at once and whole, so that processes may race.
Imports PyTorch only to make what is missing.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from autogpt.compress.export import FORMAT_VERSION, Precision, export_encoder, export_reader, source_hashes
from autogpt.errors import AutoGPTError, MissingExtraError, NotFoundError
from autogpt.models.packs import Pack
from autogpt.progress import Sink, silent
from autogpt.read.backends.cache import cache_folder, used
from autogpt.read.backends.facts import CALIBRATION_FILE, EXPORT_FILE, FAQ_FILE
from autogpt.store.locks import exclusive

#: Seconds to wait for another process that is exporting the same model.
_PATIENCE = 600.0


class NotExportedError(MissingExtraError):
    """A model has to be exported, and the packages for that are not installed."""

    def __init__(self, what: str) -> None:
        AutoGPTError.__init__(
            self,
            f"{what} has not been exported on this machine, and exporting needs packages that are not installed.",
            "Serve a release made elsewhere (a release holds its exported models), or install the packages once with: "
            "pip install 'autogpt-qa[train]'",
        )


def exported_encoder(pack: Pack, sink: Sink = silent) -> Path:
    """Folder of the pack's encoder in the form that serves, made now if this machine has none yet.

    It computes in bfloat16 where the processor does: rankings stay (`benchmarks/retrieval.py`), memory and time do not.

    Raises NotExportedError when it has to be made and the packages for that are not installed.
    """
    return _cached(pack, pack.encoder, "encoder", "bf16", export_encoder, sink)


def exported_reader(pack: Pack, sink: Sink = silent) -> Path:
    """The same for the pack's reader, in the precision that passed the parity gate when the pack was made.

    Raises NotFoundError when the pack has no reader.
    """
    if not pack.has_reader:
        raise NotFoundError(
            f"The model pack '{pack.name}' has no reader.", "Train one with: autogpt train reader, then release it."
        )
    return _cached(pack, pack.reader, "reader", pack.reader_precision, export_reader, sink)


def _cached(pack: Pack, source: Path, task: str, precision: Precision, export: Callable[..., Path], sink: Sink) -> Path:
    made_from = {"export": FORMAT_VERSION, "task": task, "precision": precision, "source": _hashes(source)}
    key = sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:24]
    entry = cache_folder("exports") / key
    if not (entry / EXPORT_FILE).is_file():
        with exclusive(entry.with_suffix(".lock"), f"exporting the {task} of '{pack.name}'", _PATIENCE):
            if not (entry / EXPORT_FILE).is_file():
                try:
                    export(source, entry, precision=precision, sink=sink)
                except MissingExtraError:
                    raise NotExportedError(f"The {task} of the model pack '{pack.name}'") from None
    used(entry)
    return entry


def _hashes(source: Path) -> dict[str, str]:
    hashes = source_hashes(source)
    fitted = [source / name for name in (CALIBRATION_FILE, FAQ_FILE) if (source / name).is_file()]
    return hashes | {path.name: sha256(path.read_bytes()).hexdigest() for path in fitted}
