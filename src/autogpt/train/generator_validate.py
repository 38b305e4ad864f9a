"""How likely the right answers are under a generator that is being trained, and what it writes.

In: a model, rows, and questions to write to. Out: metrics in points. Knows nothing about files.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from autogpt.evaluate.generator import means, write_all
from autogpt.progress import Sink, silent, track
from autogpt.read.backends.causal import CausalModel
from autogpt.read.backends.padding import plan
from autogpt.train.generator_data import GeneratorExample
from autogpt.train.generator_rows import GeneratorCollator, GeneratorRow
from autogpt.train.objectives.causal import Causal, answer_tokens

#: The metric whose best epoch is kept. Not one of what is written: that is asked of a few questions only, and of few
#: questions such shares differ by luck more than by epochs.
BEST = "likelihood"
#: Most tokens of a forward pass, padding included; most rows.
_TOKENS, _ROWS = 8_192, 32
#: Seconds that an answer may take.
_PATIENCE = 120.0


@dataclass(frozen=True)
class GeneratorValidator:
    """Judges a model on the validation part.

    Args:
        rows: of all questions.
        asked: the questions that an answer is written to.
        bf16: compute likelihoods in bf16; what is written is computed as when it is served.
    """

    rows: Sequence[GeneratorRow]
    asked: Sequence[GeneratorExample]
    tokenizer: Any
    collator: GeneratorCollator
    max_answer_tokens: int
    bf16: bool = False
    sink: Sink = silent

    def measure(self, model: Any) -> dict[str, float]:
        """`likelihood`, the geometric mean of the probabilities of the right answers' tokens, and `perplexity`, its
        inverse; of what is written the `means` of `evaluate.generator`.
        """
        was_training = model.training
        model.eval()
        loss = self._loss(model)
        found = {BEST: 100 * math.exp(-loss), "perplexity": math.exp(min(loss, 700.0))}
        if self.asked:
            writer = CausalModel(model, self.tokenizer)
            found |= means(write_all(writer, self.asked, self.max_answer_tokens, _PATIENCE, self.sink))
        model.train(was_training)
        return found

    def _loss(self, model: Any) -> float:
        """Mean cross-entropy of an answer's token."""
        device = next(model.parameters()).device
        total, tokens = 0.0, 0
        for group in track(list(plan([len(row) for row in self.rows], _ROWS, _TOKENS)), "evaluate", self.sink):
            batch = {name: one.to(device) for name, one in self.collator([self.rows[at] for at in group]).items()}
            with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=self.bf16):
                (logits,) = Causal().logits(model, batch)
            total += float(functional.cross_entropy(logits, answer_tokens(batch), reduction="sum"))
            tokens += len(logits)
        return total / tokens
