"""Documents as blocks of tokens, for a language model to read.

In: texts. Out: blocks of one length, with the word that each token belongs to; and batches of them, of which some
tokens are asked for. Texts follow each other, parted by what the tokenizer ends a text with, so that no block is padded
but the last one. Knows nothing about models. B blocks, T tokens a block, M tokens asked for.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from autogpt.progress import Sink, silent, track
from autogpt.text.chinese import simplified_character, tagged
from autogpt.text.scripts import HAN, HAN_CHARACTER

#: The word of what is never asked for: what begins, parts and ends texts.
NO_WORD = -1
#: Shares of the tokens asked for that become the mask and another token; the rest is left as it is (Devlin et al. 2019,
#: section 3.1).
_MASKED, _CHANGED = 0.8, 0.1
#: Characters of a text that are made into tokens at a time, cut where a line ends.
_PART = 100_000

_WORD = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+|\S")


@dataclass(frozen=True, slots=True)
class Block:
    """Tokens that are read at once; `words` has for each the number of its word, or `NO_WORD`."""

    input_ids: NDArray[np.int64]
    words: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.input_ids)


@dataclass(frozen=True, slots=True)
class Around:
    """Ids that begin and end what a model reads, and that part two texts."""

    first: tuple[int, ...]
    last: tuple[int, ...]
    between: tuple[int, ...]

    @classmethod
    def of(cls, tokenizer: Tokenizer, end: int | None) -> "Around":
        """As the tokenizer puts them around a text; `end` parts texts where it puts nothing behind them."""
        one = tokenizer.encode("a")
        own = [at for at, special in enumerate(one.special_tokens_mask) if not special]
        first, last = tuple(one.ids[: own[0]]), tuple(one.ids[own[-1] + 1 :])
        return cls(first, last, last or (() if end is None else (end,)))


def make_blocks(
    texts: Sequence[str],
    tokenizer: Tokenizer,
    around: Around,
    length: int,
    whole_words: bool,
    sink: Sink = silent,
) -> list[Block]:
    """Blocks of `length` tokens, the last one shorter.

    Args:
        whole_words: whether the pieces of a word have one number.
    """
    tokenizer.no_padding()
    tokenizer.no_truncation()
    room = length - len(around.first) - len(around.last)
    ids: list[int] = []
    words: list[int] = []
    blocks: list[Block] = []

    def cut(least: int) -> None:
        while len(ids) >= least:
            own = [*around.first, *ids[:room], *around.last]
            numbers = [NO_WORD] * len(around.first) + words[:room] + [NO_WORD] * len(around.last)
            blocks.append(Block(np.array(own), np.array(numbers)))
            del ids[:room], words[:room]

    number = 0
    for text in track(texts, "texts", sink):
        for part in _parts(text):
            found = tokenizer.encode(part, add_special_tokens=False)
            numbers = _numbers(found, part) if whole_words else list(range(len(found.ids)))
            ids += found.ids
            words += [number + one for one in numbers]
            number += max(numbers, default=0) + 1
            cut(room)
        ids += around.between
        words += [NO_WORD] * len(around.between)
    if any(one != NO_WORD for one in words):
        cut(1)
    return blocks


def words_of(text: str) -> NDArray[np.int64]:
    """For each character the number of its word; Chinese ones by the dictionary, marks each by itself.

    >>> words_of("card 信用卡!").tolist()
    [0, 0, 0, 0, -1, 1, 1, 1, 2]
    """
    numbers = np.full(len(text), NO_WORD)
    number = 0
    for match in _WORD.finditer(text):
        at = match.start()
        for size in _sizes(match[0]):
            numbers[at : at + size] = number
            at += size
            number += 1
    return numbers


def _sizes(word: str) -> Iterable[int]:
    if not HAN_CHARACTER.match(word):
        return (len(word),)
    return (len(one) for one, _ in tagged("".join(map(simplified_character, word))))


def _numbers(found: Encoding, text: str) -> list[int]:
    """The word of each token, by its last character: some tokenizers count the space before it in."""
    words = words_of(text)
    free = int(words.max(initial=0)) + 1
    numbers = []
    for at, (start, end) in enumerate(found.offsets):
        own = int(words[end - 1]) if end > start else NO_WORD
        numbers.append(own if own != NO_WORD else free + at)
    return numbers


def _parts(text: str) -> Iterable[str]:
    while len(text) > _PART:
        to = text.rfind("\n", 0, _PART) + 1 or _PART
        yield text[:to]
        text = text[to:]
    if text.strip():
        yield text


@dataclass(frozen=True, slots=True)
class Collator:
    """Makes batches: `input_ids`, `attention_mask`, where the model takes them `token_type_ids`; `asked` bool[B, T] and
    `targets` int64[M], in its order.

    Args:
        token_types: whether the model takes segment ids.
    """

    pad_id: int
    token_types: bool

    def __call__(self, blocks: Sequence[Block]) -> dict[str, torch.Tensor]:
        ids, words = self._padded(blocks)
        return self._batch(ids, ids, words, self._asked(words))

    def _padded(self, blocks: Sequence[Block]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        shape = (len(blocks), max(map(len, blocks)))
        ids, words = np.full(shape, self.pad_id, dtype=np.int64), np.full(shape, NO_WORD - 1, dtype=np.int64)
        for row, block in enumerate(blocks):
            ids[row, : len(block)], words[row, : len(block)] = block.input_ids, block.words
        return ids, words

    def _asked(self, words: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Every place that a token follows."""
        return np.hstack([words[:, 1:] >= NO_WORD, np.zeros((len(words), 1), dtype=bool)])

    def _batch(
        self,
        seen: NDArray[np.int64],
        ids: NDArray[np.int64],
        words: NDArray[np.int64],
        asked: NDArray[np.bool_],
    ) -> dict[str, torch.Tensor]:
        batch: dict[str, NDArray[Any]] = {"input_ids": seen, "attention_mask": (words >= NO_WORD).astype(np.int64)}
        if self.token_types:
            batch["token_type_ids"] = np.zeros_like(seen)
        batch |= {"asked": asked, "targets": np.roll(ids, -1, axis=1)[asked]}
        return {name: torch.from_numpy(array) for name, array in batch.items()}


