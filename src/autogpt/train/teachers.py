"""Opens what a training of a reader, a classifier, a generator or a language model learns from.

In: a model pack, a folder or a hub id. Out: a model for evaluation. Knows nothing about how it is learnt from.
"""

from pathlib import Path
from typing import Any

from autogpt.classify.card import load_card
from autogpt.errors import UsageError
from autogpt.models.layout import CLASSIFIER
from autogpt.models.sources import resolve_encoder, resolve_generator, resolve_reader
from autogpt.train.base import load_base, load_classifier, load_generator, rust_tokenizer
from autogpt.train.labelling import Task
from autogpt.train.language_base import LanguageBase, open_language_base
from autogpt.train.methods.saved import is_adapter
from autogpt.train.remembering import trained_as

#: Encoded by both tokenizers; words of several scripts, marks and figures.
_PROBE = "Fees rose by 3.5% in 2024; see §7 (naïve café). 年费为一百元。"
_READER, _CLASSIFIER = "ForQuestionAnswering", "ForSequenceClassification"


def open_teacher(name: str, tokenizer: Any) -> Any:
    """The reader called `name`, for evaluation and without gradients.

    Args:
        tokenizer: of the student; the teacher gets its batches, so its own must be the same.

    Raises UsageError for one that cannot be had, that is no reader, or that has another tokenizer.
    """
    source = resolve_reader(name)
    model, theirs = load_base(source, 0.0)
    if not (is_adapter(source) or trained_as(model).endswith(_READER)):
        raise UsageError(
            f"The teacher '{name}' is no reader: it was not trained for question answering.",
            "Name the model/ folder of a training, a model pack with a reader, or a reader of the hub.",
        )
    return _teaching(name, model, theirs, tokenizer)


def open_generator_teacher(name: str, tokenizer: Any) -> Any:
    """The same of a causal language model. Raises UsageError for one that cannot be had or has another tokenizer."""
    model, theirs = load_generator(resolve_generator(name), 0.0)
    return _teaching(name, model, theirs, tokenizer)


def open_classifier_teacher(name: str, tokenizer: Any, task: Task) -> Any:
    """The same of a classifier that tells the same labels.

    Raises UsageError for one that cannot be had, tells other labels, or has another tokenizer, and for an encoder with
    a head, as few examples give.
    """
    folder = Path(resolve_encoder(name))
    hint = "Name the model/ folder of a training of a classifier on the same labels."
    card = load_card(folder)[0] if (folder / CLASSIFIER).is_file() else None
    if card is None or (card.kind, card.labels) != (task.kind, task.labels):
        told = "no classifier" if card is None else f"a classifier of other labels ({card.kind}: {len(card.labels)})"
        raise UsageError(f"The teacher '{name}' is {told}.", hint)
    model, theirs = load_classifier(folder, 0.0, task.outputs)
    if not trained_as(model).endswith(_CLASSIFIER):
        raise UsageError(
            f"The teacher '{name}' is an encoder with a head that was fitted to few examples; its logits are not those "
            "of a classifier.",
            "Train the teacher with train.classifier.few_shot=never.",
        )
    return _teaching(name, model, theirs, tokenizer)


def open_language_teacher(name: str, student: LanguageBase) -> Any:
    """The same of a language model of the student's kind.

    Raises UsageError for one that cannot be had, is of another kind or tokenizer, or has no head that tells words.
    """
    teacher = open_language_base(resolve_reader(name), 0.0, student.kind)
    if teacher.new_head:
        raise UsageError(
            f"The teacher '{name}' tells no words: it has no head for that.",
            "Name a language model, or the model/ folder of a training by autogpt train language-model.",
        )
    return _teaching(name, teacher.model, teacher.tokenizer, student.tokenizer)


def _teaching(name: str, model: Any, theirs: Any, tokenizer: Any) -> Any:
    if not same_tokenizer(tokenizer, theirs):
        raise UsageError(
            f"The teacher '{name}' has another tokenizer than the base, so their tokens cannot be compared.",
            "Take a teacher and a base of one family, for example a large and a small model with one vocabulary.",
        )
    return model.eval().requires_grad_(False)


def same_tokenizer(one: Any, other: Any) -> bool:
    """Whether two transformers tokenizers make the same tokens of a text."""
    copies = [rust_tokenizer(tokenizer) for tokenizer in (one, other)]
    for copy in copies:
        copy.no_truncation()
        copy.no_padding()
    encoded = [copy.encode(_PROBE, _PROBE).ids for copy in copies]
    return bool(copies[0].get_vocab() == copies[1].get_vocab() and encoded[0] == encoded[1])
