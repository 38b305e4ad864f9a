"""Tunes a pack's encoder on questions and the passages that answer them, and blends what came out with what it was.

In: questions, recipe.toml, the encoder in the pack. Out: a folder of a training, which goes on where it was killed; the
encoder of the pack, its weights between those before and after (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
models"): a tuned encoder is better on what it was tuned on, and worse on what is far from it.
"""

import gzip
import json
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from making.faq import FaqSet
from making.reader import report
from safetensors.torch import load_file, save_file

from autogpt.compress.export import export_encoder
from autogpt.config import Config
from autogpt.models import layout
from autogpt.records import FaqEntry, ReaderExample
from autogpt.retrieve.encoder import Encoder
from autogpt.services.training_retriever import train_retriever_on_files
from autogpt.text.sentences import sentences
from autogpt.train.pairs import Ranking
from autogpt.train.retriever import RankingValidator

#: Folder, in that of a training, of the encoder that it began from.
BASE = "base"


def tune(
    settings: dict[str, Any],
    train: Sequence[ReaderExample],
    faq: Sequence[FaqEntry],
    validation: Sequence[ReaderExample],
    base: Path,
    out: Path,
) -> None:
    """Train from the encoder in `base`; `out/model` holds the result, and `out/base` what it was, to blend with."""
    kept = out / BASE
    if not kept.is_dir():
        shutil.rmtree(partial := out / f"{BASE}.part", ignore_errors=True)
        shutil.copytree(base, partial)
        partial.rename(kept)
    config = Config.model_validate({"train": {"retriever": {**settings, "base": str(kept)}}})
    print(f"{len(train)} questions, {len(faq)} vetted answers, {len(validation)} to validate", flush=True)
    print(train_retriever_on_files(config, train, validation, out, report, faq=faq).summary, flush=True)


def one_a_context(examples: Sequence[ReaderExample], count: int, seed: int) -> list[ReaderExample]:
    """One question of each of `count` contexts, drawn by chance."""
    rng = random.Random(seed)
    by_context: dict[str, list[ReaderExample]] = {}
    for one in examples:
        by_context.setdefault(one.context, []).append(one)
    chosen = rng.sample(list(by_context.values()), min(count, len(by_context)))
    return [rng.choice(ones) for ones in chosen]


def between(before: Path, after: Path, share: float) -> dict[str, torch.Tensor]:
    """Weights of which `share` is from `after`, float32."""
    first, second = load_file(before / layout.WEIGHTS), load_file(after / layout.WEIGHTS)
    return {name: torch.lerp(one.float(), second[name].float(), share) for name, one in first.items()}


def compare(trained: Path, shares: Sequence[float], rankings: dict[str, Ranking]) -> None:
    """Print nDCG@10 by share, of the encoder as it is served.

    Args:
        trained: the folder that `tune` wrote.
    """
    print("| share | " + " | ".join(rankings) + " | mean |\n" + "|---" * (len(rankings) + 2) + "|")
    for share in shares:
        with tempfile.TemporaryDirectory() as folder:
            blended = Path(folder) / "blended"
            shutil.copytree(trained / BASE, blended)
            put_into_pack(trained, share, blended)
            encoder = Encoder(export_encoder(blended, Path(folder) / "exported", precision="bf16"))
            found = [RankingValidator(one, encoder).measure()["ndcg_at_10"] for one in rankings.values()]
        figures = " | ".join(f"{one:.1f}" for one in (*found, sum(found) / len(found)))
        print(f"| {share} | {figures} |", flush=True)


def put_into_pack(trained: Path, share: float, encoder: Path) -> None:
    """The weights of the pack's encoder, in 16 bits, whatever they are now: the same again when done twice.

    Args:
        trained: the folder that `tune` wrote.
    """
    weights = between(trained / BASE, trained / "model", share)
    blended = {name: one.half().contiguous() for name, one in weights.items()}
    partial = encoder / f"{layout.WEIGHTS}.part"
    save_file(blended, partial, metadata={"format": "pt"})
    partial.replace(encoder / layout.WEIGHTS)


