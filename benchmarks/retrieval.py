"""Question → passage retrieval: BM25, vectors, both fused, and what reranking or reading the best of them adds; beside
bm25s and sentence-transformers with their defaults.

In: a folder of data sets (see `SETS`). Out: a table, or JSON with --json: recall@1/5/10, MRR, nDCG@10, milliseconds per
question; below it the averages by language. Every number of ours is measured through the product's own index and
retriever. Nothing is tuned on these sets; which English pieces the bilingual pack's vocabulary keeps was counted on
four of them. Of squad11_dev only the articles left for measuring are taken.

Where a set has no other phrasings than those of its entries, passages hold the answers alone, so that the questions are
new to them. Of dstc9_faq, whose questions repeat from place to place, the place's name is put before the question. Of
medquad_faq a tenth is taken, by the hash of the id, without answers that the other tenths hold too; of covidfaq_jhu the
questions that the tuning of the bilingual pack's encoder takes from other sets are left out (`seen`).

    python benchmarks/retrieval.py DATA_FOLDER [--pack multi] [--sets squad11_dev stackfaq] [--read] [--reranker FOLDER]
"""

import argparse
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from hashlib import sha256
from pathlib import Path
from statistics import mean
from typing import Any, TypeVar

import numpy as np
from peers import sentence_transformers
from seen import LAST, seen_answers, seen_questions, tenth

from autogpt.answer.faq import plain
from autogpt.compress.cache import exported_encoder, exported_reader
from autogpt.compress.export import export_encoder, export_reranker
from autogpt.config import RetrieveSection
from autogpt.metrics.ranking import mrr, ndcg, recall_at_k
from autogpt.models.packs import find_pack
from autogpt.read.backends.facts import EXPORT_FILE
from autogpt.read.reader import Reader
from autogpt.records import Passage
from autogpt.retrieve.encoder import Encoder
from autogpt.retrieve.index import Index
from autogpt.retrieve.reranker import Reranker, reranked
from autogpt.retrieve.retriever import Retriever, is_searchable
from autogpt.retrieve.searchable import embedded_text

#: Passages each system returns, and those of them that are read.
DEPTH, READ = 50, 10
#: Logits of the reader that one standard deviation of the fused score counts for.
READER_LOGITS = 4.0
#: Standard deviations of the fused score that a logit of the reranker counts for.
RERANK_WEIGHT = 0.2
#: Longest passage of an answer, in characters.
LONGEST = 1_500
#: Recipe of the bilingual pack.
RECIPE = Path(__file__).parents[1] / "models" / "multi"


@dataclass(frozen=True)
class Collection:
    """Passages, and questions with the ids of the passages that answer them."""

    name: str
    language: str
    passages: Sequence[Passage]
    questions: Sequence[tuple[str, frozenset[str]]]


@dataclass(frozen=True)
class Line:
    """One system on one collection. Milliseconds are per question, one at a time."""

    collection: str
    language: str
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


def measuring(folder: Path, name: str, language: str) -> Collection:
    """Every paragraph of a SQuAD-like set is a passage, every question wants the one it was asked about."""
    rows = (row for row in read(folder, name) if sha256(row["title"].encode()).hexdigest()[0] in "89abcdef")
    return paragraphs(name, language, rows)


def held_out(folder: Path, name: str, language: str) -> Collection:
    """The same for the documents that the bilingual pack's training left out."""
    ids = ids_of("measures")
    rows = (row for row in read(folder, name) if any(one["id"] in ids for one in row["qas"]))
    return paragraphs(name, language, rows)


def ids_of(purpose: str) -> frozenset[str]:
    """Ids of the questions that the bilingual pack `measures` or `validates` with."""
    return frozenset((RECIPE / f"{purpose}.txt").read_text(encoding="utf-8").split())


def paragraphs(name: str, language: str, rows: Iterable[dict[str, Any]]) -> Collection:
    made: dict[str, Passage] = {}
    questions = []
    for row in rows:
        text = row["context"]
        found = made.setdefault(text, _passage(len(made), text, row["title"].replace("_", " "), language))
        questions += [(one["question"], frozenset({found.id})) for one in row["qas"] if one["answers"]]
    return Collection(name, language, list(made.values()), questions)


