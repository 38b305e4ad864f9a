"""Where a base model comes from: a model pack, a folder, a GGUF file, an installed package, or the hub.

In: what the user named. Out: a folder or file, or a hub id. Opens nothing and fetches nothing.
"""

import re
from collections.abc import Callable
from pathlib import Path

from autogpt.errors import NotFoundError, UsageError
from autogpt.models import layout
from autogpt.models.catalogue import packaged
from autogpt.models.gguf import SUFFIX, gguf_file
from autogpt.models.packs import Pack, find_pack, installed_packs

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


def resolve_reader(name: str | Path) -> Path | str:
    """What a reader's training starts from, or what a reader is opened from.

    Args:
        name: the name of an installed pack, a folder (of a pack, a training, a reader or any checkpoint), or a hub id.

    Returns the folder of a pack's reader (of its encoder when it has none), the model of a training, the folder itself,
    or the hub id as it is.
    Raises NotFoundError for a name that can be none of these, DataError for a broken pack.
    """
    return _resolve(name, lambda pack: pack.reader if pack.has_reader else pack.encoder)


def resolve_encoder(name: str | Path) -> Path | str:
    """What an encoder's training starts from: as `resolve_reader`, but of a pack its encoder."""
    return _resolve(name, lambda pack: pack.encoder)


def resolve_generator(name: str | Path) -> Path | str:
    """What a generator's training starts from.

    Args:
        name: a folder of a causal language model, a GGUF file or a folder with one, the folder of a run, or a hub id.

    Returns the model's folder or file, or the hub id as it is. Raises UsageError without a name or for a model pack,
    which holds no model that writes, NotFoundError for a name that can be none of these.
    """
    hint = "Name one with --base: a folder, a GGUF file or a hub id. See: autogpt models list"
    if not str(name):
        raise UsageError("A generator needs a causal language model to start from, and none is named.", hint)
    if generator := generator_in(Path(name)):
        return generator

    def none(pack: Pack) -> Path:
        raise UsageError(f"The model pack '{pack.name}' holds no model that writes text.", hint)

    return _resolve(name, none)


def generator_in(path: Path) -> Path | None:
    """The folder of weights or the GGUF file that `path` is or, as the folder of a training, holds; of a model of the
    catalogue the file that an installed package holds; else None.

    Raises NotFoundError for a GGUF file that is not there, UsageError for a folder with several.
    """
    for folder in (path, path / layout.MODEL):
        if (folder / layout.CONFIG).is_file() and any(folder.glob("*.safetensors")):
            return folder
    return gguf_file(path) or packaged(path.as_posix())


def _resolve(name: str | Path, of_pack: Callable[[Pack], Path]) -> Path | str:
    folder = Path(name)
    if (folder / layout.PACK_FILE).is_file():
        return of_pack(find_pack(folder))
    if str(name) and folder.is_dir():
        inside = folder / "model"
        return inside if (inside / layout.CONFIG).is_file() else folder
    for pack in installed_packs():
        if pack.name == str(name):
            return of_pack(pack)
    if isinstance(name, str) and _HUB_ID.fullmatch(name) and not name.endswith((".json", ".safetensors", SUFFIX)):
        return name
    raise NotFoundError(
        f"There is no model '{name}': no such folder, and it is no name that a pack or the hub could have.",
        "See: autogpt models list",
    )
