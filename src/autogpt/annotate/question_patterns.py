"""Turns single sentences into questions by their form.

In: a sentence in English or Chinese. Out: questions, each with the range of the sentence that answers it. Rules over
definitions, names and quantities; what fits no rule gives nothing. Knows nothing about documents.
"""

import re
from collections.abc import Iterator

from autogpt.annotate.name_questions import questions_about_names
from autogpt.annotate.names import is_person, is_role
from autogpt.annotate.question_subjects import Asked, bare, han_subject_of, simplified_alike, subject_of
from autogpt.text.quantities import Quantity, quantities

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
_MONEY = frozenset({"USD", "HKD", "EUR", "GBP", "JPY", "CNY", "cent"})


def questions_of(sentence: str, language: str) -> list[Asked]:
    """Questions that a sentence answers by its form.

    >>> [one.question for one in questions_of("The Gold card costs 45 euros a year.", "en")]
    ['How much does the Gold card cost?']
    >>> [one.question for one in questions_of("本办法所称冻结是指银行暂停支付账户资金的行为。", "zh")]
    ['什么是冻结？']
    """
    return list(_chinese(sentence) if language == "zh" else _english(sentence))


def _english(sentence: str) -> Iterator[Asked]:
    if (found := _IS.match(sentence)) and (subject := subject_of(found["subject"])):
        start, end = bare(sentence, found.start("rest"), found.end("rest"))
        if found["verb"].startswith(("mean", "refer")):
            verb = "do" if found["verb"] in {"mean", "refer to"} else "does"
            yield Asked(f"What {verb} {subject} mean?", start, end, "definition")
        elif is_person(found["subject"]) and is_role(found["rest"]):
            yield Asked(f"Who {found['verb']} {subject}?", start, end, "name")
        else:
            yield Asked(f"What {found['verb'].split()[0]} {subject}?", start, end, "definition")
        return
    yield from questions_about_names(sentence, "en")
    for one in quantities(sentence):
        before = sentence[: one.start]
        if (found := _COSTS.match(before)) and one.unit and (subject := subject_of(found["subject"])):
            verb = "do" if before.rstrip().endswith(" cost") else "does"
            yield Asked(f"How much {verb} {subject} cost?", *_whole(sentence, one), "quantity")
        elif (found := _TAKES.match(before)) and one.unit and (subject := subject_of(found["subject"])):
            verb = "do" if re.search(r" (?:take|last)\b", before) else "does"
            yield Asked(f"How long {verb} {subject} take?", *_whole(sentence, one), "quantity")
        elif (found := _AMOUNTS.match(before)) and (subject := subject_of(found["subject"])):
            asks = "How much" if one.unit in _MONEY else "What"
            yield Asked(f"{asks} {found['verb']} {subject}?", *_whole(sentence, one), "quantity")
        elif (found := _WHEN.match(before)) and _is_time(one) and (subject := subject_of(found["subject"])):
            verb, _, more = found["verb"].partition(" ")
            done = f"{more} {found['done']}".strip()
            start, end = bare(sentence, found.start("lead"), one.end)
            yield Asked(f"When {verb} {subject} {done}?", start, end, "quantity")
        else:
            continue
        return


def _chinese(sentence: str) -> Iterator[Asked]:
    if (found := _HAN_IS.match(sentence)) and (subject := han_subject_of(found["subject"])):
        start, end = bare(sentence, found.start("rest"), found.end("rest"))
        yield Asked(f"什么是{subject}？", start, end, "definition")
        return
    yield from questions_about_names(sentence, "zh")
    for one in quantities(simplified_alike(sentence)):
        before = sentence[: one.start]
        if one.kind == "date" and (found := _HAN_FROM.search(before)):
            rest = _HAN_FROM_REST.match(sentence[one.end :])
            if rest and (subject := han_subject_of(found["subject"])):
                yield Asked(f"{subject}什么时候{rest['done']}？", one.start, one.end, "quantity")
        elif one.unit and (found := _HAN_AMOUNT.search(before)) and (subject := han_subject_of(found["subject"])):
            yield Asked(f"{subject}是多少？", *_whole(sentence, one), "quantity")


def _is_time(one: Quantity) -> bool:
    times = {"second", "minute", "hour", "day", "working day", "week", "month", "year"}
    return one.kind in {"date", "time"} or one.unit in times


def _whole(sentence: str, one: Quantity) -> tuple[int, int]:
    """The quantity with what makes it a rate: `45 euros a year`, `每年45元`."""
    rate = re.match(r"(?: (?:an?|per|each|every) \w+|/\w+|/[年月日次笔]| of the \w+(?: \w+)?)", sentence[one.end :])
    return one.start, one.end + (rate.end() if rate else 0)
