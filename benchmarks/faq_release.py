"""What a release gains by fitting how sure a vetted answer is to the workspace's own phrasings and documents.

In: the folder of data sets. Workspaces are drawn: vetted answers with one to four phrasings each, and questions about
documents. Asked are other phrasings of the same answers, as many of answers that the workspace does not hold, and half
as many other questions about documents. Out: for each set the means over workspaces of calibration error and log loss,
and what is answered at 80% and how much of it rightly, with the encoder's own calibrator and with the release's.

    python benchmarks/faq_release.py DATA_FOLDER [--pack en]

Sets: covidfaq_jhu with the questions of covid_qa; banking77, each intent an entry whose answer is its name, with those
of the sample bank; lcqmc_dev, questions that mean the same an entry without an answer's text, with those of cmrc2018.
How hard a release pulls towards the encoder's calibrator was chosen on these three. clinc150_test (with the questions
of policyqa) and afqmc_train (with those of drcd), made like the second and the third, had no part in that.
What the pack's encoder was trained on is left out (`seen`).
"""

import argparse
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from seen import was_seen

from autogpt.answer.faq import FEATURES, FaqMatcher, phrasings, plain
from autogpt.answer.tune_faq import document_questions, fit_faq, known_questions
from autogpt.compress.cache import exported_encoder
from autogpt.metrics.calibration import expected_calibration_error
from autogpt.metrics.calibrator import Calibrator
from autogpt.models.packs import find_pack
from autogpt.records import FaqEntry
from autogpt.retrieve.encoder import Encoder, Prompt, Vectors
from autogpt.services.faq import faq_calibrator

SAMPLE = Path(__file__).parents[1] / "examples" / "finance" / "examples.jsonl"
WORKSPACES, ENTRIES, KNOWN, DOCUMENTS, NEW = 8, 40, 4, 50, 6
#: Phrasings of an entry, and questions about documents, that are drawn from.
FORMS, QUESTIONS = 20, 400
LEVEL = 0.8
#: What clinc150 calls questions that no intent fits.
OUT_OF_SCOPE = "oos"


@dataclass(frozen=True)
class Source:
    """Answers with all their phrasings, the first the vetted one, and questions about documents."""

    name: str
    language: str
    entries: Sequence[tuple[Sequence[str], str]]
    documents: Sequence[str]


class Remembered:
    """An encoder that encodes each question once."""

    def __init__(self, encoder: Encoder, source: Source) -> None:
        self.id = encoder.id
        questions = [*(one for asked, _ in source.entries for one in asked), *source.documents]
        different = list(dict.fromkeys(questions))
        self._vectors = dict(zip(different, encoder.encode(different, "query"), strict=True))

    def encode(self, texts: Sequence[str], prompt: Prompt = "document") -> Vectors:
        return np.array([self._vectors[text] for text in texts])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--pack", default="en", help="model pack")
    options = parser.parse_args()
    pack = find_pack(options.pack)
    folder = exported_encoder(pack)
    own = faq_calibrator(folder)
    if own is None:
        raise SystemExit("The encoder brings no faq.json.")
    encoder = Encoder(folder)
    print("set              calibrator     calibration error   log loss   answered   right")
    data = options.data
    with SAMPLE.open(encoding="utf-8") as file:
        bank = [json.loads(line)["question"] for line in file]
    sources = (
        covid(data),
        intents(data, "banking77_train", bank),
        pairs(data, "lcqmc_dev", questions(data, "cmrc2018")),
        intents(data, "clinc150_test", questions(data, "policyqa")),
        pairs(data, "afqmc_train", questions(data, "drcd")),
    )
    for source in sources:
        if source.language in pack.languages and not was_seen(pack.name, source.name):
            measure(source, encoder, own)


