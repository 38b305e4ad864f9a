"""What a training may start from: the workspace's own model, finished trainings, packs, models of the catalogue.

In: a store and a kind of training. Out: `BaseChoice`s, those on this machine first. Nothing is fetched.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from autogpt.models.catalogue import BaseModel, list_models
from autogpt.services.lineage import FILE_NAME
from autogpt.services.trainings import list_trainings
from autogpt.store import Store

#: Architectures that write text, from left to right.
_CAUSAL = frozenset({"gpt2", "llama", "qwen2", "qwen3"})
#: Finished trainings that are offered.
_RUNS = 10


@dataclass(frozen=True, slots=True)
class BaseChoice:
    """A model to start from.

    Attributes:
        value: what `base` of the configuration takes.
        name: what people call it.
        millions: of parameters; None where it is not known.
        here: whether it is on this machine.
        note: what speaks for it, in a few words of English; may be empty.
        kind: of a finished training, what it trained.
        languages: that it was trained on.
    """

    value: str
    name: str
    millions: float | None
    here: bool
    note: str = ""
    languages: tuple[str, ...] = ()
    kind: str = ""


def base_choices(store: Store, what: str) -> list[BaseChoice]:
    """Models that a training of `what` can start from, but for the workspace's own, which an empty name means."""
    section = store.config.workspace
    language = "" if section.language == "auto" else section.language
    models = list_models(section.domain if section.domain != "general" else "", language)
    fitting = [_choice(one) for one in models if _fits(one, what) and one.name != section.pack]
    here = [one for one in fitting if one.here]
    return [*_finished(store, what), *here, *(one for one in fitting if not one.here)]


def runs_with_lineage(store: Store, what: str) -> list[BaseChoice]:
    """Finished trainings that tell what they were trained on, so that one can go on with what is new since."""
    return [one for one in _finished(store, what) if (store.runs / one.value / FILE_NAME).is_file()]


def _fits(one: BaseModel, what: str) -> bool:
    if what == "language-model":
        return True
    if what == "generator":
        return one.family in _CAUSAL
    if what in {"retriever", "classifier"}:
        return one.family not in _CAUSAL
    return one.reader


def _choice(one: BaseModel) -> BaseChoice:
    return BaseChoice(one.name, one.name, one.parameters, one.here, one.note, one.languages)


def _finished(store: Store, what: str) -> Iterator[BaseChoice]:
    """Trainings that can be gone on from; readers and classifiers are known by their ids, others by their folders."""
    done = [one for one in list_trainings(store) if one.state == "done"]
    for one in [one for one in done if one.kind in {what, "language-model"}][:_RUNS]:
        by_id = one.kind == what and what in {"reader", "classifier"}
        millions = one.costs.parameters / 1e6 if one.costs else None
        when = one.created_at.strftime("%Y-%m-%d %H:%M")
        value = one.id if by_id else str(one.folder)
        yield BaseChoice(value, f"{one.id[:8]}, {when}", millions, here=True, kind=one.kind)
