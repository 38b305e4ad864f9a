"""Sets language models side by side on the same texts: how likely the words that they are asked for are to them.

In: runs or folders, and the documents of a workspace or files. Out: a `SideBySide`, of blocks of tokens, without times:
such a model answers nothing, it is what other trainings start from. Knows nothing about the command line.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from autogpt.config import Config, LanguageModelTrainingSection
from autogpt.errors import MissingExtraError, UsageError
from autogpt.evaluate.side_by_side import SideBySide
from autogpt.progress import Sink, track
from autogpt.records import Split
from autogpt.services.contenders import BASE, Measured, compare, model_in, resolved, run_model
from autogpt.services.evaluating import Questions
from autogpt.services.lineage import DOCUMENTS, Lineage, fingerprint, lineage_of
from autogpt.services.training_language_model import KIND, hold_out_texts, load_texts, named, workspace_documents
from autogpt.store import Store

if TYPE_CHECKING:
    from autogpt.train.language_base import LanguageBase

#: What the score of a block is called: the geometric mean of the probabilities of its words, in points.
MEASURE = "probability of a word"
#: What is asked in a workspace.
UNREAD = "documents that none of them was trained on"
_ELSEWHERE = "Give files of documents with --data FILE."


def compare_runs(store: Store, names: Sequence[str], part: Split, sink: Sink) -> SideBySide:
    """Language models of a workspace on those of its documents that none was trained on; `base` is what the first of
    them was trained from.
    """
    if part is not Split.VALIDATION:
        raise UsageError(
            f"Documents have no {part} part: language models are compared on those that none was trained on.",
            "Leave --part out, or give files of documents with --data FILE.",
        )
    settings = store.config.train.language_model
    models = resolved(names, partial(run_model, store, kind=KIND))
    texts = _unread(store, settings, {name: folder for name, folder in models if name != BASE})
    return _compared(models, texts, settings, UNREAD, sink)


def compare_on_files(config: Config, names: Sequence[str], questions: Questions, sink: Sink) -> SideBySide:
    """Language models on files of documents."""
    models = resolved(names, model_in)
    texts = load_texts(questions.files, config, sink)[: questions.limit or None]
    return _compared(models, texts, config.train.language_model, questions.name, sink)


def _unread(store: Store, settings: LanguageModelTrainingSection, models: dict[str, Path]) -> list[str]:
    """Texts that none of the models was trained on: of a document that one has read no other version either, and none
    that was brought in again.
    """
    lineages: list[Lineage] = []
    for name, folder in models.items():
        lineage = lineage_of(folder, DOCUMENTS)
        if lineage is None:
            raise UsageError(f"Which documents '{name}' was trained on is not known.", _ELSEWHERE)
        lineages.append(lineage)
    documents, _ = workspace_documents(store, settings.restricted)
    # Of the only document of a workspace the end is held out.
    parts = hold_out_texts([one.text for one in documents], settings.held_out, settings.seed) if documents else ()
    ends = [one for one in named(documents, parts[1]) if one not in documents] if parts else []
    known = {one for lineage in lineages for said in lineage.trained.items() for one in said}
    new = [one.text for one in documents if known.isdisjoint((one.id, fingerprint(one)))]
    held = [one.text for one in ends if all(lineage.has_validated(one) for lineage in lineages)]
    if not new and not held:
        raise UsageError("There is no document that none of them was trained on.", _ELSEWHERE)
    return [*new, *held]


def _compared(
    models: Sequence[tuple[str, Path]],
    texts: Sequence[str],
    settings: LanguageModelTrainingSection,
    data: str,
    sink: Sink,
) -> SideBySide:
    try:
        from autogpt.train.language_base import open_language_base
        from autogpt.train.pieces import tell_pieces
    except ModuleNotFoundError:
        raise MissingExtraError("Comparing language models", "train") from None
    opened = [open_language_base(folder, 0.0, seed=settings.seed) for _, folder in track(models, "load", sink)]
    _require_alike([name for name, _ in models], opened)
    of_text, told = tell_pieces(settings, opened, texts)
    if not of_text:
        raise UsageError(f"There is no word to ask for in {data}.", _ELSEWHERE)
    measured = [
        Measured(name, folder, found.likelihoods.tolist(), found.metrics)
        for (name, folder), found in zip(models, track(told, "read", sink, len(models)), strict=True)
    ]
    return compare(measured, MEASURE, data, of_text, unit="pieces")


def _require_alike(names: Sequence[str], opened: Iterable["LanguageBase"]) -> None:
    """Raises UsageError for models that are not asked for the same words."""
    from autogpt.train.teachers import same_tokenizer

    first, *others = opened
    for name, one in zip(names[1:], others, strict=True):
        if one.kind != first.kind or not same_tokenizer(one.tokenizer, first.tokenizer):
            differs = "reads in another direction" if one.kind != first.kind else "makes other tokens of a text"
            raise UsageError(
                f"'{name}' {differs} than '{names[0]}', so how well they tell words cannot be compared.",
                "Compare trainings from one base; or what was fine-tuned from each: readers, classifiers, retrievers.",
            )
