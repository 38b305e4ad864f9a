"""Opens a causal language model that is kept in a GGUF file, the format of llama.cpp and its kin.

In: a file. Out: model and tokenizer, as though they had been opened from a Hugging Face folder: weights in float32, to
be trained and saved like any other's. The file is read anew each time, which takes seconds for a small model. Knows no
task.
"""

from collections.abc import Callable
from contextlib import redirect_stderr
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

from autogpt.errors import MissingExtraError, NotFoundError, UsageError

SUFFIX = ".gguf"
_MAGIC = b"GGUF"
_HINT = "Download it again, or take a folder in the format of Hugging Face."


def gguf_file(base: str | Path) -> Path | None:
    """The file that `base` is, or the only one in a folder that holds no other form of a model; else None.

    Raises NotFoundError for a file that is not there, UsageError for a folder with several.
    """
    path = Path(base)
    if path.suffix == SUFFIX and not path.is_dir():
        if not path.is_file():
            raise NotFoundError(f"There is no file {path}.", "Name a GGUF file, or the folder of a model.")
        return path
    if not path.is_dir() or (path / "config.json").is_file():
        return None
    found = sorted(path.glob(f"*{SUFFIX}"))
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise UsageError(f"{path} holds several GGUF files: {names}.", "Name one of them.")
    return found[0] if found else None


def open_gguf(file: Path, prepare: Callable[[Any], None] = lambda config: None) -> tuple[Any, Any]:
    """Model (float32) and tokenizer, with the chat template that the file holds.

    transformers takes a model that it opened from such a file for a quantised one, and refuses to save it; so its
    numbers are moved into a fresh model of the same configuration.

    Args:
        prepare: may change the configuration before the model is made, for example its dropout.

    Raises UsageError for a file that is broken or of an architecture that transformers does not read from GGUF,
    MissingExtraError without the package `gguf`.
    """
    with file.open("rb") as opened:
        if opened.read(len(_MAGIC)) != _MAGIC:
            raise UsageError(f"{file} is no GGUF file: it begins with other bytes.", _HINT)
    if find_spec("gguf") is None or find_spec("transformers") is None:
        raise MissingExtraError("A model in a GGUF file", "train")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    options: dict[str, Any] = {"gguf_file": file.name, "local_files_only": True}
    try:
        with redirect_stderr(StringIO()):  # a bar that no setting of transformers turns off
            tokenizer = AutoTokenizer.from_pretrained(file.parent, **options)
            read = AutoModelForCausalLM.from_pretrained(file.parent, dtype=torch.float32, **options)
    except Exception as error:  # the package raises whatever its parsing stumbles over
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UsageError(f"The GGUF file {file} cannot be opened: {said}", _HINT) from error
    config = read.config
    del config.quantization_config
    prepare(config)
    model = type(read)(config)
    model.load_state_dict(read.state_dict(), assign=True)
    model.tie_weights()
    model.generation_config = read.generation_config
    return model.eval(), tokenizer
