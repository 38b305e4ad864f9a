"""A pattern that puts a text before a language model, so that the word it expects there says the text's class.

In: texts. Out: rows of tokens, and which of a row's tokens is looked at. Needs no model. Source: Schick and Schütze
2021, "Exploiting cloze questions for few shot text classification and natural language inference".
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Encoding, Tokenizer

from autogpt.models.layout import CLASSIFIER

TEXT, MASK = "{text}", "{mask}"
#: Tokens kept free beside a cut text: what stands around it may make other tokens of its end.
_SPARE = 2


@dataclass(frozen=True, slots=True)
class Prompt:
    """How a language model is asked for a class.

    Attributes:
        pattern: holds {text} and {mask} once each.
        mask: what stands for {mask}: the tokenizer's own, or nothing for a model that tells next tokens.
        place: of the token that is looked at: from the start of a row, or negative from the end of its tokens.
        pieces: for each class the ids whose logits' mean is its own.
        single: whether there is one logit: that of the second class less that of the first (yes or no).
    """

    pattern: str
    mask: str
    place: int
    pieces: tuple[tuple[int, ...], ...]
    single: bool = False

    def filled(self, text: str) -> str:
        """What the model reads.

        >>> Prompt("{text} It was about {mask}.", "[MASK]", -3, ()).filled("My {mask} is lost.")
        'My {mask} is lost. It was about [MASK].'
        """
        before, after = (part.replace(MASK, self.mask) for part in self.pattern.split(TEXT, 1))
        return before + text + after

    def rows(self, tokenizer: Tokenizer, texts: Sequence[str], max_tokens: int) -> list[Encoding]:
        """Rows of at most `max_tokens` tokens. A text that is too long is cut; the pattern never is.

        Args:
            tokenizer: which neither pads nor cuts.
        """
        room = max(1, max_tokens - len(tokenizer.encode(self.filled("")).ids) - _SPARE)
        alone = tokenizer.encode_batch(list(texts), add_special_tokens=False)
        cut = [
            text if len(one.ids) <= room else text[: one.offsets[room - 1][1]]
            for text, one in zip(texts, alone, strict=True)
        ]
        return list(tokenizer.encode_batch([self.filled(text) for text in cut]))

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Prompt":
        """What `asdict` made, after it went through JSON. Raises TypeError or KeyError when it is broken."""
        return cls(**{**raw, "pieces": tuple(map(tuple, raw["pieces"]))})


def read_prompt(folder: Path) -> Prompt | None:
    """The prompt of the classifier in `folder`; None for one that is asked without.

    Raises ValueError, KeyError or TypeError when the file is broken.
    """
    path = folder / CLASSIFIER
    about = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return Prompt.from_json(about["prompt"]) if "prompt" in about else None
