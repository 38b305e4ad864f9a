"""A workspace of annual reports: time and memory of ingesting them, and how well their pages are found.

In: a folder with `docs/financebench/*.pdf` and `financebench.jsonl.gz`. Out: a report in Markdown, or JSON with --json.
Questions count whose evidence stands in those reports; a page is found when a passage that touches it is. The pages of
the data set are counted from 0 (checked against the text of every evidence), ours from 1.

    python benchmarks/financebench.py DATA_FOLDER [--encoder FOLDER] [--workspace FOLDER] [--misses] [--json]
"""

import argparse
import gzip
import json
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from autogpt.config import RetrieveSection
from autogpt.metrics.ranking import recall_at_k, reciprocal_rank
from autogpt.records import DocumentVersion, Passage
from autogpt.retrieve.encoder import Encoder
from autogpt.retrieve.index import Index
from autogpt.retrieve.retriever import Retriever
from autogpt.services.bundles import current_encoder
from autogpt.services.indexing import sync
from autogpt.services.ingesting import ingest
from autogpt.store import Store
from autogpt.store.documents import load_versions

Place = tuple[str, int]

DEPTH = 100


@dataclass(frozen=True)
class Question:
    """A question and the (file name, page) places its evidence stands at."""

    text: str
    places: frozenset[Place]


@dataclass
class Cost:
    """Seconds, and megabytes of memory at the peak."""

    parse_seconds: float = 0
    parse_cpu_seconds: float = 0
    parser_megabytes: float = 0
    index_seconds: float = 0
    index_cpu_seconds: float = 0
    megabytes: float = 0
    documents: int = 0
    pages: int = 0
    passages: int = 0
    index_megabytes: float = 0


@dataclass
class Found:
    """One system: shares of questions, and milliseconds of one question."""

    recall_at_10: float
    all_pages_at_10: float
    distinct_pages_at_10: float
    document_at_10: float
    mrr: float
    p50_ms: float
    p95_ms: float
    misses: list[dict[str, Any]] = field(default_factory=list)


