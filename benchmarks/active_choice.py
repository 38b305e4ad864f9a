"""What choosing what to label next gives, against labelling by chance: BANKING77 and CLINC150.

In: the folder of data sets. Out: accuracy on the test part after each round of labelling, a row a way of choosing,
means over seeds. A classifier is logistic regression on vectors of the pack's encoder, so that a round costs seconds;
all ways begin from the same labelled texts.

    python benchmarks/active_choice.py DATA_FOLDER [--pack en] [--set banking77|clinc150] [--first 100] [--step 100]
        [--rounds 4] [--seeds 3] [--pool 0]
"""

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autogpt.annotate.choosing import choose, margin
from autogpt.annotate.classifier_data import load_classifier_examples
from autogpt.classify.card import head_logits
from autogpt.classify.probability import probabilities
from autogpt.compress.cache import exported_encoder
from autogpt.models.packs import find_pack
from autogpt.records import ClassifierExample
from autogpt.retrieve.encoder import Encoder
from autogpt.train.heads import fit_logistic

Floats = NDArray[np.float64]
#: By chance; the most uncertain; the farthest from what is labelled; what `autogpt examples choose` does.
WAYS = ("chance", "uncertainty", "diversity", "both")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--pack", default="en", help="model pack whose encoder makes the vectors")
    parser.add_argument("--set", default="banking77", choices=("banking77", "clinc150"), dest="name")
    parser.add_argument("--first", type=int, default=100, help="texts labelled by chance in the beginning")
    parser.add_argument("--step", type=int, default=100, help="texts labelled in a round")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--pool", type=int, default=0, help="most texts to choose from; 0: all")
    options = parser.parse_args()
    began = time.perf_counter()
    pool, test = (
        [one for one in load_classifier_examples(options.data / f"{options.name}_{part}.jsonl.gz") if _known(one)]
        for part in ("train", "test")
    )
    if options.pool:
        pool = random.Random(0).sample(pool, min(options.pool, len(pool)))
    labels = sorted({one.labels[0] for one in pool})
    test = [one for one in test if one.labels[0] in labels]
    encoder = Encoder(exported_encoder(find_pack(options.pack)))
    vectors, held = (encoder.encode([one.text for one in some], "query") for some in (pool, test))
    place = {label: at for at, label in enumerate(labels)}
    classes, golds = (np.array([place[one.labels[0]] for one in some]) for some in (pool, test))
    print(f"{len(pool):,} texts of {len(labels)} classes to choose from, {len(test):,} to measure on", flush=True)
    scores: dict[str, list[list[float]]] = defaultdict(list)
    for seed in range(options.seeds):
        for way in WAYS:
            first = random.Random(seed).sample(range(len(pool)), options.first)
            scores[way].append(rounds(way, first, options, vectors, classes, held, golds, seed))
            print(f"seed {seed}, {way}: " + ", ".join(f"{one:.1%}" for one in scores[way][-1]), flush=True)
    sizes = [options.first + number * options.step for number in range(options.rounds + 1)]
    print("\n| chosen by | " + " | ".join(f"{size:,} labels" for size in sizes) + " |")
    print("|---" * (len(sizes) + 1) + "|")
    for way in WAYS:
        means, spread = np.mean(scores[way], axis=0), np.std(scores[way], axis=0)
        print(f"| {way} | " + " | ".join(f"{m:.1%} ± {s:.1%}" for m, s in zip(means, spread, strict=True)) + " |")
    print(f"\n{(time.perf_counter() - began) / 60:.1f} minutes")


def _known(one: ClassifierExample) -> bool:
    return one.labels not in ((), ("oos",))


def rounds(
    way: str,
    first: Sequence[int],
    options: argparse.Namespace,
    vectors: Floats,
    classes: NDArray[np.int64],
    held: Floats,
    golds: NDArray[np.int64],
    seed: int,
) -> list[float]:
    """Accuracy with the first texts and after each round."""
    known = list(first)
    rng = random.Random(1_000 + seed)
    found = []
    for number in range(options.rounds + 1):
        names, targets = np.unique(classes[known], return_inverse=True)
        head = fit_logistic(True, vectors[known], targets, seed)
        found.append(float((names[head_logits(held, head).argmax(axis=1)] == golds).mean()))
        if number == options.rounds:
            break
        left = np.setdiff1d(np.arange(len(vectors)), known)
        doubts = margin(probabilities("intents", head_logits(vectors[left], head)))
        known += chosen(way, options.step, left, doubts, vectors, known, rng)
    return found


def chosen(
    way: str,
    count: int,
    left: NDArray[np.int64],
    doubts: Floats,
    vectors: Floats,
    known: Sequence[int],
    rng: random.Random,
) -> list[int]:
    if way == "chance":
        return rng.sample(left.tolist(), count)
    if way == "uncertainty":
        return [int(one) for one in left[np.argsort(-doubts, kind="stable")[:count]]]
    told = doubts if way == "both" else None
    return [int(left[one.at]) for one in choose(count, vectors[left], told, vectors[list(known)])]


if __name__ == "__main__":
    main()
