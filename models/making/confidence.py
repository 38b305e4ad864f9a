"""Fits the confidence of a pack's reader.

In: the reader, and questions by domain: human-written ones it was not trained on first, then questions from elsewhere.
Out: a `Calibrator`. None of the questions is reported on.
"""

import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from autogpt.metrics.answers import f1
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.threshold import Threshold, best_threshold
from autogpt.read.calibrate import fit_reader_calibrator, is_right, with_confidence
from autogpt.read.decode import Decoded
from autogpt.read.reader import Reader
from autogpt.records import ReaderExample

#: Wrong contexts put to a set's questions, per question.
WRONG_CONTEXTS = 0.5

Read = tuple[list[Decoded], list[ReaderExample]]


def calibrate(reader: Path, sets: dict[str, list[ReaderExample]], backend: str, source: str) -> Calibrator:
    """Fit on all sets, each counting the same; the threshold is that of the first, the reader's own domain.

    Args:
        source: what to call the questions in `fitted_on`.
    """
    read = read_sets(reader, sets, backend)
    decoded = [one for found, _ in read.values() for one in found]
    examples = [one for _, asked in read.values() for one in asked]
    fitted = fit_reader_calibrator(decoded, examples, data=source)
    own = next(iter(read.values()))
    return fitted.with_threshold(best_f1_threshold(with_confidence(own[0], fitted), own[1]))


def read_sets(reader: Path, sets: dict[str, list[ReaderExample]], backend: str) -> dict[str, Read]:
    """What the reader finds for each set; the name of the set is the domain of its questions."""
    named = {name: [replace(one, domain=name) for one in examples] for name, examples in sets.items()}
    with closing(Reader(reader, backend)) as opened:
        return {
            name: (opened.read([(one.question, one.context) for one in examples]), examples)
            for name, examples in named.items()
        }


def best_f1_threshold(decoded: Sequence[Decoded], examples: Sequence[ReaderExample]) -> Threshold:
    """The threshold with the best F1 on questions of the reader's own domain."""
    confidence = [one.confidence or 0.0 for one in decoded]
    golds = [[answer.text for answer in example.answers] for example in examples]
    texts = [one.best.text if one.best else "" for one in decoded]
    found = [f1(text, gold) for text, gold in zip(texts, golds, strict=True)]
    value, _ = best_threshold(confidence, found, [float(not gold) for gold in golds])
    answered = [number for number, one in enumerate(confidence) if one >= value]
    wrong = sum(not is_right(decoded[number], examples[number]) for number in answered)
    return Threshold(
        value,
        rule="best F1 on validation questions of its own domain",
        coverage=len(answered) / len(examples),
        observed_risk=wrong / max(1, len(answered)),
        questions=len(examples),
    )


def with_wrong_contexts(examples: Sequence[ReaderExample], seed: int) -> list[ReaderExample]:
    """The examples, and some of their questions put to another context that does not hold the answer: of the same
    document where it has several, else of any."""
    rng = random.Random(seed)
    contexts: dict[str, list[str]] = {}
    for one in examples:
        contexts.setdefault(one.title, []).append(one.context)
    everywhere = [one.context for one in examples]
    added = []
    for one in rng.sample(examples, round(WRONG_CONTEXTS * len(examples))):
        near = [text for text in contexts[one.title] if text != one.context] or everywhere
        context = rng.choice(near)
        if not any(answer.text.lower() in context.lower() for answer in one.answers):
            added.append(replace(one, id=f"{one.id}-wrong", context=context, answers=()))
    return [*examples, *added]


def drawn(examples: list[ReaderExample], count: int, seed: int) -> list[ReaderExample]:
    return random.Random(seed).sample(examples, min(count, len(examples)))
