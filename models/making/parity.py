"""Writes parity sets: questions on invented texts, by template.

In: languages with their tables and values, a seed. Out: JSON lines, one text a line with its questions, in the form
that `autogpt examples import` reads. All names, numbers and texts are made up; nothing is taken from a data set. An
exported model is compared with its source on them, so they vary in domain, question word, kind and place of the answer,
length of the text, and in whether there is an answer; no question is asked twice. Knows no language by itself.
"""

import gzip
import json
import random
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Sentences put before a fact: one of these by chance.
FILLERS = (0, 0, 0, 0, 1, 1, 2)
#: Most questions on a text that it answers, and number of those that it leaves open.
ANSWERED, UNANSWERED = 6, 3
#: Parts alternatives in the tables, and what may fill a slot.
OR, CHOICE = " | ", "; "

Maker = Callable[[random.Random], str]
_SLOT = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True)
class Values:
    """What fills slots: a maker for each kind of value, and a last change of what they make, such as of its script."""

    makers: Mapping[str, Maker]
    convert: Callable[[str], str] = str

    def value(self, kind: str, rng: random.Random) -> str:
        """Something of a kind, or one of the choices where `kind` lists them."""
        return self.convert(rng.choice(kind.split(CHOICE)) if CHOICE in kind else self.makers[kind](rng))

    def fill(self, text: str, subject: str, rng: random.Random) -> str:
        """`text` with the subject and chance values in their places."""
        return _SLOT.sub(lambda slot: subject if slot[1] == "x" else self.value(slot[1], rng), text)


def read_names(path: Path) -> dict[str, list[str]]:
    """Names by kind."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {kind: names.split(",") for kind, names in table.items()}


def named(names: Mapping[str, list[str]], *parts: str) -> Maker:
    """Names of these kinds in a row; what is no kind stands for itself."""
    return lambda rng: "".join(rng.choice(names.get(part, [part])) for part in parts)


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


def read_subjects(folder: Path, convert: Callable[[str], str] = str) -> tuple[Subject, ...]:
    """Every kind of text that the tables in `folder` describe, of the domains in turn.

    Args:
        convert: a change of the tables before anything is put into their slots, such as of their script.
    """
    tables = [tomllib.loads(convert(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.toml"))]
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
    return tuple(subject for turn in zip(*by_domain, strict=True) for subject in turn)


@dataclass(frozen=True)
class Language:
    """How the texts of a language, or of one of its scripts, are put together.

    Attributes:
        code: as records name it.
        ids: what the ids of its questions begin with.
        subjects, values: kinds of text, what fills their slots.
        length: of a text.
        shortest: least length of a section.
        sections: of a text; one of these by chance.
        between: what stands between two sentences.
        begin: changes the beginning of a sentence.
    """

    code: str
    ids: str
    subjects: tuple[Subject, ...]
    values: Values
    length: Callable[[str], int]
    shortest: int
    sections: tuple[int, ...]
    between: str
    begin: Callable[[str], str] = str


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

    def record(self, language: Language, kinds: list[Subject], number: int) -> dict[str, Any]:
        """A text with a section on each of `kinds`, and its questions."""
        rng = self._rng
        context = ""
        answered: list[tuple[str, str, list[dict[str, Any]]]] = []
        unanswered: list[tuple[str, str, list[dict[str, Any]]]] = []
        for subject in kinds:
            section = self._section(language, subject)
            context += "\n\n" if context else ""
            for fact, value, start in section.told:
                answer = {"text": value, "answer_start": len(context) + start}
                answered.append((rng.choice(fact.questions), section.name, [answer]))
                unanswered.append((rng.choice(fact.left_open), section.name, []))
            unanswered += [(rng.choice(fact.questions), section.name, []) for fact in section.silent]
            context += section.text
        asked = rng.sample(answered, min(ANSWERED, len(answered))) + rng.sample(unanswered, UNANSWERED)
        filled = [(self._sentence(language, question, name), answers) for question, name, answers in asked]
        new = [(question, answers) for question, answers in filled if question not in self._asked]
        self._asked.update(question for question, _ in new)
        return {
            "title": f"{section.name} ({number})",
            "lang": language.code,
            "domain": kinds[0].domain,
            "context": context,
            "qas": [
                {
                    "id": f"{language.ids}-{number}-{at}",
                    "question": question,
                    "answers": answers,
                    "is_impossible": not answers,
                }
                for at, (question, answers) in enumerate(new)
            ],
        }

    def _section(self, language: Language, subject: Subject) -> Section:
        rng, values, between = self._rng, language.values, language.between
        name = self._new_name(language, subject)
        facts = rng.sample(subject.facts, len(subject.facts))
        told = facts[: rng.randint(4, len(facts))]
        fillers = rng.sample(subject.fillers, len(subject.fillers))
        text = self._sentence(language, rng.choice(subject.openings), name)
        places: list[tuple[Fact, str, int]] = []
        for fact in told:
            for _ in range(rng.choice(FILLERS)):
                text += between + self._sentence(language, fillers.pop(), name)
            before, after = rng.choice(fact.sentences).split("{}")
            head = self._sentence(language, before, name)
            value = values.value(fact.value, rng)
            value = value if head else language.begin(value)
            text += between + head
            places.append((fact, value, len(text)))
            text += value + values.fill(after, name, rng)
        while language.length(text) < language.shortest:
            text += between + self._sentence(language, fillers.pop(), name)
        return Section(name, text, tuple(places), tuple(facts[len(told) :]))

    def _sentence(self, language: Language, text: str, name: str) -> str:
        return language.begin(language.values.fill(text, name, self._rng))

    def _new_name(self, language: Language, subject: Subject) -> str:
        while True:
            name = language.values.fill(subject.name, "", self._rng)
            if name not in self._names:
                self._names.add(name)
                return name


def texts(languages: Sequence[Language], seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Records of a parity set.

    Args:
        languages: texts of each kind are in these in turn; all of them hold the same kinds in the same order.
    """
    writer, rng = Writer(seed), random.Random(seed)
    for number in range(count):
        turn, kind = divmod(number, len(languages[0].subjects))
        # The turn shifts the languages, or a kind would always be in the same where their number divides the kinds'.
        language = languages[(turn + kind) % len(languages)]
        kinds = language.subjects
        first = kinds[kind]
        others = rng.choice(language.sections) - 1
        # Half of the time on things of the same kind, whose facts are easily taken for one another.
        more = [first] * others if rng.random() < 0.5 else rng.sample(kinds, others)
        yield writer.record(language, [first, *more], number)


def write(records: Iterable[dict[str, Any]], path: Path) -> int:
    """Write a set, the same bytes each time; returns how many questions it has."""
    listed = list(records)
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in listed)
    path.write_bytes(gzip.compress(lines.encode(), mtime=0))
    return sum(len(record["qas"]) for record in listed)
