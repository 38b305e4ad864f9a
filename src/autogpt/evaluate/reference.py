"""A reader that decodes as the published SQuAD post-processing does, for figures that others can compare with.

In and out: as `read.reader.Reader`, without calibrated confidence. Knows nothing about what is measured.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autogpt.read.backends.base import Floats
from autogpt.read.decode import Decoded, decode_reference
from autogpt.read.reader import Reader
from autogpt.read.windows import Window

#: Longest answer, in tokens, of the published figures.
MAX_ANSWER_TOKENS = 30


class ReferenceReader(Reader):
    """`Reader` with `decode_reference`; arguments as there. Looks once: a second look serves only the confidence."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"max_answer_tokens": MAX_ANSWER_TOKENS, "second_look": False})
        self.calibrator = None

    def _decode(self, context: str, windows: Sequence[Window], starts: Floats, ends: Floats) -> Decoded:
        padding = np.arange(starts.shape[1]) >= np.array([[len(window)] for window in windows])
        starts, ends = np.where(padding, -np.inf, starts), np.where(padding, -np.inf, ends)
        return decode_reference(
            context, windows, starts, ends, n_best=self._n_best, max_answer_tokens=self._max_answer_tokens
        )
