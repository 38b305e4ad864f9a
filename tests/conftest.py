"""Fixtures that several parts share."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from autogpt.store import Store
from autogpt.text.analyse import terms

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("autogpt", deadline=None)
settings.load_profile("autogpt")


class WordEncoder:
    """Stands in for an encoder: texts are near when they share words. Needs no model."""

    def __init__(self, id: str = "words", dimensions: int = 64) -> None:
        self.id = id
        self.dimensions = dimensions
        self.encoded = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.full((len(texts), self.dimensions), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in terms(text):
                vectors[row, crc32(word.encode()) % self.dimensions] += 1
        self.encoded += len(texts)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def word_encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def make_word_encoder() -> Callable[..., WordEncoder]:
    return WordEncoder


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of an empty workspace, made once: migrating takes longer than most tests."""
    folder = tmp_path_factory.mktemp("migrated")
    (folder / "autogpt.toml").write_text("")
    store = Store(folder)
    _ = store.engine
    store.close()
    return folder / "autogpt.db"


@pytest.fixture
def store(tmp_path: Path, migrated_database: Path) -> Iterator[Store]:
    """An empty workspace."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "autogpt.toml").write_text("")
    shutil.copy(migrated_database, folder)
    store = Store(folder)
    yield store
    store.close()
