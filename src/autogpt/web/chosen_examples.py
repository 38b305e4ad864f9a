"""The part of the form of a training that says in plain words which examples it takes.

In: what was sent, what there is. Out: settings as they are typed, and what is shown ticked. Knows nothing about how
examples are found.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autogpt.config import TrainingSection

#: The field that names the run since which examples are new, and its value for all of them.
SINCE, EVERYTHING = "since", "everything"
#: Fields of boxes that are ticked, which are settings of the same name.
TICKED = ("languages", "sources")

#: Where examples come from, by what their provenance begins with.
SOURCES = {
    "annotate": "written on the page Annotate",
    "review": "decided in review",
    "import": "from the file",
    "confirmed": "accepted suggestions",
    "augmented": "made from other examples",
    "": "not known",
}


@dataclass(frozen=True, slots=True)
class Box:
    """One value that is taken or not, with the number of its examples."""

    value: str
    count: int
    ticked: bool


def sent_fields(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The fields of a form: of boxes each ticked value is a line; without any they are there and empty."""
    found: dict[str, str] = {}
    for key, value in pairs:
        if key in TICKED:
            found[key] = found.get(key, "") + (f"{value}\n" if value else "")
        else:
            found[key] = value
    return found


def typed_settings(
    typed: Mapping[str, str], present: TrainingSection, there: Mapping[str, Sequence[tuple[str, int]]]
) -> tuple[dict[str, str], dict[str, str]]:
    """What was sent as settings are typed, and problems by field.

    Args:
        present: the settings of the workspace.
        there: values with numbers of examples, by the field of their boxes.
    """
    settings = {key: value for key, value in typed.items() if key != SINCE}
    problems: dict[str, str] = {}
    for key in TICKED:
        if key not in typed:
            continue
        lines = typed[key].splitlines()
        if not lines:
            problems[key] = "Tick at least one."
        if not getattr(present, key, ()) and set(lines) >= {value for value, _ in there[key]}:
            settings[key] = ""
    since = typed.get(SINCE, "")
    if since == EVERYTHING:
        settings["new_only"] = "false"
    elif since:
        if typed.get("base") not in {"", None, since}:
            problems["base"] = "A training on what is new since a training goes on from it: choose no other base."
        settings |= {"new_only": "true", "base": since}
    return settings, problems


def boxes(key: str, values: Sequence[tuple[str, int]], present: TrainingSection, typed: Mapping[str, str]) -> list[Box]:
    """The boxes of a field, as they were sent; before that as the settings of the workspace are. One value is none to
    choose from.
    """
    taken = typed[key].splitlines() if key in typed else getattr(present, key, ())
    all_taken = key not in typed and not taken
    return [Box(value, count, all_taken or value in taken) for value, count in values] if len(values) > 1 else []
