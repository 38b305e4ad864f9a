"""The table of inference backends: what runs a reader or an encoder from a folder.

In: a model folder and a backend's name. Out: a `Backend`. Imports none of the runtimes until one is asked for.
"""

from pathlib import Path

from autogpt.errors import MissingExtraError
from autogpt.read.backends.base import Backend, Batch
from autogpt.registry import Registry

__all__ = ["BACKENDS", "Backend", "Batch", "load_backend"]

BACKENDS = Registry(
    "backend",
    {
        "openvino": "autogpt.read.backends.openvino:OpenVinoBackend",
        "onnx": "autogpt.read.backends.onnx:OnnxBackend",
        "torch": "autogpt.read.backends.torch:TorchBackend",
    },
)
#: The extra that installs a backend's runtime.
_EXTRAS = {"openvino": "serve"}


def load_backend(name: str, folder: Path, threads: int = 0) -> Backend:
    """Load the model in `folder`; `threads` 0 means all cores.

    Raises:
        UsageError: no backend is called `name`.
        NotFoundError: the folder holds no model of the form this backend runs.
        MissingExtraError: the backend's packages are not installed.
    """
    try:
        backend = BACKENDS.load(name)
    except ModuleNotFoundError:
        raise MissingExtraError(f"The {name} backend", _EXTRAS.get(name, "train")) from None
    loaded: Backend = backend.load(folder, threads)
    return loaded
