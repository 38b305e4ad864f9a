"""How much the vectors should weigh in the fused ranking by default: nDCG@10 by weight, on sets that are not reported.

    python benchmarks/fusion.py DATA_FOLDER [--pack multi] [--encoder FOLDER] [--questions 500] [--json]

In: parts of the data sets that `benchmarks/retrieval.py` does not measure; of what the bilingual pack was trained on,
the documents that validated; pairs of questions that mean the same. Out: a line per set and the mean of each language,
a column per weight: 0 is BM25 alone, 1 the vectors alone. The default is `retrieve.dense_weight`; a release fits a
weight of its own.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from statistics import mean

import numpy as np
from retrieval import Collection, answers, from_rows, ids_of, paragraphs, read
from seen import tenth, was_seen

from autogpt.answer.tune import DENSE_WEIGHTS
from autogpt.compress.cache import exported_encoder
from autogpt.config import RetrieveSection
from autogpt.metrics.ranking import ndcg
from autogpt.models.packs import find_pack
from autogpt.records import Passage
from autogpt.retrieve.encoder import Encoder
from autogpt.retrieve.index import Index
from autogpt.retrieve.retriever import Retriever, is_searchable
from autogpt.retrieve.searchable import embedded_text

DEPTH = 50
#: The tenth of medquad_faq that is asked about: neither reported on nor trained on.
COMPARED = 8
#: Most pairs of questions that mean the same.
PAIRS = 1_500


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


def alike_in_english(folder: Path, name: str, language: str) -> Collection:
    """Vetted questions with their answers, asked in other words."""
    told = {row["question"]: row["answer"] for row in read(folder, "covidbert_faq_en")}
    rows = (row for row in read(folder, name) if row["similar"])
    return asked_otherwise(name, language, ((row["question_1"], row["question_2"]) for row in rows), told)


def alike(folder: Path, name: str, language: str) -> Collection:
    """Questions without answers, asked in other words."""
    first, second = ("a", "b") if name == "afqmc_train" else ("text1", "text2")
    rows = [(row[first], row[second]) for row in read(folder, name) if int(row["label"])]
    chosen = np.random.default_rng(13).permutation(len(rows))[:PAIRS]
    pairs = [rows[number] for number in sorted(chosen)]
    return asked_otherwise(name, language, pairs, {one: one for one, _ in pairs})


def asked_otherwise(name: str, language: str, pairs: Iterable[tuple[str, str]], texts: Mapping[str, str]) -> Collection:
    """A passage for each question that has a text, with the question as its title where that is another."""
    places = {one: f"p{number}" for number, one in enumerate(texts)}
    passages = [
        Passage(key, f"d{key}", f"v{key}", 0, len(texts[one]), texts[one], one * (texts[one] != one), language=language)
        for one, key in places.items()
    ]
    return Collection(name, language, passages, [(b, frozenset({places[a]})) for a, b in pairs if a in places])


#: Set → how it is read, and its language.
SETS: dict[str, tuple[Callable[[Path, str, str], Collection], str]] = {
    "squad11_dev": (freed, "en"),
    "policyqa": (whole, "en"),
    "medquad_faq": (another_tenth, "en"),
    "covidbert_faq_en": (answers, "en"),
    "covid_question_sim_en": (alike_in_english, "en"),
    "cmrc2018": (validating, "zh"),
    "drcd": (validating, "zh"),
    "afqmc_train": (alike, "zh"),
    "cblue_sts_train": (alike, "zh"),
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
    names = [name for name, (_, language) in SETS.items() if language in pack.languages]
    for name in given.sets or [name for name in names if not was_seen(pack.name, name)]:
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