def stackfaq(folder: Path, name: str, language: str) -> Collection:
    """FAQ entries, asked for in other words."""
    passages, questions = [], []
    for row in read(folder, name):
        passages.append(_passage(len(passages), "\n".join(row["answers"]), row["question"], language))
        questions += [(query, frozenset({passages[-1].id})) for query in row["queries"]]
    return Collection(name, language, passages, questions)


def covidfaq(folder: Path, name: str, language: str) -> Collection:
    """FAQ entries and what people asked; an entry answers a question that was given the same answer."""
    rows = list(read(folder, name))
    entries = [row for row in rows if row["query_type"] == "faq"]
    passages = [_passage(number, row["answer"], row["question"], language) for number, row in enumerate(entries)]
    wanted: dict[str, set[str]] = {}
    for passage in passages:
        wanted.setdefault(passage.text, set()).add(passage.id)
    seen = seen_questions(folder)
    asked = [row for row in rows if row["query_type"] == "user_query" and row["answer"] in wanted]
    asked = [row for row in asked if plain(row["question"]) not in seen]
    return Collection(name, language, passages, [(row["question"], frozenset(wanted[row["answer"]])) for row in asked])


def answers(folder: Path, name: str, language: str) -> Collection:
    """Questions and their answers, which alone are searched."""
    return from_rows(name, language, ((row["question"], row["answer"], "") for row in read(folder, name)))


def medquad(folder: Path, name: str, language: str) -> Collection:
    seen = seen_answers(folder)
    rows = (row for row in read(folder, name) if tenth(row["id"]) == LAST and plain(row["answer"]) not in seen)
    return from_rows(name, language, ((row["question"], row["answer"], "") for row in rows))


def places(folder: Path, name: str, language: str) -> Collection:
    """Entries of one place; those of a whole domain (taxis, trains) have none."""
    told = ((row["question"], row["answer"], row["entity"] or "") for row in read(folder, name))
    return from_rows(name, language, ((f"{at}: {asked}" if at else asked, answer, at) for asked, answer, at in told))


def esun(folder: Path, name: str, language: str) -> Collection:
    """An entry is the answers of one topic; every question of the topic wants it."""
    passages, questions = [], []
    for row in read(folder, name):
        told = "\n".join(answer for one in row["qas"] for answer in one["answers"])
        passages.append(_passage(len(passages), told, "", language))
        questions += [(one["question"], frozenset({passages[-1].id})) for one in row["qas"]]
    return Collection(name, language, passages, questions)


def from_rows(name: str, language: str, rows: Iterable[tuple[str, str, str]]) -> Collection:
    """One passage a different answer, cut to what a passage holds."""
    made: dict[str, Passage] = {}
    questions = []
    for question, answer, title in rows:
        text = answer.strip()[:LONGEST]
        if text:
            found = made.setdefault(f"{title}|{text}", _passage(len(made), text, title, language))
            questions.append((question, frozenset({found.id})))
    return Collection(name, language, list(made.values()), questions)


#: Set → how it is read, and its language. The last one is measured only where it is asked for: its questions are asked
#: of every policy, and each wants the paragraph of one.
SETS: dict[str, tuple[Callable[[Path, str, str], Collection], str]] = {
    "squad11_dev": (measuring, "en"),
    "stackfaq": (stackfaq, "en"),
    "covidfaq_jhu": (covidfaq, "en"),
    "bankfaqs": (answers, "en"),
    "medquad_faq": (medquad, "en"),
    "dstc9_faq": (places, "en"),
    "cmrc2018": (held_out, "zh"),
    "drcd": (held_out, "zh"),
    "esun_faq": (esun, "zh"),
    "medicalgpt_zh_faq": (answers, "zh"),
    "policyqa": (measuring, "en"),
}
USUAL = tuple(SETS)[:-1]


def _passage(number: int, text: str, title: str, language: str) -> Passage:
    return Passage(f"p{number}", f"d{number}", f"v{number}", 0, len(text), text, title, language=language)


