"""Fits how likely a vetted answer is the right one, for a pack's encoder.

In: the encoder, sets of entries and of questions about them. Out: a `Calibrator` over `answer.faq.FEATURES`, and how
well it did on entries that it was not fitted on. Half of the entries are taken away by turns, so that half of the
questions have none that answers.
"""

import gzip
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from making import parity

from autogpt.answer.faq import FEATURES, FaqMatch, FaqMatcher, phrasings
from autogpt.metrics.calibration import expected_calibration_error
from autogpt.metrics.calibrator import Calibrator
from autogpt.records import FaqEntry
from autogpt.retrieve.encoder import Encoder, Prompt, Vectors

#: Entries of a question that are learnt from: the nearest and those behind it.
LEARNT = 3
#: Invented questions are harder than people's: one word tells them from what is answered.
INVENTED = 0.25
#: Random halves of the entries that each question is put to, and parts that are tested by turns.
TURNS, FOLDS = 4, 5


@dataclass(frozen=True)
class Asked:
    """A question and the entry that answers it, by its place in the list; None where none does."""

    question: str
    entry: int | None


@dataclass(frozen=True)
class FaqSet:
    """Vetted answers, and questions about them; how much the set counts."""

    name: str
    entries: Sequence[FaqEntry]
    asked: Sequence[Asked]
    weight: float = 1.0


def stackfaq(data: Path) -> FaqSet:
    """Entries of the set `stackfaq`, and what people asked for them."""
    with gzip.open(data / "stackfaq.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    entries = [FaqEntry(str(at), (row["question"],), row["answers"][0]) for at, row in enumerate(rows)]
    return FaqSet("stackfaq", entries, [Asked(query, at) for at, row in enumerate(rows) for query in row["queries"]])


def invented(language: parity.Language, seed: int) -> FaqSet:
    """The facts of the parity texts as entries, told of two invented things a subject: asked for in other words, and in
    questions that look alike and that none answers."""
    rng = random.Random(seed)
    entries: list[FaqEntry] = []
    asked: list[Asked] = []
    for subject in [one for one in language.subjects for _ in range(2)]:
        name = language.values.fill(subject.name, "", rng)
        for fact in subject.facts:
            first, *others = [language.values.fill(one, name, rng) for one in fact.questions]
            sentence = rng.choice(fact.sentences).replace("{}", language.values.value(fact.value, rng))
            asked += [Asked(question, len(entries)) for question in others]
            asked += [Asked(language.values.fill(one, name, rng), None) for one in fact.left_open]
            entries.append(FaqEntry(str(len(entries)), (first,), language.values.fill(sentence, name, rng)))
    return FaqSet(f"invented {language.code}", entries, asked, INVENTED)


def fit(encoder: Encoder, sets: Sequence[FaqSet], seed: int) -> tuple[Calibrator, dict[str, dict[str, float]]]:
    """The calibrator of all sets, which count by their weight and not by their size; and by set, figures of what is
    said of a fifth of the entries by one fitted on the others."""
    rng = random.Random(seed)
    judged = {one.name: list(judge(encoder, _with_strangers(one, sets, rng), seed)) for one in sets}
    folds = {one.name: [rng.randrange(FOLDS) for _ in one.entries] for one in sets}
    found: dict[str, list[tuple[float, bool]]] = {one.name: [] for one in sets}

    def fold_of(name: str, matches: Sequence[FaqMatch]) -> int:
        return folds[name][int(matches[0].entry.id)]

    for fold in range(FOLDS):
        made = _fit(sets, {n: [one for one in known if fold_of(n, one[1]) != fold] for n, known in judged.items()})
        for name, known in judged.items():
            for asked, matches in (one for one in known if fold_of(name, one[1]) == fold):
                best = max(matches, key=lambda match: made.probability_of(match.features))
                found[name].append((made.probability_of(best.features), _is_right(best, asked)))
    return _fit(sets, judged), {name: figures(*map(np.array, zip(*one, strict=True))) for name, one in found.items()}


def figures(confidence: np.ndarray, right: np.ndarray) -> dict[str, float]:
    """How well probabilities fit, and what is answered at 80% and more."""
    sure = confidence >= 0.8
    return {
        "questions": len(right),
        "calibration_error": float(expected_calibration_error(confidence, right)),
        "answered": float(sure.mean()),
        "right": float(right[sure].mean()) if sure.any() else 0.0,
    }


def _with_strangers(faq: FaqSet, sets: Sequence[FaqSet], rng: random.Random) -> FaqSet:
    """With questions of other sets, which have nothing to do with its entries."""
    strangers = [one.question for other in sets if other is not faq for one in other.asked]
    chosen = rng.sample(strangers, min(len(strangers), len(faq.asked) // 4))
    return replace(faq, asked=[*faq.asked, *(Asked(question, None) for question in chosen)])


def judge(encoder: Encoder, faq: FaqSet, seed: int) -> Iterator[tuple[Asked, list[FaqMatch]]]:
    """Each question against a random half of the entries, `TURNS` times."""
    rng = random.Random(seed)
    questions = encoder.encode(phrasings(faq.entries), "query")
    answers = encoder.encode([entry.answer for entry in faq.entries])
    remembered = _Remembered(encoder, [one.question for one in faq.asked])
    for _ in range(TURNS):
        kept = sorted(rng.sample(range(len(faq.entries)), len(faq.entries) // 2))
        entries = [faq.entries[at] for at in kept]
        matcher = FaqMatcher(entries, questions[kept], answers[kept], remembered, None)
        for one in faq.asked:
            matches = matcher.judge(one.question, None)
            if matches:
                yield one, matches


class _Remembered:
    """Stands in for an encoder whose questions are known beforehand: they are encoded once and together."""

    def __init__(self, encoder: Encoder, questions: Sequence[str]) -> None:
        self.id = encoder.id
        different = list(dict.fromkeys(questions))
        self._vectors = dict(zip(different, encoder.encode(different, "query"), strict=True))

    def encode(self, texts: Sequence[str], prompt: Prompt = "document") -> Vectors:
        return np.array([self._vectors[text] for text in texts])


def _is_right(match: FaqMatch, asked: Asked) -> bool:
    return match.entry.id == str(asked.entry)


def _fit(sets: Sequence[FaqSet], judged: Mapping[str, Sequence[tuple[Asked, list[FaqMatch]]]]) -> Calibrator:
    rows = [
        (match, _is_right(match, asked), one.weight / len(judged[one.name]))
        for one in sets
        for asked, matches in judged[one.name]
        for match in matches[:LEARNT]
    ]
    table = [[match.features[name] for name in FEATURES] for match, _, _ in rows]
    about = [{"data": name, "questions": len(known)} for name, known in judged.items()]
    right, weights = [right for _, right, _ in rows], [weight for *_, weight in rows]
    return Calibrator.fit(table, right, FEATURES, sample_weight=weights, pieces=1, l2=2.0, fitted_on=about)
