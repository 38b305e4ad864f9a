"""An index of 100,000 real passages, then of ten times as many synthetic ones: time, disk, memory, latency.

    python benchmarks/index_scale.py DATA_FOLDER WORK_FOLDER [--pack en] [--passages 100000] [--copies 9] [--json]

In: the texts of the data sets and the annual reports (PDF), cut into passages as the product cuts them; repeated only
where they run out, which the report says. Out: for the real passages, and for them and `--copies` perturbed copies of
each, seconds to build (embedding, adding, compacting), disk, and of a process of its own that opens encoder and index
and asks questions of the same sets one at a time: its resident memory, and milliseconds of a hybrid query (p50, p95,
embedding the question included). A copy has its words in another
order, a tenth of them missing, and a vector turned a little: it is synthetic, and says nothing about quality.

WORK_FOLDER keeps passages and vectors, so that a run that was stopped goes on.
"""

import argparse
import gzip
import json
import random
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from sqlalchemy import select

from autogpt.compress.cache import exported_encoder
from autogpt.config import IngestSection
from autogpt.models.packs import find_pack
from autogpt.records import DocumentVersion, Passage
from autogpt.retrieve.encoder import Encoder
from autogpt.retrieve.index import Index
from autogpt.retrieve.retriever import Retriever, is_searchable
from autogpt.retrieve.searchable import embedded_text
from autogpt.services.index_recipe import passages_of
from autogpt.services.ingesting import ingest
from autogpt.services.workspaces import create
from autogpt.store.documents import load_versions
from autogpt.store.tables import DocumentRow
from autogpt.text.language import detect

#: Shortest text that counts as one.
SHORTEST = 100
#: Passages embedded and added at once.
STEP, ADDED = 512, 5_000
#: Questions asked of each index, after some that do not count.
ASKED, WARM = 300, 20
#: Length of what is added to a copy's vector before it is brought back to length 1.
TURN = 0.2


@dataclass
class Scale:
    """Seconds, megabytes (10⁶ bytes), milliseconds."""

    what: str
    passages: int
    repeated: int
    embed_seconds: float
    add_seconds: float
    compact_seconds: float
    disk_mb: float
    rss_mb: float
    p50_ms: float
    p95_ms: float


