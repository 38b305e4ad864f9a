"""Tells what a training has forgotten: earlier questions are asked of the base, and of what became of it.

In: settings, a base, a trained model, earlier examples. Out: a `Forgetting`, kept in the folder of the run. Knows
nothing about how training works.
"""

import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from autogpt.annotate.classifier_data import load_classifier_examples
from autogpt.annotate.reader_data import load_reader_examples
from autogpt.config import ContinualTrainingSection, ReaderTrainingSection
from autogpt.errors import UsageError
from autogpt.evaluate.classifier import evaluate_classifier
from autogpt.evaluate.forgetting import Forgetting, Scored, forgetting
from autogpt.evaluate.reader import FEWEST_DOCUMENTS, read_all, report_on
from autogpt.evaluate.slices import document_name
from autogpt.models.packs import Pack
from autogpt.progress import Progress, Sink, silent
from autogpt.read.backends.facts import model_facts
from autogpt.records import ClassifierExample, ReaderExample
from autogpt.services.evaluating import open_reader
from autogpt.services.evaluating_classifier import open_classifier
from autogpt.services.lineage import lineage_of
from autogpt.train import processes

V = TypeVar("V")
#: What the questions of the validation part are called that the base was validated on too.
EARLIER = "earlier validation questions"


def reader_sets(
    settings: ReaderTrainingSection,
    base: Path | str,
    validation: Iterable[ReaderExample],
    relative_to: Path,
    pack: Pack | None = None,
) -> dict[str, list[ReaderExample]]:
    """Earlier questions by what they are called: files that the settings name, questions that the base was validated
    on, and those that the pack comes with.

    Args:
        relative_to: folder that names of files start from.
        pack: what the base came of in the end; None leaves its questions out.

    Raises NotFoundError or DataError for a file.
    """
    sets = {name: load_reader_examples(relative_to / file) for name, file in _named(settings.remember).items()}
    lineage = lineage_of(base)
    if lineage is not None and (known := [one for one in validation if lineage.has_validated(one)]):
        sets[EARLIER] = known
    if settings.general_questions and pack is not None and pack.parity is not None:
        general = load_reader_examples(pack.parity)
        drawn = random.Random(0).sample(general, min(settings.general_questions, len(general)))  # noqa: S311
        sets[f"general questions of '{pack.name}'"] = drawn
    return sets


def classifier_sets(
    settings: ContinualTrainingSection, base: Path | str, validation: Iterable[ClassifierExample], relative_to: Path
) -> dict[str, list[ClassifierExample]]:
    """The same of a classifier, without a pack."""
    sets = {name: load_classifier_examples(relative_to / file) for name, file in _named(settings.remember).items()}
    lineage = lineage_of(base)
    if lineage is not None and (known := [one for one in validation if lineage.has_validated(one)]):
        sets[EARLIER] = known
    return sets


def require_model(settings: ContinualTrainingSection, base: Path | str, kind: str) -> None:
    """Refuse to say what was forgotten by a base that never learnt the task, or by several processes.

    Args:
        kind: "reader" or "classifier".

    Raises UsageError.
    """
    if settings.continues:
        processes.require_one("Learning without forgetting")
    if settings.remember and not _is(base, kind):
        raise UsageError(
            f"The base '{base}' is no {kind} yet, so there is nothing that it could forget.",
            f"Name a run, or the folder of a {kind}, as --base; or leave --remember out.",
        )


def tell_reader(
    run: Path, base: Path | str, model: Path, sets: dict[str, list[ReaderExample]], sink: Sink = silent
) -> Forgetting | None:
    """Ask a reader as it was and as it is, and keep what was found in the folder of the run; None without a set, or
    where the base was no reader.

    Of each set F1 of what is answerable, never abstaining; where there are unanswerable questions also F1 as the reader
    answers, with its own threshold.
    """
    if not sets or not _is(base, "reader"):
        return None

    def asked(folder: Path, examples: Sequence[ReaderExample]) -> dict[str, list[float]]:
        with open_reader(str(folder)) as reader:
            decoded = read_all(reader, examples, sink)
            threshold = reader.calibrator.threshold.value if reader.calibrator else None
        forced = report_on(decoded, examples, force_answer=True).predictions
        own = report_on(decoded, examples, threshold=threshold).predictions
        return {"forced": [100 * one.f1 for one in forced], "own": [100 * one.f1 for one in own]}

    everything = [one for examples in sets.values() for one in examples]
    before, after = (asked(folder, everything) for folder in _folders(base, model, sink))
    scored, at = [], 0
    for name, examples in sets.items():
        place = slice(at, at + len(examples))
        at = place.stop
        documents = [document_name(one) for one in examples]
        answerable = [one.answerable for one in examples]
        for measure, key, kept in (
            ("F1, never abstaining", "forced", answerable),
            ("F1", "own", [not all(answerable)] * len(examples)),
        ):
            groups = _those(documents, kept)
            if groups:
                scored.append(
                    Scored(
                        name=name,
                        measure=measure,
                        before=_those(before[key][place], kept),
                        after=_those(after[key][place], kept),
                        groups=groups if len(set(groups)) >= FEWEST_DOCUMENTS else None,
                    )
                )
    return _kept(run, scored)


def tell_classifier(
    run: Path, base: Path | str, model: Path, sets: dict[str, list[ClassifierExample]], sink: Sink = silent
) -> Forgetting | None:
    """The same of a classifier: the share of texts that are labelled rightly, what is out of scope among them.

    None for similarity too, where nothing is right or wrong.
    """
    if not sets or not _is(base, "classifier"):
        return None
    everything = [one for examples in sets.values() for one in examples]
    found: list[list[float]] = []
    for folder in _folders(base, model, sink):
        with open_classifier(folder) as classifier:
            if classifier.card.kind == "similarity":
                return None
            report = evaluate_classifier(classifier, everything, sink=sink)
        found.append([100.0 * one.right for one in report.predictions])
    scored, at = [], 0
    for name, examples in sets.items():
        place = slice(at, at + len(examples))
        at = place.stop
        scored.append(Scored(name, "accuracy", found[0][place], found[1][place]))
    return _kept(run, scored)


def _kept(run: Path, scored: Sequence[Scored]) -> Forgetting | None:
    if not scored:
        return None
    found = forgetting(scored)
    found.save(run)
    return found


def _folders(base: Path | str, model: Path, sink: Sink) -> Iterable[Path]:
    """Folders of the model before and after, each said when it is asked."""
    from autogpt.train.base import local_folder

    for name, folder in (("before", local_folder(base)), ("after", model)):
        assert folder is not None
        sink(Progress("read", message=f"what was known {name}"))
        yield folder


def _is(base: Path | str, kind: str) -> bool:
    """Whether a base has learnt the task."""
    from autogpt.train.base import local_folder

    folder = local_folder(base)
    if folder is None:
        return False
    if kind == "classifier":
        from autogpt.train.remembering import base_card

        return base_card(base) is not None
    return model_facts(folder).task == kind


def _those(values: Sequence[V], kept: Sequence[bool]) -> list[V]:
    return [one for one, keep in zip(values, kept, strict=True) if keep]


def _named(files: Sequence[str]) -> dict[str, str]:
    """Files by what reports call them: without folder and endings where that tells them apart."""
    short = [Path(file).name.split(".")[0] for file in files]
    return {name if short.count(name) == 1 else file: file for name, file in zip(short, files, strict=True)}
