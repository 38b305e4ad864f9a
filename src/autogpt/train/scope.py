"""Fits how a classifier tells what is about none of its classes, and makes its card.

In: logits and vectors of texts of the train part, of the validation part and of out-of-scope texts. Out: a `Card` and
its arrays, with figures in points. Knows nothing about models. N texts, C classes, H the size of a vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf

from autogpt.classify.card import Card, Classified
from autogpt.classify.probability import Floats, fit_temperature
from autogpt.classify.scope import FEATURE, METHODS, Scope
from autogpt.config import ClassifierTrainingSection
from autogpt.metrics.calibration import expected_calibration_error
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.classification import accuracy, area_under_roc, class_scores, macro_f1, micro_f1, spearman
from autogpt.train.labelling import Task

#: Fewest out-of-scope texts on which a probability is fitted, and fewest in-scope ones on which anything is.
FEWEST_STRANGE, FEWEST = 10, 20
#: Most texts of the train part that are kept to be compared with.
MOST_KEPT = 20_000
#: The method where no out-of-scope texts say which is best.
WITHOUT = "max_probability"
_QUANTILES = 101
#: Probabilities tried as the lowest of a label that is given.
_THRESHOLDS = np.arange(1, 20) / 20


@dataclass(frozen=True, slots=True)
class Computed:
    """Logits float[N, C] and vectors float[N, H] of texts."""

    logits: Floats
    vectors: Floats


def make_card(
    task: Task,
    settings: ClassifierTrainingSection,
    max_tokens: int,
    train: Computed | None,
    validation: Computed | None,
    strange: Computed | None,
) -> tuple[Card, dict[str, NDArray[np.float32]], dict[str, float]]:
    """Card, arrays, and the metrics of the validation part; none without one.

    Args:
        train: needed to tell what is out of scope.
    """
    card = Card(task.kind, task.labels, max_tokens, out_of_scope=settings.out_of_scope, low=task.low, high=task.high)
    if validation is None:
        return card, {}, {}
    if task.kind == "similarity":
        return card, {}, measures(task, card.decide(validation.logits, validation.vectors, {}))
    targets = task.targets(task.validation)
    card = replace(card, temperature=fit_temperature(task.kind, validation.logits, targets))
    if task.kind != "intents":
        card = replace(card, threshold=_best_threshold(task, card, validation))
    arrays: dict[str, NDArray[np.float32]] = {}
    if train is not None and len(task.validation) >= FEWEST and task.kind == "intents":
        scope, arrays = _scope(task, settings, card, train, validation, strange)
        card = replace(card, scope=scope)
    decided = card.decide(validation.logits, validation.vectors, arrays)
    metrics = {**measures(task, decided), "temperature": card.temperature}
    if card.scope is not None:
        named = {"kept": "in_scope_kept", "recall": "out_of_scope_recall", "auroc": "out_of_scope_auroc"}
        metrics |= {named[name]: 100 * value for name, value in card.scope.figures.items()}
    return card, arrays, metrics


def measures(task: Task, decided: Sequence[Classified]) -> dict[str, float]:
    """Metrics of the validation part in points, whatever its texts seem out of: `BEST` names the one to be raised."""
    if task.kind == "similarity":
        golds = np.array([one.score for one in task.validation], dtype=np.float64)
        scores = np.array([one.score for one in decided], dtype=np.float64)
        return {"spearman": 100 * spearman(scores, golds), "mean_squared_error": float(((scores - golds) ** 2).mean())}
    golds_of, said = [task.given(one) for one in task.validation], [one.labels for one in decided]
    scored = class_scores(golds_of, said, task.labels)
    found = {"accuracy": 100 * accuracy(golds_of, said), "macro_f1": 100 * macro_f1(scored)}
    if task.kind == "multi-label":
        return {**found, "micro_f1": 100 * micro_f1(golds_of, said)}
    right = [gold == one for gold, one in zip(golds_of, said, strict=True)]
    error = expected_calibration_error([one.probability for one in decided], right)
    return {**found, "calibration_error": error, **({"f1": 100 * scored[1].f1} if task.kind == "binary" else {})}


#: The validation metric whose best epoch is kept.
BEST = {"intents": "accuracy", "binary": "f1", "multi-label": "micro_f1", "similarity": "spearman"}


def fit_arrays(method: str, vectors: Floats, classes: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    """What `classify.scope` needs of the train part: vectors float[N, H] with their classes int[N]."""
    if method == "mahalanobis":
        means = np.array([vectors[classes == one].mean(axis=0) for one in np.unique(classes)])
        places = np.searchsorted(np.unique(classes), classes)
        covariance, _ = ledoit_wolf(vectors - means[places], assume_centered=True)
        values, axes = np.linalg.eigh(covariance)
        whitening = axes / np.sqrt(np.maximum(values, values.max() * 1e-6 + 1e-12))
        return {"whitening": whitening.astype(np.float32), "means": (means @ whitening).astype(np.float32)}
    if method == "neighbours":
        fewest = int(np.unique(classes, return_counts=True)[1].min())
        kept = vectors[np.random.default_rng(0).permutation(len(vectors))[:MOST_KEPT]]
        kept = kept / np.maximum(np.linalg.norm(kept, axis=1, keepdims=True), 1e-12)
        return {"kept": kept.astype(np.float32), "k": np.array([max(1, min(5, fewest // 2))], dtype=np.float32)}
    return {}


@dataclass(frozen=True, slots=True)
class _Tried:
    """One way to tell what is out of scope: its arrays, strangeness of texts in and out of scope, area under ROC."""

    method: str
    arrays: dict[str, NDArray[np.float32]]
    inside: Floats
    outside: Floats
    area: float


def _scope(
    task: Task,
    settings: ClassifierTrainingSection,
    card: Card,
    train: Computed,
    validation: Computed,
    strange: Computed | None,
) -> tuple[Scope, dict[str, NDArray[np.float32]]]:
    """The way that tells best what is out of scope, with its threshold."""
    classes = task.targets(task.train).astype(np.int64)

    def tried(method: str, outside: Computed | None) -> _Tried:
        arrays = fit_arrays(method, train.vectors, classes)
        found = [
            METHODS[method](one.logits, one.vectors, arrays, card.temperature) if one is not None else np.zeros(0)
            for one in (validation, outside)
        ]
        area = area_under_roc(np.concatenate(found), np.repeat([False, True], [*map(len, found)]))
        return _Tried(method, arrays, found[0], found[1], area or 0.0)

    if strange is None or len(strange.logits) < FEWEST_STRANGE:
        return _without_strange(tried(WITHOUT if settings.scope == "auto" else settings.scope, None), settings)
    methods = list(METHODS) if settings.scope == "auto" else [settings.scope]
    best = max((tried(method, strange) for method in methods), key=lambda one: one.area)
    decided = card.decide(validation.logits, validation.vectors, {})
    right = np.array([one.labels == task.given(gold) for one, gold in zip(decided, task.validation, strict=True)])
    table = np.concatenate([best.inside, best.outside])[:, None]
    is_outside = np.arange(len(table)) >= len(best.inside)
    about = {"data": "validation part", "in_scope": len(best.inside), "out_of_scope": len(best.outside)}
    calibrator = Calibrator.fit(table, is_outside, [FEATURE], pieces=1, fitted_on=[about])
    inside, outside = (calibrator.probability(one[:, None]) for one in (best.inside, best.outside))
    threshold = choose_threshold(inside, right, outside, settings.in_scope_kept)
    figures = {
        "kept": float((inside < threshold).mean()),
        "recall": float((outside >= threshold).mean()),
        "auroc": best.area,
    }
    return Scope(best.method, threshold, calibrator, figures=figures), best.arrays


def _without_strange(
    tried: _Tried, settings: ClassifierTrainingSection
) -> tuple[Scope, dict[str, NDArray[np.float32]]]:
    """No out-of-scope texts are known: a text is taken for one when it is stranger than the stated share of others."""
    quantiles = tuple(np.quantile(tried.inside, np.linspace(0, 1, _QUANTILES)).tolist())
    scope = Scope(tried.method, settings.in_scope_kept, quantiles=quantiles)
    kept = float((scope.probability(tried.inside) < scope.threshold).mean())
    return replace(scope, figures={"kept": kept}), tried.arrays


def choose_threshold(inside: Floats, right: NDArray[np.bool_], outside: Floats, kept: float) -> float:
    """The probability from which a text is taken for out of scope: of those that keep at least the share `kept` of what
    is in scope, the one under which most is done rightly, both kinds counting alike.

    Args:
        inside, outside: float[N] probabilities of texts in and out of scope.
        right: bool[N], whether those in scope get the right class when they are kept.
    """
    values = np.unique(np.concatenate([inside, outside]))
    tried = np.append((values[:-1] + values[1:]) / 2, np.nextafter(values[-1], np.inf))
    keeps = np.array([(inside < one).mean() for one in tried])
    gains = np.array([((inside < one) & right).mean() + (outside >= one).mean() for one in tried])
    return float(tried[int(np.where(keeps >= kept, gains, -np.inf).argmax())])


def _best_threshold(task: Task, card: Card, validation: Computed) -> float:
    """The lowest probability of a label that is given, by the validation part; of equal ones that nearest to 1/2."""
    metric = BEST[task.kind]

    def scored(threshold: float) -> float:
        decided = replace(card, threshold=threshold).decide(validation.logits, validation.vectors, {})
        return measures(task, decided)[metric]

    return float(max(_THRESHOLDS, key=lambda one: (scored(float(one)), -abs(one - 0.5))))
