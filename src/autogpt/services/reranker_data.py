"""Makes what a reranker is trained and validated on: of a workspace's examples, or of files.

In: `Parts`, and the search that answers at present. Out: `Pair`s with the negatives that a retriever is trained on, and
what the search found for the questions of the validation. Knows nothing about training.
"""

import json
import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from autogpt.config import RerankerTrainingSection
from autogpt.progress import Sink, silent, track
from autogpt.records import Example
from autogpt.retrieve.encoder import Encodes
from autogpt.retrieve.retriever import is_searchable
from autogpt.services.retriever_data import Parts, RetrieverData, Search, mined_pairs
from autogpt.train.pairs import Asked, Pair, Ranking, holding

#: Found passages are kept in the folder of a run beside its pairs: a run that goes on is validated on the same.
FILE_NAME = "found.jsonl"


def pairs_of(
    parts: Parts, settings: RerankerTrainingSection, search: Search, encoder: Encodes, sink: Sink = silent
) -> list[Pair]:
    """The questions of the train part with a passage that answers and hard negatives.

    Args:
        search: passages for a question, best first, by words and by meaning.
        encoder: what `search` uses.
    """
    data = RetrieverData(parts.asked(), Ranking(), held_out=parts.held_out, names=parts.names)
    return mined_pairs(data, settings, search, encoder, sink)


def found_for(
    parts: Parts, settings: RerankerTrainingSection, search: Search, depth: int, sink: Sink = silent
) -> list[Asked]:
    """The `depth` best passages for the questions of the validation part; of many questions some are drawn."""
    questions = [one for one in parts.validation if is_searchable(one.question)]
    if settings.validation_questions and len(questions) > settings.validation_questions:
        questions = random.Random(settings.seed).sample(questions, settings.validation_questions)  # noqa: S311
    return [_asked(parts, one, search, depth) for one in track(questions, "search", sink)]


def _asked(parts: Parts, example: Example, search: Search, depth: int) -> Asked:
    own = parts.cut(example.version_id or "")
    wanted = {(own[at].start, own[at].end) for at in holding(own, example.spans)}
    found = search(example.question)[:depth]
    right = {
        at
        for at, one in enumerate(found)
        if one.passage.version_id == example.version_id and (one.passage.start, one.passage.end) in wanted
    }
    missed = range(1, len(wanted) - len(right) + 1)
    return Asked(
        example.question,
        tuple(parts.text(one.passage) for one in found),
        tuple(one.score for one in found),
        frozenset(right | {-number for number in missed}),
    )


def kept_found(folder: Path, search: Callable[[], list[Asked]]) -> list[Asked]:
    """What `search` gives, kept in the folder of a run: asked again, the file is read."""
    path = folder / FILE_NAME
    if path.is_file():
        # Not `splitlines`: texts hold characters that it takes for line ends, and that JSON need not escape.
        *lines, _ = path.read_text(encoding="utf-8").split("\n")
        return [
            Asked(one["question"], tuple(one["texts"]), tuple(one["scores"]), frozenset(one["right"]))
            for one in map(json.loads, lines)
        ]
    asked = search()
    waiting = path.with_name(f"{path.name}.part")
    rows = (json.dumps({**asdict(one), "right": sorted(one.right)}, ensure_ascii=False) for one in asked)
    waiting.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    waiting.replace(path)
    return asked
