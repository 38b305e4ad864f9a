"""Which characters are Chinese.

In: characters. Out: ranges for regular expressions, and whether a text holds any. Knows nothing about languages: see
`text.language`.
"""

import re

#: Han characters, for the inside of a character class: the unified ones, extension A, the compatibility ones, and
#: those beyond the basic plane.
HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
HAN_CHARACTER = re.compile(f"[{HAN}]")


def has_han(text: str) -> bool:
    """Whether `text` holds a Han character.

    >>> has_han("A股"), has_han("A-share。")
    (True, False)
    """
    return HAN_CHARACTER.search(text) is not None
