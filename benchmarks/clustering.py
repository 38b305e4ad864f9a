"""Which questions the review queue puts together: paraphrases, and questions that people judged to differ.

In: the folder of data sets. Out: a row a set and pack: the share of pairs that are near enough, of those that ask the
same and of those that do not, at several thresholds of closeness (`annotate.clustering`); those in use are marked.

    python benchmarks/clustering.py DATA_FOLDER [--packs en multi] [--pairs 500]
"""

import argparse
import gzip
import json
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from cells import markdown

from autogpt.annotate.clustering import SAME, UNRELATED, Floats, closeness, zero_of
from autogpt.compress.cache import exported_encoder
from autogpt.models.packs import find_pack
from autogpt.retrieve.encoder import Encoder

THRESHOLDS = (0.45, 0.55, 0.65, 0.75, 0.8, 0.85)
#: File → its language, the keys of its pairs and of its judgement.
PAIRED = {
    "covid_question_sim_en": ("en", "question_1", "question_2", "similar"),
    "lcqmc_dev": ("zh", "a", "b", "label"),
    "afqmc_train": ("zh", "a", "b", "label"),
}
Pair = tuple[str, str, bool]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--packs", nargs="+", default=["en", "multi"])
    parser.add_argument("--pairs", type=int, default=500, help="most pairs of a set")
    options = parser.parse_args()
    lines: list[list[str]] = []
    for pack in options.packs:
        encoder = Encoder(exported_encoder(find_pack(pack)))
        zeros = {language: zero_of(encoder.encode(some, "query")) for language, some in UNRELATED.items()}
        for name, language, pairs in sets(options.data, options.pairs):
            if pack == "en" and language != "en":
                continue
            one, other = (encoder.encode([pair[at] for pair in pairs], "query") for at in (0, 1))
            near = closeness((one * other).sum(axis=1), zeros[language])
            same = np.array([pair[2] for pair in pairs])
            shares = [f"{share(near[same], at)} / {share(near[~same], at)}" for at in THRESHOLDS]
            place = THRESHOLDS.index(SAME[language])
            shares[place] = f"**{shares[place]}**"
            lines.append([pack, name, *shares])
            print(*lines[-1], sep=" | ", flush=True)
    print("\nPairs that ask the same / that do not, put together from this closeness on:\n")
    print(markdown(["pack", "set", *map(str, THRESHOLDS)], lines))


def share(near: Floats, least: float) -> str:
    return f"{(near >= least).mean():.1%}" if len(near) else "-"


def sets(data: Path, most: int) -> Iterator[tuple[str, str, list[Pair]]]:
    """Sets with judged pairs, by name and language. Of BANKING77 pairs by chance, the same where the intent is."""
    for name, (language, one, other, judged) in PAIRED.items():
        rows = drawn(read(data / f"{name}.jsonl.gz"), most)
        yield name, language, [(row[one], row[other], str(row[judged]) == "1") for row in rows]
        # What people ask of one business, and nobody thought alike: the firsts of two rows.
        yield f"{name}, any two", language, [(a[one], b[one], False) for a, b in pairwise(rows)]
    rows = read(data / "banking77_test.jsonl.gz")
    rng = random.Random(0)
    pairs: list[Pair] = []
    while len(pairs) < most:
        one, other = rng.sample(rows, 2)
        same = one["label"] == other["label"]
        if same == bool(len(pairs) % 2):
            pairs.append((one["text"], other["text"], same))
    yield "banking77", "en", pairs


def read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def drawn(rows: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    return rows if len(rows) <= most else random.Random(0).sample(rows, most)


if __name__ == "__main__":
    main()
