"""What an import did, or would do.

In and out: nothing; `ImportReport` is shared by the import, its preview and those who show it. Knows no format.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refused:
    """A place of the file that became no example, and why."""

    where: str
    id: str
    question: str
    reason: str


@dataclass(frozen=True, slots=True)
class Remarked:
    """An example about which something had to be put right, and what."""

    where: str
    id: str
    question: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the first examples: its question, and its answers or classes."""

    where: str
    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do.

    Attributes:
        format: as which the source was read.
        added, updated, unchanged: examples.
        unanswerable: how many of those added or updated have no answer.
        documents: documents made from contexts.
        repaired: ids of examples whose answers stand elsewhere than the file states.
        duplicates: id → id of the same example, which was kept.
        refused: what could not become an example.
        remarks: what was put right, of the repaired and of what the format had to decide.
        samples: the first examples, as they are understood.
    """

    source: str
    format: str = ""
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    unanswerable: int = 0
    documents: int = 0
    repaired: tuple[str, ...] = ()
    duplicates: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[Refused, ...] = ()
    remarks: tuple[Remarked, ...] = ()
    samples: tuple[Sample, ...] = ()

    @property
    def summary(self) -> str:
        counts = (
            (self.added, "added"),
            (self.updated, "updated"),
            (self.unchanged, "unchanged"),
            (len(self.duplicates), "duplicates passed over"),
            (len(self.refused), "refused"),
        )
        listed = ", ".join(f"{count:,} {what}" for count, what in counts if count)
        return f"{self.source}: {listed or 'no examples'}"
