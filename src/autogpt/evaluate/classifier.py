"""Measures a classifier on texts with known labels.

In: anything with `classify(texts, others)`, and `ClassifierExample`s. Out: a `ClassifierReport`. Knows nothing about
model files or the command line. Shares are 0 to 1.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from autogpt.classify.card import Card, Classified
from autogpt.metrics.calibration import Bin, expected_calibration_error, reliability
from autogpt.metrics.classification import (
    ClassScore,
    Confusion,
    accuracy,
    area_under_roc,
    class_scores,
    confusions,
    macro_f1,
    micro_f1,
    spearman,
)
from autogpt.progress import Progress, Sink, silent
from autogpt.records import ClassifierExample

FORMAT_VERSION = 1
#: What a text that is taken for out of scope is called in scores and confusions, where the data has no name for it.
OUT_OF_SCOPE = "out of scope"
#: Texts classified between two reports of progress.
_CHUNK = 512


class Classifies(Protocol):
    """What is measured."""

    card: Card

    def classify(self, texts: Sequence[str], others: Sequence[str] = ()) -> list[Classified]: ...


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text, and what was said of it.

    Attributes:
        golds, said: labels, the name of out-of-scope among them; for similarity the scores in words.
        right: whether the classifier's labels are right, out of scope or not.
    """

    id: str
    text: str
    golds: tuple[str, ...]
    said: tuple[str, ...]
    probability: float
    out_of_scope: float | None
    right: bool


@dataclass(frozen=True, slots=True)
class ClassifierReport:
    """How a classifier does on some texts.

    Attributes:
        metrics: by name; see `evaluate_classifier`.
        classes: a score for each class, that of out of scope last, where there are such texts.
        confusions: the most frequent first.
        notices: what makes the figures worse than they need to be.
    """

    model: str
    data: str
    kind: str
    metrics: Mapping[str, Any]
    classes: tuple[ClassScore, ...]
    confusions: tuple[Confusion, ...]
    reliability: tuple[Bin, ...]
    predictions: tuple[Labelled, ...]
    notices: tuple[str, ...] = ()

    @property
    def misses(self) -> tuple[Labelled, ...]:
        return tuple(one for one in self.predictions if not one.right)

    def to_json(self) -> dict[str, Any]:
        """Metrics at the top, then the lists."""
        return {
            "format_version": FORMAT_VERSION,
            "kind": "classifier",
            "model": self.model,
            "data": self.data,
            "task": self.kind,
            **self.metrics,
            "notices": list(self.notices),
            "classes": [asdict(one) for one in self.classes],
            "confusions": [asdict(one) for one in self.confusions],
            "reliability": [asdict(one) for one in self.reliability],
            "predictions": [asdict(one) for one in self.predictions],
        }


def evaluate_classifier(
    classifier: Classifies,
    examples: Sequence[ClassifierExample],
    *,
    model: str = "",
    data: str = "",
    sink: Sink = silent,
) -> ClassifierReport:
    """Classify every text and score what is said.

    The metrics are `texts`, `seconds`, and of labels `accuracy`, `macro_f1`, `micro_f1` and
    `expected_calibration_error`, all over texts that are about a class and as though nothing were taken for out of
    scope. Where the classifier can tell what is: `in_scope_kept`, `in_scope_accuracy` (right and kept), and with texts
    that are out of scope `out_of_scope_recall` and `out_of_scope_auroc`. Of similarity `spearman` and
    `mean_squared_error`.

    Args:
        model, data: names for the report.

    Raises ValueError without examples.
    """
    if not examples:
        raise ValueError("there are no texts to measure on")
    began = time.perf_counter()
    decided: list[Classified] = []
    pairs = classifier.card.kind == "similarity"
    for at in range(0, len(examples), _CHUNK):
        part = examples[at : at + _CHUNK]
        decided += classifier.classify([one.text for one in part], [one.other for one in part] if pairs else ())
        sink(Progress("classify", len(decided), len(examples)))
    seconds = time.perf_counter() - began
    measured = _similarity if pairs else _labels
    return measured(classifier.card, examples, decided, model, data, {"texts": len(examples), "seconds": seconds})


