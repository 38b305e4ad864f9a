"""Shape of the numbers of data sets in HTTP answers."""

from collections.abc import Iterable

from pydantic import field_validator

from autogpt.web.schemas import Out


class LengthsOut(Out):
    """A distribution, in code points: `counts` holds lower edge, upper edge (not included) and number."""

    counts: list[tuple[int, int, int]]
    total: int
    median: float
    longest: int


class ClassCountOut(Out):
    name: str
    by_part: dict[str, int]


class DataSetsOut(Out):
    """Examples in numbers; the part of those that are in none is `none`."""

    total: int
    by_status: dict[str, dict[str, int]]
    tasks: dict[str, int]
    languages: dict[str, int]
    answerable: dict[str, int]
    unanswerable: dict[str, int]
    classes: list[ClassCountOut]
    other_classes: int
    lengths: dict[str, LengthsOut]

    @field_validator("tasks", "languages", mode="before")
    @classmethod
    def _named(cls, value: Iterable[tuple[str, int]]) -> dict[str, int]:
        return dict(value)
