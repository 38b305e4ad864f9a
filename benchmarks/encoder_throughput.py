"""How fast the exported encoder embeds passages beside sentence-transformers: same model, texts and threads.

    python benchmarks/encoder_throughput.py DATA_FOLDER [--pack en] [--passages 1000] [--rounds 3] [--json]

In: paragraphs of squad11_dev (and of drcd for a pack that reads Chinese), drawn by chance. Out: passages a second of
the exported encoder in bfloat16 and in int8 (ranges from other paragraphs), and of sentence-transformers in float32 and
bfloat16 at its fastest batch size; it sorts by length itself. Rounds are interleaved, so that a busy machine slows down
all alike; the median of the rounds counts, and processor seconds are given beside. How well the vectors find say
recall@1 and nDCG@10 of the paragraphs' own questions, exact search.
"""

import argparse
import gzip
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from peers import MAX_TOKENS, sentence_transformers

from autogpt.compress.export import Precision, export_encoder
from autogpt.metrics.ranking import ndcg
from autogpt.models.packs import Pack, find_pack
from autogpt.retrieve.encoder import Encoder, Prompt

Embed = Callable[[Sequence[str], Prompt], np.ndarray]

BATCH_SIZES = (16, 32, 64)
#: Paragraphs that int8 takes its ranges from; never among those measured.
CALIBRATION = 200
SETS = {"en": ("squad11_dev",), "zh": ("drcd",)}


@dataclass(frozen=True)
class Speed:
    """One system: passages a second of elapsed and of processor time, and how well its vectors find."""

    system: str
    passages_per_second: float
    per_processor_second: float
    recall_at_1: float
    ndcg_at_10: float


def paragraphs(folder: Path, languages: Sequence[str]) -> list[tuple[str, str]]:
    """Paragraphs with a question each, each once."""
    found: dict[str, str] = {}
    for name in (name for language in languages for name in SETS.get(language, ())):
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                found.setdefault(row["context"], row["qas"][0]["question"])
    return list(found.items())


def exported(pack: Pack, precision: Precision, calibration: Sequence[str], scratch: Path) -> Embed:
    folder = export_encoder(
        pack.encoder,
        scratch / precision,
        precision=precision,
        calibration=calibration if precision == "int8" else (),
    )
    return Encoder(folder, max_tokens=MAX_TOKENS).encode


def peer(pack: Pack, dtype: str, sample: Sequence[str]) -> tuple[str, Embed]:
    """sentence-transformers at the batch size that embeds the sample fastest."""
    model = sentence_transformers(pack.encoder, dtype)

    def embed(texts: Sequence[str], prompt: Prompt, batch_size: int) -> np.ndarray:
        call = model.encode_query if prompt == "query" else model.encode_document
        found = call(list(texts), batch_size=batch_size, normalize_embeddings=True, convert_to_tensor=True)
        return found.float().numpy()

    def seconds(batch_size: int) -> float:
        began = time.perf_counter()
        embed(sample, "document", batch_size)
        return time.perf_counter() - began

    for size in BATCH_SIZES:
        seconds(size)
    best = min(BATCH_SIZES, key=seconds)
    return f"sentence-transformers, {dtype}, batches of {best}", lambda texts, prompt: embed(texts, prompt, best)


def found(embed: Embed, passages: np.ndarray, questions: Sequence[str]) -> tuple[float, float]:
    """recall@1 and nDCG@10."""
    order = np.argsort(-(embed(questions, "query") @ passages.T), axis=1, kind="stable")[:, :10].tolist()
    firsts = [float(at == row[0]) for at, row in enumerate(order)]
    gains = [ndcg(row, {at: 1.0}, 10) for at, row in enumerate(order)]
    return statistics.mean(firsts), statistics.mean(gains)


def measure(pack: Pack, rows: Sequence[tuple[str, str]], calibration: Sequence[str], rounds: int) -> list[Speed]:
    texts, questions = [text for text, _ in rows], [question for _, question in rows]
    with tempfile.TemporaryDirectory() as scratch:
        systems: dict[str, Embed] = {
            f"exported, {precision}": exported(pack, precision, calibration, Path(scratch))
            for precision in ("bf16", "int8")
        }
        systems |= dict(peer(pack, dtype, texts[:200]) for dtype in ("float32", "bfloat16"))
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in systems}
        vectors = {}
        for turn in range(rounds + 1):
            for name, embed in systems.items():
                began, processor = time.perf_counter(), time.process_time()
                vectors[name] = embed(texts, "document")
                if turn:  # the first builds kernels
                    times[name].append((time.perf_counter() - began, time.process_time() - processor))
        lines = []
        for name, embed in systems.items():
            elapsed, processor = (statistics.median(one) for one in zip(*times[name], strict=True))
            quality = found(embed, vectors[name], questions)
            lines.append(Speed(name, len(texts) / elapsed, len(texts) / processor, *quality))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--pack", default="en", help="model pack")
    parser.add_argument("--passages", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    pack = find_pack(given.pack)
    rows = paragraphs(given.data, pack.languages)
    random.Random(13).shuffle(rows)
    calibration = [text for text, _ in rows[:CALIBRATION]]
    with torch.inference_mode():
        lines = measure(pack, rows[CALIBRATION:][: given.passages], calibration, given.rounds)
    if given.json:
        print(json.dumps([asdict(line) for line in lines], indent=2))
        return
    print("| system | passages/s | per processor second | recall@1 | nDCG@10 |\n" + "|---" * 5 + "|")
    for line in lines:
        print(
            f"| {line.system} | {line.passages_per_second:.1f} | {line.per_processor_second:.1f} "
            f"| {line.recall_at_1:.3f} | {line.ndcg_at_10:.3f} |"
        )


if __name__ == "__main__":
    main()
