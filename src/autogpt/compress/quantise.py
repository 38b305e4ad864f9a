"""Post-training quantisation to int8, without training: in two ways, by where the ranges of activations come from.

In: an `openvino.Model`, and for fixed ranges rows of tokens like those it will meet. Out: the model with int8 matrix
products. Whether it answers as well as before is measured elsewhere. What each way costs: docs/results/quantisation.md.
"""

import io
import logging
import math
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
#: Most neighbouring activations of a token that share a range. Of 32, 128 and 384, this one has the best of both:
#: as fast as 384, nearly as exact as 32.
_GROUP = 128
#: What a group must be a multiple of for the processor's kernels; also OpenVINO's own choice.
_LANES = 32


def quantise_weights(model: Any) -> Any:
    """The model with int8 weights, whose activations are quantised while it runs; `model` itself is used up.

    Weights are symmetric per channel. Activations get a range for every group of neighbours in every token, so a token
    with outliers spoils no other's precision, and there is nothing to calibrate. Where a processor has no kernel for
    that it computes in floating point from the int8 weights.
    """
    with quietly():
        made = nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM)
    # Kept in the model's file: OpenVINO takes it up when it loads the model.
    made.set_rt_info(str(_group(made)), ["runtime_options", "DYNAMIC_QUANTIZATION_GROUP_SIZE"])
    return made


def _group(model: Any) -> int:
    """The largest group that divides the width of every layer's input."""
    widths = [_width(node) for node in model.get_ops() if node.get_type_name() == "MatMul"]
    common = math.gcd(*(width for width in widths if width))
    fitting = [group for group in range(_LANES, _GROUP + 1, _LANES) if common % group == 0]
    return max(fitting, default=_LANES)


def _width(product: Any) -> int:
    """Length of the rows that a matrix product multiplies with weights; 0 for one of two activations."""
    weights = product.input_value(1).get_partial_shape()
    if weights.is_dynamic or len(weights) != 2:
        return 0
    shape = weights.to_shape()
    return int(shape[1] if product.get_attributes()["transpose_b"] else shape[0])


def quantise(model: Any, facts: ModelFacts, rows: Sequence[Batch], sink: Sink = silent) -> Any:
    """The model with int8 matrix products and fixed ranges of activations; `model` itself is used up.

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

    with quietly():
        return nncf.quantize(
            model, nncf.Dataset(rows, sample), model_type=nncf.ModelType.TRANSFORMER, subset_size=len(rows)
        )


@contextmanager
def quietly() -> Iterator[None]:
    """Without nncf's log lines, and without its bars, which it draws on stdout."""
    logger = logging.getLogger("nncf")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
