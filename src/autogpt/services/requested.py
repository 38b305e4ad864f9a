"""What a job may be asked to train, and with which settings.

In: names and settings that somebody sent. Out: a store with them, or an error before anything is queued.
"""

from collections.abc import Mapping
from typing import Any, get_origin

from autogpt.config import TrainingSection, TrainSection, override
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


def section_of(what: str) -> type[TrainingSection]:
    """The section of the configuration that a training reads. Raises UsageError for a training that there is not."""
    _ = TRAININGS[what]
    kind = TrainSection.model_fields[what.replace("-", "_")].annotation
    assert isinstance(kind, type)
    assert issubclass(kind, TrainingSection)
    return kind


def read_settings(what: str, written: Mapping[str, str]) -> dict[str, Any]:
    """Settings as somebody wrote them into a form: empty ones are left as they are, lists are divided at the ends of
    lines, or where there are none at commas.

    Raises UsageError for a training that there is not. What is no key stays in, for `with_settings` to refuse.
    """
    fields = section_of(what).model_fields
    found: dict[str, Any] = {}
    for key, words in written.items():
        text = words.strip()
        if not text:
            continue
        many = key in fields and get_origin(fields[key].annotation) is tuple
        parts = words.splitlines() if "\n" in words else words.split(",")
        found[key] = [part.strip() for part in parts if part.strip()] if many else text
    return found


def changed_settings(store: Store, what: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of some settings that are other than the workspace's, as plain JSON of their proper types.

    Raises what `with_settings` raises.
    """
    section = what.replace("-", "_")
    asked = with_settings(store, what, settings)
    asked.close()
    new = getattr(asked.config.train, section).model_dump(mode="json")
    present = getattr(store.config.train, section).model_dump(mode="json")
    return {key: value for key, value in new.items() if value != present[key]}
