"""Forms of Chinese questions.

In: a question, simplified or traditional. Out: other forms of it, in the same characters. Knows which question words
mean the same, and where a condition or a definition may stand.
"""

import re
from collections.abc import Iterator

from autogpt.prepare.augment.base import Question

_BEFORE = (
    "请问",
    "请问一下，",
    "我想问一下，",
    "我想知道",
    "麻烦问一下，",
    "您好，请问",
    "你好，我想了解一下，",
    "想咨询一下，",
)
#: Before what tells and does not ask.
_BEFORE_TOLD = ("你好，", "您好，")
_POLITE = re.compile(r"请问|问一下|想问|想知道|你好|您好|咨询|麻烦|请教")
_END = "？?。.！! 　"
_ASKS = re.compile(r"什么|多少|怎|如何|为何|哪|谁|几|多久|多长|何时|吗$|能否|是否|可否|(.)不\1|有没有")

#: A pattern of simplified text → what may stand in its place; {1} is the first group, as it was written.
_RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    # "X是什么" asks for a definition where X is a bare noun; "账户的年费是什么" does not.
    (r"^([^的是有，,、在由被把和与以为]{2,10})是什么$", ("什么是{1}", "{1}指的是什么", "{1}是指什么")),
    (r"^什么是([^的是有，,、]{2,10})$", ("{1}是什么", "{1}是什么意思", "{1}指的是什么")),
    (r"^什么叫(?:做)?([^的是有，,、]{2,10})$", ("什么是{1}", "{1}是什么意思")),
    (r"怎么(?![样办回了着说个会这那没不才还能可])", ("如何", "怎样")),
    (r"怎样(?!的|$)", ("如何", "怎么")),
    (r"如何(?!$|是好)", ("怎么", "怎样")),
    (r"怎么样$", ("如何",)),
    (r"(?<!该)怎么办$", ("该怎么办", "应该怎么处理", "怎么处理")),
    (r"(?<!是)多久(?!以|之)", ("多长时间",)),
    (r"多长时间(?!内)", ("多久",)),
    (r"什么时候(?!的)", ("何时", "什么时间")),
    (r"何时", ("什么时候",)),
    (r"在哪里", ("在哪儿", "在什么地方")),
    (r"在哪(?![里儿个些种一年天月家座位场部国方所届次片边])", ("在哪里", "在什么地方")),
    (r"去哪里", ("去哪儿", "去什么地方")),
    (r"(?<![因称名视认以成作定取改译命封])为什么(?!说)", ("为何", "为啥")),
    (r"(?<![因称名视认以成作定取改译命封])为何", ("为什么",)),
    (r"(?<![是还没都拥具含占享所共也又])有哪些$", ("都有哪些", "包括哪些")),
    (
        r"(?<!没)有什么(?=特点|作用|影响|特征|好处|区别|功能|条件|要求|优惠|职责|发展|症状|表现|风险|用途)",
        ("有哪些", "都有什么"),
    ),
    (r"^([^，,是]{3,25})是谁$", ("谁是{1}", "{1}是哪位")),
    (r"^谁是([^，,是]{3,25})$", ("{1}是谁",)),
    (r"哪个(?!人)", ("哪一个",)),
    (r"什么样的$", ("怎样的", "怎么样的")),
    (r"怎样的$", ("什么样的", "怎么样的")),
    (r"叫什么名字$", ("的名字叫什么", "的名字是什么")),
    (r"于哪一年", ("在哪一年",)),
    (r"多少岁", ("几岁",)),
    (r"能否", ("能不能", "可不可以")),
    (r"可否", ("能不能", "可不可以")),
    (r"能不能", ("能否", "可不可以")),
    (r"可不可以", ("能不能", "可否")),
    (r"是否可以", ("能不能", "可不可以")),
    (r"是否需要", ("需不需要", "要不要")),
    (r"(?:需不需要|要不要)", ("是否需要",)),
    (r"是否有", ("有没有",)),
    (r"(?<![所])有没有", ("是否有",)),
    (r"会不会", ("是否会",)),
    (r"(?<![无不])是不是(?!就)", ("是否",)),
    (r"哪一年", ("哪年",)),
    (r"需要多少钱", ("要花多少钱", "要多少钱")),
    (r"要多少钱", ("需要多少钱", "得花多少钱")),
    (r"收多少(?:钱)?(?=手续费)", ("要收多少",)),
    (r"^(?:如果|要是|假如)([^，,？?]{3,30})[，,]((?!如果|要是|假如)[^，,？?]{3,30})$", ("{2}，如果{1}的话",)),
    (r"^([^，,？?]{3,30})的话[，,]([^，,？?]{3,30})$", ("如果{1}，{2}",)),
)


def changed(question: Question) -> Iterator[str]:
    """Forms in which the sentence or its question word is another."""
    text, simple, end = _parts(question)
    if not text or re.search(r"[？?。！!；;]", text):
        return
    for pattern, templates in _RULES:
        match = re.search(pattern, simple)
        if match and _free(question, match):
            yield from (_filled(template, match, text, question) + end for template in templates)
    polite = re.match(r"(?:您好|你好)?[，,]?(?:请问|我想问|想问|请教)(?:一下)?[，,：:]?(?=.{3})", simple)
    if polite:
        yield text[polite.end() :] + end


def phrased(question: Question) -> Iterator[str]:
    """Forms with a phrase before or after."""
    text, simple, end = _parts(question)
    if not text or _POLITE.search(simple):
        return
    asks = _ASKS.search(simple) or re.search(r"[?？]", end)
    for phrase in _BEFORE if asks else _BEFORE_TOLD:
        yield question.as_written(phrase) + text + end
    if _ASKS.search(simple) and not re.search(r"[吗呢啊吧呀嘛么]$", simple):
        yield text + question.as_written("呢") + end
    yield f"{text}{end or ('？' if asks else '，')}{question.as_written('谢谢')}！"


def _parts(question: Question) -> tuple[str, str, str]:
    """The question without its end, the same simplified, and its end."""
    text = question.text.rstrip(_END)
    end = question.text[len(text) :].strip() or ""
    lead = len(text) - len(text.lstrip())
    return text[lead:], question.simple[lead : len(text)], end


def _free(question: Question, match: re.Match[str]) -> bool:
    """Whether a question word is replaced, or text around kept parts: never within a quotation."""
    before = match.string[: match.start()]
    return all(before.count(one) <= before.count(other) for one, other in ("《》", "“”", "「」", "『』", "【】"))


def _filled(template: str, match: re.Match[str], text: str, question: Question) -> str:
    """The text with `template` in place of the match, written in the question's characters."""
    parts = (
        text[match.start(int(part[1])) : match.end(int(part[1]))] if part.startswith("{") else question.as_written(part)
        for part in re.split(r"(\{\d\})", template)
    )
    return text[: match.start()] + "".join(parts) + text[match.end() :]
