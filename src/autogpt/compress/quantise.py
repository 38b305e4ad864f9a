"""Post-training quantisation to int8: weights and activations, from a few hundred texts, without training.

In: an `openvino.Model` and rows of tokens like those it will meet. Out: the model with int8 matrix products. Whether it
answers as well as before is measured elsewhere.
"""

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any

import autogpt.read.backends.quiet_openvino  # noqa: F401  before nncf, which would report its use otherwise

import nncf  # isort: skip

from autogpt.progress import Progress, Sink, silent
from autogpt.read.backends.base import Batch
from autogpt.read.backends.facts import ModelFacts

#: Passes that the method makes over the samples: for smoothing, then for the ranges.
_PASSES = 2


def quantise(model: Any, facts: ModelFacts, rows: Sequence[Batch], sink: Sink = silent) -> Any:
    """The model with int8 matrix products; `model` itself is used up.

    Symmetric weights per channel, activations per tensor; outliers of the activations are moved into the weights first
    (SmoothQuant, Xiao et al. 2023).

    Args:
        rows: batches of one row without padding; their activations give the ranges.
    """
    done = 0

    def sample(row: Batch) -> dict[str, Any]:
        nonlocal done
        done += 1
        sink(Progress("quantise", min(done, _PASSES * len(rows)), _PASSES * len(rows)))
        return dict(zip(facts.inputs, row.inputs(facts.inputs), strict=True))

    with _quietly():
        return nncf.quantize(
            model, nncf.Dataset(rows, sample), model_type=nncf.ModelType.TRANSFORMER, subset_size=len(rows)
        )


@contextmanager
def _quietly() -> Iterator[None]:
    """Without nncf's log lines, and without its bars, which it draws on stdout."""
    logger = logging.getLogger("nncf")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
