"""How sure a match with a vetted question is, from its cosine: fitted on one data set, shown on another.

    python benchmarks/faq_confidence.py DATA

Fits on the user queries of `stackfaq`, with a random half of its entries taken out of the base so that half of the
queries have no right entry, and measures on the pairs of `covid_question_sim_en`. The fitted slope and intercept are
the constants of `autogpt.answer.faq`.
"""

import gzip
import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

from autogpt.answer.faq import confidence_of
from autogpt.compress.cache import exported_encoder
from autogpt.metrics.calibration import expected_calibration_error
from autogpt.metrics.calibrator import Calibrator
from autogpt.models.packs import find_pack
from autogpt.retrieve.encoder import Encoder

LEVELS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9)


def main(data: Path) -> None:
    encoder = Encoder(exported_encoder(find_pack("en")))
    cosine, right = _stackfaq(encoder, _rows(data / "stackfaq.jsonl.gz"))
    fitted = Calibrator.fit(cosine[:, None], right, ["cosine"], pieces=1)
    slope = fitted.weights[0] / fitted.scales[0]
    print(f"fitted on stackfaq: logit = {slope:.2f} * cosine {fitted.bias - slope * fitted.means[0]:+.2f}")
    _show("stackfaq (fitted on)", cosine, right)
    cosine, right = _pairs(encoder, _rows(data / "covid_question_sim_en.jsonl.gz"))
    _show("covid_question_sim_en (not fitted on)", cosine, right)


def _stackfaq(encoder: Encoder, entries: list[dict[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Cosine of each query with its nearest entry, and whether that is its own."""
    kept = sorted(random.Random(0).sample(range(len(entries)), len(entries) // 2))
    queries = [(at, query) for at, entry in enumerate(entries) for query in entry["queries"]]
    base = encoder.encode([entries[at]["question"] for at in kept], "query")
    similarities = encoder.encode([query for _, query in queries], "query") @ base.T
    nearest = similarities.argmax(axis=1)
    right = np.array([kept[best] == at for best, (at, _) in zip(nearest, queries, strict=True)])
    return similarities.max(axis=1), right


def _pairs(encoder: Encoder, pairs: list[dict[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    first, second = (encoder.encode([pair[name] for pair in pairs], "query") for name in ("question_1", "question_2"))
    return (first * second).sum(axis=1), np.array([bool(pair["similar"]) for pair in pairs])


def _show(name: str, cosine: np.ndarray, right: np.ndarray) -> None:
    confidence = [confidence_of(float(one)) for one in cosine]
    print(f"\n{name}: {len(right)} questions, calibration error {expected_calibration_error(confidence, right):.3f}")
    print("cosine at least   share answered   right")
    for level in LEVELS:
        answered = cosine >= level
        if answered.any():
            print(f"{level:15.2f}   {answered.mean():14.1%}   {right[answered].mean():5.1%}")


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
