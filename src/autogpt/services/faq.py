"""Vetted answers of a workspace, ready to be matched.

In: a store and an encoder. Out: a `FaqMatcher`; vectors of phrasings are kept in the workspace's cache, by content.
"""

import os
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autogpt.answer.faq import FaqMatcher, phrasings
from autogpt.retrieve.encoder import Encodes
from autogpt.store import Store
from autogpt.store.faq import load_faq, read_revision


def faq_revision(store: Store) -> str:
    """Another word after each change of an entry. One small row is read, however many entries there are."""
    with store.session() as session:
        return read_revision(session)


def build_matcher(store: Store, encoder: Encodes, encoder_id: str) -> FaqMatcher | None:
    """The matcher over all present entries, or None without any.

    Args:
        encoder_id: what tells encoders apart; vectors of another one are never used.
    """
    with store.session() as session:
        entries = load_faq(session)
    questions = phrasings(entries)
    if not questions:
        return None
    key = sha256("\x1f".join([encoder_id, *questions]).encode()).hexdigest()[:32]
    path = store.folder / "cache" / f"faq-{key}.npy"
    if path.is_file():
        vectors = np.load(path, allow_pickle=False)
    else:
        vectors = encoder.encode(questions, "query")
        _keep(path, vectors)
    return FaqMatcher(entries, vectors, encoder)


def _keep(path: Path, vectors: NDArray[np.float32]) -> None:
    """Write under another name first, and drop the vectors of earlier contents."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as file:
        np.save(file, vectors, allow_pickle=False)
    for old in path.parent.glob("faq-*.npy"):
        old.unlink(missing_ok=True)
    partial.replace(path)
