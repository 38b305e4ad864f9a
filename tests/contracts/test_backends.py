"""What every inference backend promises, whatever runs underneath."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from autogpt.compress.export import export_encoder, export_reranker
from autogpt.errors import MissingExtraError, NotFoundError, UsageError
from autogpt.read.backends import BACKENDS, Backend, Batch, load_backend
from autogpt.read.backends.facts import MODEL_FILES

#: Largest difference between two ways to compute the same logits in fp32.
TOLERANCE = 2e-5


def batch(lengths: list[int], width: int, pad_id: int = 0, seed: int = 0) -> Batch:
    """Rows of the given lengths, padded to `width`; the same row number holds the same tokens at any width."""
    ids = np.full((len(lengths), width), pad_id, dtype=np.int64)
    mask, types = np.zeros_like(ids), np.zeros_like(ids)
    for row, length in enumerate(lengths):
        ids[row, :length] = np.random.default_rng([seed, row]).integers(5, 60, length)
        mask[row, :length] = 1
        types[row, length // 3 : length] = 1
    return Batch(ids, mask, types)


def rows(whole: Batch, *numbers: int) -> Batch:
    chosen = list(numbers)
    return Batch(whole.input_ids[chosen], whole.attention_mask[chosen], whole.token_type_ids[chosen])


@pytest.fixture(params=sorted(BACKENDS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reader_folder(name: str, tiny_model: Callable[[str], Path], tiny_export: Callable[[str, str], Path]) -> Path:
    return tiny_model("bert") if name == "torch" else tiny_export("bert", name)


@pytest.fixture
def reader(name: str, reader_folder: Path) -> Backend:
    return load_backend(name, reader_folder, threads=1)


@pytest.fixture(scope="module")
def reference(tiny_model: Callable[[str], Path]) -> Backend:
    return load_backend("torch", tiny_model("bert"))


@pytest.fixture(scope="module")
def encoders(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("encoders")
    return {"torch": tiny_encoder} | {
        format: export_encoder(tiny_encoder, out / format, format) for format in ("openvino", "onnx")
    }


@pytest.mark.parametrize(("lengths", "width"), [([5], 5), ([17, 9, 1], 17), ([40, 33, 12, 12], 64), ([128], 128)])
def test_logits_are_those_of_pytorch(reader: Backend, reference: Backend, lengths: list[int], width: int) -> None:
    one = batch(lengths, width)
    expected = reference.forward(one.input_ids, one.attention_mask, one.token_type_ids)
    got = reader.forward(one.input_ids, one.attention_mask, one.token_type_ids)
    real = one.attention_mask.astype(bool)
    for theirs, ours in zip(expected, got, strict=True):
        assert ours.dtype == np.float32
        assert ours.shape == one.input_ids.shape
        np.testing.assert_allclose(ours[real], theirs[real], atol=TOLERANCE)
    assert np.ptp(got[0][real]) > 100 * TOLERANCE  # or the comparison would say nothing


def test_neither_padding_nor_neighbours_change_a_row(reader: Backend) -> None:
    together = reader.run(batch([30, 21, 8], 32))
    alone = reader.run(rows(batch([30, 21, 8], 96), 1))
    for wide, narrow in zip(alone, together, strict=True):
        np.testing.assert_allclose(wide[0, :21], narrow[1, :21], atol=TOLERANCE)


def test_many_batches_come_back_in_order_and_apart(reader: Backend) -> None:
    batches = [batch([width - 3, 4], width, seed=width) for width in (16, 48, 16, 32, 64, 16, 32)]
    expected = [reader.run(one) for one in batches]
    for got, one in zip(list(reader.run_all(batches)), expected, strict=True):
        for ours, theirs in zip(got, one, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)


def test_outputs_stay_what_they_were_when_the_backend_goes_on(reader: Backend) -> None:
    first = reader.run(batch([9], 16, seed=1))
    kept = [output.copy() for output in first]
    reader.run(batch([9], 16, seed=2))
    list(reader.run_all([batch([9], 16, seed=seed) for seed in range(3, 9)]))
    for output, before in zip(first, kept, strict=True):
        np.testing.assert_array_equal(output, before)


def test_a_stream_of_batches_that_breaks_leaves_the_backend_usable(reader: Backend) -> None:
    def broken() -> Iterator[Batch]:
        yield from [batch([9], 16)] * 4
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        list(reader.run_all(broken()))
    abandoned = reader.run_all([batch([9], 16)] * 8)
    next(abandoned)
    del abandoned
    assert len(list(reader.run_all([batch([9], 16)] * 5))) == 5


def test_no_batches_give_no_outputs(reader: Backend) -> None:
    assert list(reader.run_all([])) == []


def test_vectors_are_the_mean_of_the_real_tokens_scaled_to_one(name: str, encoders: dict[str, Path]) -> None:
    import torch
    from transformers import AutoModel

    one = batch([25, 12, 3], 32)
    vectors = load_backend(name, encoders[name]).encode(one.input_ids, one.attention_mask, one.token_type_ids)
    model = AutoModel.from_pretrained(encoders["torch"]).eval()
    for row, length in enumerate((25, 12, 3)):
        with torch.inference_mode():
            hidden = model(
                input_ids=torch.from_numpy(one.input_ids[row : row + 1, :length]),
                token_type_ids=torch.from_numpy(one.token_type_ids[row : row + 1, :length]),
            ).last_hidden_state[0]
        mean = hidden.mean(0).numpy()
        np.testing.assert_allclose(vectors[row], mean / np.linalg.norm(mean), atol=TOLERANCE)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_pair_has_one_logit_that_is_pytorchs(name: str, tiny_reranker: Path, tmp_path: Path) -> None:
    folder = tiny_reranker if name == "torch" else export_reranker(tiny_reranker, tmp_path / "out", name)  # type: ignore[arg-type]
    one = batch([30, 21, 8], 32)
    (logits,) = load_backend(name, folder).run(one)
    (expected,) = load_backend("torch", tiny_reranker).run(rows(batch([30, 21, 8], 96), 0, 1, 2))
    assert logits.shape == (3, 1)
    np.testing.assert_allclose(logits, expected, atol=10 * TOLERANCE)
    assert np.ptp(logits) > 0.1


def test_a_reader_is_not_an_encoder_and_the_other_way_round(
    name: str, reader: Backend, encoders: dict[str, Path]
) -> None:
    one = batch([4], 8)
    with pytest.raises(UsageError, match="a reader, and an encoder is needed"):
        reader.encode(one.input_ids, one.attention_mask, one.token_type_ids)
    with pytest.raises(UsageError, match="an encoder, and a reader is needed"):
        load_backend(name, encoders[name]).forward(one.input_ids, one.attention_mask, one.token_type_ids)


def test_a_folder_can_be_moved(name: str, reader_folder: Path, reader: Backend, tmp_path: Path) -> None:
    moved = tmp_path / "with a blank and 中文"
    shutil.copytree(reader_folder, moved)
    one = batch([12], 16)
    for ours, theirs in zip(load_backend(name, moved).run(one), reader.run(one), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)


def test_a_missing_model_is_an_error_that_says_which_file(name: str, reader_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        load_backend(name, tmp_path / "nowhere")
    shutil.copytree(reader_folder, tmp_path / "model")
    (tmp_path / "model" / MODEL_FILES[name]).unlink()
    with pytest.raises(NotFoundError, match=MODEL_FILES[name]):
        load_backend(name, tmp_path / "model")


def test_a_missing_runtime_is_an_error_that_says_what_to_install(
    name: str, reader_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.delitem(sys.modules, BACKENDS[name].partition(":")[0], raising=False)
    for package in ("openvino", "onnxruntime", "torch", "autogpt.read.backends.quiet_openvino"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'autogpt-qa\["):
        load_backend(name, reader_folder)


def test_an_unknown_backend_is_an_error_that_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="onnx, openvino, torch"):
        load_backend("spam", tmp_path)
