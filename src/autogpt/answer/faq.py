"""Finds the vetted answer to a question, and says how likely it is the right one.

In: FAQ entries with the vectors of their phrasings and answers, and an encoder. Out: the best entry with its
probability. Knows nothing about thresholds: the policy of the release decides whether that is enough.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from autogpt.metrics.calibrator import Calibrator
from autogpt.records import FaqEntry
from autogpt.retrieve.access import may_see
from autogpt.retrieve.encoder import Encodes
from autogpt.text.chinese import simplified

#: What a match is judged by: cosine with the nearest phrasing; with the answer; how far the first is ahead of the next
#: entry's, 0 without another. Rare words in common were tried too and told nothing more.
FEATURES = ("question", "answer", "lead")
#: Entries judged, at most, by their phrasings and by their answers each.
CANDIDATES = 10
#: Probability, at least, of a phrasing with the very words of the question.
SAME_WORDS = 0.95
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")

Vectors = NDArray[np.float32]
Mask = NDArray[np.bool_]
Places = NDArray[np.intp]


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
        self._numbers = [frozenset(_NUMBER.findall(phrasing)) for phrasing in self.phrasings]

    def match(self, question: str, labels: frozenset[str] | None) -> FaqMatch | None:
        """The entry that most likely answers, among those `labels` may see; None without any."""
        return max(self.judge(question, labels), key=lambda one: one.confidence, default=None)

    def judge(self, question: str, labels: frozenset[str] | None) -> list[FaqMatch]:
        """The entries that may answer, those with the nearest phrasings first.

        A phrasing that names other numbers than the question is another question, however alike they look.
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
        numbers: dict[str, int] = {}
        return np.array([numbers.setdefault(plain(entry.answer), len(numbers)) for entry in self.entries], np.intp)

    def _visible(self, labels: frozenset[str] | None) -> Mask:
        """bool[P]: the phrasings of entries that `labels` may see."""
        seen: Mask = np.array([may_see(entry.labels, labels) for entry in self.entries], dtype=bool)
        return seen[self.owners]

    def _usable(self, question: str, visible: Mask) -> Mask:
        """Those of `visible` that name the numbers of the question and no others."""
        numbers = frozenset(_NUMBER.findall(question))
        return visible & np.array([known == numbers for known in self._numbers], dtype=np.bool_)

    def _judge(self, question: str, vector: Vectors, visible: Mask, usable: Mask) -> list[FaqMatch]:
        similarities = self._questions @ vector
        best = self._best_phrasings(np.where(usable, similarities, -np.inf))
        rivals = self._best_phrasings(np.where(visible, similarities, -np.inf))
        answers = self._answers @ vector
        return [self._judged(question, at, best[at], rivals, answers) for at in _candidates(best, answers)]

    def _best_phrasings(self, similarities: NDArray[np.float32]) -> dict[int, tuple[float, int]]:
        """Entry → similarity and number of its nearest phrasing, nearest first; of those that have a usable one."""
        best: dict[int, tuple[float, int]] = {}
        for at in np.argsort(-similarities, kind="stable"):
            if similarities[at] == -np.inf:
                break
            best.setdefault(int(self.owners[at]), (float(similarities[at]), int(at)))
        return best

    def _judged(
        self,
        question: str,
        at: int,
        nearest: tuple[float, int],
        rivals: Mapping[int, tuple[float, int]],
        answers: NDArray[np.float32],
    ) -> FaqMatch:
        similarity, phrasing = nearest
        others = (score for other, (score, _) in rivals.items() if other != at)
        features = {
            "question": similarity,
            "answer": float(answers[at]),
            "lead": similarity - next(others, similarity),
        }
        known = self.phrasings[phrasing]
        confidence = SAME_WORDS if plain(known) == plain(question) != "" else 0.0
        if self._calibrator is not None:
            confidence = max(confidence, self._calibrator.probability_of(features))
        return FaqMatch(self.entries[at], known, confidence, features)


def phrasings(entries: Sequence[FaqEntry]) -> list[str]:
    """All phrasings, in the order `FaqMatcher` expects their vectors."""
    return [question for entry in entries for question in entry.questions]


def _candidates(best: Mapping[int, tuple[float, int]], answers: NDArray[np.float32]) -> list[int]:
    """Entries worth judging: those with the nearest phrasings, and those with the nearest answers."""
    by_answer = sorted(best, key=lambda at: -answers[at])
    return list(dict.fromkeys([*list(best)[:CANDIDATES], *by_answer[:CANDIDATES]]))


def plain(text: str) -> str:
    """Letters and digits of `text` in their order, in small ones and in simplified characters."""
    folded = simplified(unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in folded if character.isalnum())
