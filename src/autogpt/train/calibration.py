"""Measures a trained reader on its validation examples, fits its calibrator to them, and keeps what it contradicts of
them.

In: a model and a validator. Out: metrics; in the folder of the training `calibration.json` beside the weights, and the
suspects. Knows nothing about training.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autogpt.errors import DataError
from autogpt.metrics.calibrator import Calibrator
from autogpt.models.layout import CALIBRATION, MODEL
from autogpt.read.calibrate import fit_reader_calibrator, with_confidence
from autogpt.read.decode import Decoded
from autogpt.train.mix import mismatched
from autogpt.train.suspects import suspected_answers, write_suspects
from autogpt.train.validate import Validator, measures

#: Questions put to another document's text, as a share of the validation questions.
FOREIGN = 0.25
#: Fewer validation questions fit no calibrator worth having.
FEWEST = 50


def calibrate(model: Any, validator: Validator, out: Path, seed: int) -> dict[str, float]:
    """The model's metrics in points (see `Validator.measure`); writes `out/model/calibration.json` and the suspects.

    Without enough questions, or when all answers are right or all wrong, there is no calibration and the metrics hold
    `calibrated` = 0: who releases the model then has to bring other questions.
    """
    decoded = validator.read(model)
    metrics = measures(validator.examples, decoded)
    calibrator = _fitted(model, validator, decoded, seed)
    if calibrator is not None:
        calibrator.save(out / MODEL / CALIBRATION)
        decoded = with_confidence(decoded, calibrator)
    write_suspects(out, suspected_answers(validator.examples, decoded))
    return {**metrics, "calibrated": float(calibrator is not None)}


def _fitted(model: Any, validator: Validator, decoded: Sequence[Decoded], seed: int) -> Calibrator | None:
    """Fitted to what the model finds for the validation questions, and for some of them in other texts."""
    if len(validator.examples) < FEWEST:
        return None
    foreign = mismatched(validator.examples, round(FOREIGN * len(validator.examples)), seed)
    try:
        return fit_reader_calibrator(
            [*decoded, *replace(validator, examples=foreign).read(model)],
            [*validator.examples, *foreign],
            balance=False,
            data="validation",
        )
    except DataError:
        return None
