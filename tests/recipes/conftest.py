"""The recipes stand beside the package: they are imported from the folder of the packs."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

MODELS = Path(__file__).parents[2] / "models"


@pytest.fixture(scope="session")
def recipe_module() -> Callable[[str], ModuleType]:
    """A module of a recipe by name, as `models/recipe.py` imports it."""

    def get(name: str) -> ModuleType:
        sys.path.insert(0, str(MODELS))
        try:
            return import_module(name)
        finally:
            sys.path.remove(str(MODELS))

    return get
