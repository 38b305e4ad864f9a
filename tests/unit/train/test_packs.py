"""Every method on the models of the packs that are installed: what was learnt is there when they are opened again."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from autogpt.config import AdaptedTrainingSection
from autogpt.models import layout
from autogpt.models.packs import Pack, installed_packs
from autogpt.train.base import load_base
from autogpt.train.methods import METHODS, open_method
from autogpt.train.methods.saved import about_of, save_adapter
from autogpt.train.sentence import SentenceEncoder

PACKS = installed_packs()
#: The model of transformers in a folder, by what it is in a pack.
OPENED: dict[str, Callable[[Path], Any]] = {
    "reader": lambda folder: load_base(folder, 0.0)[0],
    "encoder": lambda folder: SentenceEncoder(folder, 0.0).adapted,
}
#: How far a step goes, where that is not the usual: what AdaLoRA adds is the product of three small matrices.
STEP = {"adalora": 0.2}


def outputs(model: Any) -> torch.Tensor:
    """float: what a model says of two rows, all of it in one; of an encoder its last states, which are what is read."""
    ids = torch.arange(24).reshape(2, 12) * 37 % 997 + 5
    found = model(input_ids=ids, attention_mask=torch.ones_like(ids))
    parts = (found.last_hidden_state,) if "last_hidden_state" in found else (found.start_logits, found.end_logits)
    return torch.cat([one.flatten() for one in parts])


@pytest.mark.skipif(not PACKS, reason="no model pack is installed")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("part", OPENED)
@pytest.mark.parametrize("pack", PACKS, ids=lambda one: one.name)
def test_one_step_by_every_method_is_there_again(pack: Pack, part: str, method: str, tmp_path: Path) -> None:
    base = getattr(pack, part)
    if not base.is_dir():
        pytest.skip(f"{pack.name} has no {part}")
    settings = AdaptedTrainingSection(method=method, frozen_layers=1 if method == "frozen" else 0)  # type: ignore[arg-type]
    model = OPENED[part](base).eval()
    applied = open_method(settings)
    applied.apply(model)
    about = about_of(model, settings, base)
    trained = [one for one in model.parameters() if one.requires_grad]
    before = outputs(model)
    before.pow(2).mean().backward()
    with torch.no_grad():
        for one in trained:
            if one.grad is not None:
                one.sub_(STEP.get(method, 0.01) * one.grad.sign())
    with torch.inference_mode():
        expected = outputs(model)
        assert (expected - before).abs().max() > 0.01
        save_adapter(tmp_path, model, about)
        applied.merge(model).save_pretrained(tmp_path / "model")
    for path in (base / name for name in layout.MODEL_FILES):
        if not (tmp_path / "model" / path.name).exists():
            shutil.copy(path, tmp_path / "model")
    for folder in (tmp_path / "model", *(() if about is None else (tmp_path / "adapter",))):
        with torch.inference_mode():
            torch.testing.assert_close(outputs(OPENED[part](folder).eval()), expected, atol=1e-3, rtol=1e-3)
