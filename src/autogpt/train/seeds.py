"""Trains one reader with several seeds, and says what each gives, what their soup and what their ensemble.

In: settings, examples, a base. Out: `out/seed-<n>/` for each, `out/model/`, the greedy soup of their weights, and
`seeds.json`. Knows nothing about workspaces.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from autogpt.config import ReaderTrainingSection
from autogpt.progress import Progress, Sink, silent
from autogpt.read.ensemble import combined
from autogpt.records import ReaderExample
from autogpt.train import processes
from autogpt.train.averaging import GREEDY, Model, average_readers, reader_validator
from autogpt.train.folder import METRICS, TrainingResult, claim, finished, request_of, write_json
from autogpt.train.reader import train_reader
from autogpt.train.validate import measures

FILE_NAME = "seeds.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """One of several models, or what was made of them.

    Attributes:
        f1, exact_match: on the validation examples, in points, at the best threshold for them.
        models: that are asked for an answer.
    """

    name: str
    f1: float
    exact_match: float
    models: int = 1


def train_seeds(
    settings: ReaderTrainingSection,
    seeds: int,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    base: str | Path,
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
) -> tuple[TrainingResult, tuple[Measured, ...]]:
    """Train with `settings.seed` and those after it. Killed and called again, it goes on where it was.

    Args:
        seeds: how many.
        validation: what soup and ensemble are measured on, and the soup is chosen by; at least one example.

    Raises as `train.reader.train_reader` does.
    """
    processes.require_one("A training with several seeds")
    claim(out, {**request_of(settings, train, validation, base), "seeds": seeds}, resume)
    done = finished(out)
    if done is not None:
        return done, read_seeds(out)
    members: list[Model] = []
    for number in range(seeds):
        seed = settings.seed + number
        sink(Progress("train", number, seeds, message=f"seed {seed}"))
        changed = settings.model_copy(update={"seed": seed})
        folder = out / f"seed-{seed}"
        members.append(Model(folder.name, train_reader(changed, train, validation, base, folder, sink).model_dir))
    lines, answers = [], []
    for one in members:
        model, validator = reader_validator(settings, validation, one.folder)
        answers.append(validator.read(model))
        lines.append(_measured(one.name, measures(validation, answers[-1])))
    result, ingredients = average_readers(settings, members, validation, out, GREEDY, sink)
    used = sum(one.used for one in ingredients)
    lines.append(_measured(f"soup of {used}", result.metrics))
    lines.append(_measured("ensemble", measures(validation, combined(answers)), len(members)))
    write_json(out / FILE_NAME, {"format_version": 1, "models": [asdict(one) for one in lines]})
    write_json(out / METRICS, result.metrics)
    return result, tuple(lines)


def read_seeds(folder: Path) -> tuple[Measured, ...]:
    """What `train_seeds` wrote; none for another training."""
    path = folder / FILE_NAME
    if not path.is_file():
        return ()
    return tuple(Measured(**one) for one in json.loads(path.read_text(encoding="utf-8"))["models"])


def _measured(name: str, metrics: dict[str, float], models: int = 1) -> Measured:
    return Measured(name, metrics["f1"], metrics["exact_match"], models)
