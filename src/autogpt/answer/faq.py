"""Finds the vetted answer to a question, and says how likely it is the right one.

In: FAQ entries with the vectors of their phrasings and answers, and an encoder. Out: the best entry with its
probability. Knows nothing about thresholds: the policy of the release decides whether that is enough.
"""

import re
import unicodedata
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from autogpt.answer.contrary import asks_contrary
from autogpt.metrics.calibrator import Calibrator
from autogpt.records import FaqEntry
from autogpt.retrieve.access import may_see
from autogpt.retrieve.encoder import Encodes
from autogpt.text.chinese import placed_numbers, simplified

#: What a match is judged by: cosine with the nearest phrasing; with the answer; how far the first is ahead of the next
#: entry's, 0 without another. Rare words in common were tried too and told nothing more.
FEATURES = ("question", "answer", "lead")
#: Entries judged, at most, by their phrasings and by their answers each.
CANDIDATES = 10
#: Probability, at least, of a phrasing with the very words of the question.
SAME_WORDS = 0.95
_FIGURES = re.compile(r"\d+(?:[.,]\d+)*")
_HALF_WIDTH = str.maketrans("０１２３４５６７８９．", "0123456789.")
#: Space that may part figures from a numeral: "2 万" is "2万".
_GAP = re.compile(r"(?<=\d)\s+(?=\D)")

