"""Opens what a training of a reader learns from.

In: a model pack, a folder or a hub id. Out: a model for evaluation. Knows nothing about how it is learnt from.
"""

from typing import Any

from autogpt.errors import UsageError
from autogpt.models.sources import resolve_reader
from autogpt.train.base import load_base, rust_tokenizer
from autogpt.train.methods.saved import is_adapter

#: Encoded by both tokenizers; words of several scripts, marks and figures.
_PROBE = "Fees rose by 3.5% in 2024; see §7 (naïve café). 年费为一百元。"
_READER = "ForQuestionAnswering"


def open_teacher(name: str, tokenizer: Any) -> Any:
    """The reader called `name`, for evaluation and without gradients.

    Args:
        tokenizer: of the student; the teacher gets its batches, so its own must be the same.

    Raises UsageError for one that cannot be had, that is no reader, or that has another tokenizer.
    """
    source = resolve_reader(name)
    model, theirs = load_base(source, 0.0)
    trained = getattr(model.config, "architectures", None) or [""]
    if not (is_adapter(source) or trained[0].endswith(_READER)):
        raise UsageError(
            f"The teacher '{name}' is no reader: it was not trained for question answering.",
            "Name the model/ folder of a training, a model pack with a reader, or a reader of the hub.",
        )
    if not _alike(rust_tokenizer(tokenizer), rust_tokenizer(theirs)):
        raise UsageError(
            f"The teacher '{name}' has another tokenizer than the base, so their tokens cannot be compared.",
            "Take a teacher and a base of one family, for example a large and a small model with one vocabulary.",
        )
    return model.eval().requires_grad_(False)


def _alike(one: Any, other: Any) -> bool:
    for tokenizer in (one, other):
        tokenizer.no_truncation()
        tokenizer.no_padding()
    encoded = [tokenizer.encode(_PROBE, _PROBE).ids for tokenizer in (one, other)]
    return bool(one.get_vocab() == other.get_vocab() and encoded[0] == encoded[1])
