"""Trainings of tiny models."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tiny models gain nothing from more threads, and lose where tests run side by side."""
    import torch

    torch.set_num_threads(1)
