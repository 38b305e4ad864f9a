"""Closing the loop, measured: what labelling the questions that the review queue ranks first gives, against chance.

A workspace with the pack's own release holds documents of a data set. Live questions are simulated: each is asked by
somebody who may see its document alone, and those that are answered badly go to the review queue. So many of them are
labelled, with the data set's answers: those that the queue ranks first (`queue`); by chance of those that wait in it
(`waiting`); by chance of all that were asked (`live`). The reader goes on training on each, and is measured on
questions about other documents.

In: the folder of data sets, and a folder to work in, which keeps what was chosen and each cell: a run that was stopped
goes on. Out: a row a way of choosing, means over seeds, each with another draw of live questions.

    python benchmarks/closing_the_loop.py DATA_FOLDER WORK_FOLDER [--set policyqa|fincuge] [--label 50]
        [--questions 600] [--measure 1000] [--seeds 3] [--setting train.reader.epochs=2]
"""

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import mean
from typing import Any

from cells import Row, alone, kept, markdown, over
from sqlalchemy import select

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.cli.options import parse_settings
from autogpt.config import Config, override
from autogpt.evaluate.reader import evaluate_reader
from autogpt.evaluate.slices import with_title_hash
from autogpt.guard.mask import mask
from autogpt.models.packs import find_pack
from autogpt.records import ReaderExample
from autogpt.services.answering import Answerer
from autogpt.services.bundles import BASE
from autogpt.services.evaluating import open_reader
from autogpt.services.indexing import sync
from autogpt.services.ingesting import ingest
from autogpt.services.reviewing import review_items
from autogpt.services.training_reader import train_reader_on_files
from autogpt.services.vetted import same
from autogpt.services.workspaces import create
from autogpt.store import Store
from autogpt.store.tables import DocumentRow

WAYS = ("queue", "waiting", "live")
NAMES = {
    "queue": "ranked first by the queue",
    "waiting": "by chance, of those that wait",
    "live": "by chance, of all asked",
}


@dataclass(frozen=True)
class Set:
    """Attributes:
    file: of the data set.
    pack: whose release it begins from.
    answerable: whether every question has an answer; then the reader is made to give one.
    named: whether its documents have names; else each context is one.
    """

    file: str
    pack: str
    answerable: bool
    named: bool


SETS = {"policyqa": Set("policyqa", "en", True, True), "fincuge": Set("fincuge_zh_mrc", "multi", False, False)}


def examples_of(chosen: Set, data: Path) -> list[ReaderExample]:
    """Every question, with its document as its title."""
    found = load_reader_examples(data / f"{chosen.file}.jsonl.gz")
    if chosen.named:
        return found
    return [replace(one, title=sha256(one.context.encode()).hexdigest()[:16]) for one in found]


def drawn(examples: Sequence[ReaderExample], count: int, seed: int) -> list[ReaderExample]:
    """So many by chance, in their order."""
    if count >= len(examples):
        return list(examples)
    return [examples[at] for at in sorted(random.Random(seed).sample(range(len(examples)), count))]


def label_of(title: str) -> str:
    """The access label of who asks about a document, and the name of its file."""
    return sha256(title.encode()).hexdigest()[:16]


def opened(folder: Path, pack: str, live: Sequence[ReaderExample]) -> Store:
    """A workspace with the documents of the live questions, each seen by those alone who ask about it."""
    if not (folder / "autogpt.toml").is_file():
        create(folder, model=pack).close()
    store = Store(folder)
    texts: dict[str, dict[str, None]] = {}
    for one in live:
        texts.setdefault(label_of(one.title), {})[one.context] = None
    sources = folder / "sources"
    sources.mkdir(exist_ok=True)
    for label, contexts in texts.items():
        (sources / f"{label}.txt").write_text("\n\n".join(contexts), encoding="utf-8")
    ingest(store, [sources], sync=lambda store, sink: 0)
    with store.session() as session:
        for row in session.scalars(select(DocumentRow)):
            row.labels = [Path(row.name).stem]
    sync(store)
    return store


