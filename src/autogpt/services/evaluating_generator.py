"""Measures a generator: on files of questions, or on a part of a workspace.

In: names of models and files, or a store. Out: reports. Knows nothing about the command line.
"""

from collections.abc import Sequence
from pathlib import Path

from autogpt.config import Config
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
    try:
        from autogpt.read.backends.causal import CausalModel
        from autogpt.train.generator_rows import fitted
    except ModuleNotFoundError:
        raise MissingExtraError("Measuring a generator", "train") from None
    compose, generator = config.compose, CausalModel.open(model)
    room = generator.max_tokens - compose.max_tokens
    shown = [fitted(one, room, lambda example: generator.tokenise(example.messages)) for one in examples]
    fitting = [one for one in shown if one is not None]
    if not fitting:
        raise DataError(
            f"No question fits into the {generator.max_tokens:,} tokens that the model reads at once, beside an answer "
            f"of {compose.max_tokens:,}.",
            "Lower compose.max_tokens, or take another model.",
        )
    if len(fitting) < len(examples):
        sink(Progress("write", message=f"{len(examples) - len(fitting):,} questions do not fit, and are left out"))
    return evaluate_generator(
        generator,
        fitting,
        max_tokens=compose.max_tokens,
        seconds=compose.timeout_seconds,
        model=name,
        data=data,
        sink=sink,
    )
