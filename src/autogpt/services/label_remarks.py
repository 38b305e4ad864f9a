"""Says in words what is doubtful about the labels that a classifier was trained on.

In: examples, or what the trained classifier contradicts. Out: sentences. Knows nothing about training.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autogpt.annotate.label_doubts import contradicted, spelt_alike
from autogpt.records import ClassifierExample

if TYPE_CHECKING:
    from autogpt.train.suspects import Suspect

#: Suspected labels that are named, and the largest share of the validation texts that is believed.
_NAMED, _BELIEVED = 3, 0.25


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


def suspected(folder: Path, suspects: "Sequence[Suspect]", texts: int) -> Iterator[str]:
    """The labels that the classifier contradicts, in words; nothing of one that contradicts too many to be believed."""
    from autogpt.train.suspects import FILE_NAME

    if not suspects or len(suspects) > _BELIEVED * texts:
        return
    listed = "; ".join(
        f"'{one.text}' has '{'|'.join(one.labels)}' where the classifier says '{one.said}' ({one.probability:.0%})"
        for one in suspects[:_NAMED]
    )
    yield (
        f"{len(suspects):,} validation texts are likely labelled wrongly: {listed}. "
        f"{'All are' if len(suspects) > _NAMED else 'They are'} in {folder / FILE_NAME}."
    )
