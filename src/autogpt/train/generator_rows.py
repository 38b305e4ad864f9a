"""Questions of a generator as rows of tokens, and rows as batches.

In: generator examples. Out: rows of prompt and answer, and batches of B rows by T tokens with `targets` on the answers
alone. The prompt is the one that the generator is served with. Knows nothing about models.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from autogpt.progress import Sink, silent, track
from autogpt.read.backends.causal import prompt_tokens
from autogpt.text.sentences import sentences
from autogpt.train.generator_data import GeneratorExample
from autogpt.train.objectives.causal import IGNORED

#: Rows are padded to a multiple of this many tokens.
_MULTIPLE = 32


@dataclass(frozen=True, slots=True)
class GeneratorRow:
    """Tokens of a prompt, of the answer and of its end; the answer begins at `answer_at`."""

    input_ids: list[int]
    answer_at: int

    def __len__(self) -> int:
        return len(self.input_ids)


@dataclass(frozen=True, slots=True)
class Rows:
    """What became of some examples.

    Attributes:
        fitting: the examples that fit, with the passages that are shown.
        left_out: examples whose answer does not fit with what it is taken from.
        shortened: examples of which passages were left out or cut.
    """

    rows: list[GeneratorRow]
    fitting: list[GeneratorExample]
    left_out: int
    shortened: int

    @property
    def remark(self) -> str:
        """For people; empty where all fits."""
        parts = []
        if self.shortened:
            parts.append(f"{self.shortened:,} questions are shown shorter passages or fewer")
        if self.left_out:
            parts.append(f"{self.left_out:,} are left out, for their answer does not fit")
        return ", ".join(parts)


def generator_rows(
    examples: Sequence[GeneratorExample], tokenizer: Any, end: int, length: int, sink: Sink = silent
) -> Rows:
    """Rows of at most `length` tokens.

    Passages that do not fit are left out, the last first; of the first, sentences are, those farthest from the answer
    first. The answer, and what it is taken from, is never cut.

    Args:
        end: token that ends an answer.
    """
    rows: list[GeneratorRow] = []
    fitting: list[GeneratorExample] = []
    shortened = 0
    for example in track(examples, "tokenise", sink):
        answer = [*tokenizer(example.answer, add_special_tokens=False)["input_ids"], end]

        def prompt(shown: GeneratorExample) -> list[int]:
            return prompt_tokens(tokenizer, shown.messages)

        shown = fitted(example, length - len(answer), prompt)
        if shown is not None:
            tokens = prompt(shown)
            rows.append(GeneratorRow([*tokens, *answer], len(tokens)))
            fitting.append(shown)
            shortened += shown is not example
    return Rows(rows, fitting, len(examples) - len(rows), shortened)


def fitted(
    example: GeneratorExample, room: int, prompt: Callable[[GeneratorExample], Sequence[int]]
) -> GeneratorExample | None:
    """`example` with as much of its passages as its prompt has room for; None where that is too little."""
    if len(prompt(example)) <= room:
        return example
    choices = [replace(example, passages=passages) for passages in _shorter_and_shorter(example)]
    at = bisect_left(choices, True, key=lambda one: len(prompt(one)) <= room)
    return choices[at] if at < len(choices) else None


def _shorter_and_shorter(example: GeneratorExample) -> Iterator[tuple[str, ...]]:
    """The passages to show, from all but the last to what the answer is taken from alone."""
    for count in range(len(example.passages) - 1, 0, -1):
        yield example.passages[:count]
    text, (start, end) = example.passages[0], example.kept
    spans = sentences(text, example.language)
    while len(spans) > 1:
        before, after = start - spans[0].start, spans[-1].end - end
        if max(before, after) <= 0:
            return
        spans = spans[1:] if before > after else spans[:-1]
        yield (text[min(spans[0].start, start) : max(spans[-1].end, end)],)


@dataclass(frozen=True, slots=True)
class GeneratorCollator:
    """Makes batches, padded on the right.

    Args:
        pad_id: any token: what is padded is neither read nor learnt.
    """

    pad_id: int

    def __call__(self, rows: Sequence[GeneratorRow]) -> dict[str, torch.Tensor]:
        width = -(-max(map(len, rows)) // _MULTIPLE) * _MULTIPLE
        input_ids = torch.full((len(rows), width), self.pad_id)
        targets = torch.full((len(rows), width), IGNORED)
        for number, row in enumerate(rows):
            tokens = torch.tensor(row.input_ids)
            input_ids[number, : len(row)] = tokens
            targets[number, row.answer_at : len(row)] = tokens[row.answer_at :]
        places = torch.arange(width)
        lengths = torch.tensor([len(row) for row in rows])
        return {
            "input_ids": input_ids,
            "attention_mask": (places < lengths[:, None]).long(),
            "targets": targets,
        }
