"""A reader's calibrator: fitted on what the reader found for questions with known answers, applied to what it finds.

In: `Decoded`s, and to fit, the `ReaderExample`s they came from. Out: a `Calibrator`, or `Decoded`s with their
confidence. Knows nothing about models. An answer is right when it matches a gold answer exactly after normalisation;
on a question without an answer every span is wrong.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autogpt.metrics.answers import exact_match
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.threshold import threshold_for_risk
from autogpt.read.decode import Decoded
from autogpt.read.features import READER_FEATURES
from autogpt.records import ReaderExample

#: Pull towards 0, per answer: what told right from wrong in one domain may not in the next, so no feature may rule.
PULL = 0.06


def is_right(decoded: Decoded, example: ReaderExample) -> bool:
    """Whether the best candidate answers the question."""
    best = decoded.best
    if best is None or not example.answerable:
        return False
    return exact_match(best.text, [answer.text for answer in example.answers]) == 1.0


def fit_reader_calibrator(
    decoded: Sequence[Decoded],
    examples: Sequence[ReaderExample],
    *,
    risk: float = 0.2,
    balance: bool = True,
    data: str = "",
) -> Calibrator:
    """Fit on held-out questions, mixed from several domains.

    Args:
        balance: let every domain count the same, however many questions it has.
        risk: share of wrong answers that the shipped threshold accepts.
        data: what to call the data in `fitted_on`.

    Raises DataError when all answers are right, or all wrong.
    """
    pairs = [(one, example) for one, example in zip(decoded, examples, strict=True) if one.candidates]
    table = [[one.features[name] for name in READER_FEATURES] for one, _ in pairs]
    right = np.array([is_right(one, example) for one, example in pairs], dtype=bool)
    domains = Counter(example.domain for _, example in pairs)
    weight = [1.0 / domains[example.domain] if balance else 1.0 for _, example in pairs]
    made = Calibrator.fit(
        np.array(table).reshape(len(pairs), len(READER_FEATURES)),
        right,
        READER_FEATURES,
        sample_weight=weight if pairs else None,
        l2=max(1.0, PULL * len(pairs)),
        pieces=1,
        rescale=True,
        fitted_on=[
            {
                "data": data,
                "domain": domain,
                "questions": count,
                "right": int(
                    sum(flag for flag, (_, example) in zip(right, pairs, strict=True) if example.domain == domain)
                ),
            }
            for domain, count in sorted(domains.items())
        ],
    )
    return made.with_threshold(threshold_for_risk(made.probability(table), right, risk))


def with_confidence(decoded: Sequence[Decoded], calibrator: Calibrator) -> list[Decoded]:
    """The same with `confidence` set: the calibrated probability, 0 where nothing was found."""
    rows = [calibrator.row(one.features) for one in decoded if one.candidates]
    values = iter(calibrator.probability(rows).tolist() if rows else ())
    return [replace(one, confidence=next(values) if one.candidates else 0.0) for one in decoded]
