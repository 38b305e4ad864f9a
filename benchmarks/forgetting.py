"""What a reader forgets of SQuAD while it learns privacy policies; what replay and learning without forgetting keep.

In: the folder of data sets, and a folder to work in. Trained, from the pack's reader on, is on the articles of policyqa
whose title's SHA-256 begins with 0-7, replayed are questions of squad11_train. Measured are the articles 8-f of
squad11_dev (what was known) and of policyqa (what is learnt), never abstaining. Out: F1 before and after, with 95%
intervals of the difference, as a Markdown table. A cell that is in the working folder already is not made again, and
one that was killed goes on.

    python benchmarks/forgetting.py DATA_FOLDER WORK_FOLDER [--pack en] [--seeds 1] [--questions 0] [--minutes 0]
        [--share 0.5] [--weight 0.5] [--only CELL] [--set KEY=VALUE]
"""

import argparse
import json
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.cli.options import parse_settings
from autogpt.config import Config, override
from autogpt.evaluate.forgetting import Kept, Scored, forgetting
from autogpt.evaluate.reader import evaluate_reader
from autogpt.evaluate.slices import document_name, with_title_hash
from autogpt.records import ReaderExample
from autogpt.services.evaluating import open_reader, reader_folder
from autogpt.services.training_reader import train_reader_on_files

OLD, NEW = "squad11_dev, articles 8-f", "policyqa, articles 8-f"
BEFORE = "before"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("work", type=Path, help="folder for trainings and results")
    parser.add_argument("--pack", default="en", help="model pack whose reader goes on learning")
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each cell")
    parser.add_argument("--questions", type=int, default=0, help="most that train, and that measure; 0: all")
    parser.add_argument("--minutes", type=float, default=0, help="most for one training; 0: no limit")
    parser.add_argument("--share", type=float, default=0.5, help="replayed questions among all")
    parser.add_argument("--weight", type=float, default=0.5, help="of the distance from the model before")
    parser.add_argument("--only", default="", help="cells whose names begin so")
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="a setting; may be repeated")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    policies = load_reader_examples(options.data / "policyqa.jsonl.gz")
    train = drawn(with_title_hash(policies, "0-7"), options.questions)
    measured = {
        OLD: drawn(
            with_title_hash(load_reader_examples(options.data / "squad11_dev.jsonl.gz"), "8-f"), options.questions
        ),
        NEW: drawn(with_title_hash(policies, "8-f"), options.questions),
    }
    replayed = options.data / "squad11_train.jsonl.gz"
    require_apart([*train, *load_reader_examples(replayed)], measured)
    cells: dict[str, dict[str, Any]] = {
        "none": {},
        "replay": {"replay_data": [str(replayed)], "replay_share": options.share},
        "lwf": {"lwf_weight": options.weight},
    }
    cells["both"] = {**cells["replay"], **cells["lwf"]}
    given = {"trackers": [], "max_minutes": options.minutes, "base": str(reader_folder(options.pack))}
    base = scored(options.work / f"{BEFORE}.json", reader_folder(options.pack), measured, {})
    results: dict[str, list[Mapping[str, Any]]] = {}
    for seed in range(options.seeds):
        for name, changes in cells.items():
            if not name.startswith(options.only):
                continue
            told = {f"train.reader.{key}": value for key, value in {**given, **changes, "seed": 13 + seed}.items()}
            config = override(Config(), {"workspace.model": options.pack, **told, **parse_settings(options.set)})
            kept = options.work / f"{name}-{seed}.json"
            if not kept.is_file():
                began = time.perf_counter()
                run = train_reader_on_files(config, train, [], options.work / f"{name}-{seed}")
                cost = {
                    "trained_on": run.questions,
                    "replayed": run.replayed,
                    "minutes": (time.perf_counter() - began) / 60,
                }
                scored(kept, run.model, measured, cost)
            result = json.loads(kept.read_text(encoding="utf-8"))
            results.setdefault(name, []).append(result)
            print(
                f"{name}, seed {13 + seed}: " + "; ".join(one.summary for one in differences(base, [result], measured))
            )
    table(base, results, measured)


def drawn(examples: Sequence[ReaderExample], most: int) -> list[ReaderExample]:
    """At most so many, by chance."""
    if not most or most >= len(examples):
        return list(examples)
    return random.Random(1).sample(list(examples), most)


def require_apart(train: Sequence[ReaderExample], measured: Mapping[str, Sequence[ReaderExample]]) -> None:
    """Stop where a text that is measured on is trained on too."""
    texts = {" ".join(one.context.split()) for one in train}
    for name, examples in measured.items():
        shared = sum(" ".join(one.context.split()) in texts for one in examples)
        if shared:
            raise SystemExit(f"{shared} questions of {name} are about texts that are trained on")


def scored(
    path: Path, model: Path, measured: Mapping[str, Sequence[ReaderExample]], about: Mapping[str, float]
) -> dict[str, Any]:
    """F1 of every question, kept in `path` with what is known about the training."""
    if path.is_file():
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    scores = {}
    with open_reader(str(model)) as reader:
        for name, examples in measured.items():
            report = evaluate_reader(reader, examples, force_answer=True)
            scores[name] = [round(100 * one.f1, 3) for one in report.predictions]
    result = {**about, "scores": scores}
    waiting = path.with_suffix(".part")
    waiting.write_text(json.dumps(result) + "\n", encoding="utf-8")
    waiting.replace(path)
    return result


def differences(
    base: Mapping[str, Any], results: Sequence[Mapping[str, Any]], measured: Mapping[str, Sequence[ReaderExample]]
) -> tuple[Kept, ...]:
    """Of each set, after (the mean over seeds of each question) against before."""
    sets = []
    for name, examples in measured.items():
        after = [sum(those) / len(those) for those in zip(*(one["scores"][name] for one in results), strict=True)]
        documents = [document_name(one) for one in examples]
        groups = documents if len(set(documents)) > 9 else None
        sets.append(Scored(name, "F1", base["scores"][name], after, groups))
    return forgetting(sets).sets


def table(
    base: Mapping[str, Any],
    results: Mapping[str, Sequence[Mapping[str, Any]]],
    measured: Mapping[str, Sequence[ReaderExample]],
) -> None:
    counts = ", ".join(f"{len(examples):,} questions of {name}" for name, examples in measured.items())
    print(f"\n{counts}. F1, never abstaining; differences to before with 95% intervals, documents drawn anew.\n")
    print(f"| against forgetting | trainings | trained on | replayed | minutes | {OLD} | change | {NEW} | change |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    first = (f"{sum(base['scores'][name]) / len(base['scores'][name]):.1f}" for name in measured)
    print(f"| (before) | | | | | {' | | '.join(first)} | |")
    for name, those in results.items():
        mean = {key: sum(one[key] for one in those) / len(those) for key in ("trained_on", "replayed", "minutes")}
        row = [
            name,
            str(len(those)),
            f"{mean['trained_on']:,.0f}",
            f"{mean['replayed']:,.0f}",
            f"{mean['minutes']:.1f}",
        ]
        for kept in differences(base, those, measured):
            row += [f"{kept.after:.1f}", f"{kept.difference:+.1f} ({kept.lower:+.1f} to {kept.upper:+.1f})"]
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
