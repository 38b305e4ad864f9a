"""Measures a generator: on files of questions, or on a part of a workspace.

In: names of models and files, or a store. Out: reports. Knows nothing about the command line.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autogpt.config import ComposeSection, Config
from autogpt.errors import DataError, MissingExtraError, NotFoundError, UsageError, unknown_name
from autogpt.evaluate.generator import GeneratorReport, evaluate_generator
from autogpt.models.sources import generator_in
from autogpt.progress import Progress, Sink, silent
from autogpt.records import Split
from autogpt.services.evaluating import Questions
from autogpt.services.examples.wording import generator_examples, worded_files
from autogpt.services.generators import generator_of
from autogpt.store import Store
from autogpt.train.generator_data import GeneratorExample

if TYPE_CHECKING:
    from autogpt.read.backends.causal import CausalModel


def measure_generator(model: str, questions: Questions, config: Config, sink: Sink = silent) -> GeneratorReport:
    """Measure the language model in a folder or GGUF file on files of questions.

    Args:
        config: `train.generator.distractors` says how many passages are shown beside each context, `compose` how long
            an answer may be and take.

    Raises NotFoundError or DataError for a model or file, UsageError without a question.
    """
    found = generator_in(Path(model))
    if found is None:
        raise NotFoundError(
            f"There is no language model in {model}.", "Name a folder of weights, that of a training, or a GGUF file."
        )
    examples = worded_files(config.train.generator, questions.load())
    return _measured(found, examples, config, model, questions.name, sink)


def measure_workspace_generator(
    store: Store, model: str = "", part: str = "test", limit: int = 0, sink: Sink = silent
) -> GeneratorReport:
    """Measure a language model on the extractive examples of one part of a workspace.

    Args:
        model: id of a generator's run, a folder or a GGUF file; empty takes the newest finished run.
        part: train, validation or test.
        limit: the first so many questions; 0 takes all.

    Raises UsageError for an unknown part or one without examples, NotFoundError without such a model.
    """
    if part not in set(Split):
        raise unknown_name("part", part, Split)
    run, found = generator_of(store, model)
    examples = generator_examples(store, Split(part), sink)[: limit or None]
    if not examples:
        raise UsageError(
            f"The {part} part of the workspace has no extractive examples.",
            "Import some with: autogpt examples import FILE, then divide them with: autogpt examples split",
        )
    name = f"run {run}" if run else model
    return _measured(found, examples, store.config, name, f"{part} part", sink)


def _measured(
    model: Path, examples: Sequence[GeneratorExample], config: Config, name: str, data: str, sink: Sink
) -> GeneratorReport:
    generator, compose = open_generator(model), config.compose
    (shown,) = fitting([generator], examples, compose, sink)
    return evaluate_generator(
        generator,
        shown,
        max_tokens=compose.max_tokens,
        seconds=compose.timeout_seconds,
        model=name,
        data=data,
        sink=sink,
    )


def open_generator(model: Path) -> "CausalModel":
    """The language model in a folder or GGUF file. Raises MissingExtraError without the training packages."""
    try:
        from autogpt.read.backends.causal import CausalModel
    except ModuleNotFoundError:
        raise MissingExtraError("Measuring a generator", "train") from None
    return CausalModel.open(model)


def fitting(
    generators: "Sequence[CausalModel]",
    examples: Sequence[GeneratorExample],
    compose: ComposeSection,
    sink: Sink = silent,
) -> list[list[GeneratorExample]]:
    """For each generator the questions that fit into all of them, with as much of the passages as it has room for.

    Raises DataError where no question does.
    """
    shown = [_shown(generator, examples, generator.max_tokens - compose.max_tokens) for generator in generators]
    kept = [[one for one in row if one is not None] for row in zip(*shown, strict=True) if None not in row]
    if not kept:
        raise DataError(
            f"No question fits into the {min(one.max_tokens for one in generators):,} tokens that the model reads at "
            f"once, beside an answer of {compose.max_tokens:,}.",
            "Lower compose.max_tokens, or take another model.",
        )
    if len(kept) < len(examples):
        sink(Progress("write", message=f"{len(examples) - len(kept):,} questions do not fit, and are left out"))
    return [list(column) for column in zip(*kept, strict=True)]


def _shown(generator: "CausalModel", examples: Sequence[GeneratorExample], room: int) -> list[GeneratorExample | None]:
    """Each question with as much of its passages as fits into so many tokens; None for one that does not."""
    from autogpt.train.generator_rows import fitted

    return [fitted(one, room, lambda shown: generator.tokenise(shown.messages)) for one in examples]
