"""Trainings without a workspace: examples of files, and a folder that is given.

In: files, or the examples they held. Out: examples to train and to validate on, an empty folder. Knows nothing about
what is trained.
"""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from autogpt.annotate.classifier_data import load_classifier_examples
from autogpt.errors import UsageError
from autogpt.prepare.augment.making import is_made
from autogpt.progress import Progress, Sink, silent
from autogpt.records import ClassifierExample, ReaderExample
from autogpt.train import processes


def load_files(
    paths: Sequence[Path], title_hash: str = "", ids: Path | None = None, sink: Sink = silent
) -> list[ReaderExample]:
    """Reader examples of several files; `title_hash` and `ids` as for `autogpt evaluate reader`.

    Raises NotFoundError without a file, UsageError when nothing is left.
    """
    from autogpt.services.evaluating import Questions

    if not paths:
        raise UsageError("There is no file to train on.", "Name one with --data FILE.")
    return Questions(tuple(paths), title_hash, ids=ids).load(sink)


def load_labelled(paths: Sequence[Path]) -> list[ClassifierExample]:
    """Labelled texts of several files. Raises NotFoundError or DataError for a file, UsageError without one."""
    if not paths:
        raise UsageError("There is no file to train on.", "Name one with --data FILE.")
    return [example for path in paths for example in load_classifier_examples(path)]


def hold_out(
    examples: Sequence[ReaderExample], seed: int, share: float = 0.15
) -> tuple[list[ReaderExample], list[ReaderExample]]:
    """Training and validation examples, divided by title so that no text is in both. Nothing is validated on made
    examples.

    Titles are taken by chance, each that leaves what is held out no farther from `share`; where none does, the smallest
    one. Nothing is held out of examples that all have one title.
    """
    titles = sorted({one.title for one in examples})
    random.Random(seed).shuffle(titles)  # noqa: S311
    counts = Counter(one.title for one in examples)
    held: set[str] = set()
    missing = share * len(examples)
    for title in titles[1:]:
        if abs(missing - counts[title]) <= missing:
            held.add(title)
            missing -= counts[title]
    if not held and len(titles) > 1:
        held.add(min(titles, key=counts.__getitem__))
    validation = [one for one in examples if one.title in held and not is_made(one.id)]
    return [one for one in examples if one.title not in held], validation


def begin_anew(out: Path, sink: Sink) -> None:
    """Delete the training in `out`, if there is any, and say so. Raises UsageError when it holds something else.

    Of several processes that train together the first does; the others wait where it claims the folder.
    """
    if out.exists() and processes.is_first():
        from autogpt.train.folder import clear

        sink(Progress("train", message=f"what {out} held is begun anew"))
        clear(out)
