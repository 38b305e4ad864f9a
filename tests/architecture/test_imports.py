"""What importing loads: the heavy packages stay behind doors."""

import subprocess
import sys
from importlib import import_module
from pkgutil import walk_packages

import pytest

import autogpt
from autogpt.registry import Registry

HEAVY = (
    "torch",
    "transformers",
    "accelerate",
    "datasets",
    "nncf",
    "onnx",
    "matplotlib",
    "sentence_transformers",
    "sklearn",
)

#: What a server, a question on the command line and an ingest load, the backends that they open by name included.
SERVING = (
    "autogpt.web.app",
    "autogpt.web.engine",
    "autogpt.classify.classifier",
    "autogpt.services.answering",
    "autogpt.services.ingesting",
    "autogpt.services.indexing",
    "autogpt.services.releasing",
    "autogpt.prepare.sources",
    "autogpt.retrieve.lance",
    "autogpt.retrieve.encoder",
    "autogpt.read.reader",
    "autogpt.read.backends.openvino",
    "autogpt.read.backends.onnx",
    "autogpt.answer.composers.endpoint",
    "autogpt.answer.composers.local",
)


def loaded_by(*modules: str) -> set[str]:
    """The heavy packages that a fresh process holds after importing `modules`."""
    code = "import sys\n" + "".join(f"import {one}\n" for one in modules)
    code += f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("autogpt") == set()


def test_the_command_line_starts_without_anything_heavy() -> None:
    assert loaded_by("autogpt.cli", "autogpt.cli.frame", "autogpt.cli.ask", "autogpt.cli.serve") == set()


def test_serving_loads_neither_torch_nor_transformers() -> None:
    assert loaded_by(*SERVING) == set()


def test_the_measure_of_heaviness_sees_heavy_packages() -> None:
    assert "torch" in loaded_by("autogpt.read.backends.torch")


@pytest.fixture(scope="module")
def registries() -> list[Registry]:
    """Every `Registry` that a module of the package holds."""
    found: dict[int, Registry] = {}
    for module in walk_packages(autogpt.__path__, "autogpt."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            values = vars(import_module(module.name)).values()
            found |= {id(value): value for value in values if isinstance(value, Registry)}
    return list(found.values())


def test_every_registered_name_leads_to_something(registries: list[Registry]) -> None:
    assert {"format", "backend", "objective"} <= {registry.kind for registry in registries}
    for registry in registries:
        assert registry, f"no {registry.kind} at all"
        for name in registry:
            assert registry.load(name) is not None, f"{registry.kind} {name}"
