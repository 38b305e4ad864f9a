"""Vectors of vetted answers, kept in the workspace's cache: one file for each encoder.

In: an encoder, phrasings and answers. Out: their vectors, embedded where no file of that encoder holds them. Knows
nothing about entries or how they are matched.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np

from autogpt.retrieve.encoder import Encodes, Vectors
from autogpt.store import Store


def faq_vectors(store: Store, encoder: Encodes, questions: Sequence[str], answers: Sequence[str]) -> Vectors:
    """float32[P + E, H]: of P phrasings, as questions, and of E answers."""
    key = sha256("\x1f".join([*questions, "", *answers]).encode()).hexdigest()[:32]
    path = _folder(store) / f"faq-{encoder.id}-{key}.npy"
    vectors = _kept(path, len(questions) + len(answers))
    if vectors is None:
        vectors = np.concatenate([encoder.encode(questions, "query"), encoder.encode(answers)])
        _keep(path, vectors)
        drop_faq_vectors(store, encoder.id, path)
    return vectors


def drop_faq_vectors(store: Store, encoder_id: str, but: Path | None = None) -> None:
    """Delete the files of one encoder, all but one: another encoder may be the one that answers."""
    for old in _folder(store).glob(f"faq-{encoder_id}-*.npy"):
        if old != but:
            with suppress(OSError):  # open in another process; the next change of an entry tries again
                old.unlink()


def _folder(store: Store) -> Path:
    return store.folder / "cache"


def _kept(path: Path, rows: int) -> Vectors | None:
    """What the file holds; None without it, when another process deletes it at this moment, and when it is broken."""
    try:
        vectors: Vectors = np.load(path, allow_pickle=False)
    except (OSError, EOFError, ValueError):
        return None
    return vectors if vectors.ndim == 2 and len(vectors) == rows else None


def _keep(path: Path, vectors: Vectors) -> None:
    """Write under another name first, so that nobody reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as file:
        np.save(file, vectors, allow_pickle=False)
    partial.replace(path)
