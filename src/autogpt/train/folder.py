"""The folder of a training: what lies in it, whose it is, how it ends.

In: a folder, and what was asked for. Out: files with frozen names, each there whole or not at all. Knows nothing about
what is trained.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from safetensors import SafetensorError

from autogpt.config import Section
from autogpt.errors import NO_ROOM, DiskFullError, UsageError
from autogpt.models import layout
from autogpt.train import processes
from autogpt.train.clock import drop_broken, last_checkpoint
from autogpt.train.curves import draw_curves
from autogpt.train.history import HISTORY, read_history
from autogpt.train.pairs import FILE_NAME

P = ParamSpec("P")
R = TypeVar("R")

MODEL = layout.MODEL
CHECKPOINTS = "checkpoints"
CURVES = "curves.png"
#: Written last: a training whose folder holds it is finished.
METRICS = "metrics.json"
#: What was asked for, to refuse resuming something else.
REQUEST = "request.json"
#: What the base scores on the validation part.
BEFORE = "before.json"

#: Of errors without the system's number: the words of safetensors, and those of torch.save when a write failed.
_WORDS_OF_FULL = (
    "No space left on device",
    "File too large",
    "Disk quota exceeded",
    "iostream error",
    "unexpected pos",
)


@dataclass(frozen=True)
class TrainingResult:
    """What a training left behind.

    Attributes:
        model_dir: a Hugging Face folder (safetensors and tokenizer.json); a reader's holds `calibration.json` too,
            where the validation examples sufficed for one.
        metrics: of the saved model on the validation examples, in points; empty without any.
        history: what was logged, in order.
    """

    model_dir: Path
    metrics: dict[str, float]
    history: list[dict[str, float]] = field(default_factory=list)


def content_hash(rows: Iterable[Any]) -> str:
    """SHA-256 over what `rows` say as JSON, in their order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row, sort_keys=True).encode())
    return digest.hexdigest()


def request_of(settings: Section, train: Iterable[Any], validation: Iterable[Any], base: str | Path) -> dict[str, Any]:
    """What a training on examples is known by: its settings, base, and what the examples hold.

    Args:
        train, validation: dataclasses.
    """
    return {
        "base": str(base),
        "settings": settings.model_dump(mode="json"),
        "train": content_hash(map(asdict, train)),
        "validation": content_hash(map(asdict, validation)),
    }


def clear(out: Path) -> None:
    """Delete the training in `out`. Raises UsageError for a folder that holds something else."""
    if out.is_dir() and any(out.iterdir()) and not any((out / name).exists() for name in (REQUEST, FILE_NAME)):
        raise UsageError(f"{out} holds no training, and is not deleted.", "Give an empty folder, or one of a training.")
    if out.is_file():
        raise UsageError(f"{out} is a file.", "Give a folder.")
    shutil.rmtree(out, ignore_errors=True)


def claim(out: Path, request: Mapping[str, Any], resume: bool) -> None:
    """Make `out` this training's folder, by the first of several processes. Raises UsageError when it is another
    one's.
    """
    if processes.is_first():
        _claim(out, request, resume)
    processes.wait()


def _claim(out: Path, request: Mapping[str, Any], resume: bool) -> None:
    if not resume:
        clear(out)
    out.mkdir(parents=True, exist_ok=True)
    path = out / REQUEST
    if path.is_file():
        earlier = json.loads(path.read_text(encoding="utf-8"))
        changed = sorted(key for key in {*request, *earlier} if earlier.get(key) != request.get(key))
        if changed:
            raise UsageError(
                f"{out} holds a training that was begun with other values of: {', '.join(changed)}.",
                "Give another folder, or begin anew with --no-resume.",
            )
        return
    write_json(path, request)


def save_model(out: Path, save: Callable[[Path], None]) -> None:
    """Put a model in place at once; `save` writes it into the folder that it is called with."""
    waiting = out / f"{MODEL}.part"
    shutil.rmtree(waiting, ignore_errors=True)
    waiting.mkdir(parents=True)
    with told_when_full(out):
        save(waiting)
    shutil.rmtree(out / MODEL, ignore_errors=True)
    waiting.replace(out / MODEL)


def tells_when_full(train: Callable[P, R]) -> Callable[P, R]:
    """A training, which says in words that its folder, the argument `out`, cannot be written for want of room; see
    `told_when_full`.
    """
    takes = signature(train)

    @wraps(train)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        with told_when_full(takes.bind(*args, **kwargs).arguments["out"]):
            return train(*args, **kwargs)

    return told


@contextmanager
def told_when_full(out: Path) -> Iterator[None]:
    """Say in words that `out` cannot be written for want of room, whichever library tried. The broken checkpoint is
    dropped, the one before it stays.

    Raises DiskFullError.
    """
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        if not _is_full(error):
            raise
        drop_broken(out / CHECKPOINTS)
        kept = last_checkpoint(out / CHECKPOINTS)
        left = f"the last whole one ({kept.name}) is kept" if kept else "there is none yet"
        raise DiskFullError(
            f"The disk is full: nothing more could be written to {out}; of checkpoints {left}.",
            "Free some space, and give the same command again: it goes on from there.",
        ) from error


def _is_full(error: BaseException) -> bool:
    """Whether an error, or what it came from, says that there is no room. torch.save tells no reason at all."""
    seen: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in seen:
        seen.append(at)
        at = at.__cause__ or at.__context__
    numbers = {one.errno for one in seen if isinstance(one, OSError)}
    told = " ".join(map(str, seen))
    return bool(numbers & NO_ROOM) or any(words in told for words in _WORDS_OF_FULL)


def save_trained(trainer: Any, folder: Path) -> None:
    """Write the model of a `Trainer`, without the arguments that it pickles: they are of no use without the data."""
    trainer.model.save_pretrained(folder)
    trainer.processing_class.save_pretrained(folder)


def finish(out: Path, metrics: dict[str, float]) -> TrainingResult:
    """Draw the curves, write the metrics, and drop checkpoints, which only a resumed training needs."""
    history = read_history(out / HISTORY)
    draw_curves(history, out / CURVES)
    write_json(out / METRICS, metrics)
    for checkpoint in (out / CHECKPOINTS).glob("checkpoint-*"):
        shutil.rmtree(checkpoint)
    processes.wait()
    return TrainingResult(out / MODEL, metrics, history)


def finished_by_first(out: Path) -> TrainingResult:
    """What the first of several processes left, once it has finished."""
    processes.wait()
    found = finished(out)
    assert found is not None
    return found


def finished(out: Path) -> TrainingResult | None:
    """What a finished training left in `out`, or None."""
    if not (out / METRICS).is_file():
        return None
    metrics = json.loads((out / METRICS).read_text(encoding="utf-8"))
    return TrainingResult(out / MODEL, metrics, read_history(out / HISTORY))


def measured_once(path: Path, measure: Callable[[], dict[str, float]]) -> dict[str, float]:
    """What `measure` gives, kept in a file and read from there the next time."""
    if not path.is_file():
        write_json(path, measure())
    kept: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
    return kept


def write_json(path: Path, value: Any) -> None:
    """Write a file under another name first."""
    waiting = path.with_name(path.name + ".part")
    waiting.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    waiting.replace(path)
