"""How every training begins: what it asks for is there, its folder is its own, and chance is seeded.

In: settings, what the training is known by, a folder. Out: what it left there where it is finished. Knows nothing about
what is trained.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import set_seed
from transformers.utils import logging as transformers_logging

from autogpt.config import TrainingSection
from autogpt.train.folder import TrainingResult, claim, finished
from autogpt.train.trackers import require_trackers


def begin(settings: TrainingSection, request: Mapping[str, Any], out: Path, resume: bool) -> TrainingResult | None:
    """What a training that was finished left in `out`; None where it is to be done now.

    Raises UsageError for a tracker that is not here, and for a folder that holds another training.
    """
    require_trackers(settings.trackers)
    claim(out, request, resume)
    done = finished(out)
    if done is None:
        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        set_seed(settings.seed)
    return done
