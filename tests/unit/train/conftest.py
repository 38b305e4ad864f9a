"""Trainings of tiny models."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tiny models gain nothing from more threads, and lose where tests run side by side."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def base_for(
    tiny_model: Callable[[str], Path], tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """The folder of a tiny base by what it was made for: "reader", "encoder", "masked" or "causal" words."""
    from transformers import BertConfig, BertForMaskedLM

    from tiny_models import build_generator

    made = {"reader": tiny_model("bert"), "encoder": tiny_encoder}

    def masked(folder: Path) -> None:
        BertForMaskedLM(BertConfig.from_pretrained(made["reader"])).save_pretrained(folder)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(made["reader"] / name, folder)

    def get(name: str) -> Path:
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            masked(made[name]) if name == "masked" else build_generator("gpt2", made[name])
        return made[name]

    return get


@pytest.fixture
def no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many short trainings the curves would take as long as what is tested."""
    from autogpt.train import folder

    monkeypatch.setattr(folder, "draw_curves", lambda history, path: None)
