"""Stands in for an encoder."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from autogpt.text.analyse import terms


class WordEncoder:
    """Texts are near when they share words. Needs no model."""

    def __init__(self, id: str = "words", dimensions: int = 64) -> None:
        self.id = id
        self.dimensions = dimensions
        self.encoded = 0

    def encode(self, texts: Sequence[str], prompt: str = "document") -> NDArray[np.float32]:
        vectors = np.full((len(texts), self.dimensions), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in terms(text):
                vectors[row, crc32(word.encode()) % self.dimensions] += 1
        self.encoded += len(texts)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
