"""Model soups: the mean of the weights of several models that were fine-tuned from one base.

In: folders of models. Out: a folder with one model, as large and as fast as each of them. Source: Wortsman et al. 2022,
"Model soups: averaging weights of multiple fine-tuned models improves accuracy without increasing inference time".
Knows no task.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from autogpt.errors import DataError, UsageError
from autogpt.models import layout
from autogpt.models.adapters import KEPT

FILE_NAME = "soup.json"
#: What of a model's configuration gives its weights their meaning, where their shapes do not say it.
_MEANING = ("architectures", "model_type", "num_attention_heads", "num_key_value_heads", "n_head", "hidden_act", KEPT)
#: Files that belong to one model's weights.
_OWN = (layout.WEIGHTS, layout.CALIBRATION, layout.CLASSIFIER_ARRAYS)


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A model that may be in a soup.

    Attributes:
        score: on validation examples, in points; None where there were none.
        used: whether its weights are in the mean.
    """

    name: str
    score: float | None
    used: bool


def uniform(folders: Sequence[Path], out: Path) -> None:
    """Write the mean of all models into the folder `out`.

    Raises UsageError for models that have no mean, DataError for weights that cannot be read.
    """
    require_alike(folders)
    out.mkdir(parents=True, exist_ok=True)
    for path in folders[0].iterdir():
        if path.is_file() and path.name not in _OWN:
            shutil.copy(path, out / path.name)
    save_file(_mean(folders), out / layout.WEIGHTS, metadata={"format": "pt"})


def greedy(
    folders: Sequence[Path], scores: Sequence[float], score: Callable[[Path], float], out: Path
) -> tuple[int, ...]:
    """Write a greedy soup (section 2, recipe 1): the best model first, each other one added where the mean does not
    score worse with it. So it is never worse than the best model, on what `score` asks. Returns the numbers of those
    that are in it.

    Args:
        scores: of each model.
        score: of the model in a folder, larger is better.

    Raises as `uniform` does.
    """
    require_alike(folders)
    order = sorted(range(len(folders)), key=lambda at: -scores[at])
    chosen, best = [order[0]], scores[order[0]]
    tried = out.with_name(out.name + ".tried")
    try:
        for at in order[1:]:
            shutil.rmtree(tried, ignore_errors=True)
            uniform([folders[one] for one in (*chosen, at)], tried)
            found = score(tried)
            if found >= best:
                chosen, best = [*chosen, at], found
    finally:
        shutil.rmtree(tried, ignore_errors=True)
    uniform([folders[at] for at in chosen], out)
    return tuple(sorted(chosen))


def require_alike(folders: Sequence[Path]) -> None:
    """Raises UsageError for models of another architecture, vocabulary or labels than the first; their weights have no
    mean that means anything. Whether they come of one base cannot be told by looking at them.
    """
    first = folders[0]
    for other in folders[1:]:
        for what, read in (
            ("architecture", _architecture),
            ("shapes of weights", _shapes),
            ("tokenizer", _vocabulary),
            ("labels", _labels),
        ):
            if read(first) != read(other):
                raise UsageError(
                    f"The weights of {first} and {other} cannot be averaged: they differ in {what}.",
                    "Average models that were fine-tuned from one base; probabilities of others can be averaged: "
                    "autogpt evaluate … --model A --model B",
                )


def save_ingredients(folder: Path, kind: str, ingredients: Sequence[Ingredient]) -> None:
    """Write what a soup was made of."""
    told = {"format_version": 1, "soup": kind, "models": [asdict(one) for one in ingredients]}
    waiting = folder / f"{FILE_NAME}.part"
    waiting.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    waiting.replace(folder / FILE_NAME)


def _mean(folders: Sequence[Path]) -> dict[str, torch.Tensor]:
    """Tensor by tensor, so that no more than the mean and one tensor are in memory."""
    mean: dict[str, torch.Tensor] = {}
    kinds: dict[str, torch.dtype] = {}
    for folder in folders:
        with safe_open(folder / layout.WEIGHTS, "pt") as weights:
            for name in weights.keys():  # noqa: SIM118 - not a mapping
                tensor = weights.get_tensor(name)
                kinds[name] = torch.promote_types(kinds.get(name, tensor.dtype), tensor.dtype)
                if tensor.is_floating_point():
                    share = tensor.double() / len(folders)
                    mean[name] = mean[name] + share if name in mean else share
                else:
                    mean.setdefault(name, tensor)
    return {name: tensor.to(kinds[name]).contiguous() for name, tensor in mean.items()}


def _architecture(folder: Path) -> Mapping[str, Any]:
    config = json.loads((folder / layout.CONFIG).read_text(encoding="utf-8"))
    return {name: config.get(name) for name in _MEANING}


def _shapes(folder: Path) -> Mapping[str, Any]:
    path = folder / layout.WEIGHTS
    if not path.is_file():
        raise DataError(f"{folder} has no {layout.WEIGHTS}.", "Name the folder of a trained model, not of an export.")
    with safe_open(path, "pt") as weights:
        return {name: tuple(weights.get_slice(name).get_shape()) for name in weights.keys()}  # noqa: SIM118


def _vocabulary(folder: Path) -> Any:
    return json.loads((folder / layout.TOKENIZER).read_text(encoding="utf-8"))["model"]["vocab"]


def _labels(folder: Path) -> Any:
    path = folder / layout.CLASSIFIER
    if not path.is_file():
        return None
    card = json.loads(path.read_text(encoding="utf-8"))
    return card["kind"], card["labels"]
