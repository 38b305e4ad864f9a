"""What a method trained, alone: a small folder that is put on its base again.

In: a trained model before it is merged, or such a folder. Out: `adapter/` (the trained weights and what they belong
to), or the whole model. Knows no task.
"""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers.utils import cached_file

from autogpt.config import AdaptedTrainingSection
from autogpt.errors import DataError, UsageError
from autogpt.models import layout
from autogpt.models.adapters import kept, pooling
from autogpt.models.gguf import gguf_file
from autogpt.train.folder import write_json
from autogpt.train.methods import open_method

#: Beside `model/` in the folder of a training.
FOLDER = layout.ADAPTER
ABOUT = "adapter.json"
WEIGHTS = "adapter.safetensors"
FORMAT_VERSION = 1
_SIZES = ("method", "frozen_layers", "rank", "alpha", "bottleneck", "prefix_tokens")
_INDEX = f"{layout.WEIGHTS}.index.json"


@dataclass(frozen=True)
class About:
    """What `adapter.json` holds.

    Attributes:
        base: folder, GGUF file or hub id that the weights belong on.
        base_sha256: of its weights.
        architecture: class of the model.
        settings: method and sizes.
        pooled: whether the head looks at the mean of all tokens (`models.adapters.pooling`).
    """

    format_version: int
    base: str
    base_sha256: str
    architecture: str
    settings: dict[str, Any]
    pooled: bool = False


def about_of(model: Any, settings: AdaptedTrainingSection, base: str | Path) -> About | None:
    """What will be said of a training that is about to begin; None when all of `model` is trained, since nothing is
    smaller than the model then.

    Args:
        model: opened from `base`, the method applied.
    """
    if all(one.requires_grad for one in model.parameters()):
        return None
    where = str(Path(base).resolve()) if Path(base).exists() else str(base)
    sizes = {name: getattr(settings, name) for name in _SIZES}
    return About(FORMAT_VERSION, where, weights_hash(base), type(model).__name__, sizes, pooling.NAME in kept(model))


def save_adapter(out: Path, model: Any, about: About | None) -> None:
    """Write `out/adapter/`, where there is anything to say about it.

    Args:
        model: as it was trained, not merged.
    """
    if about is None:
        return
    trained = {name: one.detach() for name, one in model.named_parameters() if one.requires_grad}
    waiting = out / f"{FOLDER}.part"
    shutil.rmtree(waiting, ignore_errors=True)
    waiting.mkdir(parents=True)
    save_file({name: one.cpu().contiguous() for name, one in trained.items()}, waiting / WEIGHTS)
    write_json(waiting / ABOUT, asdict(about))
    shutil.rmtree(out / FOLDER, ignore_errors=True)
    waiting.replace(out / FOLDER)


def is_adapter(folder: str | Path) -> bool:
    """Whether `folder` holds what a method trained, without its base."""
    return (Path(folder) / ABOUT).is_file()


def read_about(folder: str | Path) -> About:
    """What the adapter in `folder` belongs to. Raises DataError when that cannot be read."""
    path = Path(folder) / ABOUT
    try:
        about = About(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise DataError(f"{path} cannot be read: {error}.", "Take the folder that the training wrote, whole.") from None
    if about.format_version > FORMAT_VERSION:
        raise DataError(f"{path} was written by a newer version of this program.", "Update autogpt-qa.")
    return about


def base_of(folder: str | Path) -> str:
    """Folder, GGUF file or hub id that the adapter in `folder` belongs on.

    Raises UsageError when that has other weights than those it was trained on, or is a path that is not there.
    """
    about = read_about(folder)
    hint = f'Put the base back, or name where it is now as "base" in {Path(folder) / ABOUT}.'
    if Path(about.base).is_absolute() and not Path(about.base).exists():
        raise UsageError(f"The adapter in {folder} belongs on {about.base}, which is not there.", hint)
    if weights_hash(about.base) != about.base_sha256:
        raise UsageError(
            f"The adapter in {folder} was trained on another base than {about.base} holds now: its weights differ.",
            hint,
        )
    return about.base


def beneath(base: str | Path) -> str | Path:
    """`base` itself, or what the adapters in it stand on in the end."""
    while is_adapter(base):
        base = read_about(base).base
    return base


def put_on(model: Any, folder: str | Path) -> None:
    """Make `model`, opened from `base_of(folder)`, what it was when the training ended.

    Raises UsageError for a model for another task, DataError for weights that are not all there.
    """
    about = read_about(folder)
    if type(model).__name__ != about.architecture:
        raise UsageError(
            f"The adapter in {folder} was trained for a {about.architecture}, not for a {type(model).__name__}.",
            "Take it for the task that it was trained for.",
        )
    if about.pooled and pooling.NAME not in kept(model):
        pooling.attach(model)
    method = open_method(AdaptedTrainingSection(**about.settings))
    method.apply(model)
    weights = load_file(Path(folder) / WEIGHTS)
    trained = {name: one for name, one in model.named_parameters() if one.requires_grad}
    if {name: one.shape for name, one in trained.items()} != {name: one.shape for name, one in weights.items()}:
        raise DataError(f"The weights in {folder} are not those of its {ABOUT}.", "Train it again.")
    with torch.no_grad():
        for name, parameter in trained.items():
            parameter.copy_(weights[name])
    method.merge(model)
    model.requires_grad_(True)


def weights_hash(base: str | Path) -> str:
    """SHA-256 of the weights of a folder, a GGUF file or a hub's model, in one file or several."""
    digest = hashlib.sha256()
    for path in weight_files(base):
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def weight_files(base: str | Path) -> list[Path]:
    """The files of a folder or of a hub's model that hold its weights. Raises UsageError where there are none."""
    if is_adapter(base):
        return [Path(base) / WEIGHTS]
    if file := gguf_file(base):
        return [file]
    for here in (True,) if Path(base).is_dir() else (True, False):  # the hub is asked for what is not on this machine
        if whole := _file(base, layout.WEIGHTS, here):
            return [whole]
        if index := _file(base, _INDEX, here):
            names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
            return [path for name in names if (path := _file(base, name, here))]
    raise UsageError(f"There are no weights in {base}.", "Name the folder of a model, or a model of the hub.")


def _file(base: str | Path, name: str, here: bool) -> Path | None:
    found = cached_file(
        str(base),
        name,
        local_files_only=here,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
    )
    return Path(found) if found else None