def _similarity(
    card: Card,
    examples: Sequence[ClassifierExample],
    decided: Sequence[Classified],
    model: str,
    data: str,
    metrics: dict[str, Any],
) -> ClassifierReport:
    golds = np.array([one.score or 0.0 for one in examples])
    scores = np.array([one.score or 0.0 for one in decided])
    metrics |= {"spearman": spearman(scores, golds), "mean_squared_error": float(((scores - golds) ** 2).mean())}
    predictions = tuple(
        Labelled(one.id, f"{one.text} | {one.other}", (f"{gold:.3g}",), (f"{score:.3g}",), 0.0, None, right=True)
        for one, gold, score in zip(examples, golds, scores, strict=True)
    )
    return ClassifierReport(model, data, card.kind, metrics, (), (), (), predictions)


def _labels(
    card: Card,
    examples: Sequence[ClassifierExample],
    decided: Sequence[Classified],
    model: str,
    data: str,
    metrics: dict[str, Any],
) -> ClassifierReport:
    outside = np.array([bool({*one.labels} & {*card.out_of_scope}) for one in examples])
    name = next((label for one in examples for label in one.labels if label in card.out_of_scope), OUT_OF_SCOPE)
    golds = [(name,) if out else _gold(card, one) for one, out in zip(examples, outside, strict=True)]
    inside = [at for at in range(len(examples)) if not outside[at]]
    plain = [decided[at].labels for at in inside]
    about = [golds[at] for at in inside]
    sure, right = _trust(card, [decided[at] for at in inside], about)
    metrics |= {
        "accuracy": accuracy(about, plain),
        "macro_f1": macro_f1(class_scores(about, plain, card.labels)),
        "micro_f1": micro_f1(about, plain),
        "expected_calibration_error": expected_calibration_error(sure, right),
    }
    said = [(name,) if one.strange else one.labels for one in decided]
    if card.scope is not None:
        metrics |= _scope(decided, golds, said, outside)
    labels = [*card.labels, *([name] if outside.any() else [])]
    unknown = sorted({label for one in about for label in one} - {*card.labels})
    notices = [f"{len(unknown)} labels of the data are unknown to the classifier: {', '.join(unknown[:5])}"]
    return ClassifierReport(
        model=model,
        data=data,
        kind=card.kind,
        metrics=metrics,
        classes=tuple(class_scores(golds, said, labels)),
        confusions=tuple(confusions(golds, said)),
        reliability=tuple(reliability(sure, right)),
        predictions=tuple(
            Labelled(one.id, one.text, gold, given, found.probability, found.out_of_scope, {*gold} == {*given})
            for one, gold, given, found in zip(examples, golds, said, decided, strict=True)
        ),
        notices=tuple(notices) if unknown else (),
    )


def _gold(card: Card, example: ClassifierExample) -> tuple[str, ...]:
    if card.kind == "binary":
        return (card.labels[int(card.labels[1] in example.labels)],)
    return example.labels


def _scope(
    decided: Sequence[Classified],
    golds: Sequence[tuple[str, ...]],
    said: Sequence[tuple[str, ...]],
    outside: np.ndarray,
) -> dict[str, float]:
    strange = np.array([one.strange for one in decided])
    likely = np.array([one.out_of_scope for one in decided], dtype=np.float64)
    right = np.array([{*gold} == {*one} for gold, one in zip(golds, said, strict=True)])
    found: dict[str, float] = {"out_of_scope_texts": int(outside.sum())}
    if not outside.all():
        found |= {
            "in_scope_kept": float((~strange[~outside]).mean()),
            "in_scope_accuracy": float(right[~outside].mean()),
        }
    if outside.any():
        found["out_of_scope_recall"] = float(strange[outside].mean())
    area = area_under_roc(likely, outside)
    return found if area is None else {**found, "out_of_scope_auroc": area}


def _trust(
    card: Card, decided: Sequence[Classified], golds: Sequence[tuple[str, ...]]
) -> tuple[list[float], list[bool]]:
    """Probabilities and whether they are of what is right: one a text, or of several labels one for each of them."""
    if card.kind == "multi-label":
        pairs = [
            (one.probabilities[label], label in gold)
            for one, gold in zip(decided, golds, strict=True)
            for label in card.labels
        ]
    else:
        pairs = [(one.probability, one.labels == gold) for one, gold in zip(decided, golds, strict=True)]
    return [one for one, _ in pairs], [is_right for _, is_right in pairs]
