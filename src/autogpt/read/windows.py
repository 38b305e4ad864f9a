"""Cuts a question and its context into overlapping windows of tokens.

In: texts. Out: `Window`s whose offsets are code points of the context. Works on a `tokenizers.Tokenizer` alone, for
training and serving alike. Knows nothing about models, answers or scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tokenizers import Encoding, Tokenizer
from tokenizers.processors import TemplateProcessing

from autogpt.errors import UsageError

#: Tokens of the context a window must have room for beside the longest question.
_LEAST_CONTEXT = 8
#: Names under which tokenizers carry the token that opens or closes a text.
_END_TOKENS = ("<|endoftext|>", "</s>", "<eos>", "<|im_end|>")


@dataclass(frozen=True)
class Window:
    """One input of a reader: the question and a part of the context, T tokens.

    Attributes:
        input_ids: T token ids.
        type_ids: T segment ids.
        offsets: for each token its half-open range of code points in the context, or None for tokens that are not
            context (question, special tokens) or hold white space alone.
        null_index: position whose logits score "no answer in this window": the first token for models that read
            both ways (CLS), the last one for models that read left to right.
    """

    input_ids: list[int]
    type_ids: list[int]
    offsets: list[tuple[int, int] | None]
    null_index: int = 0

    def __len__(self) -> int:
        return len(self.input_ids)

    @cached_property
    def context_range(self) -> tuple[int, int]:
        """Half-open range of token positions from the first context token to the last; (0, 0) without any."""
        inside = [position for position, offset in enumerate(self.offsets) if offset is not None]
        return (inside[0], inside[-1] + 1) if inside else (0, 0)


class WindowBuilder:
    """Builds windows of at most `max_length` tokens, neighbours sharing `stride` tokens of the context.

    Questions longer than a quarter of a window are cut at their end. Tokenizers that add no special tokens of their
    own (GPT-2) get their end-of-text token after the question and after the context.

    Args:
        tokenizer: is copied, never changed.
        max_length: tokens per window, question and special tokens included.
        stride: context tokens that neighbouring windows share.

    Raises UsageError when `max_length` leaves no room for a question, `stride` tokens and something new.
    """

    def __init__(self, tokenizer: Tokenizer, max_length: int = 384, stride: int = 128) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._closes = self._tokenizer.num_special_tokens_to_add(True) == 0
        if self._closes:
            _close_with_end_token(self._tokenizer)
        special = self._tokenizer.num_special_tokens_to_add(True)
        self.max_length = max_length
        self.stride = stride
        self.question_length = max_length // 4
        room = max_length - special - self.question_length
        if room < max(_LEAST_CONTEXT, stride + 1):
            raise UsageError(
                f"Windows of {max_length} tokens with a stride of {stride} leave no room for the context.",
                f"Use a stride of at most {max(0, room - _LEAST_CONTEXT)}, or longer windows.",
            )
        self._bare = Tokenizer.from_str(self._tokenizer.to_str())
        self._tokenizer.enable_truncation(max_length, stride=stride, strategy="only_second")

    @classmethod
    def from_file(cls, path: str, max_length: int = 384, stride: int = 128) -> "WindowBuilder":
        """From a `tokenizer.json`."""
        return cls(Tokenizer.from_file(path), max_length, stride)

    @property
    def pad_id(self) -> int:
        """Id to pad `input_ids` with; masked anyway, so 0 serves where the tokenizer has no padding token."""
        for name in ("[PAD]", "<pad>"):
            found = self._tokenizer.token_to_id(name)
            if found is not None:
                return found
        return 0

    def build(self, question: str, context: str) -> list[Window]:
        """The windows of one question and context, in order; at least one."""
        return self.build_many([(question, context)])[0]

    def build_many(self, pairs: Sequence[tuple[str, str]]) -> list[list[Window]]:
        """The windows of each (question, context), tokenised in parallel."""
        questions = self._cut([question for question, _ in pairs])
        inputs = [(question, context) for question, (_, context) in zip(questions, pairs, strict=True)]
        encodings = self._tokenizer.encode_batch(inputs)
        return [
            [self._window(encoding, context) for encoding in (first, *first.overflowing)]
            for first, (_, context) in zip(encodings, inputs, strict=True)
        ]

    def _cut(self, questions: list[str]) -> list[str]:
        encoded = self._bare.encode_batch(questions, add_special_tokens=False)
        return [
            question if len(tokens.ids) <= self.question_length else question[: tokens.offsets[self.question_length][0]]
            for question, tokens in zip(questions, encoded, strict=True)
        ]

    def _window(self, encoding: Encoding, context: str) -> Window:
        offsets = [
            _trimmed(context, start, end) if sequence == 1 else None
            for sequence, (start, end) in zip(encoding.sequence_ids, encoding.offsets, strict=True)
        ]
        return Window(
            input_ids=encoding.ids,
            type_ids=encoding.type_ids,
            offsets=offsets,
            null_index=len(encoding.ids) - 1 if self._closes else 0,
        )


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The range without the white space that byte-level and sentence-piece tokens carry at their edges."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None


def _close_with_end_token(tokenizer: Tokenizer) -> None:
    for name in _END_TOKENS:
        found = tokenizer.token_to_id(name)
        if found is not None:
            tokenizer.post_processor = TemplateProcessing(
                single=f"$A {name}", pair=f"$A:0 {name}:0 $B:0 {name}:0", special_tokens=[(name, found)]
            )
            return
    raise UsageError(
        "The tokenizer has neither special tokens of its own nor an end-of-text token, so a question cannot be told "
        "from its context.",
        f"Add one of these tokens to tokenizer.json: {', '.join(_END_TOKENS)}.",
    )