def choice(name: str, data: Path, folder: Path, questions: int, count: int, seed: int) -> Row:
    """Ask, and write down which questions each way of choosing would label."""
    chosen = SETS[name]
    live = drawn(with_title_hash(examples_of(chosen, data), "0-7"), questions, seed)
    store = opened(folder, chosen.pack, live)
    with Answerer(store, BASE, compose=False) as answerer:
        answerer.take_time()
        for one in live:
            answerer.ask(one.question, frozenset({label_of(one.title)}))
        items = review_items(store, answerer.encoder, None)
    store.close()
    known: dict[tuple[str, str], ReaderExample] = {}
    for one in live:
        known.setdefault((label_of(one.title), same(mask(one.question).text)), one)
    waiting = [known[next(iter(item.rows[0].labels)), same(item.text)].id for item in items]
    rng = random.Random(seed)
    told = {
        "queue": waiting[:count],
        "waiting": rng.sample(waiting, min(count, len(waiting))),
        "live": rng.sample([one.id for one in live], min(count, len(live))),
    }
    (folder / "chosen.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    return {"live": len(live), "waiting": len(waiting)}


def cell(name: str, data: Path, way: str, folder: Path, measure: int, changes: dict[str, Any], out: Path) -> Row:
    """One training, and what it reaches; of `base` none."""
    chosen = SETS[name]
    examples = examples_of(chosen, data)
    test = drawn(with_title_hash(examples, "8-f"), measure, 0)
    config = override(Config(), {"workspace.model": chosen.pack, **changes})
    began = time.perf_counter()
    if way == "base":
        model, count = find_pack(chosen.pack).reader, 0
    else:
        ids = json.loads((folder / "chosen.json").read_text(encoding="utf-8"))[way]
        by_id = {one.id: one for one in examples}
        model = train_reader_on_files(config, [by_id[id] for id in ids], (), out).model
        count = len(ids)
    minutes = (time.perf_counter() - began) / 60
    with open_reader(str(model)) as reader:
        metrics = evaluate_reader(reader, test, force_answer=chosen.answerable).metrics
    return {
        "labelled": count,
        "test": len(test),
        "minutes": minutes,
        "f1": metrics["f1"],
        "exact_match": metrics["exact_match"],
    }


def table(base: Row, rows: dict[str, list[Row]]) -> str:
    head = ["labelled", "F1", "gain", "exact match", "gain", "minutes a training"]
    lines = [["nothing", f"{base['f1']:.1f}", "", f"{base['exact_match']:.1f}", "", ""]]
    for way, cells in rows.items():
        gains = [f"{mean(one[key] for one in cells) - base[key]:+.1f}" for key in ("f1", "exact_match")]
        scores = [over(cells, "f1"), over(cells, "exact_match")]
        lines.append([NAMES[way], scores[0], gains[0], scores[1], gains[1], over(cells, "minutes")])
    return markdown(head, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("work", type=Path, help="folder for workspaces, trainings and results")
    parser.add_argument("--set", default="policyqa", choices=SETS, dest="name")
    parser.add_argument("--label", type=int, default=50, help="questions that are labelled")
    parser.add_argument("--questions", type=int, default=600, help="live questions")
    parser.add_argument("--measure", type=int, default=1_000, help="questions about other documents that measure")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--setting", action="append", metavar="KEY=VALUE", help="of the training; may be repeated")
    options = parser.parse_args()
    given = parse_settings(options.setting)
    name, rows = options.name, dict[str, list[Row]]()
    options.work.mkdir(parents=True, exist_ok=True)
    base = kept(
        options.work,
        f"{name}-base",
        partial(alone, cell, name, options.data, "base", options.work, options.measure, given, options.work),
    )
    print("base", {key: round(base[key], 2) for key in ("f1", "exact_match")}, flush=True)
    for seed in range(options.seeds):
        folder = options.work / f"{name}-{seed}"
        asked = partial(alone, choice, name, options.data, folder, options.questions, options.label, seed)
        queued = kept(options.work, f"{name}-choice-{seed}", asked)
        print(f"seed {seed}: {queued['waiting']:.0f} of {queued['live']:.0f} live questions wait", flush=True)
        for way in WAYS:
            told = {"train.reader.seed": 13 + seed, "train.reader.trackers": [], **given}
            at = f"{name}-{way}-{seed}"
            measured = partial(alone, cell, name, options.data, way, folder, options.measure, told, options.work / at)
            row = kept(options.work, at, measured)
            rows.setdefault(way, []).append(row)
            print(at, {key: round(row[key], 2) for key in ("f1", "exact_match", "minutes")}, flush=True)
    first = next(iter(rows.values()))[0]
    print(f"\n{first['labelled']:.0f} labelled, {first['test']:,.0f} questions about other documents measure.\n")
    print(table(base, rows))


if __name__ == "__main__":
    main()