def read_questions(folder: Path, names: set[str]) -> list[Question]:
    questions = []
    with gzip.open(folder / "financebench.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            places = {(f"{one['doc_name']}.pdf", int(one["evidence_page_num"]) + 1) for one in row["evidence"]}
            if all(name in names for name, _ in places):
                questions.append(Question(row["question"], frozenset(places)))
    return questions


def build(store: Store, documents: Path, encoder: Encoder) -> Cost:
    """Ingest and index, each on its own, so that each has its cost."""
    cost = Cost()
    began, cpu = time.perf_counter(), _cpu()
    report = ingest(store, [documents], sync=lambda store, sink: 0)
    cost.parse_seconds, cost.parse_cpu_seconds = time.perf_counter() - began, _cpu() - cpu
    cost.parser_megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    if report.failed:
        raise SystemExit(f"{report.failed} documents failed: {report.failures}")
    began, cpu = time.perf_counter(), _cpu()
    made = sync(store, encoder=encoder)
    cost.index_seconds, cost.index_cpu_seconds = time.perf_counter() - began, _cpu() - cpu
    cost.documents, cost.passages = made.added, made.total
    cost.megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cost.index_megabytes = Index(store.index_uri, encoder.id).stats().bytes / 2**20
    return cost


def _cpu() -> float:
    """Seconds of processor time of this process and its finished children."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def measure(store: Store, encoder: Encoder, questions: Sequence[Question]) -> dict[str, Found]:
    index = Index(store.index_uri, encoder.id)
    with store.session() as session:
        versions = load_versions(session, _version_ids(store))
    fused = Retriever(index, encoder, RetrieveSection())
    systems: dict[str, Callable[[str], list[Passage]]] = {
        "BM25": lambda text: [one.passage for one in index.lexical(fused.words(text), DEPTH)],
        "vectors": lambda text: [one.passage for one in index.dense(encoder.encode([text], "query")[0], DEPTH)],
        "fused": lambda text: [one.passage for one in fused.retrieve(text, DEPTH)],
    }
    return {name: _measure(search, questions, versions) for name, search in systems.items()}


def _version_ids(store: Store) -> list[str]:
    from sqlalchemy import select

    from autogpt.store.tables import DocumentRow

    with store.session() as session:
        return [one for one in session.scalars(select(DocumentRow.current_version_id)) if one]


def _measure(
    search: Callable[[str], list[Passage]], questions: Sequence[Question], versions: Mapping[str, DocumentVersion]
) -> Found:
    search(questions[0].text)
    times, anywhere, everywhere, distinct, documents, first = [], [], [], [], [], []
    misses = []
    for question in questions:
        began = time.perf_counter()
        passages = search(question.text)
        times.append((time.perf_counter() - began) * 1000)
        touched = [_places(one, versions[one.version_id]) for one in passages]
        in_ten = [place for places in touched[:10] for place in places]
        in_order = list(dict.fromkeys(place for places in touched for place in places))
        anywhere.append(float(bool(question.places & set(in_ten))))
        everywhere.append(recall_at_k(in_ten, question.places, len(in_ten)))
        distinct.append(float(bool(question.places & set(in_order[:10]))))
        named = {name for name, _ in question.places}
        documents.append(float(bool(named & {name for name, _ in in_ten})))
        hits = ["hit" if question.places & set(places) else "" for places in touched]
        first.append(reciprocal_rank(hits, {"hit"}))
        if not anywhere[-1]:
            rank = hits.index("hit") + 1 if "hit" in hits else None
            misses.append({"question": question.text, "places": sorted(question.places), "rank": rank})
            misses[-1]["found"] = [places[0] for places in touched[:3]]
    p50, p95 = np.percentile(times, [50, 95])
    scores = (mean(one) for one in (anywhere, everywhere, distinct, documents, first))
    return Found(*scores, float(p50), float(p95), misses)


def _places(passage: Passage, version: DocumentVersion) -> list[Place]:
    """The pages that a passage touches."""
    pages = version.outline.pages
    return [
        (version.name, page.number) for page in pages if page.span.start < passage.end and passage.start < page.span.end
    ]


def report(cost: Cost, found: Mapping[str, Found], questions: int, misses: bool) -> str:
    lines = [
        f"{cost.documents} reports, {cost.pages:,} pages, {cost.passages:,} passages; {questions} questions.",
        "",
        "| step | seconds | processor seconds | memory at the peak, MB |",
        "|---|---|---|---|",
        f"| read and parse | {cost.parse_seconds:.0f} | {cost.parse_cpu_seconds:.0f} | "
        f"{cost.parser_megabytes:.0f} (each parsing process) |",
        f"| cut, encode, index | {cost.index_seconds:.0f} | {cost.index_cpu_seconds:.0f} | {cost.megabytes:.0f} |",
        "",
        f"Index on disk: {cost.index_megabytes:.0f} MB. Machine: {os.cpu_count()} cores, {platform.machine()}.",
        "",
        "| system | recall@10 by page | share of all evidence pages in 10 | recall in 10 distinct pages "
        "| right report in 10 | MRR | p50 ms | p95 ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, one in found.items():
        lines.append(
            f"| {name} | {one.recall_at_10:.3f} | {one.all_pages_at_10:.3f} | {one.distinct_pages_at_10:.3f} "
            f"| {one.document_at_10:.3f} | {one.mrr:.3f} | {one.p50_ms:.0f} | {one.p95_ms:.0f} |"
        )
    if misses:
        lines += ["", "Not among the first ten passages of the fused ranking:", ""]
        for miss in found["fused"].misses:
            wanted = ", ".join(f"{name} p. {page}" for name, page in miss["places"])
            got = ", ".join(f"{name} p. {page}" for name, page in miss["found"])
            lines.append(f"- {miss['question']} Wanted {wanted} (rank {miss['rank'] or '> 100'}); found {got}.")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--workspace", type=Path, help="keep the workspace here, and use it again")
    parser.add_argument("--encoder", type=Path, help="folder of an exported encoder; by default the workspace's own")
    parser.add_argument("--misses", action="store_true", help="list the questions that are not found")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    documents = given.data / "docs" / "financebench"
    with nullcontext(given.workspace) if given.workspace else tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        workspace.mkdir(parents=True, exist_ok=True)
        (workspace / "autogpt.toml").touch()
        store = Store(workspace)
        encoder = Encoder(given.encoder or current_encoder(store))
        cost = build(store, documents, encoder)
        with store.session() as session:
            versions = load_versions(session, _version_ids(store)).values()
            cost.pages = sum(len(version.outline.pages) for version in versions)
        questions = read_questions(given.data, {path.name for path in documents.glob("*.pdf")})
        found = measure(store, encoder, questions)
        store.close()
    if given.json:
        print(json.dumps({"cost": asdict(cost), "found": {name: asdict(one) for name, one in found.items()}}, indent=2))
    else:
        print(report(cost, found, len(questions), given.misses))


if __name__ == "__main__":
    main()
