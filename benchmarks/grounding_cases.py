"""Makes faithful statements from a sentence, a question and its answer, and edits that make them untrue.

In: what was asked, and a source of chance. Out: statements by kind. Knows nothing about the check; its words and
patterns are its own.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cn2an import an2cn
from rjieba import Jieba

FAITHFUL = (
    "verbatim",
    "introduced",
    "answer alone",
    "moved",
    "numbers rewritten",
    "reworded",
    "joined",
    "question and answer",
)
EDITS = (
    "number changed",
    "number of the evidence",
    "negation added",
    "negation removed",
    "contrary word",
    "name of the evidence",
    "name from elsewhere",
    "another answer",
)
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_NAMES = (
    "Margaret Hollis",
    "Denver",
    "Siemens",
    "Portugal",
    "Lake Geneva",
    "Ahmed Khan",
    "Brandt",
    "Nestlé",
    "Osaka",
    "Orion",
)
_HAN_NAMES = ("李建国", "成都", "西门子", "葡萄牙", "日内瓦湖", "陈晓明", "大阪", "华为公司", "伦敦", "王丽华")
_NAME = re.compile(r"(?<=[a-z,] )(?:[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*)")
_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:,\d{3})*(?:\.\d+)?(?![\w-]|,\d|\.\d)")
_HAN_NUMBER = re.compile(r"(?<![A-Za-z\d.,-])\d+(?:,\d{3})*(?:\.\d+)?(?![A-Za-z\d-]|,\d|\.\d)")
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|will|has|have|had|would|should|does|did|may)\b(?! not|n't| no\b| only)"
)
_NEGATIVE = re.compile(
    r"\b(is|are|was|were|can|will|has|have|had|would|should|does|did|do|may|must|could) ?(?:not\b|n't\b)(?! only)"
)
_NEVER = re.compile(r" never\b")
_CONTRARIES = {
    "first": "last",
    "largest": "smallest",
    "more": "less",
    "increased": "decreased",
    "before": "after",
    "highest": "lowest",
    "won": "lost",
    "north": "south",
    "south": "north",
    "east": "west",
    "west": "east",
    "most": "least",
    "early": "late",
    "high": "low",
    "support": "oppose",
    "accept": "refuse",
    "public": "private",
    "began": "ended",
}
_HAN_CONTRARIES = {
    "增加": "减少",
    "最大": "最小",
    "最高": "最低",
    "成功": "失败",
    "支持": "反对",
    "开始": "结束",
    "以上": "以下",
    "之前": "之后",
    "提高": "降低",
    "上升": "下降",
    "南部": "北部",
    "东部": "西部",
    "允许": "禁止",
    "公开": "秘密",
    "第一": "最后",
    "母亲": "父亲",
}
_SYNONYMS = {
    "approximately": "about",
    "began": "started",
    "large": "big",
    "often": "frequently",
    "purchase": "buy",
    "however, ": "",
    "many": "numerous",
    "such as": "like",
    "located": "situated",
    "obtain": "get",
    "also ": "",
    "became": "grew to be",
    "because": "since",
    "use": "make use of",
    "information": "data",
    "known as": "called",
    "created": "made",
}
_HAN_SYNONYMS = {
    "开始": "起初",
    "位于": "坐落于",
    "因为": "由于",
    "但是": "不过",
    "大约": "约",
    "建立": "设立",
    "担任": "出任",
    "出生": "诞生",
    "之后": "以后",
    "非常": "十分",
    "以及": "和",
    "主要": "主要地",
    "目前": "现在",
    "称为": "叫做",
    "包括": "包含",
    "并且": "而且",
}
_WH = re.compile(
    r"^(?:Who|What|Which [\w-]+)\b(?= (?!is |are |was |were |did |does |do |can |has |have |had )[a-z]+(?:ed|s)\b)"
)
_WHEN = re.compile(r"^(When|Where) (was|were|is|are) (.+?) (\w+(?:ed|en|born|built|held|made|found|located))\?$")
_WHAT_IS = re.compile(r"^(?:What|Who) (is|was|are|were) (the .+?|[A-Z].+?)\?$")
_HAN_WH = re.compile(r"哪一年|哪年|哪里|哪个|哪些|哪位|什么时候|什么地方|什么|谁|何时|何地|多少|何人|几")
_JIEBA = Jieba()


@dataclass(frozen=True)
class Asked:
    """A question with its answer, the sentence that holds it, the one after it, and the answers of the article."""

    title: str
    language: str
    question: str
    answer: str
    sentence: str
    following: str
    answers: tuple[str, ...]


def faithful(asked: Asked, rng: random.Random) -> dict[str, str]:
    """Statements that say what the sentence says, by kind; only those that can be made."""
    chinese, sentence = asked.language == "zh", asked.sentence
    end = "。" if chinese else "."
    made = {
        "verbatim": sentence,
        "introduced": f"根据文档，{sentence}" if chinese else f"According to the document, {sentence}",
        "answer alone": asked.answer.rstrip("。.") + end,
        "moved": _moved(sentence),
        "numbers rewritten": _rewritten_han(sentence) if chinese else _rewritten(sentence),
        "reworded": _swapped(sentence, _HAN_SYNONYMS if chinese else _SYNONYMS, chinese),
        "joined": _joined(asked, chinese),
        "question and answer": _declared_han(asked) if chinese else _declared(asked),
    }
    return {kind: text for kind, text in made.items() if text and (kind == "verbatim" or text != sentence)}


def edited(asked: Asked, bases: Sequence[str], evidence: Sequence[str], rng: random.Random) -> dict[str, str]:
    """Statements that are untrue, by kind, each made from one of the faithful ones."""
    chinese = asked.language == "zh"
    makers: dict[str, Callable[[str], str]] = {
        "number changed": lambda text: _number(text, chinese, rng),
        "number of the evidence": lambda text: _number_of(text, evidence, chinese, rng),
        "negation added": lambda text: _denied_han(text, rng) if chinese else _denied(text, rng),
        "negation removed": lambda text: _affirmed_han(text, rng) if chinese else _affirmed(text, rng),
        "contrary word": lambda text: _swapped(text, _HAN_CONTRARIES if chinese else _CONTRARIES, chinese),
        "name of the evidence": lambda text: _name(text, _names(" ".join(evidence), chinese), chinese, rng),
        "name from elsewhere": lambda text: _name(text, _HAN_NAMES if chinese else _NAMES, chinese, rng),
        "another answer": lambda text: _other_answer(text, asked, rng),
    }
    made = {kind: make(rng.choice(list(bases))) for kind, make in makers.items()}
    return {kind: text for kind, text in made.items() if text and text not in bases}


def _moved(sentence: str) -> str:
    """ "In 1990, it rained." and "It rained in 1990." """
    first = re.match(r"(In \d{4}|In [A-Z][a-z]+ \d{4}|On [A-Z][a-z]+ \d+, \d{4}), (\w)(.+)\.$", sentence)
    if first:
        return f"{first[2].upper()}{first[3]} {first[1][0].lower()}{first[1][1:]}."
    last = re.match(r"(The|It|He|She|They|This) (.+) (in \d{4}|on [A-Z][a-z]+ \d+, \d{4})\.$", sentence)
    if last:
        return f"{last[3][0].upper()}{last[3][1:]}, {last[1].lower()} {last[2]}."
    han = re.match(r"(\d{4}年(?:\d+月)?(?:\d+日)?)，([^，。]{2,8})(.+)。$", sentence)
    return f"{han[2]}于{han[1]}{han[3]}。" if han and han[2][0] not in "在由因并" else ""


def _rewritten(sentence: str) -> str:
    def date(match: re.Match[str]) -> str:
        return f"{match[2]} {match[1]} {match[3]}"

    text = re.sub(rf"({_MONTHS}) (\d{{1,2}}), (\d{{4}})", date, sentence)
    text = re.sub(r"(?<![\d,.])(\d{1,3}),(\d{3})(?![\d,])", r"\1\2", text)
    text = re.sub(r"(?<=\d)%", " percent", text)
    small = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "ten": "10"}
    text = re.sub(rf"(?<=[a-z] )({'|'.join(small)})\b(?=[ ,.])", lambda match: small[match[1]], text)
    return text if text != sentence else ""


def _rewritten_han(sentence: str) -> str:
    text = re.sub(r"(?<![\d.])(\d{1,2})(?=[年月日个天岁次名人])(?<!\d{3})", lambda match: an2cn(match[1]), sentence)
    text = re.sub(r"(?<![\d,.])(\d{1,3}),(\d{3})(?![\d,])", r"\1\2", text)
    text = re.sub(r"(\d+(?:\.\d+)?)%", lambda match: f"百分之{an2cn(match[1])}", text)
    return text if text != sentence else ""


def _swapped(sentence: str, words: dict[str, str], chinese: bool) -> str:
    """The first word of the table that stands there, exchanged."""
    for old, new in words.items():
        pattern = re.escape(old) if chinese else rf"\b{re.escape(old)}" + ("" if old.endswith(" ") else r"\b")
        if re.search(pattern, sentence):
            return re.sub(pattern, new, sentence, count=1)
    return ""


def _joined(asked: Asked, chinese: bool) -> str:
    if not asked.following or len(asked.sentence) + len(asked.following) > (160 if chinese else 350):
        return ""
    if chinese:
        return f"{asked.sentence.rstrip('。')}，{asked.following}"
    if not re.match(r"(?:The|It|He|She|They|This|In|We) ", asked.following):
        return ""
    return f"{asked.sentence.rstrip('.')}, and {asked.following[0].lower()}{asked.following[1:]}"


def _declared(asked: Asked) -> str:
    question, answer = asked.question.strip(), asked.answer.rstrip(".")
    if _WH.match(question):
        return f"{answer[0].upper()}{answer[1:]}{_WH.sub('', question).rstrip('?')}."
    if found := _WHEN.match(question):
        before = re.search(rf"(\w+) {re.escape(answer)}", asked.sentence)
        preposition = before[1] if before and before[1] in ("in", "on", "at", "near", "by", "around") else "in"
        return f"{found[3][0].upper()}{found[3][1:]} {found[2]} {found[4]} {preposition} {answer}."
    if found := _WHAT_IS.match(question):
        return f"{found[2][0].upper()}{found[2][1:]} {found[1]} {answer}."
    return ""


def _declared_han(asked: Asked) -> str:
    question = asked.question.strip().rstrip("？?")
    if (
        len(_HAN_WH.findall(question)) != 1
        or len(asked.answer) > 20
        or re.search("为什么|怎么|如何|哪.{1,4}[个种]", question)
    ):
        return ""
    answer = asked.answer.rstrip("。，")
    found = _HAN_WH.search(question)
    assert found is not None
    rest = question[found.end() :]
    if found[0] in ("哪个", "哪些", "哪位", "什么", "多少", "几") and rest:
        unit = next((length for length in (3, 2, 1) if rest[:length] and answer.endswith(rest[:length])), 0)
        if not unit and found[0] != "什么":
            return ""
        rest = rest[unit:]
    return f"{question[: found.start()]}{answer}{rest}。"


def _number(text: str, chinese: bool, rng: random.Random) -> str:
    found = list((_HAN_NUMBER if chinese else _NUMBER).finditer(text))
    if not found:
        return ""
    match = rng.choice(found)
    plain = match[0].replace(",", "")
    if "." in plain:
        new = f"{float(plain) + rng.choice((0.3, 1.1, 4)):.{len(plain.split('.')[1])}f}"
    else:
        value = int(plain)
        new = str(rng.choice((value + 1, value + rng.randint(2, 9), value * 2 + 1, max(value - 1, 0) or value + 3)))
        if "," in match[0]:
            new = f"{int(new):,}"
    changed = text[: match.start()] + new + text[match.end() :]
    return changed if new not in text else ""


def _number_of(text: str, evidence: Sequence[str], chinese: bool, rng: random.Random) -> str:
    pattern = _HAN_NUMBER if chinese else _NUMBER
    found = list(pattern.finditer(text))
    if not found:
        return ""
    match = rng.choice(found)
    others = [
        one
        for one in dict.fromkeys(pattern.findall(" ".join(evidence)))
        if one not in text and (len(one) == 4) == (len(match[0]) == 4)
    ]
    return text[: match.start()] + rng.choice(others) + text[match.end() :] if others else ""


def _denied(text: str, rng: random.Random) -> str:
    found = list(_AUXILIARY.finditer(text))
    if not found:
        return ""
    match = rng.choice(found)
    return f"{text[: match.end()]}{rng.choice((' not', ' never', ' not'))}{text[match.end() :]}"


def _denied_han(text: str, rng: random.Random) -> str:
    at, places = 0, []
    for word, tag in _JIEBA.tag(text, False):
        if tag == "v" and len(word) >= 2 and text[max(0, at - 1) : at] not in ("不", "没", "未", "所"):
            places.append(at)
        at += len(word)
    if not places:
        return ""
    place = rng.choice(places)
    return text[:place] + rng.choice(("没有", "不", "未", "并未")) + text[place:]


def _affirmed(text: str, rng: random.Random) -> str:
    found = [*_NEGATIVE.finditer(text), *_NEVER.finditer(text)]
    if not found:
        return ""
    match = rng.choice(found)
    return text[: match.start()] + (match[1] if match.re is _NEGATIVE else "") + text[match.end() :]


def _affirmed_han(text: str, rng: random.Random) -> str:
    found = list(re.finditer(r"(?:没有|并未|从未|未能|不会|不能|不再|没|不(?![仅但过断久少同管论止足得]))", text))
    if not found:
        return ""
    match = rng.choice(found)
    keep = {"未能": "能", "不会": "会", "不能": "能"}.get(match[0], "")
    return text[: match.start()] + keep + text[match.end() :]


def _names(text: str, chinese: bool) -> list[str]:
    if not chinese:
        return list(dict.fromkeys(_NAME.findall(text)))
    tagged = [word for word, tag in _JIEBA.tag(text, False) if tag in ("nr", "ns", "nt") and len(word) >= 2]
    return list(dict.fromkeys((*tagged, *re.findall(r"《([^》]{2,15})》", text))))


def _name(text: str, pool: Sequence[str], chinese: bool, rng: random.Random) -> str:
    old = _names(text, chinese)
    if not old:
        return ""
    chosen = rng.choice(old)
    known = {word.lower() for word in re.findall(r"\w+", text)}
    fitting = [
        one
        for one in pool
        if one not in text and chosen not in one and not known & set(re.findall(r"\w+", one.lower()))
    ]
    return text.replace(chosen, rng.choice(fitting)) if fitting else ""


def _other_answer(text: str, asked: Asked, rng: random.Random) -> str:
    answer = asked.answer.rstrip("。.")
    known = set(re.findall(r"\w+", text.lower()))
    fitting = [
        one
        for one in asked.answers
        if one not in text
        and answer not in one
        and one[0].isdigit() == answer[0].isdigit()
        and 0.5 <= len(one) / len(answer) <= 2
        and set(re.findall(r"\w+", one.lower())) - known
    ]
    return text.replace(answer, rng.choice(fitting), 1) if fitting and answer in text else ""
