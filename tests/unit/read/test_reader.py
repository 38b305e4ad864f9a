"""The reader: all pairs in shared batches, each with its own answer."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from autogpt.config import ReadSection
from autogpt.errors import NotFoundError, UsageError
from autogpt.metrics.calibrator import Calibrator
from autogpt.read import reader as reader_module
from autogpt.read.backends.padding import MULTIPLE
from autogpt.read.batching import ClosedError
from autogpt.read.features import READER_FEATURES
from autogpt.read.reader import BatchedReader, Reader
from fake_backend import FakeBackend, write_tokenizer

WORDS = "the bank asks a fee of ten euro per month for every card and nothing else 银行 每月 收取 十 元 费用"
PAIRS = [
    ("fee", "the bank asks a fee of ten euro"),
    ("card", "for every card and nothing else"),
    ("euro", "a fee of ten euro per month"),
    ("费用", "银行 每月 收取 十 元 费用"),
    ("month", "nothing " * 150 + "per month"),
    ("bank", ""),
    ("", "the bank"),
    ("ten", "ten"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tokenizer(tmp_path / "reader", [WORDS])


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


def make(folder: Path, backend: FakeBackend, **options: int) -> Reader:
    return Reader(folder, backend, **{"max_length": 64, "stride": 16, **options})  # type: ignore[arg-type]


def test_each_pair_gets_its_own_answer_in_order(folder: Path, backend: FakeBackend) -> None:
    found = make(folder, backend).read(PAIRS)
    texts = [one.best.text if one.best and one.best.score > 0 else None for one in found]
    assert texts == ["fee", "card", "euro", "费用", "month", None, None, "ten"]
    for (_, context), one in zip(PAIRS, found, strict=True):
        for candidate in one.candidates:
            assert context[candidate.start : candidate.end] == candidate.text


def test_the_answer_does_not_depend_on_the_company(folder: Path, backend: FakeBackend) -> None:
    reader = make(folder, backend)
    together = reader.read(PAIRS)
    assert [reader.read([pair])[0] for pair in PAIRS] == together
    assert reader.read(PAIRS[::-1]) == together[::-1]


def test_windows_of_all_pairs_share_few_batches_of_like_length(folder: Path, backend: FakeBackend) -> None:
    make(folder, backend, batch_size=4).read(PAIRS)
    windows = sum(rows for rows, _ in backend.shapes)
    assert windows > len(PAIRS)
    assert len(backend.shapes) <= -(-windows // 4) + 1
    assert all(rows <= 4 and width % MULTIPLE == 0 for rows, width in backend.shapes)
    assert [width for _, width in backend.shapes] == sorted((width for _, width in backend.shapes), reverse=True)


def test_more_pairs_than_are_held_at_once_stay_in_order(
    folder: Path, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = make(folder, backend).read(PAIRS)
    monkeypatch.setattr(reader_module, "_SLAB", 3)
    assert make(folder, backend).read(PAIRS) == expected


def test_nothing_to_read_is_nothing_found(folder: Path, backend: FakeBackend) -> None:
    assert make(folder, backend).read([]) == []
    assert backend.shapes == []


def test_one_question_is_put_to_several_passages(folder: Path, backend: FakeBackend) -> None:
    found = make(folder, backend).read_passages("fee", ["a fee", "nothing else", "ten euro fee"])
    assert [one.best.start if one.best and one.best.score > 0 else None for one in found] == [2, None, 9]


def test_windows_are_no_longer_than_the_model_can_take(folder: Path) -> None:
    backend = FakeBackend(max_tokens=48)
    make(folder, backend, max_length=384, stride=128).read(PAIRS)
    assert max(width for _, width in backend.shapes) == 48


def test_confidence_is_set_exactly_when_the_folder_holds_a_calibration(folder: Path, backend: FakeBackend) -> None:
    plain = make(folder, backend).read(PAIRS)
    assert [one.confidence for one in plain] == [None] * len(PAIRS)
    table = np.random.default_rng(0).normal(size=(40, len(READER_FEATURES)))
    Calibrator.fit(table, table[:, 0] > 0, READER_FEATURES).save(folder / "calibration.json")
    reader = make(folder, backend)
    calibrated = reader.read(PAIRS)
    assert reader.calibrator is not None
    for one, before in zip(calibrated, plain, strict=True):
        assert one.confidence is not None
        assert 0 <= one.confidence <= 1
        assert one.candidates == before.candidates
    assert calibrated[PAIRS.index(("bank", ""))].confidence == 0


def test_settings_of_the_workspace_are_used(
    tiny_export: Callable[[str, str], Path], tiny_model: Callable[[str], Path]
) -> None:
    section = ReadSection(backend="torch", max_length=60, stride=10, n_best=3, max_answer_tokens=2)
    reader = Reader.from_config(tiny_model("bert"), section)
    assert reader.backend.name == "torch"
    found = reader.read([("Who ?", "Arden was founded in 1800 . " * 20)])[0]
    assert len(found.candidates) <= 3
    assert all(len(one.text.split()) <= 2 for one in found.candidates)


def test_an_exported_reader_finds_what_its_source_finds(
    tiny_export: Callable[[str, str], Path], tiny_model: Callable[[str], Path]
) -> None:
    pairs = [
        ("When was Arden founded?", "Arden was founded in 1800. About 900 people live there. " * many)
        for many in (1, 9)
    ]
    expected = Reader(tiny_model("bert"), "torch", max_length=128, stride=32).read(pairs)
    for got, source in zip(
        Reader(tiny_export("bert", "openvino"), max_length=128, stride=32).read(pairs), expected, strict=True
    ):
        assert got.best is not None
        assert source.best is not None
        assert got.best.text == source.best.text
        assert got.best.score == pytest.approx(source.best.score, abs=1e-4)


def test_a_folder_without_a_model_is_an_error_with_a_hint(tmp_path: Path, folder: Path, tiny_encoder: Path) -> None:
    with pytest.raises(NotFoundError, match=r"tokenizer\.json"):
        Reader(tmp_path)
    with pytest.raises(NotFoundError, match=r"config\.json"):
        Reader(folder)
    with pytest.raises(UsageError, match="a reader is needed"):
        Reader(tiny_encoder, "torch")


def test_callers_in_many_threads_each_get_their_own_answers(folder: Path, backend: FakeBackend) -> None:
    plain = make(folder, backend)
    shared = BatchedReader(plain, window=0.002, queue=200)
    expected = plain.read(PAIRS)
    wrong: list[int] = []

    def ask(number: int) -> None:
        if shared.read([PAIRS[number], PAIRS[0]]) != [expected[number], expected[0]]:
            wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number % len(PAIRS),)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    shared.close()
    assert not wrong
    with pytest.raises(ClosedError):
        shared.read(PAIRS)


def test_a_request_of_nothing_takes_no_turn(folder: Path, backend: FakeBackend) -> None:
    shared = BatchedReader(make(folder, backend))
    assert shared.read([]) == []
    shared.close()


def test_a_second_look_changes_features_and_no_answer(folder: Path) -> None:
    pairs = [("fee", "the bank asks\na fee of ten euro\nper month\nnothing else\nfor every card"), ("card", "card")]
    with_it, without = FakeBackend(), FakeBackend()
    looked = make(folder, with_it).read(pairs)
    plain = make(folder, without, second_look=False).read(pairs)
    assert [one.candidates for one in looked] == [one.candidates for one in plain]
    assert sum(rows for rows, _ in with_it.shapes) == sum(rows for rows, _ in without.shapes) + 2
    views = ("sentence_log_probability", "near_log_probability")
    assert all(plain[0].features[name] == plain[0].features["span_log_probability"] for name in views)
    assert all(looked[0].features[name] > plain[0].features["span_log_probability"] for name in views)
    assert looked[1].features == plain[1].features
