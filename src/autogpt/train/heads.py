"""Linear heads that are fitted to vectors, without a loop of training.

In: vectors of texts and what they are about. Out: weights and bias. Knows nothing about models.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from autogpt.classify.probability import Floats

#: What cosines with centroids are multiplied by, which makes logits of them; a temperature corrects it.
_SCALE = 20.0

#: Of vectors when a regression is fitted to them. Of lengths from 1 to 40 the best, or as good, with 5, 10, 20 and 40
#: examples of each class of BANKING77, judged by other training questions (benchmarks/head_length.py).
LENGTH = 4.0

#: `head_weights` float32[C, H] and `head_bias` float32[C], as `classify.card` keeps them.
Head = dict[str, NDArray[np.float32]]


def fit_logistic(exclusive: bool, vectors: Floats, targets: NDArray[np.float64], seed: int) -> Head:
    """Logistic regression over classes int[N], or one for each label of float[N, outputs].

    It is fitted to the vectors at a mean length of `LENGTH`, so that its penalty is the same whatever their scale.
    """
    scale = LENGTH / max(float(np.linalg.norm(vectors, axis=1).mean()), 1e-9)
    head = _fitted(exclusive, scale * vectors, targets, seed)
    return {**head, "head_weights": np.float32(scale) * head["head_weights"]}


def _fitted(exclusive: bool, vectors: Floats, targets: NDArray[np.float64], seed: int) -> Head:
    if exclusive:
        fitted = LogisticRegression(max_iter=1_000, random_state=seed).fit(vectors, targets.astype(int))
        weights, bias = fitted.coef_, fitted.intercept_
        if len(weights) == 1:  # two classes have one line between them
            weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
        return _head(weights, bias)
    lines = [_line(vectors, column, seed) for column in targets.T]
    return _head(np.array([weights for weights, _ in lines]), np.array([bias for _, bias in lines]))


def fit_centroids(vectors: Floats, targets: NDArray[np.float64]) -> Head:
    """The cosine with each class's mean vector."""
    classes = targets.astype(int)
    means = np.array([vectors[classes == one].mean(axis=0) for one in np.unique(classes)])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    return _head(_SCALE * means, np.zeros(len(means)))


def _line(vectors: Floats, column: NDArray[np.float64], seed: int) -> tuple[Floats, float]:
    """Weights float[H] and bias for one label; one that all texts have, or none, has no line."""
    if column.min() == column.max():
        return np.zeros(vectors.shape[1]), 10.0 if column.max() else -10.0
    fitted = LogisticRegression(max_iter=1_000, random_state=seed, class_weight="balanced").fit(vectors, column)
    return fitted.coef_[0], float(fitted.intercept_[0])


def _head(weights: Floats, bias: Floats) -> Head:
    return {"head_weights": weights.astype(np.float32), "head_bias": bias.astype(np.float32)}
