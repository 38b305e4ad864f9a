"""What a job may be asked to train, and with which settings.

In: names and settings that somebody sent. Out: a store with them, or an error before anything is queued.
"""

from collections.abc import Mapping
from typing import Any

from autogpt.config import override
from autogpt.registry import Registry
from autogpt.store import Store

#: What is trained → function of (store, sink) that returns a run.
TRAININGS = Registry(
    "training",
    {
        "reader": "autogpt.services.training_reader:train_reader",
        "retriever": "autogpt.services.training_retriever:train_retriever",
        "reranker": "autogpt.services.training_reranker:train_reranker",
        "classifier": "autogpt.services.training_classifier:train_classifier",
        "language-model": "autogpt.services.training_language_model:train_language_model",
        "generator": "autogpt.services.training_generator:train_generator",
    },
)


def with_settings(store: Store, what: str, settings: Mapping[str, Any]) -> Store:
    """The workspace with other values of `[train.<what>]`.

    Raises UsageError for a training that there is not, ConfigError for settings that it does not have.
    """
    _ = TRAININGS[what]
    section = what.replace("-", "_")
    changes = {f"train.{section}.{key}": value for key, value in settings.items()}
    return Store(store.folder, override(store.config, changes, "What was asked for"))
