"""Sets generators side by side on the same questions: whose answers may be shown.

In: runs, folders, GGUF files, and a part of a workspace or files. Out: a `SideBySide`. They write as they are served,
in PyTorch. Knows nothing about the command line.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from autogpt.config import Config
from autogpt.errors import NotFoundError, UsageError
from autogpt.evaluate.generator import MEASURES, Written, means, write_one
from autogpt.evaluate.side_by_side import SideBySide
from autogpt.models.sources import generator_in
from autogpt.progress import Sink, track
from autogpt.records import Split
from autogpt.services.contenders import Measured, compare, resolved
from autogpt.services.evaluating import Questions
from autogpt.services.evaluating_generator import fitting, open_generator
from autogpt.services.examples.wording import generator_examples, worded_files
from autogpt.services.generators import generator_of
from autogpt.store import Store
from autogpt.train.generator_data import GeneratorExample

#: What the score of a question is called: whether its answer may be shown, or whether it is refused as it should be.
MEASURE = MEASURES["shown"]


def compare_runs(store: Store, names: Sequence[str], part: Split, sink: Sink) -> SideBySide:
    """Generators of a workspace on one part of its examples; `base` is what the first of them was trained from."""
    examples = generator_examples(store, part, sink)
    if not examples:
        raise UsageError(
            f"The {part} part of the workspace has no accepted extractive examples.",
            "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
        )
    models = resolved(names, lambda name: generator_of(store, name)[1])
    return _compared(models, examples, store.config, f"the {part} part", sink)


def compare_on_files(config: Config, names: Sequence[str], questions: Questions, sink: Sink) -> SideBySide:
    """Generators on files of questions."""
    examples = worded_files(config.train.generator, questions.load(sink))
    return _compared(resolved(names, _of_name), examples, config, questions.name, sink)


def _of_name(name: str) -> Path:
    found = generator_in(Path(name))
    if found is None:
        raise NotFoundError(
            f"There is no language model in {name}.", "Name a folder of weights, that of a training, or a GGUF file."
        )
    return found


def _compared(
    models: Sequence[tuple[str, Path]], examples: Sequence[GeneratorExample], config: Config, data: str, sink: Sink
) -> SideBySide:
    opened = [open_generator(folder) for _, folder in track(models, "load", sink)]
    shown = fitting(opened, examples, config.compose, sink)
    written: list[list[Written]] = [[] for _ in models]
    for place in track(range(len(shown[0])), "write", sink):  # in turns, so that their times can be compared
        for generator, asked, found in zip(opened, shown, written, strict=True):
            found.append(write_one(generator, asked[place], config.compose.max_tokens, config.compose.timeout_seconds))
    measured = [
        Measured(
            name,
            folder,
            [100 * one.shown for one in found],
            means(found),
            latency_ms=1_000 * float(np.median([one.seconds for one in found])),
        )
        for (name, folder), found in zip(models, written, strict=True)
    ]
    return compare(measured, MEASURE, data, [one.title or one.id for one in shown[0]])
