"""Vetted answers of a workspace, ready to be matched.

In: a store, an encoder and its folder. Out: a `FaqMatcher`; vectors are kept in the workspace's cache, by content.
"""

import os
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autogpt.answer.faq import FaqMatcher, phrasings
from autogpt.metrics.calibrator import Calibrator
from autogpt.models import layout
from autogpt.retrieve.encoder import Encodes
from autogpt.store import Store
from autogpt.store.faq import load_faq, read_revision


def faq_revision(store: Store) -> str:
    """Another word after each change of an entry. One small row is read, however many entries there are."""
    with store.session() as session:
        return read_revision(session)


def build_matcher(store: Store, encoder: Encodes, folder: Path) -> FaqMatcher | None:
    """The matcher over all present entries, or None without any.

    Args:
        folder: of the encoder; what turns similarities into probabilities stands beside its weights.
    """
    with store.session() as session:
        entries = load_faq(session)
    if not entries:
        return None
    questions, answers = phrasings(entries), [entry.answer for entry in entries]
    key = sha256("\x1f".join([encoder.id, *questions, "", *answers]).encode()).hexdigest()[:32]
    path = store.folder / "cache" / f"faq-{key}.npy"
    if path.is_file():
        vectors = np.load(path, allow_pickle=False)
    else:
        vectors = np.concatenate([encoder.encode(questions, "query"), encoder.encode(answers)])
        _keep(path, vectors)
    return FaqMatcher(entries, vectors[: len(questions)], vectors[len(questions) :], encoder, faq_calibrator(folder))


def faq_calibrator(folder: Path) -> Calibrator | None:
    """What the encoder in `folder` brings; None where it was never fitted."""
    path = folder / layout.FAQ
    return Calibrator.load(path) if path.is_file() else None


def _keep(path: Path, vectors: NDArray[np.float32]) -> None:
    """Write under another name first, and drop the vectors of earlier contents."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as file:
        np.save(file, vectors, allow_pickle=False)
    for old in path.parent.glob("faq-*.npy"):
        old.unlink(missing_ok=True)
    partial.replace(path)