def contexts(examples: Sequence[ReaderExample], others: Sequence[ReaderExample]) -> Ranking:
    """Questions, and all contexts of theirs and of others, as passages with their titles."""
    places: dict[str, int] = {}
    for one in (*examples, *others):
        places.setdefault(_titled(one), len(places))
    asked = tuple((one.question, frozenset({places[_titled(one)]})) for one in examples if one.answers)
    return Ranking(tuple(places), asked)


def phrased(faq: FaqSet) -> Ranking:
    """Questions, and the entries that answer them."""
    passages = tuple(f"{one.questions[0]}\n{one.answer}" for one in faq.entries)
    return Ranking(
        passages, tuple((one.question, frozenset({one.entry})) for one in faq.asked if one.entry is not None)
    )


def intents(path: Path, count: int, phrasings: int, seed: int) -> list[FaqEntry]:
    """Of a set of intents, `count` entries of questions that want the same, the intent's name as their answer."""
    rng = random.Random(seed)
    asked: dict[str, list[str]] = {}
    for row in _rows(path):
        asked.setdefault(row["label"], []).append(row["text"])
    drawn = [rng.choice(list(asked)) for _ in range(count)]
    return [
        FaqEntry(f"{path.name}-{at}", tuple(rng.sample(asked[label], phrasings)), label.replace("_", " "))
        for at, label in enumerate(drawn)
    ]


def medical_entries(data: Path, count: int, seed: int) -> list[FaqEntry]:
    """Entries of medquad_faq, of its first half: the last tenth is reported on, the others compare."""
    rows = [row for row in _rows(data / "medquad_faq.jsonl.gz") if _tenth(row["id"]) < 5]
    chosen = random.Random(seed).sample(rows, count)
    return [FaqEntry(row["id"], (row["question"],), row["answer"].strip()[:1_500]) for row in chosen]


def similar_questions(data: Path) -> list[FaqEntry]:
    """Questions about COVID-19 with another phrasing and their answer."""
    answers = {row["question"]: row["answer"] for row in _rows(data / "covidbert_faq_en.jsonl.gz")}
    others: dict[str, list[str]] = {}
    for row in _rows(data / "covid_question_sim_en.jsonl.gz"):
        if row["similar"] and row["question_1"] in answers:
            others.setdefault(row["question_1"], []).append(row["question_2"])
    return [
        FaqEntry(f"covid-{at}", (question, *phrasings), answers[question][:1_500])
        for at, (question, phrasings) in enumerate(others.items())
    ]


def answering_sentences(examples: Sequence[ReaderExample], count: int, seed: int) -> list[FaqEntry]:
    """Questions with the sentence that answers them, as a short vetted answer would."""
    made = []
    for one in random.Random(seed).sample(list(examples), min(count, len(examples))):
        for span in one.answers[:1]:
            within = [s for s in sentences(one.context, one.language) if s.start <= span.start and span.end <= s.end]
            made += [FaqEntry(one.id, (one.question,), one.context[s.start : s.end].strip()) for s in within]
    return made


def medical(data: Path, count: int, seed: int) -> Ranking:
    """Questions of medquad_faq and their answers, of tenths that are neither trained nor reported on."""
    rows = [row for row in _rows(data / "medquad_faq.jsonl.gz") if 5 <= _tenth(row["id"]) < 9]
    places: dict[str, int] = {}
    asked = []
    for row in random.Random(seed).sample(rows, count):
        place = places.setdefault(row["answer"].strip()[:1_500], len(places))
        asked.append((row["question"], frozenset({place})))
    return Ranking(tuple(places), tuple(asked))


def _titled(example: ReaderExample) -> str:
    return f"{example.title.replace('_', ' ')}\n{example.context}"


def _tenth(key: str) -> int:
    return int(sha256(key.encode()).hexdigest(), 16) % 10


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)
