"""How many wrong labels the check for label errors finds, and how much of what it names is wrong.

Labels are made wrong by chance, a tenth of them, and brought into a workspace as its users would; then the check is
asked (Data sets > Findings, or `autogpt examples suspects`). `squad20` (its measuring articles; the pack has read none)
and `policyqa` (policies; another kind of text than the pack was trained on): an answer becomes another place of the
same text that shares no word with it, or is taken away; a question without an answer is given one. Read by the pack's
reader, by one that was trained on these very examples, and by folds, each read by a reader trained on the others.
`banking77` (training part): the class becomes another one by chance, or the one whose questions are most alike.

In: the folder of data sets, and a folder to work in, which keeps each cell: a run that was stopped goes on. Out: a row
a data set and reader. Precision is a floor: what was wrong in the data sets before counts as right. "Among the first":
of as many suspects as labels were made wrong, how many are.

    python benchmarks/label_errors.py DATA_FOLDER WORK_FOLDER [--questions 300] [--folds 3] [--only policyqa ...]
"""

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from cells import Row, alone, kept, markdown, over

from autogpt.annotate.classifier_data import load_classifier_examples
from autogpt.annotate.reader_data import load_reader_examples
from autogpt.compress.cache import exported_encoder
from autogpt.evaluate.slices import with_title_hash
from autogpt.models.packs import find_pack
from autogpt.records import AnswerSpan, ClassifierExample, ReaderExample, Status
from autogpt.retrieve.encoder import Encoder
from autogpt.services.bundles import BASE
from autogpt.services.examples.doubts import find_doubts
from autogpt.services.examples.importing import import_examples
from autogpt.services.examples.listing import load_examples
from autogpt.services.examples.splitting import split_examples
from autogpt.services.training_reader import train_reader
from autogpt.services.workspaces import create
from autogpt.store import Store

WRONG, SEED = 0.1, 13
READERS = {"squad20": "squad20_dev", "policyqa": "policyqa"}
#: Who reads → its name in the table.
PACK, LEARNT, FOLDS = "pack", "learnt", "folds"
NAMES = {PACK: "the pack's reader", LEARNT: "a reader trained on them", FOLDS: "{folds} folds"}
#: How a class is made wrong → its name in the table.
BY_CHANCE, ALIKE = "chance", "alike"
CLASSES = {BY_CHANCE: "5 folds; another class by chance", ALIKE: "5 folds; the class most alike"}


def words(text: str) -> set[str]:
    return set(text.casefold().split())


def elsewhere(example: ReaderExample, length: int, rng: random.Random) -> AnswerSpan | None:
    """So many words of the context that share none with its answers; None where there are none."""
    starts, at = [], 0
    tokens = example.context.split(" ")
    for token in tokens:
        starts.append(at)
        at += len(token) + 1
    right = {word for answer in example.answers for word in words(answer.text)}
    places = []
    for first in range(len(tokens) - length + 1):
        last = first + length - 1
        text = example.context[starts[first] : starts[last] + len(tokens[last])]
        if text.strip() == text and text and not words(text) & right:
            places.append(AnswerSpan(text, starts[first]))
    return rng.choice(places) if places else None


def made_wrong(example: ReaderExample, rng: random.Random) -> ReaderExample | None:
    """The example with another label; None where its text has no other."""
    if example.answerable and rng.random() < 0.5:
        return replace(example, answers=())
    length = len(example.answers[0].text.split()) if example.answerable else rng.randint(1, 5)
    other = elsewhere(example, length, rng)
    return replace(example, answers=(other,)) if other else None


def planted(examples: Sequence[ReaderExample], count: int) -> tuple[list[ReaderExample], list[str]]:
    """So many questions, none twice, a tenth of them with another label; and those tenth."""
    rng = random.Random(SEED)
    once = list({one.question: one for one in examples}.values())
    chosen = rng.sample(once, min(count, len(once)))
    wrong: dict[int, ReaderExample] = {}
    for at in rng.sample(range(len(chosen)), len(chosen)):
        if len(wrong) < WRONG * len(chosen) and (made := made_wrong(chosen[at], rng)):
            wrong[at] = made
    return [wrong.get(at, one) for at, one in enumerate(chosen)], [chosen[at].question for at in wrong]


def squad(examples: Sequence[ReaderExample]) -> str:
    """The examples as a SQuAD file."""
    articles: dict[str, dict[str, list[ReaderExample]]] = defaultdict(lambda: defaultdict(list))
    for one in examples:
        articles[one.title][one.context].append(one)
    data = [
        {
            "title": title,
            "paragraphs": [
                {
                    "context": context,
                    "qas": [
                        {
                            "id": one.id,
                            "question": one.question,
                            "is_impossible": not one.answerable,
                            "answers": [{"text": answer.text, "answer_start": answer.start} for answer in one.answers],
                        }
                        for one in asked
                    ],
                }
                for context, asked in contexts.items()
            ],
        }
        for title, contexts in articles.items()
    ]
    return json.dumps({"version": "v2.0", "data": data})


