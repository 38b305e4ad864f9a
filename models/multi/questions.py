"""The questions that the reader for English and Chinese is trained on, validated with, and calibrated on.

In: the folder of public data sets, recipe.toml, measures.txt, validates.txt. Out: `ReaderExample`s. English ones are
those of the English pack. Of the Chinese sets a fifth of the documents measures, and a twentieth validates: the two
files name their questions. `hold_out` wrote them once, documents of one title in both scripts on the same side.
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from math import log
from pathlib import Path
from typing import Any

from en import questions as english
from making.faq import FaqSet, invented
from making.tuning import (
    answering_sentences,
    contexts,
    intents,
    medical,
    medical_entries,
    one_a_context,
    phrased,
    similar_questions,
)
from opencc import OpenCC

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.records import FaqEntry, ReaderExample
from autogpt.train.negatives import articles, crop, make_unanswerable
from autogpt.train.pairs import Ranking

from . import parity

#: Ids of the questions that measure and of those that validate, one a line.
MEASURES, VALIDATES = (Path(__file__).parent / f"{name}.txt" for name in ("measures", "validates"))
_NUMBER = re.compile(r"\d[\d,.]*")
#: Contexts most like a question among which a wrong one is drawn.
_NEAREST = 5


def training(data: Path, recipe: dict[str, Any], stage: dict[str, Any]) -> list[ReaderExample]:
    """Questions in both languages, a share of them made unanswerable."""
    return english.training(data, recipe, stage) + chinese_training(data, recipe, stage)


def tuning(data: Path, recipe: dict[str, Any]) -> list[ReaderExample]:
    """Questions that the encoder is tuned on: the Chinese ones that are not held out, and one a context in English."""
    settings = recipe["tuning"]
    without = ids(MEASURES) | ids(VALIDATES)
    chinese = [one for one in chinese_questions(data, recipe) if one.id not in without]
    source = load_reader_examples(data / f"{recipe['data']['train']}.jsonl.gz")
    return [*chinese, *one_a_context(source, settings["english"], settings["seed"])]


def tuning_faq(data: Path, recipe: dict[str, Any]) -> list[FaqEntry]:
    """What it is tuned on besides, so that questions still find questions and short answers."""
    settings, examples = recipe["tuning"], tuning(data, recipe)
    seed = settings["seed"]
    return [
        *(one for name in settings["intents"] for one in intents(data / f"{name}.jsonl.gz", 300, 4, seed)),
        *medical_entries(data, settings["medical"], seed),
        *similar_questions(data),
        *answering_sentences(examples, settings["sentences"], seed),
    ]


def reranking(data: Path, recipe: dict[str, Any]) -> list[ReaderExample]:
    """Questions that a reranker is trained on: those that the encoder is tuned on."""
    return tuning(data, recipe)


def rankings(data: Path, recipe: dict[str, Any]) -> dict[str, Ranking]:
    """What the blended encoders are compared on: no question of it is trained or reported on. Among the passages to be
    told apart are some that were trained on."""
    seed = recipe["tuning"]["seed"]
    validating, measuring = ids(VALIDATES), ids(MEASURES)
    chinese = [one for one in chinese_questions(data, recipe) if one.id not in measuring]
    source = load_reader_examples(data / f"{recipe['data']['train']}.jsonl.gz")
    simplified, *_, traditional = parity.languages()
    faq = {"English": english.parity.language(), "simplified": simplified, "traditional": traditional}
    return {
        "Chinese paragraphs": contexts(
            [one for one in chinese if one.id in validating], one_a_context(chinese, 800, seed)
        ),
        "English paragraphs": contexts(english.validation(data, recipe), one_a_context(source, 500, seed)),
        "medquad_faq": medical(data, 500, seed),
        **{f"invented, {name}": phrased(invented(one, seed=3)) for name, one in faq.items()},
    }


def validation(data: Path, recipe: dict[str, Any]) -> list[ReaderExample]:
    """Questions of documents that are neither trained on nor reported on, in both languages."""
    chosen = ids(VALIDATES)
    chinese = [one for one in chinese_questions(data, recipe) if one.id in chosen]
    return english.validation(data, recipe) + chinese


def fitting(data: Path, recipe: dict[str, Any]) -> dict[str, list[ReaderExample]]:
    """Questions by domain that the confidence is fitted on, as for the English pack; the reader's own domain is that of
    both languages, the Chinese questions half as often put to a text that is like them and does not answer."""
    rng = random.Random(recipe["calibration"]["seed"])
    chosen = ids(VALIDATES)
    chinese = [one for one in chinese_questions(data, recipe) if one.id in chosen]
    nearest = Nearest(chinese)
    wrong = [nearest.wrong_context(one, rng) for one in rng.sample(chinese, len(chinese) // 2)]
    sets = english.fitting(data, recipe)
    return sets | {"own": [*sets["own"], *chinese, *(one for one in wrong if not one.answers)]}


def faq_sets(data: Path) -> list[FaqSet]:
    """Those of the English pack, and Chinese ones."""
    return [*english.faq_sets(data), invented(parity.languages()[0], seed=17)]


def chinese_questions(data: Path, recipe: dict[str, Any]) -> list[ReaderExample]:
    """All questions of the Chinese sets; their ids are those of the sets."""
    return [one for name in recipe["data"]["chinese"] for one in load_reader_examples(data / f"{name}.jsonl.gz")]


def chinese_training(data: Path, recipe: dict[str, Any], stage: dict[str, Any]) -> list[ReaderExample]:
    """The questions that are not held out, each `chinese_repeats` times in another crop or made unanswerable."""
    rng = random.Random(stage["seed"])
    without = ids(MEASURES) | ids(VALIDATES)
    source = [one for one in chinese_questions(data, recipe) if one.id not in without]
    nearest = Nearest(source)
    by_title = articles(source)
    made: list[ReaderExample] = []
    for _ in range(stage["chinese_repeats"]):
        for example in source:
            chosen = example
            if rng.random() < stage["made_share"]:
                kind = rng.choice(("removed", "other", "number"))
                if kind == "removed":
                    chosen = make_unanswerable(example, by_title[example.title], kind, rng) or example
                elif kind == "other":
                    chosen = nearest.wrong_context(example, rng)
                else:
                    chosen = other_number(example, rng) or example
            made.append(crop(chosen, rng, *stage["chinese_crop"]) if rng.random() < stage["crop_share"] else chosen)
    return made


def other_number(example: ReaderExample, rng: random.Random) -> ReaderExample | None:
    """The question with one of its numbers replaced by another of the text; None without two."""
    asked = list(_NUMBER.finditer(example.question))
    others = sorted(set(_NUMBER.findall(example.context)) - {one.group() for one in asked})
    if not asked or not others:
        return None
    old = rng.choice(asked)
    question = example.question[: old.start()] + rng.choice(others) + example.question[old.end() :]
    return replace(example, id=f"{example.id}-number", question=question, answers=())


class Nearest:
    """Finds the contexts most like a question, by shared pairs of characters weighed by their rarity."""

    def __init__(self, examples: Sequence[ReaderExample]) -> None:
        self._contexts = list(dict.fromkeys(one.context for one in examples))
        self._holding: dict[str, list[int]] = defaultdict(list)
        for number, context in enumerate(self._contexts):
            for pair in _pairs(context):
                self._holding[pair].append(number)

    def wrong_context(self, example: ReaderExample, rng: random.Random) -> ReaderExample:
        """The question with a context that is like it and does not hold its answer."""
        scores: Counter[int] = Counter()
        for pair in _pairs(example.question):
            holding = self._holding.get(pair, [])
            for number in holding:
                scores[number] += log(len(self._contexts) / len(holding))  # type: ignore[assignment]
        answers = [one.text for one in example.answers]
        fitting = [
            self._contexts[number]
            for number, _ in scores.most_common(10 * _NEAREST)
            if not any(answer in self._contexts[number] for answer in answers)
        ]
        if not fitting:
            return example
        return replace(example, id=f"{example.id}-other", context=rng.choice(fitting[:_NEAREST]), answers=())


def ids(path: Path) -> set[str]:
    """The lines of a file."""
    return set(path.read_text(encoding="utf-8").split())


def hold_out(data: Path, recipe: dict[str, Any]) -> None:
    """Write the two files: by the SHA-256 of the title in simplified characters, modulo 20."""
    held: dict[Path, list[str]] = {MEASURES: [], VALIDATES: []}
    for one in chinese_questions(data, recipe):
        place = int(sha256(_simplified().convert(one.title).encode()).hexdigest(), 16) % 20
        if place < 5:
            held[MEASURES if place < 4 else VALIDATES].append(one.id)
    for path, chosen in held.items():
        path.write_text("".join(f"{one}\n" for one in chosen), encoding="utf-8")


@cache
def _simplified() -> OpenCC:
    return OpenCC("t2s")


def _pairs(text: str) -> list[str]:
    """Each pair of characters once, in their order: a set's would change from process to process."""
    return list(dict.fromkeys(text[at : at + 2] for at in range(len(text) - 1) if text[at : at + 2].isalnum()))
