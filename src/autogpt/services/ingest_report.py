"""What an ingest reports. In: nothing. Out: frozen values. Knows nothing about how they came about."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that could not be brought in: why, and what to do about it."""

    name: str
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a source that was brought in: what it repeats, what was left out."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of the sources.

    Attributes:
        new, changed, unchanged, duplicates, failed: sources that were given or found.
        removed: sources that are no longer in their folder, or were removed by hand.
        faq_entries: entries of question-answer files that are new or changed.
        passages: made for the index.
        seconds: wall-clock time.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    removed: int = 0
    failed: int = 0
    faq_entries: int = 0
    passages: int = 0
    seconds: float = 0.0
    failures: tuple[Failure, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def summary(self) -> str:
        """`25 new, 1 changed, 2 failed; 120 FAQ entries; 310 passages`; "nothing to do" when nothing changed."""
        counts = [
            (self.new, "new"),
            (self.changed, "changed"),
            (self.duplicates, "duplicate"),
            (self.removed, "removed"),
            (self.unchanged, "unchanged"),
            (self.failed, "failed"),
        ]
        parts = [", ".join(f"{count:,} {word}" for count, word in counts if count) or "nothing found"]
        if self.faq_entries:
            parts.append(f"{self.faq_entries:,} FAQ entries")
        if self.passages:
            parts.append(f"{self.passages:,} passages")
        done = self.new + self.changed + self.duplicates + self.removed + self.failed
        return "; ".join(parts) if done else f"{parts[0]}: nothing to do"
