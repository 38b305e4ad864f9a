"""Fits the confidence of the pack's reader.

In: the reader, human-written questions it was not trained on, and questions from elsewhere. Out: a `Calibrator`. None
of the sets used here is reported on.
"""

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.squad import f1
from autogpt.metrics.threshold import Threshold, best_threshold
from autogpt.read.calibrate import fit_reader_calibrator, is_right, with_confidence
from autogpt.read.decode import Decoded
from autogpt.read.reader import Reader
from autogpt.records import AnswerSpan, ReaderExample
from autogpt.train.mix import mismatched

#: Wrong contexts put to a set's questions, per question.
WRONG_CONTEXTS = 0.5

Read = tuple[list[Decoded], list[ReaderExample]]


def calibrate(reader: Path, data: Path, validation: Sequence[ReaderExample], settings: dict[str, Any]) -> Calibrator:
    """Fit on all sets, each counting the same; the threshold is that of the reader's own domain."""
    sets = fitting_sets(data, validation, settings)
    read = read_sets(reader, sets, settings["backend"])
    decoded = [one for found, _ in read.values() for one in found]
    examples = [one for _, asked in read.values() for one in asked]
    fitted = fit_reader_calibrator(decoded, examples, data="models/en/recipe.toml")
    own = next(iter(read.values()))
    return fitted.with_threshold(best_f1_threshold(with_confidence(own[0], fitted), own[1]))


def fitting_sets(
    data: Path, validation: Sequence[ReaderExample], settings: dict[str, Any]
) -> dict[str, list[ReaderExample]]:
    """Questions by domain, `domain` set to its name: first the reader's own, then others."""
    seed = settings["seed"]
    sets = {
        "own": list(validation),
        "other article": mismatched(validation, settings["mismatched"], seed),
        "stories": with_wrong_contexts(drawn(list(stories(data)), settings["stories"], seed), seed),
        "annual reports": with_wrong_contexts(drawn(list(annual_reports(data)), settings["reports"], seed), seed),
    }
    return {name: [replace(one, domain=name) for one in examples] for name, examples in sets.items()}


def read_sets(reader: Path, sets: dict[str, list[ReaderExample]], backend: str) -> dict[str, Read]:
    with closing(Reader(reader, backend)) as opened:
        return {
            name: (opened.read([(one.question, one.context) for one in examples]), examples)
            for name, examples in sets.items()
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


def stories(data: Path) -> Iterator[ReaderExample]:
    """Questions on tales whose answer stands in their section word for word."""
    for record in _records(data / "fairytaleqa_train.jsonl.gz"):
        for number, asked in enumerate(record["qas"]):
            spans = tuple(AnswerSpan(one["text"], one["answer_start"]) for one in asked["span"])
            section = record["sections"].get(str(asked["section"]), "")
            if spans and all(section[one.start : one.end] == one.text for one in spans):
                name = f"{record['title']}-{number}"
                yield ReaderExample(name, asked["question"], section, spans, record["title"])


def annual_reports(data: Path) -> Iterator[ReaderExample]:
    """Questions that one span of a report answers, in its table or its text."""
    for record in _records(data / "tatqa.jsonl.gz"):
        for asked in record["qas"]:
            spans = tuple(AnswerSpan(one["text"], one["answer_start"]) for one in asked.get("answers", ()))
            if asked["answer_type"] == "span" and len(spans) == 1:
                yield ReaderExample(asked["id"], asked["question"], record["context"], spans, record["title"])


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


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)
