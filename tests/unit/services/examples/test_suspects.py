"""Suspects: what a reader contradicts with confidence, and nothing else."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autogpt.config import Config, override
from autogpt.errors import CancelledError, DataError, NotFoundError, UsageError
from autogpt.progress import Progress
from autogpt.read.decode import Candidate, Decoded
from autogpt.records import ReaderExample
from autogpt.services.examples import folding, import_examples, split_examples, suspects
from autogpt.services.examples.listing import load_examples
from autogpt.services.examples.suspects import find_suspects
from autogpt.store import Store
from example_texts import WriteFile, asked, squad

Said = dict[str, tuple[str, float, float]]


def note(number: int) -> dict[str, object]:
    text = f"Note {number}: the code is {number}{number}, the colour is red."
    code = f"{number}{number}"
    return squad(
        text,
        asked(f"code-{number}", f"What is the code of note {number}?", (code, text.index(code))),
        asked(f"owner-{number}", f"Who owns note {number}?"),
        title=f"Note {number}",
    )


@pytest.fixture
def notes(store: Store, write_file: WriteFile) -> Store:
    import_examples(store, write_file("notes.jsonl", *(note(number) for number in range(1, 9))))
    split_examples(store)
    return store


class Says:
    """A reader that says what it is told to, and otherwise agrees with the examples: text, score, confidence."""

    def __init__(self, said: Said, calibrated: bool = True) -> None:
        self.said = said
        self.calibrated = calibrated

    def read(self, pairs: Sequence[tuple[str, str]]) -> list[Decoded]:
        return [self._one(question, context) for question, context in pairs]

    def _one(self, question: str, context: str) -> Decoded:
        number = context.split()[1].rstrip(":")
        agreed = (f"{number}{number}", 5.0, 0.8) if "code" in question else ("red", -5.0, 0.2)
        text, score, confidence = self.said.get(question, agreed)
        start = context.index(text)
        best = Candidate(start, start + len(text), text, score, probability=confidence)
        return Decoded((best,), 0.0, confidence=confidence if self.calibrated else None)


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def use(said: Said, calibrated: bool = True) -> None:
        @contextmanager
        def opened(model: str, **options: object) -> Iterator[Says]:
            yield Says(said, calibrated)

        monkeypatch.setattr(suspects, "open_reader", opened)

    return use


def read_part(store: Store) -> tuple[list[str], list[str]]:
    """Ids of answerable and of unanswerable examples that are looked at."""
    held = [one.id for one in load_examples(store) if one.split in suspects.PARTS]
    return sorted(id for id in held if "code" in id), sorted(id for id in held if "owner" in id)


def question(id: str) -> str:
    kind, number = id.split("-")
    return f"What is the code of note {number}?" if kind == "code" else f"Who owns note {number}?"


def test_a_reader_that_agrees_suspects_nothing(notes: Store, reading: Callable[..., None], tmp_path: Path) -> None:
    reading({})
    report = find_suspects(notes, str(tmp_path))
    assert report.suspects == ()
    assert report.read == sum(map(len, read_part(notes)))
    assert report.answer_threshold == pytest.approx(0.8)
    assert report.null_threshold == pytest.approx(0.8)


def test_confident_contradictions_come_first(notes: Store, reading: Callable[..., None], tmp_path: Path) -> None:
    answerable, unanswerable = read_part(notes)
    reading(
        {
            question(answerable[0]): ("red", 6.0, 0.95),
            question(answerable[1]): ("red", -9.0, 0.01),
            question(unanswerable[0]): ("red", 4.0, 0.9),
            question(unanswerable[1]): ("red", 1.0, 0.4),  # not sure enough
        }
    )
    report = find_suspects(notes, str(tmp_path))
    assert [(one.id, one.kind) for one in report.suspects] == [
        (answerable[1], "unanswered"),
        (answerable[0], "another answer"),
        (unanswerable[0], "answered"),
    ]
    first, second, third = report.suspects
    assert (first.said, first.confidence) == ("", pytest.approx(0.99))
    assert (second.said, second.confidence, second.question) == ("red", 0.95, question(answerable[0]))
    assert second.stored.isdigit()
    assert third.stored == ""
    assert third.part in ("train", "validation")
    assert report.calibrated


def test_an_answer_that_shares_a_word_is_no_suspect(notes: Store, reading: Callable[..., None], tmp_path: Path) -> None:
    answerable, _ = read_part(notes)
    number = answerable[0].split("-")[1]
    reading({question(answerable[0]): (f"code is {number}{number}", 6.0, 0.99)})
    assert find_suspects(notes, str(tmp_path)).suspects == ()


def test_without_a_calibrator_the_softmax_is_taken_and_said(
    notes: Store, reading: Callable[..., None], tmp_path: Path
) -> None:
    answerable, _ = read_part(notes)
    reading({question(answerable[0]): ("red", 6.0, 0.95)}, calibrated=False)
    report = find_suspects(notes, str(tmp_path))
    assert not report.calibrated
    assert [one.id for one in report.suspects] == [answerable[0]]


def test_one_part_alone_can_be_read_and_the_test_part_never(
    notes: Store, reading: Callable[..., None], tmp_path: Path
) -> None:
    reading({})
    whole = find_suspects(notes, str(tmp_path)).read
    assert sum(find_suspects(notes, str(tmp_path), part=part).read for part in ("train", "validation")) == whole < 16
    with pytest.raises(UsageError, match="test"):
        find_suspects(notes, str(tmp_path), part="test")


def test_a_trained_model_is_opened(notes: Store, tiny_model: Callable[[str], Path]) -> None:
    report = find_suspects(notes, str(tiny_model("bert")), part="validation", backend="torch", threads=1)
    assert report.read > 0
    assert not report.calibrated


def test_an_unknown_run_and_a_workspace_without_examples_say_what_to_do(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no finished training"):
        find_suspects(store)
    with pytest.raises(DataError, match="train and validation"):
        find_suspects(store, str(tmp_path))


def test_each_fold_is_read_by_one_that_was_trained_on_the_others(
    notes: Store, reading: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[tuple[Path, set[str]]] = []

    def train(config: Config, train: Sequence[ReaderExample], validation: object, out: Path, sink: object) -> object:
        told = config.train.reader
        assert (told.trackers, told.base, told.languages) == ((), "", ())  # the examples are chosen already
        trained.append((out, {one.title for one in train}))
        out.mkdir(parents=True)
        return SimpleNamespace(model=out)

    @contextmanager
    def opened(model: str, **options: object) -> Iterator[Says]:
        read.append(Path(model))
        yield Says({question(answerable[0]): ("red", 5.0, 0.9)})

    answerable, _ = read_part(notes)
    read: list[Path] = []
    (notes.runs / "r1").mkdir(parents=True)
    # The run has learnt all of them.
    notes.config = override(notes.config, {"train.reader.base": "r1", "train.reader.languages": ["en"]})
    monkeypatch.setattr(folding, "train_reader_on_files", train)
    monkeypatch.setattr(folding, "open_reader", opened)
    report = find_suspects(notes, folds=3)
    assert [one.id for one in report.suspects] == [answerable[0]]
    assert report.model == "a reader trained without it (3 folds)"
    assert read == [out for out, _ in trained]
    titles = set.union(*(of for _, of in trained))
    held = [titles - of for _, of in trained]
    assert set.union(*held) == titles
    assert sum(map(len, held)) == len(titles)
    assert not any((notes.folder / ".folds").iterdir())
    with pytest.raises(UsageError, match="no other can be named"):
        find_suspects(notes, "base", folds=3)
    with pytest.raises(UsageError, match="between 2 and 20 folds, got 1"):
        find_suspects(notes, folds=1)
    with pytest.raises(DataError, match=r"documents, and 20 folds were asked for"):
        find_suspects(notes, folds=20)


def test_a_training_for_a_fold_that_was_stopped_goes_on(
    notes: Store, tiny_model: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"epochs": 1, "batch_size": 8, "max_length": 64, "stride": 16, "precision": "fp32"}
    told = {f"train.reader.{key}": value for key, value in small.items()}
    notes.config = override(notes.config, {**told, "train.reader.base": str(tiny_model("bert"))})
    said: list[str] = []

    def stops(progress: Progress) -> None:
        said.append(progress.message)
        if progress.message.startswith("fold 2"):
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        find_suspects(notes, folds=2, sink=stops)
    (notes.folder / ".folds" / "asked otherwise").mkdir()
    work = next(one for one in (notes.folder / ".folds").iterdir() if one.name != "asked otherwise")
    first = (work / "0" / "model" / "model.safetensors").stat().st_mtime_ns
    written: list[int] = []
    train = folding.train_reader_on_files

    def trains(*given: Any) -> Any:
        run = train(*given)
        written.append((run.model / "model.safetensors").stat().st_mtime_ns)
        return run

    monkeypatch.setattr(folding, "train_reader_on_files", trains)
    report = find_suspects(notes, folds=2)
    assert report.read == sum(map(len, read_part(notes)))
    assert written[0] == first  # it was not trained again
    assert len(written) == 2
    assert not any((notes.folder / ".folds").iterdir())  # nor is what was asked otherwise kept
