"""Finds texts that say the same.

In: texts. Out: which of them repeat another, or form clusters. A text repeats another only when it adds nothing: the
same numbers and dates in the same order, the same negations, no other word in place of one. Knows nothing about the
store.
"""

import difflib
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from autogpt.text.analyse import terms
from autogpt.text.scripts import HAN

Key = TypeVar("Key", bound=Hashable)
Hashes = npt.NDArray[np.uint64]

#: Hashes kept of a text, words of a shingle, and smallest hashes of which two near-duplicates share some.
_KEPT, _SHINGLE, _PROBES, _SHARED = 256, 3, 12, 3
_FEWEST_WORDS = 12
#: In words so short another letter makes another word.
_SHORT = 5
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

_WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")
#: English words that say a number, a time or how often.
NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion half "
    "third quarter double twice once first second fourth fifth daily weekly monthly quarterly yearly annually january "
    "february march april may june july august september october november december jan feb mar apr jun jul aug sep "
    "sept oct nov dec monday tuesday wednesday thursday friday saturday sunday"
)
_FACT = re.compile(
    r"\d+(?:[.,:/-]\d+)*|[一二三四五六七八九十百千万亿萬億零〇两兩半]+|\b(?:" + "|".join(NUMBER_WORDS.split()) + r")\b"
)
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nor|neither|without|cannot|except|unless)\b|n['’]t\b|[不没沒无無非未勿]"
)
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w'’-]*")


@dataclass(frozen=True, slots=True)
class Sketch:
    """The smallest hashes of a text's shingles, from which the similarity of two texts is estimated.

    A bottom-k sketch: Broder, "On the resemblance and containment of documents" (1997).
    """

    hashes: Hashes

    def similarity(self, other: "Sketch") -> float:
        """Estimated Jaccard similarity of the shingles, 0 to 1."""
        union = np.union1d(self.hashes, other.hashes)[:_KEPT]
        if not len(union):
            return 0.0
        shared = np.intersect1d(self.hashes, other.hashes, assume_unique=True)
        return float(np.isin(union, shared, assume_unique=True).sum() / len(union))

    def to_bytes(self) -> bytes:
        return self.hashes.astype("<u8").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Sketch":
        return cls(np.frombuffer(data, dtype="<u8").astype(np.uint64))


def sketch(text: str) -> Sketch:
    """Sketch of a text; empty for one of a few words, which repeats another only when it equals it."""
    words = _WORD.findall(text.lower())
    if len(words) < _FEWEST_WORDS:
        return Sketch(np.empty(0, dtype=np.uint64))
    codes = np.fromiter((zlib.crc32(word.encode()) for word in words), dtype=np.uint64, count=len(words))
    hashes = codes[: len(codes) - _SHINGLE + 1].copy()
    for step in range(1, _SHINGLE):
        hashes = _mixed(hashes) + codes[step : len(codes) - _SHINGLE + 1 + step]
    return Sketch(np.unique(_mixed(hashes))[:_KEPT])


def _mixed(values: Hashes) -> Hashes:
    """Spread the bits of 64-bit integers (the finaliser of SplitMix64)."""
    mixed = (values + np.uint64(1)) * _MULTIPLIER
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    return mixed


class SketchIndex(Generic[Key]):
    """Sketches by key, searched for near-duplicates."""

    def __init__(self) -> None:
        self._sketches: dict[Key, tuple[int, Sketch]] = {}
        self._added = 0
        self._by_hash: dict[int, set[Key]] = defaultdict(set)

    def add(self, key: Key, value: Sketch) -> None:
        self.discard(key)
        self._sketches[key] = (self._added, value)
        self._added += 1
        for one in value.hashes[:_PROBES].tolist():
            self._by_hash[one].add(key)

    def discard(self, key: Key) -> None:
        known = self._sketches.pop(key, None)
        if known is not None:
            for one in known[1].hashes[:_PROBES].tolist():
                self._by_hash[one].discard(key)

    def similar(
        self, value: Sketch, similarity: float, eligible: Callable[[Key], bool] = lambda key: True
    ) -> list[Key]:
        """Keys of sketches at least this similar, the most similar first, then in the order they were added.

        Args:
            eligible: asked before sketches are compared, which takes longer: whether a key may be one of them.
        """
        found = sorted((-score, self._sketches[key][0], key) for score, key in self._compared(value, eligible))
        return [key for score, _, key in found if -score >= similarity]

    def each_similar(self, value: Sketch, similarity: float, eligible: Callable[[Key], bool]) -> Iterator[Key]:
        """As `similar`, in any order and one by one: `eligible` may depend on the keys given before."""
        return (key for score, key in self._compared(value, eligible) if score >= similarity)

    def _compared(self, value: Sketch, eligible: Callable[[Key], bool]) -> Iterator[tuple[float, Key]]:
        """Similarity and key of sketches that share enough of the smallest hashes to be near."""
        probes = value.hashes[:_PROBES].tolist()
        shared = Counter(key for one in probes for key in self._by_hash.get(one, ()))
        for key, count in shared.items():
            if count >= min(_SHARED, len(probes)) and eligible(key):
                yield self._sketches[key][1].similarity(value), key


def facts(text: str) -> int:
    """A hash of the numbers, dates and negations of a text; of two texts where it differs none repeats the other.

    Not the same in another process.
    """
    lowered = text.lower()
    return hash((tuple(_FACT.findall(lowered)), tuple(sorted(_NEGATION.findall(lowered)))))


def repeats(text: str, kept: str) -> bool:
    """Whether `text`, known to be similar to `kept`, adds nothing to it.

    False whenever the two differ in a number, a date or a negation, when a word stands in place of another, or when
    `text` has names or more than a few words that `kept` has not.
    """
    lowered, kept_lowered = text.lower(), kept.lower()
    if _FACT.findall(lowered) != _FACT.findall(kept_lowered):
        return False
    if sorted(_NEGATION.findall(lowered)) != sorted(_NEGATION.findall(kept_lowered)):
        return False
    words, kept_words = Counter(terms(text)), Counter(terms(kept))
    added, missing = words - kept_words, kept_words - words
    if added and missing:
        # Words were replaced: only another spelling of a long word is no other word.
        return all(len(word) > _SHORT and difflib.get_close_matches(word, missing, 1, 0.85) for word in added)
    names = set(terms(" ".join(_NAME.findall(text))))
    return not added.keys() & names and len(added) <= max(3, len(words) // 50)


def clusters(texts: Mapping[str, str], similarity: float) -> dict[str, str]:
    """Id → smallest id of its cluster of near-duplicates, for texts that have one.

    Made for keeping near-duplicates on one side of a split: here texts that differ in a number belong together, too.
    """
    index: SketchIndex[str] = SketchIndex()
    leader: dict[str, str] = {}

    def find(key: str) -> str:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    def outside(key: str) -> Callable[[str], bool]:
        return lambda other: find(other) != find(key)

    for key in sorted(texts):
        leader[key] = key
        value = sketch(texts[key])
        for other in index.each_similar(value, similarity, outside(key)):
            one, two = sorted((find(key), find(other)))
            leader[two] = one
        index.add(key, value)
    sizes: dict[str, int] = defaultdict(int)
    for key in leader:
        sizes[find(key)] += 1
    return {key: find(key) for key in leader if sizes[find(key)] > 1}
