"""How sure a vetted answer is, on pairs of questions that mean the same, none of which the confidence was fitted on.

In: the folder of data sets. The first questions of 300 such pairs are made vetted ones, the second ones are asked;
half of the vetted ones are taken away by turns, so that half of what is asked has none. Out: calibration error, and by
lowest confidence how many questions are answered and how many of them rightly. What the pack's encoder was trained on
is left out (`seen`).

    python benchmarks/faq_confidence.py DATA_FOLDER [--pack en]
"""

import argparse
import gzip
import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from seen import was_seen

from autogpt.answer.faq import FaqMatcher, phrasings
from autogpt.compress.cache import exported_encoder
from autogpt.metrics.calibration import expected_calibration_error
from autogpt.models.packs import find_pack
from autogpt.records import FaqEntry
from autogpt.retrieve.encoder import Encoder
from autogpt.services.faq import faq_calibrator

#: Set → its language, its two questions and what says that they mean the same.
SETS = {
    "covid_question_sim_en": ("en", "question_1", "question_2", "similar"),
    "lcqmc_dev": ("zh", "a", "b", "label"),
    "cblue_sts_train": ("zh", "text1", "text2", "label"),
}
PAIRS, TURNS = 300, 2
LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--pack", default="en", help="model pack")
    options = parser.parse_args()
    pack = find_pack(options.pack)
    folder = exported_encoder(pack)
    encoder = Encoder(folder)
    for name, (language, *keys) in SETS.items():
        if language in pack.languages and not was_seen(pack.name, name):
            confidence, right = measure(pairs(options.data / f"{name}.jsonl.gz", *keys), encoder, folder)
            show(name, confidence, right)


def pairs(path: Path, first: str, second: str, same: str) -> list[tuple[str, str]]:
    """Some of the pairs that mean the same, each question once."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    found = {row[first]: row[second] for row in rows if int(row[same])}
    return random.Random(1).sample(list(found.items()), min(PAIRS, len(found)))


def measure(asked: Sequence[tuple[str, str]], encoder: Encoder, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Confidence of the best vetted answer to each question, and whether it is the right one. The vetted answers are
    empty texts, so they tell nothing: that similarity is left to the calibrator's mean."""
    calibrator = faq_calibrator(folder)
    if calibrator is None:
        raise SystemExit("The encoder brings no faq.json.")
    rng = random.Random(3)
    confidence, right = [], []
    for _ in range(TURNS):
        kept = set(rng.sample(range(len(asked)), len(asked) // 2))
        entries = [FaqEntry(str(at), (first,), "") for at, (first, _) in enumerate(asked) if at in kept]
        vectors = encoder.encode(phrasings(entries), "query")
        matcher = FaqMatcher(entries, vectors, np.zeros_like(vectors), encoder, None)
        for at, (_, question) in enumerate(asked):
            judged = [
                (calibrator.probability_of({**match.features, "answer": float("nan")}), match.entry.id)
                for match in matcher.judge(question, None)
            ]
            best, entry = max(judged, default=(0.0, ""))
            confidence.append(best)
            right.append(entry == str(at))
    return np.array(confidence), np.array(right)


def show(name: str, confidence: np.ndarray, right: np.ndarray) -> None:
    print(f"\n{name}: {len(right)} questions, calibration error {expected_calibration_error(confidence, right):.3f}")
    print("confidence at least   answered   right")
    for level in LEVELS:
        answered = confidence >= level
        if answered.any():
            print(f"{level:19.2f}   {answered.mean():8.1%}   {right[answered].mean():5.1%}")


if __name__ == "__main__":
    main()
