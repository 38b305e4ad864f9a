"""Measures a trained reader on its validation examples and fits its calibrator to them.

In: a model and a validator. Out: metrics, and `calibration.json` beside the weights. Knows nothing about training.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from autogpt.errors import DataError
from autogpt.models.layout import CALIBRATION
from autogpt.read.calibrate import fit_reader_calibrator
from autogpt.train.mix import mismatched
from autogpt.train.validate import Validator, measures

#: Questions put to another document's text, as a share of the validation questions.
FOREIGN = 0.25
#: Fewer validation questions fit no calibrator worth having.
FEWEST = 50


def calibrate(model: Any, validator: Validator, folder: Path, seed: int) -> dict[str, float]:
    """The model's metrics in points (see `Validator.measure`); writes `folder/calibration.json`.

    Without enough questions, or when all answers are right or all wrong, no file is written and the metrics hold
    `calibrated` = 0: who releases the model then has to bring other questions.
    """
    decoded = validator.read(model)
    metrics = measures(validator.examples, decoded)
    foreign = mismatched(validator.examples, round(FOREIGN * len(validator.examples)), seed)
    try:
        if len(validator.examples) < FEWEST:
            raise DataError("too few questions")
        calibrator = fit_reader_calibrator(
            [*decoded, *replace(validator, examples=foreign).read(model)],
            [*validator.examples, *foreign],
            balance=False,
            data="validation",
        )
    except DataError:
        return {**metrics, "calibrated": 0.0}
    calibrator.save(folder / CALIBRATION)
    return {**metrics, "calibrated": 1.0}
