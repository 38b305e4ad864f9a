"""Vectors of vetted answers are kept for each encoder, and made anew where no good file holds them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autogpt.services.faq_vectors import drop_faq_vectors, faq_vectors
from autogpt.store import Store

QUESTIONS, ANSWERS = ["What does a card cost?", "Is the card free?"], ["5 euros a month"]


def files(store: Store) -> list[Path]:
    return sorted((store.folder / "cache").iterdir())


def test_a_release_with_another_encoder_leaves_the_vectors_of_the_one_that_answers(
    store: Store, make_word_encoder: Any
) -> None:
    old, new = make_word_encoder("old", 32), make_word_encoder("new", 48)
    for _ in range(2):
        for encoder in (old, new):
            vectors = faq_vectors(store, encoder, QUESTIONS, ANSWERS)
            assert (vectors == encoder.encode([*QUESTIONS, *ANSWERS])).all()
    assert (old.encoded, new.encoded) == (9, 9)  # three when first asked, and six by this test itself


def test_other_entries_take_the_place_of_those_before(store: Store, make_word_encoder: Any) -> None:
    old, new = make_word_encoder("old", 32), make_word_encoder("new", 48)
    for encoder in (old, new):
        faq_vectors(store, encoder, QUESTIONS, ANSWERS)
    kept, outdated = (next(one for one in files(store) if name in one.name) for name in ("old", "new"))
    assert len(faq_vectors(store, new, QUESTIONS[:1], ANSWERS)) == 2
    assert kept in files(store)
    assert outdated not in files(store)
    assert len(files(store)) == 2
    drop_faq_vectors(store, "new")
    assert files(store) == [kept]


@pytest.mark.parametrize("spoil", ["cut", "empty", "words", "other rows"])
def test_a_file_that_is_broken_is_made_anew(store: Store, make_word_encoder: Any, spoil: str) -> None:
    encoder = make_word_encoder()
    vectors = faq_vectors(store, encoder, QUESTIONS, ANSWERS)
    (path,) = files(store)
    if spoil == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif spoil == "other rows":
        np.save(path, vectors[:2])
    else:
        path.write_bytes(b"" if spoil == "empty" else b"no vectors")
    assert (faq_vectors(store, encoder, QUESTIONS, ANSWERS) == vectors).all()
    assert (np.load(path) == vectors).all()
