"""Exact match and F1 as the evaluation script of CMRC 2018 counts them (Cui et al. 2019, "A span-extraction dataset for
Chinese machine reading comprehension").

In: predicted and gold answer texts; empty and none mean what they do in `metrics.squad`. Out: numbers between 0 and 1.
Knows nothing about models or offsets. Where the script asks NLTK to cut the parts that are not Chinese, words and other
signs are told apart here.
"""

import difflib
import re
from collections.abc import Sequence

from autogpt.text.scripts import HAN

#: Signs that the script leaves out; it keeps all others, "%" and "." among them.
_LEFT_OUT = str.maketrans("", "", "-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")
_TOKEN = re.compile(rf"[{HAN}]|[^\W{HAN}]+|[^\w\s]")


def normalise_answer(text: str) -> str:
    """Lower-case, without the signs left out and without spaces at the ends.

    >>> normalise_answer("《A股》，2.0%")
    'a股2.0%'
    """
    return text.lower().strip().translate(_LEFT_OUT)


def answer_tokens(text: str) -> list[str]:
    """The tokens F1 counts: each Han character, and whole words of other scripts.

    >>> answer_tokens("A股，中国银行")
    ['a', '股', '中', '国', '银', '行']
    """
    return _TOKEN.findall(normalise_answer(text))


def exact_match(prediction: str, golds: Sequence[str]) -> float:
    """1.0 when the normalised prediction equals one of the normalised golds, else 0.0.

    >>> exact_match("《红楼梦》", ["红楼梦"]), exact_match("红楼", ["红楼梦"])
    (1.0, 0.0)
    """
    wanted = normalise_answer(prediction)
    return max(float(wanted == normalise_answer(gold)) for gold in golds or [""])


def f1(prediction: str, golds: Sequence[str]) -> float:
    """Largest F1 with any gold, where what two texts share is their longest common run of tokens.

    >>> f1("中国银行上海", ["中国银行"]), f1("银行中国", ["中国银行"])
    (0.8, 0.5)
    """
    tokens = answer_tokens(prediction)
    return max(_overlap(tokens, answer_tokens(gold)) for gold in golds or [""])


def _overlap(prediction: list[str], gold: list[str]) -> float:
    if not prediction or not gold:
        return float(prediction == gold)
    common = difflib.SequenceMatcher(None, prediction, gold, autojunk=False).find_longest_match().size
    if not common:
        return 0.0
    precision, recall = common / len(prediction), common / len(gold)
    return 2 * precision * recall / (precision + recall)
