"""Texts to vectors, on a stand-in for the model."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from autogpt.errors import DataError, NotFoundError
from autogpt.read.backends.base import Backend, Batch
from autogpt.read.backends.facts import ModelFacts
from autogpt.retrieve import encoder as encoder_module
from autogpt.retrieve.encoder import Encoder, encoder_id

VOCABULARY = {"[PAD]": 0, "[UNK]": 1} | {f"w{number}": number + 2 for number in range(50)}


class CountingBackend(Backend):
    """The vector of a row says which tokens it holds; every batch is kept for the test to look at."""

    name = "counting"

    def __init__(self) -> None:
        self.facts = ModelFacts("encoder", pad_id=0, max_tokens=40, inputs=("input_ids", "attention_mask"))
        self.batches: list[Batch] = []

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> "CountingBackend":
        return cls()

    def run(self, batch: Batch):
        self.batches.append(batch)
        vectors = np.zeros((len(batch.input_ids), 60), dtype=np.float32)
        for row, (ids, mask) in enumerate(zip(batch.input_ids, batch.attention_mask, strict=True)):
            np.add.at(vectors[row], ids[mask == 1], 1)
        return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1),)


@pytest.fixture
def backend(monkeypatch) -> CountingBackend:
    made = CountingBackend()
    monkeypatch.setattr(encoder_module, "load_backend", lambda *arguments: made)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tokenizer = Tokenizer(models.WordLevel(VOCABULARY, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_padding(length=30)
    tokenizer.enable_truncation(5)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


@pytest.fixture
def make(folder: Path, backend: CountingBackend) -> Callable[..., Encoder]:
    return lambda **options: Encoder(folder, **options)


def test_vectors_come_in_the_order_of_the_texts(make) -> None:
    texts = [" ".join(f"w{(row * 7 + at) % 50}" for at in range(row % 13 + 1)) for row in range(100)]
    together = make(batch_tokens=64).encode(texts)
    alone = np.concatenate([make().encode([text]) for text in texts])
    np.testing.assert_array_equal(together, alone)


def test_no_batch_holds_more_tokens_than_allowed_and_rows_are_of_like_length(make, backend) -> None:
    texts = ["w1 " * (row % 40 + 1) for row in range(200)]
    make(batch_tokens=128).encode(texts)
    shapes = [batch.input_ids.shape for batch in backend.batches]
    assert sum(rows for rows, _ in shapes) == 200
    assert all(rows * width <= 128 and (width % 16 == 0 or width == 40) for rows, width in shapes)  # 40: the limit
    assert [width for _, width in shapes] == sorted((width for _, width in shapes), reverse=True)


def test_padding_and_truncation_of_the_tokenizer_file_are_not_used(make, backend) -> None:
    make().encode(["w1 w2 w3 w4 w5 w6 w7"])
    assert backend.batches[0].attention_mask.sum() == 7


def test_a_long_text_is_cut_at_the_models_limit(make, backend) -> None:
    make(max_tokens=256).encode(["w1 " * 1_000])
    make(max_tokens=20).encode(["w1 " * 1_000])
    assert [int(batch.attention_mask.sum()) for batch in backend.batches] == [40, 20]


def test_no_texts_give_no_vectors(make) -> None:
    assert make().encode([]).shape == (0, 60)


def test_an_empty_text_has_a_vector(make) -> None:
    assert np.isfinite(make().encode(["", "w1"])).all()


def test_an_export_has_the_id_of_its_source(tmp_path: Path, folder: Path, make) -> None:
    import hashlib

    names = ("config.json", "model.safetensors", "tokenizer.json")
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    exported = tmp_path / "exported"
    exported.mkdir()
    (exported / "export.json").write_text(json.dumps({"source": hashes}))
    assert encoder_id(exported) == encoder_id(folder) == make().id
    (folder / "model.safetensors").write_bytes(b"other weights")
    assert encoder_id(exported) != encoder_id(folder)


def test_a_folder_without_a_tokenizer_is_no_encoder(tmp_path: Path, backend) -> None:
    with pytest.raises(NotFoundError, match=r"tokenizer\.json"):
        Encoder(tmp_path / "nothing")


def test_a_question_and_a_document_get_the_encoders_own_words_before_them(folder: Path, make) -> None:
    plain = make().encode(["w1 w2"])
    assert np.array_equal(make().encode(["w1 w2"], "query"), plain)
    (folder / "config_sentence_transformers.json").write_text('{"prompts": {"query": "w3 ", "document": "w4 "}}')
    prompted = make()
    assert np.array_equal(prompted.encode(["w1 w2"], "query"), make().encode(["w3 w1 w2"], "other"))
    assert np.array_equal(prompted.encode(["w1 w2"]), make().encode(["w4 w1 w2"], "other"))


def test_other_prompts_make_another_encoder(folder: Path) -> None:
    before = encoder_id(folder)
    (folder / "config_sentence_transformers.json").write_text('{"prompts": {"query": "w3 "}}')
    assert encoder_id(folder) != before


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"prompts": "query"}'])
def test_broken_prompts_are_told(folder: Path, make, text: str) -> None:
    (folder / "config_sentence_transformers.json").write_text(text)
    with pytest.raises(DataError, match="prompts"):
        make()
