"""PyTorch: the reference every other backend is compared with, the source of every export, and the way to a GPU.

In: a Hugging Face folder with `model.safetensors`. Out: a `Backend`, or the module it runs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
)
from transformers.utils import logging as transformers_logging

from autogpt.errors import DataError
from autogpt.models.adapters import restore
from autogpt.read.backends.base import Backend, Batch, Floats, as_floats, model_file
from autogpt.read.backends.facts import ModelFacts, TaskName, model_facts
from autogpt.read.backends.prompt import read_prompt
from autogpt.read.backends.prompted import PromptModule


class SpanModule(nn.Module):
    """A question-answering model as int64[B, T] inputs → (start, end) logits float[B, T]."""

    def __init__(self, model: nn.Module, inputs: tuple[str, ...]) -> None:
        super().__init__()
        self.model = model
        self.names = inputs

    def forward(self, *arrays: Tensor) -> tuple[Tensor, Tensor]:
        output: Any = self.model(**dict(zip(self.names, arrays, strict=True)))
        return output.start_logits, output.end_logits


class EmbeddingModule(nn.Module):
    """An encoder as int64[B, T] inputs → (float[B, H],): mean over real tokens, scaled to length 1."""

    def __init__(self, model: nn.Module, inputs: tuple[str, ...]) -> None:
        super().__init__()
        self.model = model
        self.names = inputs

    def forward(self, *arrays: Tensor) -> tuple[Tensor]:
        named = dict(zip(self.names, arrays, strict=True))
        hidden: Tensor = self.model(**named).last_hidden_state
        weights = named["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
        return (nn.functional.normalize(mean, dim=-1),)


class RelevanceModule(nn.Module):
    """A classifier of pairs of texts as int64[B, T] inputs → (float[B, 1],): the logit of its only label."""

    def __init__(self, model: nn.Module, inputs: tuple[str, ...]) -> None:
        super().__init__()
        self.model = model
        self.names = inputs

    def forward(self, *arrays: Tensor) -> tuple[Tensor]:
        output: Any = self.model(**dict(zip(self.names, arrays, strict=True)))
        return (output.logits,)


class ClassifierModule(nn.Module):
    """A classifier of texts as int64[B, T] inputs → (logits float[B, C], vectors float[B, H]: the mean of the last
    hidden states over real tokens).
    """

    def __init__(self, model: nn.Module, inputs: tuple[str, ...]) -> None:
        super().__init__()
        self.model = model
        self.names = inputs

    def forward(self, *arrays: Tensor) -> tuple[Tensor, Tensor]:
        named = dict(zip(self.names, arrays, strict=True))
        output: Any = self.model(**named, output_hidden_states=True)
        hidden: Tensor = output.hidden_states[-1]
        weights = named["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        return output.logits, (hidden * weights).sum(1) / weights.sum(1).clamp(min=1e-9)


_KINDS: dict[TaskName, tuple[Any, Any]] = {
    "reader": (AutoModelForQuestionAnswering, SpanModule),
    "encoder": (AutoModel, EmbeddingModule),
    "reranker": (AutoModelForSequenceClassification, RelevanceModule),
    "classifier": (AutoModelForSequenceClassification, ClassifierModule),
}


def load_module(folder: Path, facts: ModelFacts) -> nn.Module:
    """The model in `folder`, in fp32 and evaluation mode, wrapped for its task.

    Raises DataError for a classifier of several labels: it says no relevance.
    """
    kind, wrapper = _KINDS[facts.task]
    prompt = read_prompt(folder) if facts.task == "classifier" else None
    if prompt is not None:
        kind = AutoModelForMaskedLM if prompt.mask else AutoModelForCausalLM
        wrapper = partial(PromptModule, prompt=prompt)
    with quietly():
        model = kind.from_pretrained(folder, dtype=torch.float32, local_files_only=True, trust_remote_code=False)
        restore(model, folder)
    if facts.task == "reranker" and model.config.num_labels != 1:
        raise DataError(
            f"{folder} holds a classifier of {model.config.num_labels} labels; a reranker has one.",
            "Train one with: autogpt train reranker",
        )
    # The wrapper too: an exporter looks at the outermost module's mode.
    module: nn.Module = wrapper(model, facts.inputs).eval()
    return module


@contextmanager
def quietly() -> Iterator[None]:
    """Without transformers' bars and remarks."""
    bars, level = transformers_logging.is_progress_bar_enabled(), transformers_logging.get_verbosity()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if bars:
            transformers_logging.enable_progress_bar()


class TorchBackend(Backend):
    """Runs a model as it was trained, in fp32, on a GPU where there is one."""

    name = "torch"

    def __init__(self, folder: Path, threads: int) -> None:
        self.facts = model_facts(folder)
        model_file(folder, self.name)
        if threads:
            torch.set_num_threads(threads)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._module = load_module(folder, self.facts).to(self._device)

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> Self:
        return cls(folder, threads)

    @torch.inference_mode()
    def run(self, batch: Batch) -> tuple[Floats, ...]:
        arrays = (torch.from_numpy(array).to(self._device) for array in batch.inputs(self.facts.inputs))
        return tuple(as_floats(output.float().cpu().numpy()) for output in self._module(*arrays))
