"""Says in words what is doubtful about the examples that a classifier or a reader was trained on.

In: examples, or what the trained model contradicts. Out: sentences. Knows nothing about training.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from autogpt.annotate.label_doubts import contradicted, spelt_alike
from autogpt.records import ClassifierExample
from autogpt.train.suspects import FILE_NAME, Suspect, read_suspects

#: Suspects that are named.
_NAMED = 3


def contradictions(examples: Sequence[ClassifierExample]) -> Iterator[str]:
    """Texts that have several labels, and labels that are likely one, in words."""
    apart = contradicted([(one.text, one.labels) for one in examples])
    if apart:
        places = next(iter(apart.values()))
        labels = " and ".join(sorted({f"'{'|'.join(examples[at].labels)}'" for at in places}))
        yield (
            f"{len(apart):,} texts stand several times with different labels, such as '{examples[places[0]].text}' "
            f"({labels}): at most one of them can be learnt. Put the labels right, and train anew."
        )
    for names in spelt_alike({label for one in examples for label in one.labels}):
        listed = ", ".join(f"'{one}'" for one in names)
        yield f"These labels are likely one class, spelt in several ways: {listed}. Put them right, and train anew."


def suspected(folder: Path) -> Iterator[str]:
    """The labels of validation texts that the classifier in the folder of a training contradicts, in words."""
    yield from _listed(
        folder,
        "validation texts are likely labelled wrongly",
        lambda one: f"'{one.text}' has '{'|'.join(one.labels)}' where the classifier says '{one.said}'",
    )


def suspected_answers(folder: Path) -> Iterator[str]:
    """The same of answers to validation questions, and a reader."""
    yield from _listed(folder, "validation questions likely have a wrong answer", _contradicted)


def _contradicted(one: Suspect) -> str:
    stored = f"has '{one.labels[0]}'" if one.labels else "is marked as unanswerable"
    return f"'{one.text}' {stored} where the reader " + (f"says '{one.said}'" if one.said else "finds no answer")


def _listed(folder: Path, what: str, told: Callable[[Suspect], str]) -> Iterator[str]:
    suspects = read_suspects(folder)
    if suspects:
        listed = "; ".join(f"{told(one)} ({one.probability:.0%})" for one in suspects[:_NAMED])
        there = "All are" if len(suspects) > _NAMED else "They are"
        yield f"{len(suspects):,} {what}: {listed}. {there} in {folder / FILE_NAME}."