def workspace(folder: Path, written: str, name: str, wrong: Sequence[str]) -> Store:
    """A workspace with the examples of a file, all of which train or validate."""
    if not (folder / "autogpt.toml").is_file():
        create(folder, model="en").close()
        (folder / name).write_text(written, encoding="utf-8")
        (folder / "wrong.json").write_text(json.dumps(wrong), encoding="utf-8")
    store = Store(folder)
    if not load_examples(store, Status.ACCEPTED):
        import_examples(store, folder / name, index=False)
        split_examples(store, test=0.0)
    return store


def found(store: Store, wrong: Sequence[str], find: Callable[[], Sequence[str]]) -> Row:
    """What the questions that `find` names, the most doubtful first, have to do with the wrong ones."""
    here = {one.question for one in load_examples(store, Status.ACCEPTED)}
    planted = set(wrong) & here
    began = time.perf_counter()
    named = find()
    right = [one in planted for one in named]
    return {
        "examples": len(here),
        "wrong": len(planted),
        "named": len(named),
        "recall": 100 * sum(right) / len(planted),
        "precision": 100 * sum(right) / max(1, len(named)),
        "first": 100 * sum(right[: len(planted)]) / len(planted),
        "minutes": (time.perf_counter() - began) / 60,
    }


def read_cell(name: str, by: str, data: Path, folder: Path, questions: int, folds: int) -> Row:
    """What a reader contradicts, of the examples of a data set."""
    examples = load_reader_examples(data / f"{READERS[name]}.jsonl.gz")
    chosen, wrong = planted(with_title_hash(examples, "8-f") if name == "squad20" else examples, questions)
    store = workspace(folder, squad(chosen), "examples.json", wrong)

    def find() -> list[str]:
        if by == LEARNT:
            train_reader(store)
        report = find_doubts(store, BASE if by == PACK else "", folds=folds if by == FOLDS else 0)
        return [one.question for one in report.doubts]

    row = found(store, wrong, find)
    store.close()
    return row


def class_cell(how: str, data: Path, folder: Path) -> Row:
    """Which classes the other folds contradict."""
    examples = list({one.text: one for one in load_classifier_examples(data / "banking77_train.jsonl.gz")}.values())
    centres = alike(examples) if how == ALIKE else {}
    rng = random.Random(SEED)
    labels = sorted({one.labels[0] for one in examples})
    wrong = {one.id: one for one in rng.sample(examples, int(WRONG * len(examples)))}
    lines = []
    for one in examples:
        label = one.labels[0]
        if one.id in wrong:
            label = centres.get(label) or rng.choice([other for other in labels if other != label])
        lines.append(json.dumps({"text": one.text, "label": label}))
    texts = [one.text for one in wrong.values()]
    store = workspace(folder, "\n".join(lines) + "\n", "labelled.jsonl", texts)
    row = found(store, texts, lambda: [one.question for one in find_doubts(store).doubts])
    store.close()
    return row


def alike(examples: Sequence[ClassifierExample]) -> dict[str, str]:
    """The class whose mean question is most like its own, of each class."""
    vectors = Encoder(exported_encoder(find_pack("en"))).encode([one.text for one in examples])
    labels = sorted({one.labels[0] for one in examples})
    means = np.stack([vectors[[one.labels[0] == label for one in examples]].mean(axis=0) for label in labels])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    likeness = means @ means.T
    np.fill_diagonal(likeness, -1)
    return {label: labels[int(likeness[at].argmax())] for at, label in enumerate(labels)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("work", type=Path, help="folder for workspaces, trainings and results")
    parser.add_argument("--only", nargs="+", choices=[*READERS, "banking77"], default=[*READERS, "banking77"])
    parser.add_argument("--questions", type=int, default=300, help="that a reader reads")
    parser.add_argument("--folds", type=int, default=3, help="readers that are trained")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, str, Row]] = []
    for name in options.only:
        ways = NAMES if name in READERS else CLASSES
        for way, said in ways.items():
            folder = options.work / f"{name}-{way}"
            if name in READERS:
                measure = partial(alone, read_cell, name, way, options.data, folder, options.questions, options.folds)
            else:
                measure = partial(alone, class_cell, way, options.data, folder)
            row = kept(options.work, f"{name}-{way}-0", measure)
            rows.append((name, said.format(folds=options.folds), row))
            print(name, way, {key: round(value, 1) for key, value in row.items()}, flush=True)
    head = ["data", "read by", "examples", "made wrong", "named", "found, %", "of those named wrong, %"]
    head += ["wrong among the first, %", "minutes"]
    whole = ("examples", "wrong", "named")
    shares = ("recall", "precision", "first", "minutes")
    lines = [
        [name, said, *(over([row], key, "{:,.0f}") for key in whole), *(over([row], key) for key in shares)]
        for name, said, row in rows
    ]
    print("\n" + markdown(head, lines))


if __name__ == "__main__":
    main()
