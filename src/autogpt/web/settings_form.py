"""A section of the configuration as the fields of a form, with what somebody typed and what is wrong with it.

In: a section's class and values. Out: `Field`s. Knows nothing about what the settings do.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from autogpt.config import TrainingSection

#: Settings with a place of their own in the form.
FIRST = ("base", "method", "epochs", "max_minutes", "languages", "sources", "new_only")


@dataclass(frozen=True, slots=True)
class Field:
    """One setting.

    Attributes:
        description: what it is, in English.
        choices: what is chosen from; empty where something is typed.
        value: what was typed; empty where the setting stays as it is.
        standard: what it is in this workspace.
        numeric: whether a number is typed.
        problem: what is wrong with the value; empty where nothing is.
    """

    key: str
    description: str
    choices: tuple[str, ...]
    value: str
    standard: str
    numeric: bool
    problem: str


def fields_of(
    section: type[TrainingSection], present: TrainingSection, typed: Mapping[str, str], problems: Mapping[str, str]
) -> list[Field]:
    """The settings of a section, in its order. Tables, which a form has no place for, are left out."""
    found = []
    for key, about in section.model_fields.items():
        kind = about.annotation
        if not has_field(about):
            continue
        choices: tuple[str, ...] = ()
        if kind is bool:
            choices = ("true", "false")
        elif get_origin(kind) is Literal:
            choices = tuple(map(str, get_args(kind)))
        found.append(
            Field(
                key=key,
                description=about.description or "",
                choices=choices,
                value=typed.get(key, ""),
                standard=_written(getattr(present, key)),
                numeric=kind in {int, float},
                problem=problems.get(key, ""),
            )
        )
    return found


def has_field(about: FieldInfo) -> bool:
    """Whether a form has a place for a setting."""
    return get_origin(about.annotation) is not dict


def by_field(problems: Iterable[str], section: str, known: Container[str]) -> dict[str, str]:
    """Problems of a configuration by the `known` keys of a section: `train.reader.epochs: expected > 0, got -1`.

    What belongs to none of them stands under an empty key.
    """
    found: dict[str, str] = {}
    for problem in problems:
        dotted, _, words = problem.partition(": ")
        key = dotted.removeprefix(f"{section}.").partition(".")[0]
        key, words = (key, words) if key in known else ("", problem)
        found[key] = f"{found[key]}; {words}" if key in found else words
    return found


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