@dataclass(frozen=True, slots=True)
class MaskingCollator(Collator):
    """The same, where words are left out: 80% of their tokens become the mask, 10% another token, the rest stays.

    Chance is torch's, so that a training that is gone on with draws as it would have.

    Args:
        share: of the tokens, that are asked for.
        mask_id: id of the mask.
        choices: ids that a token may be changed into.
        seed: 0: drawn anew for each batch; else always the same for the same blocks.
    """

    share: float
    mask_id: int
    choices: NDArray[np.int64]
    seed: int = 0

    def __call__(self, blocks: Sequence[Block]) -> dict[str, torch.Tensor]:
        ids, words = self._padded(blocks)
        rng = np.random.default_rng(self.seed or int(torch.randint(2**62, ())))
        asked = np.array([draw_words(row, self.share, rng) for row in words])
        seen, chance = ids.copy(), rng.random(ids.shape)
        seen[asked & (chance < _MASKED)] = self.mask_id
        changed = asked & (chance >= _MASKED) & (chance < _MASKED + _CHANGED)
        seen[changed] = rng.choice(self.choices, int(changed.sum()))
        batch = self._batch(seen, ids, words, asked)
        return {**batch, "targets": torch.from_numpy(ids[asked])}


def draw_words(words: NDArray[np.int64], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """bool[T]: words drawn by chance until they have about `share` of the tokens that have a word; one at least."""
    own, sizes = np.unique(words[words > NO_WORD], return_counts=True)
    order = rng.permutation(len(own))
    wanted = max(1.0, share * sizes.sum())
    before = np.cumsum(sizes[order]) - sizes[order]
    taken = order[before + sizes[order] / 2 <= wanted]
    drawn = own[taken] if len(taken) else own[order[:1]]
    return np.isin(words, drawn)
