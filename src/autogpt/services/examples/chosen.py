"""Which examples of the train part a training takes: those in some languages, and of some sources.

In: the settings of a training, examples. Out: those that are taken. Knows nothing about how training works.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autogpt.config import ChosenExamplesSection
from autogpt.errors import DataError, UsageError
from autogpt.records import Example


@dataclass(frozen=True, slots=True)
class Choice:
    """Codes of languages, and sources as `Example.provenance` names them; empty takes all."""

    languages: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()

    def takes(self, example: Example) -> bool:
        in_language = not self.languages or example.language in self.languages
        return in_language and (not self.sources or example.provenance in self.sources)

    def of(self, examples: Sequence[Example]) -> list[Example]:
        """The examples that are taken. Raises DataError where there are some and none is."""
        taken = [one for one in examples if self.takes(one)]
        if examples and not taken:
            held = "; ".join(
                f"{name}: {_counted(values)}"
                for name, values in (
                    ("languages", (one.language for one in examples)),
                    ("sources", (one.provenance for one in examples)),
                )
            )
            raise DataError(f"None of the {len(examples):,} examples is in these languages and of these sources.", held)
        return taken


#: Takes everything.
ALL = Choice()


def choice_of(settings: ChosenExamplesSection) -> Choice:
    """What the settings of a training take."""
    return Choice(frozenset(settings.languages), frozenset(settings.sources))


def require_no_choice(settings: ChosenExamplesSection) -> None:
    """Raises UsageError where examples of files would have to be chosen from."""
    if choice_of(settings) != ALL:
        raise UsageError(
            "Languages and sources choose among the examples of a workspace, and these come from files.",
            "Leave them out, and give the files with the examples that are meant.",
        )


def _counted(values: Iterable[str]) -> str:
    return ", ".join(f"{value or '–'} {count:,}" for value, count in Counter(values).most_common(10))
