"""Scores an answer by the rules of its language: as CMRC 2018 does where it is Chinese, as SQuAD 2.0 does elsewhere.

In: predicted and gold answer texts; an empty prediction means "no answer", no gold text means "unanswerable". Out:
numbers between 0 and 1, and which rules they follow. Chinese is what holds a Han character, prediction or gold.
"""

from collections.abc import Iterable, Sequence
from types import ModuleType

from autogpt.metrics import cmrc, squad
from autogpt.text.scripts import has_han

#: Names of the rules, as reports give them.
SQUAD, CMRC = "SQuAD 2.0", "CMRC 2018 (by character)"


def exact_match(prediction: str, golds: Sequence[str]) -> float:
    """1.0 when the prediction equals one of the golds after normalisation, else 0.0.

    >>> exact_match("the Bank!", ["bank"]), exact_match("《红楼梦》", ["红楼梦"]), exact_match("", [])
    (1.0, 1.0, 1.0)
    """
    score: float = _rules([prediction, *golds]).exact_match(prediction, golds)
    return score


def f1(prediction: str, golds: Sequence[str]) -> float:
    """Largest F1 with any gold; without golds only "no answer" is right.

    >>> f1("old bank", ["bank"]), f1("中国银行上海", ["中国银行"]), f1("2018年", ["2018"]), f1("银行", [])
    (0.6666666666666666, 0.8, 0.6666666666666666, 0.0)
    """
    score: float = _rules([prediction, *golds]).f1(prediction, golds)
    return score


def answer_tokens(text: str) -> list[str]:
    """The tokens F1 counts: words, in Chinese characters.

    >>> answer_tokens("the Bank"), answer_tokens("A股，银行")
    (['bank'], ['a', '股', '银', '行'])
    """
    tokens: list[str] = _rules([text]).answer_tokens(text)
    return tokens


def holds(text: str, answers: Sequence[str]) -> bool:
    """Whether the tokens of one of the answers stand in `text` side by side.

    >>> holds("年利率为12.5%。", ["12.5%"]), holds("The Bank's fee", ["bank"]), holds("The fee", ["fees"])
    (True, False, False)
    """
    rules = _rules([text])
    stands = f" {' '.join(rules.answer_tokens(text))} "
    wanted = (" ".join(rules.answer_tokens(answer)) for answer in answers)
    return any(f" {one} " in stands for one in wanted if one)


def rules_of(answers: Iterable[Sequence[str]]) -> str:
    """Names of the rules that score questions with these golds, with their numbers where there are both.

    >>> rules_of([["bank"], []]), rules_of([["银行"]]), rules_of([["bank"], ["银行"], ["行"]])
    ('SQuAD 2.0', 'CMRC 2018 (by character)', 'SQuAD 2.0 (1 answer) and CMRC 2018 (by character) (2 answers)')
    """
    chinese = [_rules(golds) is cmrc for golds in answers if golds]
    counts = {SQUAD: chinese.count(False), CMRC: chinese.count(True)}
    used = [name for name, count in counts.items() if count] or [SQUAD]
    if len(used) == 1:
        return used[0]
    return " and ".join(f"{name} ({counts[name]:,} answer{'s' * (counts[name] != 1)})" for name in used)


def _rules(texts: Sequence[str]) -> ModuleType:
    return cmrc if any(has_han(text) for text in texts) else squad
