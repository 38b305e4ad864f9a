"""Makes the prompt by which a language model is asked for a text's class: the pattern, and the pieces of labels' words.

In: settings, a task, a language model's tokenizer. Out: a `Prompt`, or what is wrong, in words. Sources: Schick and
Schütze 2021 (masked models); Gao et al. 2021, "Making pre-trained language models better few-shot learners" (words of
labels, fine-tuning). A word of several pieces is judged by the mean of their logits at one place, so that a class costs
no further pass. Knows nothing about training.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tokenizers import Tokenizer

from autogpt.config import ClassifierTrainingSection
from autogpt.errors import UsageError
from autogpt.read.backends.prompt import MASK, TEXT, Prompt
from autogpt.text.language import detect
from autogpt.text.scripts import has_han
from autogpt.train.base import rust_tokenizer
from autogpt.train.labelling import Task
from autogpt.train.language_base import LanguageBase

#: By kind of model and language.
PATTERNS = {
    ("masked", "en"): "{text} It was about {mask}.",
    ("masked", "zh"): "{text}这是关于{mask}的问题。",
    ("causal", "en"): "{text}\nTopic: {mask}",
    ("causal", "zh"): "{text}\n主题：{mask}",
}
#: Texts whose language is looked at.
_LOOKED_AT = 100


def require_promptable(settings: ClassifierTrainingSection, task: Task) -> None:
    """Raises UsageError for what no prompt can be made for."""
    if task.kind not in ("intents", "binary"):
        raise UsageError(
            f"A prompt asks for one class of several; {task.kind} has none such.",
            "Set train.classifier.few_shot to auto, or train.classifier.kind to intents or binary.",
        )
    if settings.teachers:
        raise UsageError(
            "A classifier that is asked by a prompt has no teachers.", "Set train.classifier.few_shot to never."
        )


def require_words(opened: LanguageBase, base: str) -> None:
    """Raises UsageError for a base whose head for words is new: it knows no words that could stand for a class."""
    if opened.new_head:
        raise UsageError(
            f"The model '{base}' has no head that tells words, so it cannot be asked by a prompt.",
            "Train one on your documents first (autogpt train language-model --part encoder) and name its model/ as "
            "the base; or take a language model, for example bert-base-uncased.",
        )


def make_prompt(settings: ClassifierTrainingSection, task: Task, opened: LanguageBase) -> Prompt:
    """The prompt for the classes of `task`.

    Raises UsageError for words that the model does not know or that cannot be told apart, and for a pattern of a model
    that reads forwards which does not end with {mask}.
    """
    tokenizer = rust_tokenizer(opened.tokenizer)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    pattern = settings.pattern or PATTERNS[opened.kind, _language(task)]
    if opened.kind == "causal":
        pattern = pattern.rstrip()
        if not pattern.endswith(MASK):
            raise UsageError(
                f"The pattern '{pattern}' goes on after {MASK}, but the base tells only what comes next.",
                f"End train.classifier.pattern with {MASK}.",
            )
        pattern = pattern.removesuffix(MASK).rstrip() + MASK
    words = {label: tuple(settings.label_words.get(label) or (_name(label),)) for label in task.labels}
    _require_known(settings.label_words, task.labels)
    pieces = [_pieces(tokenizer, opened.tokenizer.unk_token_id, label, words[label]) for label in task.labels]
    seen: dict[tuple[int, ...], str] = {}
    for label, own in zip(task.labels, pieces, strict=True):
        twin = seen.setdefault(tuple(sorted(own)), label)
        if twin != label:
            raise UsageError(
                f"The words of '{twin}' and '{label}' are the same to the base: nothing tells them apart.",
                "Give each its own words in train.classifier.label_words.",
            )
    mask = opened.tokenizer.mask_token if opened.kind == "masked" else ""
    place = _place(tokenizer, Prompt(pattern, mask, 0, ()), opened.tokenizer.mask_token_id)
    return Prompt(pattern, mask, place, tuple(pieces), single=task.kind == "binary")


def _language(task: Task) -> str:
    looked_at = [one.text for one in task.train[:_LOOKED_AT]]
    return "zh" if 2 * sum(detect(text) == "zh" for text in looked_at) > len(looked_at) else "en"


def _name(label: str) -> str:
    """`lost_card` → `lost card`."""
    return " ".join(label.replace("_", " ").replace("-", " ").split())


def _require_known(given: Mapping[str, Any], labels: Sequence[str]) -> None:
    unknown = sorted(set(given) - set(labels))
    if unknown:
        raise UsageError(
            f"train.classifier.label_words names '{unknown[0]}', which is no label of the data.",
            f"Labels: {', '.join(labels[:10])}{' …' if len(labels) > 10 else ''}",
        )


def _pieces(tokenizer: Tokenizer, unknown: int | None, label: str, words: Sequence[str]) -> tuple[int, ...]:
    """Ids of the words, each once; those that are only a space say nothing."""
    found: dict[int, None] = {}
    for word in words:
        before = "" if has_han(word[:1]) else " "
        for id in tokenizer.encode(before + word, add_special_tokens=False).ids:
            if id != unknown and tokenizer.decode([id]).strip():
                found[id] = None
    if not found:
        raise UsageError(
            f"The base knows no word of the label '{label}': {', '.join(words)}.",
            f'Give others in train.classifier.label_words: {label} = ["…"]',
        )
    return tuple(found)


def _place(tokenizer: Tokenizer, prompt: Prompt, mask_id: int | None) -> int:
    """Where the mask is in every row: counted from the side that the text does not stand on."""
    row = tokenizer.encode(prompt.filled("a"))
    if not prompt.mask:
        return max(at for at, special in enumerate(row.special_tokens_mask) if not special) - len(row.ids)
    if mask_id not in row.ids:
        raise UsageError(
            f"The tokenizer does not find its own mask, {prompt.mask}, in a text.", "Take another base model."
        )
    at = row.ids.index(mask_id)
    return at if prompt.pattern.index(MASK) < prompt.pattern.index(TEXT) else at - len(row.ids)