Vectors = NDArray[np.float32]
Mask = NDArray[np.bool_]
Places = NDArray[np.intp]
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class FaqMatch:
    """An entry that may answer.

    Attributes:
        phrasing: the one that is nearest to the question.
        confidence: probability that the entry is the right one.
        features: see `FEATURES`.
    """

    entry: FaqEntry
    phrasing: str
    confidence: float
    features: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers that a text names, all in half-width figures.

    Attributes:
        figures: those written in figures, or begun with them: 12, 2万.
        spelt: those in several Chinese numerals: 十二.
        said: these and those in a single one, which is often a mere article or part of a word: 一次, 两张, 十分.
    """

    figures: frozenset[str]
    spelt: frozenset[str]
    said: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "Numbers":
        """
        >>> sorted(Numbers.of("２ 万元分十二期, 24 days").figures), sorted(Numbers.of("兩萬元分十二期").spelt)
        (['20000', '24'], ['12', '20000'])
        """
        simple = _GAP.sub("", simplified(text.translate(_HALF_WIDTH)))
        figures, spelt, loose = set[str](), set[str](), set[str]()
        read = 0
        for value, start, end in placed_numbers(simple):
            if simple[start].isdecimal():
                figures.update(_FIGURES.findall(simple[read:start]), (value,))
                read = end
            else:
                (spelt if end - start > 1 else loose).add(value)
        figures.update(_FIGURES.findall(simple[read:]))
        return cls(frozenset(figures), frozenset(spelt), frozenset(figures | spelt | loose))

    def agree(self, other: "Numbers") -> bool:
        """Whether texts with these numbers may ask the same.

        What one says in figures the other must say, too. Numerals tell texts apart only where each has several that the
        other lacks: in paraphrases they come and go, being asked to agree they kept apart a tenth of those in AFQMC.
        """
        if not (self.figures <= other.said and other.figures <= self.said):
            return False
        return self.spelt <= other.said or other.spelt <= self.said


class FaqMatcher:
    """Judges entries by how near their phrasings and answers are to a question.

    Args:
        entries: vetted answers with their phrasings.
        questions: float32[P, H], one row a phrasing, in the order of `phrasings`.
        answers: float32[E, H], one row an entry.
        encoder: what embeds the question; the one that made the vectors.
        calibrator: `FEATURES` → probability; None trusts only phrasings with the very words of the question.
    """

    def __init__(
        self,
        entries: Sequence[FaqEntry],
        questions: Vectors,
        answers: Vectors,
        encoder: Encodes,
        calibrator: Calibrator | None,
    ) -> None:
        self.entries = list(entries)
        self.phrasings = phrasings(entries)
        if (len(self.phrasings), len(self.entries)) != (len(questions), len(answers)):
            raise ValueError(
                f"{len(self.phrasings)} phrasings of {len(self.entries)} entries, "
                f"{len(questions)} and {len(answers)} vectors"
            )
        self.owners = np.array([at for at, entry in enumerate(entries) for _ in entry.questions], dtype=np.intp)
        self._questions, self._answers = questions, answers
        self._encoder, self._calibrator = encoder, calibrator
        self._starts = np.searchsorted(self.owners, np.arange(len(self.entries) + 1))
        self._spoken = np.unique(self.owners)
        self._labels, conditions = _numbered(entry.labels for entry in entries)
        self._conditions = conditions[self.owners]
        self._named, self._numbers = _numbered(map(Numbers.of, self.phrasings))

    def match(self, question: str, labels: frozenset[str] | None) -> FaqMatch | None:
        """The entry that most likely answers, among those `labels` may see; None without any."""
        return max(self.judge(question, labels), key=lambda one: one.confidence, default=None)

    def judge(self, question: str, labels: frozenset[str] | None) -> list[FaqMatch]:
        """The entries that may answer, those with the nearest phrasings first.

        A phrasing that names other numbers than the question, or asks its contrary, is another question, however alike
        they look.
        """
        visible = self._visible(labels)
        usable = self._usable(question, visible)
        if not usable.any():
            return []
        return self._judge(question, self._encoder.encode([question], "query")[0], visible, usable)

    def judge_known(self, at: int, gone: bool) -> list[FaqMatch]:
        """What `judge` would find for phrasing number `at` if nobody had written it down, for those who may see its
        entry.

        Args:
            gone: nor any other phrasing with the same answer, so that no entry is the right one.
        """
        owner, question = self.owners[at], self.phrasings[at]
        left = self.answers[self.owners] != self.answers[owner] if gone else np.arange(len(self.owners)) != at
        visible = self._visible(self.entries[owner].labels) & left
        return self._judge(question, self._questions[at], visible, self._usable(question, visible))

    @cached_property
    def answers(self) -> Places:
        """int[E]: a number for each entry, the same for entries with the same answer."""
        return _numbered(plain(entry.answer) for entry in self.entries)[1]

    def _visible(self, labels: frozenset[str] | None) -> Mask:
        """bool[P]: the phrasings of entries that `labels` may see."""
        seen: Mask = np.array([may_see(needed, labels) for needed in self._labels], dtype=np.bool_)
        return seen[self._conditions]

    def _usable(self, question: str, visible: Mask) -> Mask:
        """Those of `visible` whose numbers agree with those of the question."""
        asked = Numbers.of(question)
        named: Mask = np.array([asked.agree(numbers) for numbers in self._named], dtype=np.bool_)
        return visible & named[self._numbers]

    def _judge(self, question: str, vector: Vectors, visible: Mask, usable: Mask) -> list[FaqMatch]:
        every, answers = self._questions @ vector, self._answers @ vector
        similarities = np.where(usable, every, -np.inf)
        best, rivals = self._best(similarities), self._best(np.where(visible, every, -np.inf))
        found = []
        for at in _candidates(best, answers):
            phrasing = self._starts[at] + similarities[self._starts[at] : self._starts[at + 1]].argmax()
            if asks_contrary(question, self.phrasings[phrasing]):
                continue
            similarity = float(best[at])
            rival = float(max(rivals[:at].max(initial=-np.inf), rivals[at + 1 :].max(initial=-np.inf)))
            lead = similarity - rival if rival > -np.inf else 0.0
            features = {"question": similarity, "answer": float(answers[at]), "lead": lead}
            found.append(self._judged(question, int(phrasing), features))
        return found

    def _best(self, similarities: Vectors) -> Vectors:
        """float32[E]: of each entry the highest of its phrasings' `similarities`; -inf where it has none."""
        best = np.full(len(self.entries), -np.inf, dtype=np.float32)
        best[self._spoken] = np.maximum.reduceat(similarities, self._starts[self._spoken])
        return best

    def _judged(self, question: str, phrasing: int, features: Mapping[str, float]) -> FaqMatch:
        known = self.phrasings[phrasing]
        confidence = SAME_WORDS if plain(known) == plain(question) != "" else 0.0
        if self._calibrator is not None:
            confidence = max(confidence, self._calibrator.probability_of(features))
        return FaqMatch(self.entries[self.owners[phrasing]], known, confidence, features)


def phrasings(entries: Sequence[FaqEntry]) -> list[str]:
    """All phrasings, in the order `FaqMatcher` expects their vectors."""
    return [question for entry in entries for question in entry.questions]


def _candidates(best: Vectors, answers: Vectors) -> list[int]:
    """Entries worth judging: those with the nearest phrasings, and those with the nearest answers."""
    order = np.argsort(-best, kind="stable")[: (best > -np.inf).sum()]
    by_answer = order[np.argsort(-answers[order], kind="stable")]
    return list(dict.fromkeys([*order[:CANDIDATES].tolist(), *by_answer[:CANDIDATES].tolist()]))


def _numbered(items: Iterable[T]) -> tuple[dict[T, int], Places]:
    """A number for each different item, and the numbers of all in their order."""
    numbers: dict[T, int] = {}
    return numbers, np.array([numbers.setdefault(item, len(numbers)) for item in items], dtype=np.intp)


def plain(text: str) -> str:
    """Letters and digits of `text` in their order, in small ones and in simplified characters."""
    folded = simplified(unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in folded if character.isalnum())
