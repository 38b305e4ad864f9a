"""Chooses the pieces of multilingual-e5-small that English and Chinese need, and makes a smaller tokenizer of them.

In: the tokenizer's JSON and texts. Out: the JSON of the smaller tokenizer, and which rows of the embedding it keeps.
The tokenizer knows no bytes: a character without a piece becomes unknown, so the characters of the common lists that
have none are added. Knows nothing about weights.
"""

import copy
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer

SPACE = "▁"
_HAN = re.compile(rf"{SPACE}?[\u3400-\u9fff\uf900-\ufaff]+")
_SPECIAL = frozenset({"<s>", "<pad>", "</s>", "<unk>", "<mask>"})
_PUNCTUATION = "，。！？；：、（）《》〈〉「」『』【】“”‘’—–…·～％￥¥€£$°℃×÷±≤≥"
#: Letters and signs besides the lists below whose own piece is kept: accents of Latin, Greek, general punctuation.
_LETTERS = re.compile(r"[\u00a1-\u024f\u0370-\u03ff\u2010-\u2044\u20a0-\u20bf\u2190-\u2193\u3001-\u3020]")
#: Texts tokenised at once.
_BATCH = 2_000


@dataclass(frozen=True)
class Pruned:
    """A smaller tokenizer.

    Attributes:
        spec: its JSON.
        rows: for each of its pieces the row of the old embedding, or None for an added character.
    """

    spec: dict[str, Any]
    rows: tuple[int | None, ...]

    def id_of(self, piece: str) -> int:
        return next(at for at, (one, _) in enumerate(self.spec["model"]["vocab"]) if one == piece)


def common_characters() -> list[str]:
    """The characters that no question may lose: ASCII, GB 2312 levels 1 and 2, Big5 level 1, punctuation, currency."""
    double = [bytes((high, low)) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)]
    big = [
        bytes((high, low))
        for high in range(0xA4, 0xC7)
        for low in (*range(0x40, 0x7F), *range(0xA1, 0xFF))
        if (high, low) <= (0xC6, 0x7E)
    ]
    found = [chr(code) for code in range(0x21, 0x7F)]
    found += [one.decode("gb2312", "ignore") for one in double] + [one.decode("big5", "ignore") for one in big]
    return list(dict.fromkeys(one for one in (*found, *_PUNCTUATION) if one))


def is_character(piece: str) -> bool:
    """Whether a piece is one Chinese character."""
    return len(piece) == 1 and _HAN.fullmatch(piece) is not None


def prune(spec: dict[str, Any], english: Iterable[str], size: int) -> Pruned:
    """Keep `size` pieces at most.

    Special pieces, those of a single common character and all of Han characters are kept, the common characters that
    have none are added, and the rest is filled with the pieces most frequent in `english`.

    Args:
        spec: `tokenizer.json` of a Unigram tokenizer.
        english: texts.
    """
    tokenizer = Tokenizer.from_str(json.dumps(spec))
    pieces: list[tuple[str, float]] = [(piece, score) for piece, score in spec["model"]["vocab"]]
    known = {piece: at for at, (piece, _) in enumerate(pieces)}
    normal = [tokenizer.normalizer.normalize_str(one) for one in common_characters()]
    common = list(dict.fromkeys(character for one in normal for character in one))
    added = [one for one in common if one not in known]
    kept = {at for piece, at in known.items() if piece in _SPECIAL or piece == SPACE or _HAN.fullmatch(piece)}
    kept |= {known[one] for one in common if one in known}
    kept |= {at for piece, at in known.items() if len(piece) == 1 and _LETTERS.fullmatch(piece)}
    for piece, _ in _counted(tokenizer, english).most_common():
        if len(kept) + len(added) >= size:
            break
        if piece in known:  # an unknown character stands in the tokens as it is
            kept.add(known[piece])
    least = min(score for _, score in pieces)
    rows = sorted(kept)
    vocabulary = [[piece, score] for piece, score in (pieces[at] for at in rows)]
    vocabulary += [[one, least] for one in added]
    return Pruned(_renumbered(spec, vocabulary), (*rows, *(None for _ in added)))


def unknown(tokenizer: Tokenizer, characters: Iterable[str]) -> list[str]:
    """Those of `characters` that the tokenizer cannot say."""
    missing = tokenizer.token_to_id("<unk>")
    return [one for one in characters if missing in tokenizer.encode(one, add_special_tokens=False).ids]


def _counted(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    waiting: list[str] = []
    for text in texts:
        waiting.append(text)
        if len(waiting) == _BATCH:
            _count(tokenizer, waiting, counts)
            waiting = []
    _count(tokenizer, waiting, counts)
    return counts


def _count(tokenizer: Tokenizer, texts: Sequence[str], counts: Counter[str]) -> None:
    for one in tokenizer.encode_batch(list(texts), add_special_tokens=False):
        counts.update(one.tokens)


def _renumbered(spec: dict[str, Any], vocabulary: list[list[Any]]) -> dict[str, Any]:
    """The tokenizer with another vocabulary; every id that it names follows."""
    index = {piece: at for at, (piece, _) in enumerate(vocabulary)}
    made = copy.deepcopy(spec)
    made["model"]["vocab"] = vocabulary
    made["model"]["unk_id"] = index["<unk>"]
    for token in made["added_tokens"]:
        token["id"] = index[token["content"]]
    for token in made["post_processor"]["special_tokens"].values():
        token["ids"] = [index[one] for one in token["tokens"]]
    return made
