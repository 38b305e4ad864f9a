"""Turns single sentences into questions by their form.

In: a sentence in English or Chinese. Out: questions, each with the range of the sentence that answers it. Rules over
definitions and quantities; what fits no rule gives nothing. Knows nothing about documents.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autogpt.text.chinese import simplified_character
from autogpt.text.quantities import Quantity, quantities

#: Words that stand for something said before, or for nobody: a question about them can not be understood alone.
_OPEN_TEXT = (
    "it this that these those they he she we you i there here what which who if when where how such both all each one "
    "everything nothing some many most please note see no not its our your my his her their later then otherwise"
)
_OPEN = frozenset(_OPEN_TEXT.split())
_OPEN_HAN = re.compile(
    r"^(?:这|那|该|此|其|它|他|她|我|你|您|如|若|请|但|而|并|也|还|因|由于|以上|以下|上述|同时|另外|一般|通常|就|都|不)"
)
_MOST_WORDS = 8
_LONGEST_HAN = 24

_IS = re.compile(
    r"^(?P<subject>(?:[Tt]he |[Aa]n? )?[\w'’“”\"()/ -]{2,80}?) (?P<verb>is|are|means?|refers? to|is called|are called) "
    r"(?P<rest>(?:an?|the|any|one of|when|that|money|something|somebody) .{8,280})$"
)
_COSTS = re.compile(r"^(?P<subject>[\w'’“”\"()/, -]{2,80}?) costs?(?: you)?(?: up to| at least| about)? $")
_TAKES = re.compile(
    r"^(?P<subject>[\w'’“”\"()/, -]{2,80}?) (?:takes?|lasts?)(?: up to| at least| at most| about| no longer than)? $"
)
_AMOUNTS = re.compile(
    r"^(?P<subject>[Tt]he [\w'’“”\"()/ -]{2,80}?) (?P<verb>is|are)(?: up to| at least| at most| about| currently)? $"
)
_WHEN = re.compile(
    r"^(?P<subject>[\w'’“”\"()/ -]{2,80}?) (?P<verb>is|are|was|were|will be|must be|can be) (?P<done>[\w -]{2,50}?) "
    r"(?P<lead>(?:within|on|after|before|until|by|from|since|in)(?: about)? )$"
)
_HAN_IS = re.compile(
    r"^(?:所谓)?[“「]?(?P<subject>[^，。；：、“”「」\s]{2,20}?)[”」]?(?:，)?(?:是指|系指|指的是|指(?![定示出纹南引标数导挥责甲派望]))(?P<rest>.{6,200})$"
)
_HAN_AMOUNT = re.compile(
    r"(?:^|[，；])(?P<subject>[^，。；：\s]{2,24}?)(?:收费)?(?:为|是|：|收取|最高为?|最低为?|不超过|不得超过|不低于|至少|至多|达到?)[约至]?$"
)
_HAN_FROM = re.compile(r"(?:^|[，；])(?P<subject>[^，。；：\s]{2,24}?)(?:自|从|于|将于)$")
_HAN_FROM_REST = re.compile(r"^(?:起|开始)?(?P<done>[^，。；：\s、]{2,12})[。；，]?$")
_EDGES = " \t.,;:。，；：、"
_MONEY = frozenset({"USD", "HKD", "EUR", "GBP", "JPY", "CNY", "cent"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that a sentence answers with its characters from `start` to `end`. `kind`: definition or quantity."""

    question: str
    start: int
    end: int
    kind: str


def questions_of(sentence: str, language: str) -> list[Asked]:
    """Questions that a sentence answers by its form.

    >>> [one.question for one in questions_of("The Gold card costs 45 euros a year.", "en")]
    ['How much does the Gold card cost?']
    >>> [one.question for one in questions_of("本办法所称冻结是指银行暂停支付账户资金的行为。", "zh")]
    ['什么是冻结？']
    """
    return list(_chinese(sentence) if language == "zh" else _english(sentence))


