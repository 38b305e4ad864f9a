"""What models were trained on, so that no benchmark reports on it.

In: the folder of data sets. Out: names of sets by pack, and texts. The encoder of `multi` may be tuned by its
recipe (`models/multi/recipe.toml`, `[tuning]`); what that would see counts as seen, whether the pack holds such weights
or not.
"""

import gzip
import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from autogpt.answer.faq import plain

#: Sets that the tuning takes questions of one intent, or alike, from; clinc150_test has the intents of clinc150_train.
SEEN = {
    "multi": frozenset(
        {"banking77_train", "clinc150_train", "clinc150_test", "covid_question_sim_en", "covidbert_faq_en"}
    )
}


def was_seen(pack: str, name: str) -> bool:
    return name in SEEN.get(pack, frozenset())


@cache
def seen_questions(data: Path) -> frozenset[str]:
    """Questions about COVID-19 that the tuning takes, as `plain` writes them."""
    rows = [row["question"] for row in _rows(data / "covidbert_faq_en.jsonl.gz")]
    pairs = [row[key] for row in _rows(data / "covid_question_sim_en.jsonl.gz") for key in ("question_1", "question_2")]
    return frozenset(map(plain, [*rows, *pairs]))


@cache
def seen_answers(data: Path) -> frozenset[str]:
    """Answers of the tenths of medquad_faq that the tuning takes, or is compared on."""
    rows = (row for row in _rows(data / "medquad_faq.jsonl.gz") if tenth(row["id"]) != LAST)
    return frozenset(plain(row["answer"]) for row in rows)


#: The tenth of medquad_faq that is reported on.
LAST = 9


def tenth(key: str) -> int:
    """Which tenth of a set an id falls into, by its hash."""
    return int(sha256(key.encode()).hexdigest(), 16) % 10


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return list(map(json.loads, lines))
