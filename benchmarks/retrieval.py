"""Question → passage retrieval: BM25, vectors and both fused, beside bm25s with its defaults.

In: a folder of data sets (see `SETS`). Out: a table, or JSON with --json: recall@1/5/10, MRR, nDCG@10, milliseconds per
question. Every number is measured through the product's own index and retriever. Nothing is tuned on these sets.

    python benchmarks/retrieval.py DATA_FOLDER [--sets squad11_dev stackfaq] [--encoder FOLDER] [--json]
"""

import argparse
import gzip
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from autogpt.compress.cache import exported_encoder
from autogpt.config import RetrieveSection
from autogpt.metrics.ranking import mrr, ndcg, recall_at_k
from autogpt.models.packs import find_pack
from autogpt.records import Passage
from autogpt.retrieve.encoder import Encoder
from autogpt.retrieve.index import Index
from autogpt.retrieve.retriever import Retriever
from autogpt.retrieve.searchable import embedded_text

#: Passages each system returns.
DEPTH = 50


@dataclass(frozen=True)
class Collection:
    """Passages, and questions with the ids of the passages that answer them."""

    name: str
    passages: Sequence[Passage]
    questions: Sequence[tuple[str, frozenset[str]]]


@dataclass(frozen=True)
class Line:
    """One system on one collection. Milliseconds are per question, one at a time."""

    collection: str
    system: str
    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    mrr: float
    ndcg_at_10: float
    p50_ms: float
    p95_ms: float


def read(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def paragraphs(folder: Path, name: str) -> Collection:
    """Every paragraph of a SQuAD-like set is a passage, every question wants the one it was asked about."""
    made: dict[str, Passage] = {}
    questions = []
    for row in read(folder, name):
        text = row["context"]
        found = made.setdefault(text, _passage(len(made), text, row["title"].replace("_", " ")))
        questions += [(one["question"], frozenset({found.id})) for one in row["qas"] if one["answers"]]
    return Collection(name, list(made.values()), questions)


def stackfaq(folder: Path, name: str) -> Collection:
    """FAQ entries, asked for in other words."""
    passages, questions = [], []
    for row in read(folder, name):
        passages.append(_passage(len(passages), "\n".join(row["answers"]), row["question"]))
        questions += [(query, frozenset({passages[-1].id})) for query in row["queries"]]
    return Collection(name, passages, questions)


def covidfaq(folder: Path, name: str) -> Collection:
    """FAQ entries and what people asked; an entry answers a question that was given the same answer."""
    rows = list(read(folder, name))
    entries = [row for row in rows if row["query_type"] == "faq"]
    passages = [_passage(number, row["answer"], row["question"]) for number, row in enumerate(entries)]
    wanted: dict[str, set[str]] = {}
    for passage in passages:
        wanted.setdefault(passage.text, set()).add(passage.id)
    asked = [row for row in rows if row["query_type"] == "user_query" and row["answer"] in wanted]
    return Collection(name, passages, [(row["question"], frozenset(wanted[row["answer"]])) for row in asked])


SETS: dict[str, Callable[[Path, str], Collection]] = {
    "squad11_dev": paragraphs,
    "stackfaq": stackfaq,
    "covidfaq_jhu": covidfaq,
}


def _passage(number: int, text: str, title: str) -> Passage:
    return Passage(f"p{number}", f"d{number}", f"v{number}", 0, len(text), text, title)


def measure(collection: Collection, encoder: Encoder, limit: int) -> list[Line]:
    questions = list(collection.questions)
    if limit and len(questions) > limit:
        chosen = np.random.default_rng(13).choice(len(questions), limit, replace=False)
        questions = [questions[number] for number in sorted(chosen)]
    asked = [question for question, _ in questions if any(map(str.isalnum, question))]
    wanted = [ids for question, ids in questions if any(map(str.isalnum, question))]
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        index = Index(folder, encoder.id)
        passages = list(collection.passages)
        index.add(passages, encoder.encode([embedded_text(one) for one in passages]))
        index.compact()
        for system, search in _systems(index, encoder, passages).items():
            lines.append(_scored(collection.name, system, search, asked, wanted))
    return lines


def _systems(index: Index, encoder: Encoder, passages: list[Passage]) -> dict[str, Callable[[str], list[str]]]:
    """Name → function from a question to passage ids, best first."""
    only_words = Retriever(index, encoder, RetrieveSection(lexical_candidates=DEPTH))
    fused = Retriever(index, encoder, RetrieveSection())

    def words(question: str) -> list[str]:
        return [hit.passage.id for hit in index.lexical(only_words.words(question), DEPTH)]

    def vectors(question: str) -> list[str]:
        return [hit.passage.id for hit in index.dense(encoder.encode([question], "query")[0], DEPTH)]

    def both(question: str) -> list[str]:
        return [one.passage.id for one in fused.retrieve(question, DEPTH)]

    systems = {"BM25": words, "vectors": vectors, "fused": both}
    try:
        import bm25s
    except ModuleNotFoundError:
        return systems
    peer = bm25s.BM25()
    texts = [embedded_text(one) for one in passages]
    peer.index(bm25s.tokenize(texts, show_progress=False), show_progress=False)
    depth = min(DEPTH, len(passages))

    def bm25s_defaults(question: str) -> list[str]:
        tokens = bm25s.tokenize([question], show_progress=False)
        found, _ = peer.retrieve(tokens, k=depth, show_progress=False)
        return [passages[number].id for number in found[0]]

    return systems | {"bm25s, defaults": bm25s_defaults}


def _scored(
    collection: str,
    system: str,
    search: Callable[[str], list[str]],
    asked: Sequence[str],
    wanted: Sequence[frozenset[str]],
) -> Line:
    search(asked[0])
    found, times = [], []
    for question in asked:
        began = time.perf_counter()
        found.append(search(question))
        times.append((time.perf_counter() - began) * 1000)
    pairs = list(zip(found, wanted, strict=True))
    # Of several passages that answer, any will do: recall here is the share of questions with one of them.
    hits = {k: mean(recall_at_k(ids, want, k) > 0 for ids, want in pairs) for k in (1, 5, 10)}
    return Line(
        collection,
        system,
        hits[1],
        hits[5],
        hits[10],
        mrr(pairs),
        mean(ndcg(ids, dict.fromkeys(want, 1.0), 10) for ids, want in pairs),
        float(np.percentile(times, 50)),
        float(np.percentile(times, 95)),
    )


def table(lines: Sequence[Line]) -> str:
    """Markdown."""
    head = "| set | system | R@1 | R@5 | R@10 | MRR | nDCG@10 | p50 ms | p95 ms |\n" + "|---" * 9 + "|"
    rows = [
        f"| {one.collection} | {one.system} | {one.recall_at_1:.3f} | {one.recall_at_5:.3f} | {one.recall_at_10:.3f} "
        f"| {one.mrr:.3f} | {one.ndcg_at_10:.3f} | {one.p50_ms:.1f} | {one.p95_ms:.1f} |"
        for one in lines
    ]
    return "\n".join([head, *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--encoder", type=Path, help="folder of an exported encoder; by default the English pack's")
    parser.add_argument("--questions", type=int, default=1_000, help="at most so many a set, drawn at random; 0: all")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    encoder = Encoder(given.encoder or exported_encoder(find_pack("en")))
    lines = [line for name in given.sets for line in measure(SETS[name](given.data, name), encoder, given.questions)]
    print(json.dumps([asdict(line) for line in lines], indent=2) if given.json else table(lines))


if __name__ == "__main__":
    main()