@dataclass(frozen=True)
class Judges:
    """What looks at the best passages again, where it is asked for.

    Attributes:
        limit: seconds that the reranker has for a question; None: as long as it takes.
    """

    reader: Reader | None = None
    reranker: Reranker | None = None
    weight: float = RERANK_WEIGHT
    limit: float | None = None


def measure(collection: Collection, peer: Path, encoder: Encoder, judges: Judges, limit: int) -> list[Line]:
    questions = [one for one in collection.questions if is_searchable(one[0])]
    if limit and len(questions) > limit:
        chosen = np.random.default_rng(13).choice(len(questions), limit, replace=False)
        questions = [questions[number] for number in sorted(chosen)]
    passages = list(collection.passages)
    with tempfile.TemporaryDirectory() as folder:
        index = Index(folder, encoder.id)
        index.add(passages, encoder.encode([embedded_text(one) for one in passages]))
        index.compact()
        systems = _ours(index, encoder, judges) | _bm25s(passages) | _sentence_transformers(peer, passages)
        return [_scored(collection, system, search, questions) for system, search in systems.items()]


Search = Callable[[str], list[str]]


def _ours(index: Index, encoder: Encoder, judges: Judges) -> dict[str, Search]:
    """Name → function from a question to passage ids, best first."""
    config = RetrieveSection(lexical_candidates=DEPTH, dense_candidates=DEPTH)
    retriever = Retriever(index, encoder, config)

    def words(question: str) -> list[str]:
        return [hit.passage.id for hit in index.lexical(retriever.words(question), DEPTH)]

    def vectors(question: str) -> list[str]:
        return [hit.passage.id for hit in index.dense(encoder.encode([question], "query")[0], DEPTH)]

    def both(question: str) -> list[str]:
        return [one.passage.id for one in retriever.retrieve(question, DEPTH)]

    def both_and_read(question: str) -> list[str]:
        found = retriever.retrieve(question, DEPTH)
        assert judges.reader is not None
        read = judges.reader.read([(question, one.passage.text) for one in found[:READ]])
        margins = [one.best.score if one.best else -np.inf for one in read]
        scores = [margin + READER_LOGITS * one.score for margin, one in zip(margins, found, strict=False)]
        order = sorted(range(len(scores)), key=lambda at: -scores[at])
        return [found[at].passage.id for at in order] + [one.passage.id for one in found[READ:]]

    def both_and_reranked(question: str) -> list[str]:
        found = retriever.retrieve(question, DEPTH)
        assert judges.reranker is not None
        texts = [embedded_text(one.passage) for one in found[: config.rerank_passages]]
        logits = judges.reranker.logits(question, texts, judges.limit)
        return [one.passage.id for one in reranked(found, logits, judges.weight)]

    systems = {"BM25": words, "vectors": vectors, "fused": both}
    systems |= {"fused, reranked": both_and_reranked} if judges.reranker is not None else {}
    return systems | ({"fused, read": both_and_read} if judges.reader is not None else {})


def _bm25s(passages: Sequence[Passage]) -> dict[str, Search]:
    try:
        import bm25s
    except ModuleNotFoundError:
        return {}
    peer = bm25s.BM25()
    texts = [embedded_text(one) for one in passages]
    peer.index(bm25s.tokenize(texts, show_progress=False), show_progress=False)
    depth = min(DEPTH, len(passages))

    def search(question: str) -> list[str]:
        tokens = bm25s.tokenize([question], show_progress=False)
        found, _ = peer.retrieve(tokens, k=depth, show_progress=False)
        return [passages[number].id for number in found[0]]

    return {"bm25s": search}


def _sentence_transformers(model: Path, passages: Sequence[Passage]) -> dict[str, Search]:
    """An encoder as sentence-transformers runs it, with exact search."""
    peer = sentence_transformers(model)
    vectors = peer.encode_document([embedded_text(one) for one in passages], normalize_embeddings=True)

    def search(question: str) -> list[str]:
        asked = peer.encode_query([question], normalize_embeddings=True)[0]
        return [passages[number].id for number in np.argsort(-(vectors @ asked), kind="stable")[:DEPTH]]

    return {"sentence-transformers": search}


