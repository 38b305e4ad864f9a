"""Tells a question from its contrary, which to an encoder looks almost the same.

In: two questions. Out: whether the one asks the contrary of the other. Knows nothing about vetted answers.
"""

import re
from functools import lru_cache

from autogpt.answer.grounding.parts import Parsed, parse
from autogpt.answer.grounding.polarity import contrary
from autogpt.text.scripts import HAN

#: Denials that deny nothing where they stand: "Isn't it free?", "... or not?", 能不能, 到账了没有, 收费不.
_ASKING = re.compile(
    r"(?i)^\W*(?:ca|wo|is|are|was|were|does|did|would|could|should|has|have|had)n['’]t\b"
    r"|^\W*don['’]t\s+(?=(?:you|we|they|i|the)\b)"
    r"|,?\s+or not\b"
    r"|,\s*\w+n['’]t\s+\w+(?=\W*$)"
    r"|(?<=了)没有(?=\W*$)|没(?=[啊呀]?\W*$)|(?<!要)不(?=\W*$)"
)
#: Questions that are answered by yes or no ask the same with a denial and without: 不能退款吗.
_POLAR = re.compile(
    r"(?i)^\W*(?:can|could|may|will|would|should|must|is|are|was|were|do|does|did|has|have|had)\b|[吗嗎嘛吧么]\W*$"
)
_EITHER = re.compile(rf"([{HAN}]{{1,2}})[不没]\1")


def asks_contrary(one: str, other: str) -> bool:
    """Whether two questions, English or Chinese, hold the same words and only one denies them, or differ in a word and
    its contrary alone.

    Questions that differ in more are not judged: a paraphrase may deny where the other does not. Nor does a denial turn
    a question that is answered by yes or no.

    >>> asks_contrary("What is NOT covered by the guarantee?", "What does the guarantee cover?")
    True
    >>> asks_contrary("哪些费用包括在内", "哪些费用不包括在内"), asks_contrary("能不能退款", "能退款吗")
    (True, False)
    >>> asks_contrary("What is the highest fee?", "What is the lowest fee?")
    True
    """
    first, second = _parsed(one), _parsed(other)
    said, heard = ({atom.key: atom.surface for atom in parsed.atoms} for parsed in (first, second))
    denies, denied = len(first.negations) % 2, len(second.negations) % 2
    if denies != denied:
        turned = _POLAR.search(one if denies else other) is None
        return turned and bool(said) and said.keys() == heard.keys()
    left, right = said.keys() - heard.keys(), heard.keys() - said.keys()
    if (len(left), len(right)) != (1, 1):
        return False
    return contrary(said[left.pop()], {heard[right.pop()]}) != ""


@lru_cache(maxsize=20_000)
def _parsed(question: str) -> Parsed:
    return parse(_ASKING.sub(" ", _EITHER.sub(r"\1", question)))
