"""Vectors of questions, kept in the workspace's cache: one file for each encoder.

In: an encoder and questions. Out: their vectors, embedded where the file does not hold them. Knows nothing about what
the questions are for.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from autogpt.retrieve.encoder import Encodes, Vectors
from autogpt.store import Store

#: Vectors kept of one encoder; beyond that only those of the last call stay.
MOST = 50_000

Keys = NDArray[np.bytes_]


def question_vectors(store: Store, encoder: Encodes, questions: Sequence[str]) -> Vectors:
    """float32[N, H], each of length 1; without questions there is nothing to embed, and no H."""
    if not questions:
        return np.empty((0, 0), dtype=np.float32)
    wanted = [sha256(one.encode("utf-8", "replace")).hexdigest()[:32].encode() for one in questions]
    path = store.folder / "cache" / f"questions-{encoder.id}.npz"
    keys, vectors = _kept(path)
    place = {key: at for at, key in enumerate(keys.tolist())}
    new = dict(zip(wanted, questions, strict=True))
    new = {key: text for key, text in new.items() if key not in place}
    if not new:
        return vectors[[place[key] for key in wanted]]
    made = encoder.encode(list(new.values()), "query")
    if len(keys) + len(new) > MOST:
        asked = set(wanted)
        last = [at for at, key in enumerate(keys.tolist()) if key in asked]
        keys, vectors = keys[last], vectors[last]
    keys = np.concatenate([keys, np.array(list(new), dtype="S32")])
    vectors = np.concatenate([vectors, made]) if len(vectors) else made
    _keep(path, keys, vectors)
    place = {key: at for at, key in enumerate(keys.tolist())}
    return vectors[[place[key] for key in wanted]]


def _kept(path: Path) -> tuple[Keys, Vectors]:
    """What the file holds; nothing without it, and when it is broken."""
    with suppress(OSError, EOFError, ValueError, KeyError, BadZipFile), np.load(path, allow_pickle=False) as file:
        keys, vectors = file["keys"], file["vectors"]
        if vectors.ndim == 2 and len(keys) == len(vectors):
            return keys, vectors
    return np.empty(0, dtype="S32"), np.empty((0, 0), dtype=np.float32)


def _keep(path: Path, keys: Keys, vectors: Vectors) -> None:
    """Write under another name first, so that nobody reads half a file; a full disk costs time, no more."""
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            np.savez(file, keys=keys, vectors=vectors)
        partial.replace(path)
