"""The OpenVINO backend: how it opens a model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autogpt.read.backends import load_backend
from autogpt.read.backends import openvino as backend


def test_a_cache_that_another_process_takes_away_is_done_without(
    tiny_export: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_export("bert", "openvino")
    caches: list[str] = []

    class Core(backend.openvino.Core):  # type: ignore[misc, name-defined]
        def compile_model(self, *given: Any) -> Any:
            caches.append(self.get_property("CACHE_DIR"))
            if caches[-1]:
                raise RuntimeError("filesystem error: cannot set permissions: No such file or directory")
            return super().compile_model(*given)

    monkeypatch.setattr(backend.openvino, "Core", Core)
    opened = load_backend("openvino", folder)
    assert opened.facts.task == "reader"
    assert len(caches) == 2
    assert caches[0]
    assert not caches[1]


def test_a_model_that_cannot_be_compiled_is_still_an_error(
    tiny_export: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Core(backend.openvino.Core):  # type: ignore[misc, name-defined]
        def compile_model(self, *given: Any) -> Any:
            raise RuntimeError("no such operation")

    monkeypatch.setattr(backend.openvino, "Core", Core)
    with pytest.raises(RuntimeError, match="no such operation"):
        load_backend("openvino", tiny_export("bert", "openvino"))
