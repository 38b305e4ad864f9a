"""A sentence encoder that can be trained: opened, asked for vectors, and saved as `retrieve.encoder` reads it.

In: a local folder or a hub id. Out: a sentence-transformers model of three modules (the model, the mean over real
tokens, length 1: what `read.backends.torch.EmbeddingModule` computes), and a Hugging Face folder. Knows nothing about
training.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize
from sentence_transformers.sentence_transformer.modules import Pooling

from autogpt.errors import DataError, UsageError
from autogpt.models import layout
from autogpt.retrieve.encoder import Prompt, Vectors
from autogpt.train.base import beside, loading_options
from autogpt.train.methods.saved import beneath
from autogpt.train.transformer import open_transformer

_BATCH = 64


class SentenceEncoder:
    """The encoder of a training; answers as `retrieve.encoder.Encoder` does.

    Args:
        base: what `models.sources.resolve_encoder` gave.
        dropout: of hidden layers; attention gets none (see `train.base.load_base`).
        max_tokens: longer texts are cut.
        bf16: whether vectors are computed in it.

    Raises UsageError for a model that cannot be had or pools in another way than the mean, AutoGPTError when the hub is
    out of reach.

    Attributes:
        of_sentences: whether a file beside the base tells that its vectors were made to be compared: how they are
            pooled, its prompts, or a calibrator of vetted answers.
    """

    id = "untuned"

    def __init__(self, base: str | Path, dropout: float = 0.1, max_tokens: int = 256, bf16: bool = False) -> None:
        require_mean(base)
        bottom = beneath(base)
        options = loading_options(bottom)
        transformer = open_transformer(base, options, dropout, max_tokens)
        self._prompts_file = beside(bottom, layout.PROMPTS, options)
        self._faq_file = beside(bottom, layout.FAQ, options)
        pooling_file = beside(bottom, layout.POOLING, options)
        self.of_sentences = any((pooling_file, self._prompts_file, self._faq_file))
        self.prompts = _prompts(self._prompts_file)
        self.bf16 = bf16
        self.model = SentenceTransformer(
            modules=[transformer, Pooling(transformer.get_embedding_dimension(), "mean"), Normalize()],
            device="cuda" if torch.cuda.is_available() else "cpu",
        )

    @property
    def adapted(self) -> Any:
        """The model of transformers inside, which a method of fine-tuning is applied to."""
        inside: Any = self.model[0]
        return inside.model

    def prompted(self, text: str, prompt: Prompt) -> str:
        """`text` as the encoder wants it: with its prompt, where it has any."""
        return self.prompts.get(prompt, "") + text

    def encode(self, texts: Sequence[str], prompt: Prompt = "document") -> Vectors:
        """float32[N, H], each row of length 1. Raises FloatingPointError for vectors that are no numbers."""
        if not texts:
            return np.zeros((0, self.model.get_embedding_dimension() or 0), dtype=np.float32)
        was_training = self.model.training
        with torch.autocast(self.model.device.type, torch.bfloat16, enabled=self.bf16):
            found = self.model.encode(
                [self.prompted(text, prompt) for text in texts],
                batch_size=_BATCH,
                show_progress_bar=False,
                convert_to_numpy=False,
                convert_to_tensor=True,
            )
        self.model.train(was_training)
        vectors: Vectors = found.float().cpu().numpy()
        if not np.isfinite(vectors).all():
            raise FloatingPointError("the encoder's vectors are not finite")
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)  # bfloat16 leaves them near 1
        return vectors

    def probe(self, texts: Sequence[str]) -> torch.Tensor:
        """A scalar of the vectors of `texts`, which a training may be told from: see `train.memory`."""
        inputs = self.model.preprocess(list(texts))
        at_hand = {name: one.to(self.model.device) for name, one in inputs.items() if isinstance(one, torch.Tensor)}
        found: torch.Tensor = self.model({**inputs, **at_hand})["sentence_embedding"].sum()
        return found

    def save(self, folder: Path) -> None:
        """Write `config.json`, `model.safetensors`, the tokenizer, and the base's prompts and its calibrator of vetted
        answers where it has them; that one is near enough for what was fine-tuned from it.
        """
        transformer: Any = self.model[0]
        transformer.model.save_pretrained(folder)
        transformer.tokenizer.save_pretrained(folder)
        for name, file in ((layout.PROMPTS, self._prompts_file), (layout.FAQ, self._faq_file)):
            if file is not None:
                (folder / name).write_bytes(file.read_bytes())


def _prompts(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8")).get("prompts", {})
        return {str(name): str(text) for name, text in found.items()}
    except (ValueError, AttributeError) as error:
        raise DataError(
            f"The prompts in {path} cannot be read: {error!r}.", "Take the encoder's files again."
        ) from None


def require_mean(base: str | Path) -> None:
    """Raises UsageError for a model of sentence-transformers that makes its vectors of something else than the mean.

    Opens no model, so that it can be asked before anything that takes long.
    """
    bottom = beneath(base)
    pooling = beside(bottom, layout.POOLING, loading_options(bottom))
    if pooling is None:
        return
    about = json.loads(pooling.read_text(encoding="utf-8"))
    mode = about.get("pooling_mode") or [
        name.removeprefix("pooling_mode_").removesuffix("_tokens")
        for name, chosen in about.items()
        if name.startswith("pooling_mode_") and chosen is True
    ]
    modes = [mode] if isinstance(mode, str) else list(mode)
    if modes not in (["mean"], []):
        raise UsageError(
            f"The encoder '{base}' makes its vectors of {', '.join(modes)}; only the mean over all tokens is served.",
            "Take an encoder that uses the mean: all-MiniLM, E5, GTE or MPNet do.",
        )
