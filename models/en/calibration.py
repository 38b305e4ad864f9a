"""Fits the confidence of the pack's reader.

In: the reader, human-written questions it was not trained on, and questions from elsewhere. Out: a `Calibrator`. None
of the sets used here is reported on.
"""

import gzip
import json
import random
from collections.abc import Sequence
from contextlib import closing
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


def calibrate(reader: Path, data: Path, validation: Sequence[ReaderExample], settings: dict[str, Any]) -> Calibrator:
    """Fit on `validation`, on questions put to texts of other articles, and on two other domains."""
    seed = settings["seed"]
    mixed = [
        *validation,
        *mismatched(validation, settings["mismatched"], seed),
        *stories(data, settings["stories"], seed),
        *bank_questions(data, settings["bank"], seed),
    ]
    with closing(Reader(reader, settings["backend"])) as opened:
        decoded = opened.read([(one.question, one.context) for one in mixed])
    fitted = fit_reader_calibrator(decoded, mixed, balance=False, data="models/en/recipe.toml")
    here = len(validation)
    return fitted.with_threshold(best_f1_threshold(with_confidence(decoded[:here], fitted), validation))


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


def stories(data: Path, count: int, seed: int) -> list[ReaderExample]:
    """Questions on tales whose answer stands in their section word for word."""
    found = [
        ReaderExample(
            id=f"story-{record['title']}-{number}",
            question=asked["question"],
            context=record["sections"][asked["section"]],
            answers=tuple(AnswerSpan(one["text"], one["answer_start"]) for one in asked["span"]),
            title=record["title"],
            domain="stories",
        )
        for record in _records(data / "fairytaleqa_val.jsonl.gz")
        for number, asked in enumerate(record["qas"])
        if asked.get("span") and asked.get("section") in record["sections"]
    ]
    right = [one for one in found if all(one.context[span.start : span.end] == span.text for span in one.answers)]
    return random.Random(seed).sample(right, min(count, len(right)))


def bank_questions(data: Path, count: int, seed: int) -> list[ReaderExample]:
    """Bank customers' questions put to the answer to another question of the same category: unanswerable."""
    rng = random.Random(seed)
    by_class: dict[str, list[dict[str, Any]]] = {}
    for record in _records(data / "bankfaqs.jsonl.gz"):
        by_class.setdefault(record["category"], []).append(record)
    made: list[ReaderExample] = []
    for name, records in sorted(by_class.items()):
        for asked, told in zip(records, records[1:] + records[:1], strict=True):
            made.append(
                ReaderExample(f"bank-{len(made)}", asked["question"], told["answer"], domain="bank", title=name)
            )
    return rng.sample(made, min(count, len(made)))


def _records(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
