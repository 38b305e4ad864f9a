"""The questions that the English reader is trained on, validated with, and whose answers its confidence is fitted to.

In: the folder of public data sets, recipe.toml. Out: `ReaderExample`s and `FaqSet`s. Nothing that is reported on is
among them.
"""

import gzip
import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from making.confidence import drawn, with_wrong_contexts
from making.faq import FaqSet, invented, stackfaq
from making.tuning import one_a_context

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.records import AnswerSpan, ReaderExample
from autogpt.train.mix import mismatched
from autogpt.train.negatives import articles, crop, make_unanswerable

from . import parity


def freed(title: str) -> bool:
    """Whether an article of the SQuAD development sets may be trained on; the others measure."""
    return hashlib.sha256(title.encode()).hexdigest()[0] in "01234567"


def training(data: Path, recipe: dict[str, Any], stage: dict[str, Any]) -> list[ReaderExample]:
    """Questions of squad11_train, a share of them made unanswerable, and the freed ones of the development sets."""
    rng = random.Random(stage["seed"])
    held = set(recipe["data"]["validation_articles"])
    source = load_reader_examples(data / f"{recipe['data']['train']}.jsonl.gz")
    by_title = articles(source)
    kinds, weights = list(stage["kinds"]), list(stage["kinds"].values())
    examples: list[ReaderExample] = []
    for example in rng.sample(source, min(stage["questions"], len(source))):
        cropped = crop(example, rng, *stage["crop"]) if rng.random() < stage["crop_share"] else example
        made = None
        if rng.random() < stage["made_share"]:
            kind = rng.choices(kinds, weights)[0]
            whole = kind in ("removed", "other")
            made = make_unanswerable(example if whole else cropped, by_title[example.title], kind, rng)
            if made is not None and whole and rng.random() < stage["crop_share"]:
                made = crop(made, rng, *stage["crop"])
        examples.append(made or cropped)
    real, extra = (load_reader_examples(data / f"{name}.jsonl.gz") for name in recipe["data"]["freed"])
    titles = {one.title for one in real}
    examples += [one for one in real if freed(one.title) and one.title not in held] * stage["human_repeats"]
    examples += [one for one in extra if freed(one.title) and one.title not in titles]
    return examples


def validation(data: Path, recipe: dict[str, Any]) -> list[ReaderExample]:
    """Human-written questions, answerable or not, of freed articles that are not trained on."""
    held = set(recipe["data"]["validation_articles"])
    real = load_reader_examples(data / f"{recipe['data']['freed'][0]}.jsonl.gz")
    return [one for one in real if one.title in held and freed(one.title)]


def reranking(data: Path, recipe: dict[str, Any]) -> list[ReaderExample]:
    """Questions that a reranker is trained on: one a context."""
    settings = recipe["reranking"]
    source = load_reader_examples(data / f"{recipe['data']['train']}.jsonl.gz")
    return one_a_context(source, settings["questions"], settings["seed"])


def fitting(data: Path, recipe: dict[str, Any]) -> dict[str, list[ReaderExample]]:
    """Questions by domain that the confidence is fitted on: first the reader's own, then others."""
    settings = recipe["calibration"]
    seed, own = settings["seed"], validation(data, recipe)
    return {
        "own": own,
        "other article": mismatched(own, settings["mismatched"], seed),
        "stories": with_wrong_contexts(drawn(list(stories(data)), settings["stories"], seed), seed),
        "annual reports": with_wrong_contexts(drawn(list(annual_reports(data)), settings["reports"], seed), seed),
    }


def faq_sets(data: Path) -> list[FaqSet]:
    """Vetted answers and questions about them, on which it is fitted how likely an answer is the right one."""
    return [stackfaq(data), invented(parity.language(), seed=17)]


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


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)