def texts(data: Path) -> Iterator[tuple[str, str]]:
    """Titles and texts of all sets: contexts, passages, answers, sections."""
    for path in sorted(data.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                title = str(row.get("title") or row.get("question") or "")
                for key in ("context", "passage", "answer", "answers", "contexts", "sections", "long_answer"):
                    found = row.get(key)
                    if text := "\n".join(_strings(found)):
                        yield title, text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
    elif isinstance(value, dict):
        yield from _strings([one for key, one in sorted(value.items()) if key in {"text", "section", "content"}])


def reports(data: Path) -> Iterator[tuple[str, str]]:
    """The annual reports, read by the product."""
    with tempfile.TemporaryDirectory() as folder:
        store = create(Path(folder) / "workspace")
        ingest(store, [data / "docs" / "financebench"], sync=lambda store, sink: 0)
        with store.session() as session:
            versions = load_versions(session, session.scalars(select(DocumentRow.current_version_id)).all())
        for one in versions.values():
            yield one.title or one.name, one.text


def passages(data: Path, count: int) -> Iterator[Passage]:
    """Different passages, as the product cuts them, until there are `count`."""
    settings, seen, made = IngestSection(), set(), 0
    for source in (texts, reports):
        for title, text in source(data):
            if len(text) < SHORTEST or text in seen:
                continue
            seen.add(text)
            key = f"d{len(seen)}"
            version = DocumentVersion(
                id=key,
                document_id=key,
                name="",
                title=title[:200],
                text=text,
                language=detect(text),
                media_type="text/plain",
                raw_checksum="",
            )
            for one in passages_of(version, settings):
                yield one
                made += 1
                if made == count:
                    return


def kept_passages(data: Path, work: Path, count: int) -> tuple[list[Passage], int]:
    """The passages, and how many of them are repeated."""
    path = work / f"passages-{count}.jsonl"
    if not path.is_file():
        waiting = path.with_suffix(".part")
        with waiting.open("w", encoding="utf-8") as file:
            for one in passages(data, count):
                row = asdict(one) | {"labels": []}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        waiting.replace(path)
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    real = [Passage(**{**row, "heading_path": tuple(row["heading_path"]), "labels": frozenset()}) for row in rows]
    again = [
        replace(one, id=f"{one.id}-again{turn}") for turn, one in enumerate(islice(cycle(real), count - len(real)))
    ]
    return [*real, *again], len(again)


def kept_vectors(encoder: Encoder, made: Sequence[Passage], work: Path) -> tuple[np.ndarray, float]:
    """float32[N, H] and the seconds they took, over all runs."""
    folder = work / f"vectors-{encoder.id}-{len(made)}"
    folder.mkdir(parents=True, exist_ok=True)
    size = encoder.dimensions
    for at in range(0, len(made), STEP * 10):
        part = folder / f"{at:08d}.npz"
        if part.is_file():
            continue
        began = time.perf_counter()
        found = [
            encoder.encode([embedded_text(one) for one in made[start : start + STEP]])
            for start in range(at, min(at + STEP * 10, len(made)), STEP)
        ]
        seconds = time.perf_counter() - began
        waiting = part.with_name("waiting.npz")
        np.savez(waiting, vectors=np.concatenate(found), seconds=seconds)
        waiting.replace(part)
        print(f"{at + sum(map(len, found)):,} embedded, {sum(map(len, found)) / seconds:.0f}/s", flush=True)
    parts = [np.load(one) for one in sorted(folder.glob("0*.npz"))]
    vectors = np.concatenate([one["vectors"] for one in parts])
    assert vectors.shape == (len(made), size)
    return vectors, float(sum(one["seconds"] for one in parts))


def copies(made: Sequence[Passage], vectors: np.ndarray, turn: int) -> tuple[list[Passage], np.ndarray]:
    """A perturbed copy of each passage and vector."""
    chance = np.random.default_rng(turn)
    noise = chance.standard_normal(vectors.shape, dtype=np.float32)
    turned = vectors + TURN * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    rng = random.Random(turn)
    return [replace(one, id=f"{one.id}-{turn}", text=_perturbed(one.text, rng)) for one in made], turned


def _perturbed(text: str, rng: random.Random) -> str:
    """Its words (of Chinese, its clauses) in another order, a tenth of them missing."""
    parts = text.split() if " " in text[:200] else text.replace("。", "，").split("，")
    rng.shuffle(parts)
    return " ".join(parts[: max(1, len(parts) * 9 // 10)])


def questions(data: Path) -> list[str]:
    found = []
    for name in ("squad11_dev", "cmrc2018", "drcd", "medquad_faq"):
        with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                found += [one["question"] for one in row["qas"]] if "qas" in row else [row["question"]]
    return random.Random(13).sample([one for one in found if is_searchable(one)], ASKED + WARM)


def asked(folder: Path, model: Path, them: Sequence[str]) -> tuple[float, float, float]:
    """p50 and p95 of a hybrid query, milliseconds, and the megabytes that this process holds then."""
    encoder = Encoder(model)
    retriever, times = Retriever(Index(str(folder), encoder.id), encoder), []
    for at, question in enumerate(them):
        began = time.perf_counter()
        retriever.retrieve(question)
        if at >= WARM:
            times.append((time.perf_counter() - began) * 1000)
    held = psutil.Process().memory_info().rss / 1e6
    return float(np.percentile(times, 50)), float(np.percentile(times, 95)), held


def alone(folder: Path, model: Path, them: Sequence[str]) -> tuple[float, float, float]:
    """`asked` in a new process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(asked, folder, model, them).result()


def build(index: Index, made: Sequence[Passage], vectors: np.ndarray) -> float:
    """Seconds to add them."""
    began = time.perf_counter()
    for at in range(0, len(made), ADDED):
        index.add(made[at : at + ADDED], vectors[at : at + ADDED])
    return time.perf_counter() - began


def compacted(index: Index) -> float:
    began = time.perf_counter()
    index.compact(purge=False)
    return time.perf_counter() - began


def megabytes(folder: Path) -> float:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("work", type=Path, help="folder that keeps passages, vectors and the index")
    parser.add_argument("--pack", default="en", help="model pack")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--copies", type=int, default=9, help="perturbed copies of each; 0: none")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    model = exported_encoder(find_pack(given.pack))
    encoder = Encoder(model)
    made, repeated = kept_passages(given.data, given.work, given.passages)
    vectors, seconds = kept_vectors(encoder, made, given.work)
    them = questions(given.data)
    folder = given.work / "index"
    shutil.rmtree(folder, ignore_errors=True)
    index = Index(str(folder), encoder.id)
    lines = []

    def line(what: str, spent: float, added: float, tidied: float) -> None:
        p50, p95, rss = alone(folder, model, them)
        lines.append(Scale(what, index.count(), repeated, spent, added, tidied, megabytes(folder), rss, p50, p95))
        print(json.dumps(asdict(lines[-1])), flush=True)

    line("real", seconds, build(index, made, vectors), compacted(index))
    if given.copies:
        added = 0.0
        for turn in range(1, given.copies + 1):
            others, turned = copies(made, vectors, turn)
            added += build(index, others, turned)
            print(f"{turn} of {given.copies} copies added", flush=True)
        del others, turned
        line("real and synthetic", 0.0, added, compacted(index))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    if given.json:
        print(json.dumps([asdict(one) for one in lines], indent=2))
        return
    print("| passages | repeated | embed s | add s | compact s | disk MB | resident MB | p50 ms | p95 ms |")
    print("|---" * 9 + "|")
    for one in lines:
        print(
            f"| {one.passages:,} {one.what} | {one.repeated:,} | {one.embed_seconds:.0f} | {one.add_seconds:.0f} | "
            f"{one.compact_seconds:.0f} | {one.disk_mb:.0f} | {one.rss_mb:.0f} | {one.p50_ms:.1f} | {one.p95_ms:.1f} |"
        )
    print(f"\nMost memory while building, all passages and vectors of this program included: {peak:.0f} MB.")


if __name__ == "__main__":
    main()