def _english(sentence: str) -> Iterator[Asked]:
    if (found := _IS.match(sentence)) and (subject := _subject(found["subject"])):
        start, end = _bare(sentence, found.start("rest"), found.end("rest"))
        if found["verb"].startswith(("mean", "refer")):
            verb = "do" if found["verb"] in {"mean", "refer to"} else "does"
            yield Asked(f"What {verb} {subject} mean?", start, end, "definition")
        else:
            yield Asked(f"What {found['verb'].split()[0]} {subject}?", start, end, "definition")
        return
    for one in quantities(sentence):
        before = sentence[: one.start]
        if (found := _COSTS.match(before)) and one.unit and (subject := _subject(found["subject"])):
            verb = "do" if before.rstrip().endswith(" cost") else "does"
            yield Asked(f"How much {verb} {subject} cost?", *_whole(sentence, one), "quantity")
        elif (found := _TAKES.match(before)) and one.unit and (subject := _subject(found["subject"])):
            verb = "do" if re.search(r" (?:take|last)\b", before) else "does"
            yield Asked(f"How long {verb} {subject} take?", *_whole(sentence, one), "quantity")
        elif (found := _AMOUNTS.match(before)) and (subject := _subject(found["subject"])):
            asks = "How much" if one.unit in _MONEY else "What"
            yield Asked(f"{asks} {found['verb']} {subject}?", *_whole(sentence, one), "quantity")
        elif (found := _WHEN.match(before)) and _is_time(one) and (subject := _subject(found["subject"])):
            verb, _, more = found["verb"].partition(" ")
            done = f"{more} {found['done']}".strip()
            start, end = _bare(sentence, found.start("lead"), one.end)
            yield Asked(f"When {verb} {subject} {done}?", start, end, "quantity")
        else:
            continue
        return


def _chinese(sentence: str) -> Iterator[Asked]:
    if (found := _HAN_IS.match(sentence)) and (subject := _han_subject(found["subject"])):
        start, end = _bare(sentence, found.start("rest"), found.end("rest"))
        yield Asked(f"什么是{subject}？", start, end, "definition")
        return
    # Character by character, so that offsets stay.
    simplified = "".join(simplified_character(one) for one in sentence)
    for one in quantities(simplified if len(simplified) == len(sentence) else sentence):
        before = sentence[: one.start]
        if one.kind == "date" and (found := _HAN_FROM.search(before)):
            rest = _HAN_FROM_REST.match(sentence[one.end :])
            if rest and (subject := _han_subject(found["subject"])):
                yield Asked(f"{subject}什么时候{rest['done']}？", one.start, one.end, "quantity")
        elif one.unit and (found := _HAN_AMOUNT.search(before)) and (subject := _han_subject(found["subject"])):
            yield Asked(f"{subject}是多少？", *_whole(sentence, one), "quantity")


def _subject(words: str) -> str:
    """What a question asks about, as it stands inside of one; empty when it cannot be understood alone."""
    parts = words.replace("“", '"').replace("”", '"').strip().split()
    if not parts or len(parts) > _MOST_WORDS or parts[0].lower() in _OPEN or "," in words:
        return ""
    if parts[0].lower() in {"the", "a", "an"}:
        parts[0] = parts[0].lower()
        if len(parts) == 1:
            return ""
    return " ".join(parts)


def _han_subject(words: str) -> str:
    words = re.sub(r"^(?:本(?:办法|规定|合同|条款|细则)所称的?|所谓|其中的?)", "", words.strip())
    long = len(words) < 2 or len(words) > _LONGEST_HAN
    return "" if long or _OPEN_HAN.match(words) or not re.search(r"[^\W\d]", words) else words


def _is_time(one: Quantity) -> bool:
    times = {"second", "minute", "hour", "day", "working day", "week", "month", "year"}
    return one.kind in {"date", "time"} or one.unit in times


def _whole(sentence: str, one: Quantity) -> tuple[int, int]:
    """The quantity with what makes it a rate: `45 euros a year`, `每年45元`."""
    rate = re.match(r"(?: (?:an?|per|each|every) \w+|/\w+|/[年月日次笔]| of the \w+(?: \w+)?)", sentence[one.end :])
    return one.start, one.end + (rate.end() if rate else 0)


def _bare(sentence: str, start: int, end: int) -> tuple[int, int]:
    """The range without punctuation and white space at its ends."""
    while end > start and sentence[end - 1] in _EDGES:
        end -= 1
    while start < end and sentence[start] in _EDGES:
        start += 1
    return start, end