def _scored(collection: Collection, system: str, search: Search, asked: Sequence[tuple[str, frozenset[str]]]) -> Line:
    search(asked[0][0])
    pairs, times = [], []
    for question, wanted in asked:
        began = time.perf_counter()
        found = search(question)
        times.append((time.perf_counter() - began) * 1000)
        pairs.append((found, wanted))
    # Of several passages that answer, any will do: recall here is the share of questions with one of them.
    hits = {k: mean(recall_at_k(ids, want, k) > 0 for ids, want in pairs) for k in (1, 5, 10)}
    return Line(
        collection.name,
        collection.language,
        system,
        hits[1],
        hits[5],
        hits[10],
        mrr(pairs),
        mean(ndcg(ids, dict.fromkeys(want, 1.0), 10) for ids, want in pairs),
        float(np.percentile(times, 50)),
        float(np.percentile(times, 95)),
    )


def averages(lines: Sequence[Line]) -> Iterator[Line]:
    """The mean of each system's lines, by language."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.language, line.system), []).append(line)
    for (language, system), group in groups.items():
        figures = zip(*(astuple(line)[3:] for line in group), strict=True)
        yield Line(f"average of {len(group)}", language, system, *(mean(one) for one in figures))


def table(lines: Sequence[Line]) -> str:
    """Markdown."""
    head = "| set | language | system | R@1 | R@5 | R@10 | MRR | nDCG@10 | p50 ms | p95 ms |\n" + "|---" * 10 + "|"
    rows = [
        f"| {one.collection} | {one.language} | {one.system} | {one.recall_at_1:.3f} | {one.recall_at_5:.3f} "
        f"| {one.recall_at_10:.3f} | {one.mrr:.3f} | {one.ndcg_at_10:.3f} | {one.p50_ms:.1f} | {one.p95_ms:.1f} |"
        for one in lines
    ]
    return "\n".join([head, *rows])


Judge = TypeVar("Judge", Encoder, Reranker)


def opened(kind: Callable[[Path], Judge], folder: Path) -> Judge:
    """The encoder or reranker in a folder, exported first where it is as it was trained."""
    if (folder / EXPORT_FILE).is_file():
        return kind(folder)
    export = export_encoder if kind is Encoder else export_reranker
    with tempfile.TemporaryDirectory() as scratch:
        return kind(export(folder, Path(scratch) / "exported", precision="bf16"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--pack", default="en", help="model pack")
    parser.add_argument("--sets", nargs="+", choices=SETS, help="by default all but policyqa in the pack's languages")
    parser.add_argument("--encoder", type=Path, help="folder of a trained or exported encoder; by default the pack's")
    parser.add_argument("--peer", type=Path, help="encoder that sentence-transformers runs; by default the pack's")
    parser.add_argument("--questions", type=int, default=1_000, help="at most so many a set, drawn at random; 0: all")
    parser.add_argument("--read", action="store_true", help=f"read the best {READ} too, which takes long")
    parser.add_argument("--reranker", type=Path, help="folder of a trained or exported reranker: rerank with it too")
    parser.add_argument("--weight", type=float, default=RERANK_WEIGHT, help="of one of its logits")
    parser.add_argument("--budget", type=float, help="milliseconds it has for a question; by default all it takes")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    pack = find_pack(given.pack)
    encoder = opened(Encoder, given.encoder or exported_encoder(pack))
    judges = Judges(
        reader=Reader(exported_reader(pack), second_look=False) if given.read else None,
        reranker=opened(Reranker, given.reranker) if given.reranker else None,
        weight=given.weight,
        limit=given.budget / 1000 if given.budget is not None else None,
    )
    names = given.sets or [name for name in USUAL if SETS[name][1] in pack.languages]
    lines: list[Line] = []
    for name in names:
        load, language = SETS[name]
        made = measure(load(given.data, name, language), given.peer or pack.encoder, encoder, judges, given.questions)
        print(table(made), file=sys.stderr, flush=True)
        lines += made
    lines += averages(lines)
    print(json.dumps([asdict(line) for line in lines], indent=2) if given.json else table(lines))


if __name__ == "__main__":
    main()
