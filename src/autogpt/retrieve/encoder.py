"""Turns texts into vectors whose inner product says how near they are in meaning.

In: texts. Out: float32[N, H] of length 1. Knows nothing about passages or the index.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from autogpt.errors import DataError, NotFoundError
from autogpt.read.backends import Backend, Batch, load_backend
from autogpt.read.backends.facts import CONFIG_FILE, EXPORT_FILE, MODEL_FILES, PROMPTS_FILE, TOKENIZER_FILE

Vectors = NDArray[np.float32]
#: What a text is to the search; some encoders want other words put before questions than before what is searched.
Prompt = Literal["query", "document"]

#: Rows are padded to a multiple of this many tokens.
_PADDING = 16


class Encodes(Protocol):
    """What the index is built and asked with: an `Encoder`, or a stand-in."""

    @property
    def id(self) -> str:
        """What tells the vectors of one encoder from another's."""
        ...

    def encode(self, texts: Sequence[str], prompt: Prompt = "document") -> Vectors:
        """float32[N, H], each row of length 1."""
        ...


class Encoder:
    """A sentence encoder in a model folder. May be shared between threads.

    Args:
        folder: an exported encoder, or a trained one for the torch backend.
        backend: name in `read.backends.BACKENDS`.
        threads: processor threads; 0 means all cores.
        max_tokens: longer texts are cut; all-MiniLM-L6-v2 was trained on up to 256.
        batch_tokens: most tokens in one forward pass, padding included.

    Raises:
        NotFoundError: there is no model in `folder`.
        DataError: its prompts cannot be read.
    """

    def __init__(
        self, folder: Path, backend: str = "openvino", threads: int = 0, max_tokens: int = 256, batch_tokens: int = 4096
    ) -> None:
        self.folder = folder
        if not (folder / TOKENIZER_FILE).is_file():
            raise NotFoundError(f"{folder} holds no {TOKENIZER_FILE}.", "Name the folder of an encoder.")
        self._backend: Backend = load_backend(backend, folder, threads)
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(min(max_tokens, self._backend.facts.max_tokens))
        self._prompts = _prompts(folder)
        self._batch_tokens = batch_tokens
        self._lock = threading.Lock()

    @cached_property
    def id(self) -> str:
        """Hash of the trained model: the same for every export of it, so that they share an index."""
        return encoder_id(self.folder)

    @cached_property
    def dimensions(self) -> int:
        """H, the length of a vector."""
        return int(self.encode(["."]).shape[1])

    def encode(self, texts: Sequence[str], prompt: Prompt = "document") -> Vectors:
        """Vectors of `texts`, float32[N, H], in their order. Run in batches of like length.

        Args:
            prompt: which of the encoder's prompts goes before each text, where it has any.
        """
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        before = self._prompts.get(prompt, "")
        rows = self._tokenizer.encode_batch_fast([before + text for text in texts])
        order = sorted(range(len(rows)), key=lambda row: -len(rows[row].ids))
        groups = list(self._groups(rows, order))
        vectors: Vectors | None = None
        with self._lock:
            outputs = self._backend.run_all(self._batch([rows[row] for row in group]) for group in groups)
            for group, (output, *_) in zip(groups, outputs, strict=True):
                if vectors is None:
                    vectors = np.empty((len(rows), output.shape[1]), dtype=np.float32)
                vectors[group] = output
        assert vectors is not None
        return vectors

    def _groups(self, rows: Sequence[Encoding], order: Sequence[int]) -> Iterator[list[int]]:
        """Row numbers cut into batches, longest rows first."""
        group: list[int] = []
        for row in order:
            width = _padded(len(rows[group[0] if group else row].ids))
            if group and width * (len(group) + 1) > self._batch_tokens:
                yield group
                group = []
            group.append(row)
        if group:
            yield group

    def _batch(self, rows: Sequence[Encoding]) -> Batch:
        longest = max(len(row.ids) for row in rows)
        shape = (len(rows), max(longest, min(_padded(longest), self._backend.facts.max_tokens)))
        ids = np.full(shape, self._backend.facts.pad_id, dtype=np.int64)
        mask = np.zeros(shape, dtype=np.int64)
        for number, row in enumerate(rows):
            ids[number, : len(row.ids)] = row.ids
            mask[number, : len(row.ids)] = 1
        return Batch(ids, mask, np.zeros(shape, dtype=np.int64))


def encoder_id(folder: Path) -> str:
    """Hash of the trained encoder that `folder` holds or was exported from: 16 hexadecimal characters."""
    exported = folder / EXPORT_FILE
    if exported.is_file():
        sources = json.loads(exported.read_text(encoding="utf-8"))["source"]
    else:
        names = (CONFIG_FILE, TOKENIZER_FILE, PROMPTS_FILE, MODEL_FILES["torch"])
        sources = {name: _sha256(folder / name) for name in names if (folder / name).is_file()}
    return sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()[:16]


def _prompts(folder: Path) -> dict[str, str]:
    """Prompts by name, as sentence-transformers keeps them; none without the file."""
    path = folder / PROMPTS_FILE
    if not path.is_file():
        return {}
    try:
        return {str(name): str(text) for name, text in json.loads(path.read_text(encoding="utf-8"))["prompts"].items()}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise DataError(
            f"The prompts in {path} cannot be read: {error!r}.", "Take the encoder's files again."
        ) from None


def _sha256(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _padded(tokens: int) -> int:
    return -(-tokens // _PADDING) * _PADDING
