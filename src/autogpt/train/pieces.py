"""Asks several language models for the same words of the same texts.

In: opened models of one kind and tokenizer, texts. Out: what each told, block by block. Knows nothing about trainings.
"""

from collections.abc import Iterator, Sequence

from autogpt.config import LanguageModelTrainingSection
from autogpt.train.arguments import uses_bf16
from autogpt.train.base import largest_input, rust_tokenizer
from autogpt.train.blocks import Around, Block, make_blocks
from autogpt.train.collate import takes_types
from autogpt.train.language_base import LanguageBase
from autogpt.train.language_model import LanguageValidator, collator_of
from autogpt.train.objectives.language_model import LanguageModel
from autogpt.train.told import Told


def tell_pieces(
    settings: LanguageModelTrainingSection, models: Sequence[LanguageBase], texts: Sequence[str]
) -> tuple[list[int], Iterator[Told]]:
    """The text's number of each block, and what each model told, which is asked when its turn comes.

    Args:
        settings: how long blocks are, and which words are left out; blocks never go beyond a text.
    """
    first, tokenizer = models[0], models[0].tokenizer
    length = min([settings.max_length, *(size for one in models if (size := largest_input(one.model)))])
    around = Around.of(rust_tokenizer(tokenizer), tokenizer.eos_token_id)
    whole_words = settings.whole_words and first.kind == "masked"
    blocks: list[Block] = []
    of_text: list[int] = []
    for number, text in enumerate(texts):
        made = make_blocks([text], rust_tokenizer(tokenizer), around, length, whole_words)
        made = [one for one in made if len(one) > 1]  # of a single token nothing follows
        blocks += made
        of_text += [number] * len(made)
    collator = collator_of(settings, first, any(takes_types(one.model) for one in models))
    bf16 = uses_bf16(settings.precision)
    validator = LanguageValidator(blocks, collator, LanguageModel(), bf16, settings.batch_size, settings.seed)
    return of_text, (validator.tell(one.model) for one in models)
