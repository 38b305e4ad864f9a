"""Writes the parity set of the English pack: questions on invented texts, by template.

In: the tables in parity_texts/, a seed. Out: JSON lines, one text a line with its questions, in the form that `autogpt
examples import` reads. All names, numbers and texts are made up; nothing is taken from a data set. An exported model is
compared with its source on them, so they vary in domain, question word, kind and place of the answer, length of the
text, and in whether there is an answer; no question is asked twice.
"""

import gzip
import json
import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import parity_values

SEED = 20
TEXTS = 358
TABLES = Path(__file__).parent / "parity_texts"
#: Fewest words of a section.
SHORTEST = 40
#: Sections of a text, and sentences put before a fact: one of these by chance.
SECTIONS = (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3)
FILLERS = (0, 0, 0, 0, 1, 1, 2)
#: Most questions on a text that it answers, and number of those that it leaves open.
ANSWERED, UNANSWERED = 6, 3
#: Parts alternatives in the tables.
OR = " | "


@dataclass(frozen=True)
class Fact:
    """Sentences with one slot `{}`, what may fill it, ways to ask for that, and ways to ask for what is not told."""

    value: str
    sentences: tuple[str, ...]
    questions: tuple[str, ...]
    left_open: tuple[str, ...]


@dataclass(frozen=True)
class Subject:
    """A kind of text: how its subject is named, how it begins, its facts, and sentences to put between them."""

    domain: str
    name: str
    openings: tuple[str, ...]
    facts: tuple[Fact, ...]
    fillers: tuple[str, ...]


def subjects() -> list[Subject]:
    """Every kind of text, of the domains in turn."""
    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(TABLES.glob("*.toml"))]
    common = next(tuple(table["fillers"]) for table in tables if table["domain"] == "general")
    by_domain = [
        [
            Subject(
                table["domain"],
                one["name"],
                tuple(one["opening"]),
                tuple(Fact(value, *(tuple(part.split(OR)) for part in parts)) for value, *parts in one["facts"]),
                tuple(dict.fromkeys((*table["fillers"], *common))),
            )
            for one in table["subject"]
        ]
        for table in tables
    ]
    return [subject for turn in zip(*by_domain, strict=True) for subject in turn]


@dataclass(frozen=True)
class Section:
    """A stretch of text on one subject, the facts it tells with their values and places, and those it does not."""

    name: str
    text: str
    told: tuple[tuple[Fact, str, int], ...]
    silent: tuple[Fact, ...]


class Writer:
    """Makes one text after another; remembers names and questions, so that none comes twice."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._names: set[str] = set()
        self._asked: set[str] = set()

    def record(self, kinds: list[Subject], number: int) -> dict[str, Any]:
        """A text with a section on each of `kinds`, and its questions."""
        rng = self._rng
        context, answered, unanswered = "", [], []
        for subject in kinds:
            section = self._section(subject)
            context += "\n\n" if context else ""
            for fact, value, start in section.told:
                answer = {"text": value, "answer_start": len(context) + start}
                answered.append((rng.choice(fact.questions), section.name, [answer]))
                unanswered.append((rng.choice(fact.left_open), section.name, []))
            unanswered += [(rng.choice(fact.questions), section.name, []) for fact in section.silent]
            context += section.text
        asked = rng.sample(answered, min(ANSWERED, len(answered))) + rng.sample(unanswered, UNANSWERED)
        filled = [(parity_values.fill(question, name, rng), answers) for question, name, answers in asked]
        new = [(question, answers) for question, answers in filled if question not in self._asked]
        self._asked.update(question for question, _ in new)
        return {
            "title": f"{section.name} ({number})",
            "lang": "en",
            "domain": kinds[0].domain,
            "context": context,
            "qas": [
                {"id": f"parity-{number}-{at}", "question": question, "answers": answers, "is_impossible": not answers}
                for at, (question, answers) in enumerate(new)
            ],
        }

    def _section(self, subject: Subject) -> Section:
        rng = self._rng
        name = self._new_name(subject)
        facts = rng.sample(subject.facts, len(subject.facts))
        told = facts[: rng.randint(4, len(facts))]
        fillers = rng.sample(subject.fillers, len(subject.fillers))
        text = parity_values.fill(rng.choice(subject.openings), name, rng)
        places: list[tuple[Fact, str, int]] = []
        for fact in told:
            for _ in range(rng.choice(FILLERS)):
                text += " " + parity_values.fill(fillers.pop(), name, rng)
            before, after = rng.choice(fact.sentences).split("{}")
            head = parity_values.fill(before, name, rng)
            value = parity_values.value(fact.value, rng)
            value = value if head else value[0].upper() + value[1:]
            places.append((fact, value, len(text) + 1 + len(head)))
            text += f" {head}{value}{parity_values.fill(after, name, rng, capital=False)}"
        while len(text.split()) < SHORTEST:
            text += " " + parity_values.fill(fillers.pop(), name, rng)
        return Section(name, text, tuple(places), tuple(facts[len(told) :]))

    def _new_name(self, subject: Subject) -> str:
        while True:
            name = parity_values.fill(subject.name, "", self._rng, capital=False)
            if name not in self._names:
                self._names.add(name)
                return name


def texts(seed: int = SEED, count: int = TEXTS) -> Iterator[dict[str, Any]]:
    """Records of the parity set."""
    kinds, writer, rng = subjects(), Writer(seed), random.Random(seed)
    for number in range(count):
        first = kinds[number % len(kinds)]
        others = rng.choice(SECTIONS) - 1
        # Half of the time on things of the same kind, whose facts are easily taken for one another.
        more = [first] * others if rng.random() < 0.5 else rng.sample(kinds, others)
        yield writer.record([first, *more], number)


def write(path: Path) -> int:
    """Write the set, the same bytes each time; returns how many questions it has."""
    records = list(texts())
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_bytes(gzip.compress(lines.encode(), mtime=0))
    return sum(len(record["qas"]) for record in records)
