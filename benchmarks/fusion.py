"""How much the vectors should weigh in the fused ranking by default: nDCG@10 by weight, on sets that are not reported.

    python benchmarks/fusion.py DATA_FOLDER [--pack multi] [--encoder FOLDER] [--questions 500] [--json]

In: parts of the data sets that `benchmarks/retrieval.py` does not measure; of what the bilingual pack was trained on,
the documents that validated. Out: a line per set and the mean of each language, a column per weight: 0 is BM25 alone,
1 the vectors alone. The default is `retrieve.dense_weight`; a release fits a weight of its own.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from statistics import mean

import numpy as np
from retrieval import Collection, from_rows, ids_of, paragraphs, read
from seen import tenth

from autogpt.answer.tune import DENSE_WEIGHTS
from autogpt.compress.cache import exported_encoder
from autogpt.config import RetrieveSection
from autogpt.metrics.ranking import ndcg
from autogpt.models.packs import find_pack
from autogpt.retrieve.encoder import Encoder
from autogpt.retrieve.index import Index
from autogpt.retrieve.retriever import Retriever, is_searchable
from autogpt.retrieve.searchable import embedded_text

DEPTH = 50
#: The tenth of medquad_faq that is asked about: neither reported on nor trained on.
COMPARED = 8


def whole(folder: Path, name: str, language: str) -> Collection:
    return paragraphs(name, language, read(folder, name))


def freed(folder: Path, name: str, language: str) -> Collection:
    """The articles of squad11_dev that are not measured on; readers were trained on them, no encoder was."""
    rows = (row for row in read(folder, name) if sha256(row["title"].encode()).hexdigest()[0] in "01234567")
    return paragraphs(name, language, rows)


def validating(folder: Path, name: str, language: str) -> Collection:
    """Questions that validated the bilingual pack, among all paragraphs that it is not measured on."""
    asked, measured = ids_of("validates"), ids_of("measures")
    rows = [row for row in read(folder, name) if not any(one["id"] in measured for one in row["qas"])]
    for row in rows:
        row["qas"] = [one for one in row["qas"] if one["id"] in asked]
    return paragraphs(name, language, rows)


def another_tenth(folder: Path, name: str, language: str) -> Collection:
    rows = (row for row in read(folder, name) if tenth(row["id"]) == COMPARED)
    return from_rows(name, language, ((row["question"], row["answer"], "") for row in rows))


#: Set → how it is read, and its language.
SETS: dict[str, tuple[Callable[[Path, str, str], Collection], str]] = {
    "squad11_dev": (freed, "en"),
    "policyqa": (whole, "en"),
    "medquad_faq": (another_tenth, "en"),
    "cmrc2018": (validating, "zh"),
    "drcd": (validating, "zh"),
}


def by_weight(collection: Collection, encoder: Encoder, limit: int) -> list[float]:
    """nDCG@10 at each of `DENSE_WEIGHTS`."""
    questions = [one for one in collection.questions if is_searchable(one[0])]
    if len(questions) > limit:
        chosen = np.random.default_rng(13).choice(len(questions), limit, replace=False)
        questions = [questions[number] for number in sorted(chosen)]
    with tempfile.TemporaryDirectory() as folder:
        index = Index(folder, encoder.id)
        index.add(list(collection.passages), encoder.encode([embedded_text(one) for one in collection.passages]))
        index.compact()
        retriever = Retriever(index, encoder, RetrieveSection(lexical_candidates=DEPTH, dense_candidates=DEPTH))
        gains = []
        for question, wanted in questions:
            found = retriever.search(question)
            rankings = ([one.passage.id for one in found.ranked(weight)[:10]] for weight in DENSE_WEIGHTS)
            gains.append([ndcg(ids, dict.fromkeys(wanted, 1.0), 10) for ids in rankings])
    return [float(one) for one in np.mean(gains, axis=0)]


def with_means(found: dict[str, list[float]]) -> Iterator[tuple[str, str, list[float]]]:
    """Set, language and figures; after them the mean of each language."""
    languages: dict[str, list[list[float]]] = {}
    for name, figures in found.items():
        languages.setdefault(SETS[name][1], []).append(figures)
        yield name, SETS[name][1], figures
    for language, them in languages.items():
        yield f"mean of {len(them)}", language, [mean(column) for column in zip(*them, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--pack", default="en", help="model pack")
    parser.add_argument("--sets", nargs="+", choices=SETS, help="by default those in the pack's languages")
    parser.add_argument("--encoder", type=Path, help="folder of an exported encoder; by default the pack's")
    parser.add_argument("--questions", type=int, default=500, help="at most so many a set, drawn at random")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    pack = find_pack(given.pack)
    encoder = Encoder(given.encoder or exported_encoder(pack))
    found: dict[str, list[float]] = {}
    for name in given.sets or [name for name, (_, language) in SETS.items() if language in pack.languages]:
        load, language = SETS[name]
        found[name] = by_weight(load(given.data, name, language), encoder, given.questions)
        print(f"{name} done", file=sys.stderr, flush=True)
    lines = list(with_means(found))
    if given.json:
        print(json.dumps([{"set": name, "language": code, "ndcg_at_10": one} for name, code, one in lines], indent=2))
        return
    print(
        "| set | language | " + " | ".join(map(str, DENSE_WEIGHTS)) + " |\n" + "|---" * (2 + len(DENSE_WEIGHTS)) + "|"
    )
    for name, code, figures in lines:
        print(f"| {name} | {code} | " + " | ".join(f"{one:.3f}" for one in figures) + " |")


if __name__ == "__main__":
    main()