def measure(source: Source, encoder: Encoder, own: Calibrator) -> None:
    remembered = Remembered(encoder, source)
    answers = encoder.encode([answer for _, answer in source.entries])
    found: dict[str, list[tuple[float, ...]]] = {"encoder's": [], "release's": []}
    fitted = 0
    for seed in range(WORKSPACES):
        rng = random.Random(seed)
        order = rng.sample(range(len(source.entries)), len(source.entries))
        held, absent = order[: min(ENTRIES, len(order) // 2)], order[len(order) // 2 :][:ENTRIES]
        documents = rng.sample(source.documents, len(source.documents))
        entries, asked = [], []
        for at in held:
            first, *others = source.entries[at][0]
            rng.shuffle(others)
            known = rng.randrange(min(KNOWN, max(1, len(others))))
            entries.append(FaqEntry(str(at), (first, *others[:known]), source.entries[at][1] or str(at)))
            asked += [(question, str(at)) for question in others[known:][:NEW]]
        strangers = [
            (one, "") for at in absent for one in rng.sample(source.entries[at][0], len(source.entries[at][0]))[:NEW]
        ]
        count = min(len(asked), len(strangers))
        asked = [*rng.sample(asked, count), *rng.sample(strangers, count)]
        asked += [(question, "") for question in documents[DOCUMENTS:][: count // 2]]
        vectors = remembered.encode(phrasings(entries), "query")
        matcher = FaqMatcher(entries, vectors, answers[held], remembered, None)
        judged = [*known_questions(matcher)]
        judged += document_questions(matcher, ((question, ()) for question in documents[:DOCUMENTS]))
        made = fit_faq(judged, own, LEVEL).calibrator
        fitted += made is not None
        found["encoder's"].append(figures(matcher, asked, own))
        found["release's"].append(figures(matcher, asked, made or own))
    for name, rows in found.items():
        error, loss, answered, right = np.mean(rows, axis=0)
        share = right / answered if answered else 0.0
        print(f"{source.name:17}{name:15}{error:17.3f}{loss:11.3f}{answered:11.1%}{share:8.1%}")
    print(f"{'':17}fitted in {fitted} of {WORKSPACES} workspaces")


def figures(
    matcher: FaqMatcher, asked: Iterable[tuple[str, str]], calibrator: Calibrator
) -> tuple[float, float, float, float]:
    """Calibration error, log loss, share answered at 80%, share answered rightly."""
    confidence, right = [], []
    for question, entry in asked:
        matches = matcher.judge(question, None)
        if matches:
            said = calibrator.probability([[match.features[name] for name in FEATURES] for match in matches])
            confidence.append(said.max())
            right.append(matches[int(said.argmax())].entry.id == entry)
    probability, is_right = np.array(confidence), np.array(right)
    loss = -np.log(np.clip(np.where(is_right, probability, 1 - probability), 1e-6, None)).mean()
    sure = probability >= LEVEL
    return expected_calibration_error(probability, is_right), loss, sure.mean(), (sure & is_right).mean()


def covid(data: Path) -> Source:
    asked: dict[str, list[str]] = defaultdict(list)
    for row in sorted(rows(data, "covidfaq_jhu"), key=lambda row: row["query_type"] != "faq"):
        asked[row["answer"]].append(row["question"])
    return source("covidfaq_jhu", "en", asked.items(), questions(data, "covid_qa"))


def intents(data: Path, name: str, documents: Sequence[str]) -> Source:
    """Questions that want the same are phrasings of one entry, whose answer is the intent's name."""
    asked: dict[str, list[str]] = defaultdict(list)
    for row in rows(data, name):
        if row["label"] != OUT_OF_SCOPE:
            asked[row["label"].replace("_", " ")].append(row["text"])
    return source(name, "en", asked.items(), documents)


def pairs(data: Path, name: str, documents: Sequence[str]) -> Source:
    """Questions that are said to mean the same, directly or by way of others, are phrasings of one entry."""
    alike: dict[str, list[str]] = {}
    for row in rows(data, name):
        if int(row["label"]):
            one, other = alike.setdefault(row["a"], [row["a"]]), alike.setdefault(row["b"], [row["b"]])
            if one is not other:
                one += other
                alike.update(dict.fromkeys(other, one))
    groups = {id(group): group for group in alike.values() if len(group) > 2}
    return source(name, "zh", (("", group) for group in groups.values()), documents)


def source(name: str, language: str, asked: Iterable[tuple[str, Sequence[str]]], documents: Sequence[str]) -> Source:
    entries = []
    for answer, given in asked:
        different = list({plain(text): text.strip() for text in reversed(given) if plain(text)}.values())[::-1]
        if len(different) > 1:
            entries.append((different[:FORMS], answer))
    drawn = random.Random(1).sample(documents, min(QUESTIONS, len(documents)))
    return Source(name, language, entries, drawn)


def questions(data: Path, name: str) -> list[str]:
    return [one["question"] for row in rows(data, name) for one in row["qas"]]


def rows(data: Path, name: str) -> list[dict]:
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


if __name__ == "__main__":
    main()
