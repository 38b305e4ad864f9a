"""Which models can read several windows in one row.

In: a model's configuration. Out: the position id of a window's first token, or None where rows cannot be packed. A
packed row needs attention that takes a mask per pair of tokens and positions that can be given.
"""

from typing import Any

_FROM_ZERO = frozenset({"bert", "electra", "ernie"})
_FROM_PADDING = frozenset({"roberta", "xlm-roberta", "camembert", "xlm-roberta-xl"})


def first_position(config: Any) -> int | None:
    """Position id that a window's first token has, or None when the model's rows cannot be packed."""
    if config.model_type in _FROM_ZERO:
        return 0
    if config.model_type in _FROM_PADDING:
        return int(config.pad_token_id) + 1
    return None
