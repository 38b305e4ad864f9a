"""Exact match and F1 by the official SQuAD normalisation, with the no-answer rules of SQuAD 2.0.

In: predicted and gold answer texts; an empty prediction means "no answer", no gold text means "unanswerable".
Out: numbers between 0 and 1. Knows nothing about models, offsets or thresholds. Meant for languages with spaces between
words: `metrics.answers` chooses.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)


def normalise_answer(text: str) -> str:
    """Lower-case, drop ASCII punctuation and English articles, squeeze spaces: evaluate-v2.0.py of SQuAD.

    >>> normalise_answer("The  Answer, a (short) one.")
    'answer short one'
    """
    plain = "".join(character for character in text.lower() if character not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", plain).split())


def answer_tokens(text: str) -> list[str]:
    """The tokens F1 counts: normalised words.

    >>> answer_tokens("the Bank"), answer_tokens("")
    (['bank'], [])
    """
    return normalise_answer(text).split()


def exact_match(prediction: str, golds: Sequence[str]) -> float:
    """1.0 when the normalised prediction equals one of the normalised golds, else 0.0; see `f1` for no answer.

    >>> exact_match("The bank", ["a Bank!", "an office"]), exact_match("", []), exact_match("bank", [])
    (1.0, 1.0, 0.0)
    """
    tokens = answer_tokens(prediction)
    return max(float(tokens == answer_tokens(gold)) for gold in _scored(golds))


def f1(prediction: str, golds: Sequence[str]) -> float:
    """Largest overlap of tokens with any gold, as F1. Without golds only "no answer" is right.

    As in the official script, a gold that normalises to nothing ("the") is left out, and when either side has no
    tokens the score is 1.0 only if both have none.

    >>> f1("the old bank", ["bank"]), f1("", ["bank"]), f1("", [])
    (0.6666666666666666, 0.0, 1.0)
    """
    tokens = answer_tokens(prediction)
    return max(_overlap(tokens, answer_tokens(gold)) for gold in _scored(golds))


def _scored(golds: Sequence[str]) -> Sequence[str]:
    return [gold for gold in golds if normalise_answer(gold)] or [""]


def _overlap(prediction: list[str], gold: list[str]) -> float:
    if not prediction or not gold:
        return float(prediction == gold)
    common = sum((Counter(prediction) & Counter(gold)).values())
    if not common:
        return 0.0
    precision, recall = common / len(prediction), common / len(gold)
    return 2 * precision * recall / (precision + recall)
