"""A workspace with a document, and somebody who answers from it without a model."""

import pytest

from answers import QUESTIONS, TEXT, FakeAnswerer, add_document
from autogpt.store import Store


@pytest.fixture
def place(store: Store) -> tuple[str, str]:
    return add_document(store, "fees.txt", TEXT, "Fees of the cards")


@pytest.fixture
def answerer(store: Store, place: tuple[str, str]) -> FakeAnswerer:
    return FakeAnswerer(store, place, TEXT, QUESTIONS)
