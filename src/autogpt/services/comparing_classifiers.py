"""Sets classifiers side by side on the same labelled texts.

In: runs or folders, and a part of a workspace or files. Out: a `SideBySide`. Knows nothing about the command line.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from autogpt.classify.classifier import Classifier
from autogpt.errors import NotFoundError, UsageError
from autogpt.evaluate.classifier import Labelled, evaluate_classifier
from autogpt.evaluate.side_by_side import SideBySide
from autogpt.progress import Progress, Sink, track
from autogpt.records import ClassifierExample, Split
from autogpt.services.contenders import BASE, Measured, compare, model_in, run_model
from autogpt.services.evaluating import Questions
from autogpt.services.evaluating_classifier import KIND, open_classifier
from autogpt.services.examples.classes import classifier_examples
from autogpt.services.training_files import load_labelled
from autogpt.store import Store

#: What the score of a text is called, by kind.
MEASURES = {
    "intents": "accuracy",
    "binary": "accuracy",
    "multi-label": "F1 of a text's labels",
    "similarity": "closeness of scores",
}
#: Metrics shown beside the one that is compared.
_SHOWN = (
    "accuracy", "macro_f1", "micro_f1", "spearman", "expected_calibration_error", "in_scope_kept",
    "out_of_scope_recall", "out_of_scope_auroc",
)  # fmt: skip


def compare_runs(store: Store, names: Sequence[str], part: Split, sink: Sink) -> SideBySide:
    """Classifiers of a workspace on one part of its labelled questions."""
    if BASE in names:
        raise NotFoundError("There is no untuned classifier to compare with.", "Name runs of classifiers.")
    examples = classifier_examples(store, part)
    if not examples:
        raise UsageError(
            f"The {part} part of the workspace has no labelled questions.",
            "Import some with: autogpt examples import FILE, then divide them with: autogpt examples split",
        )
    return compared([(name, run_model(store, name, KIND)) for name in names], examples, f"the {part} part", sink)


def compare_on_files(names: Sequence[str], questions: Questions, sink: Sink) -> SideBySide:
    """Classifiers on files of labelled texts."""
    examples = load_labelled(questions.files)[: questions.limit or None]
    return compared([(name, model_in(name)) for name in names], examples, questions.name, sink)


def compared(
    models: Sequence[tuple[str, Path]], examples: Sequence[ClassifierExample], data: str, sink: Sink
) -> SideBySide:
    with ExitStack() as stack:
        opened = [stack.enter_context(open_classifier(folder)) for _, folder in track(models, "export", sink)]
        kinds = {one.card.kind for one in opened}
        if len(kinds) > 1:
            raise UsageError(f"Classifiers of several kinds cannot be compared: {', '.join(sorted(kinds))}.")
        kind = kinds.pop()
        measured = []
        for (name, folder), classifier in zip(models, opened, strict=True):
            sink(Progress("classify", message=name))
            report = evaluate_classifier(classifier, examples, model=name, data=data, sink=sink)
            span = classifier.card.high - classifier.card.low
            scores = [_score(kind, one, span) for one in report.predictions]
            measures = {key: report.metrics.get(key) for key in _SHOWN}
            measured.append(Measured(name, folder, scores, measures, partial(_classify_one, classifier, examples)))
        return compare(measured, MEASURES[kind], data, [one.title or one.id for one in examples])


def _score(kind: str, one: Labelled, span: float) -> float:
    """Of a text, in points: whether it is right; of several labels their F1; of a number how near it comes."""
    if kind == "similarity":
        away = abs(float(one.golds[0]) - float(one.said[0])) / (span or 1.0)
        return 100 * max(0.0, 1 - away)
    if kind == "multi-label":
        both = len({*one.golds} & {*one.said})
        return 100 * (2 * both / (len(one.golds) + len(one.said)) if one.golds or one.said else 1.0)
    return 100.0 * one.right


def _classify_one(classifier: Classifier, examples: Sequence[ClassifierExample], place: int) -> object:
    one = examples[place]
    return classifier.classify([one.text], [one.other] if classifier.card.kind == "similarity" else ())
