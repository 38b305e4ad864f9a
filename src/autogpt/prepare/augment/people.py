"""Other names for the people in the texts of one example.

In: texts that belong together. Out: for each the replacements: every mention of a person gets the same other name. A
person is told by a first name of the list beside a second capitalised word, in Chinese by the segmenter; who shares a
name with a place, a prize or another person stays who they are. Knows nothing about answers.
"""

import random
import re
from collections.abc import Sequence

from autogpt.prepare.augment.edits import Edit
from autogpt.records import Span
from autogpt.text.chinese import is_word, simplified_character, tagged, traditional
from autogpt.text.scripts import HAN

_WOMEN_TEXT = """
Alice Amanda Amy Angela Anna Anne Barbara Betty Carol Catherine Charlotte Christine Claire Diana Elizabeth Ellen Emily
Emma Eva Hannah Helen Irene Jane Janet Jennifer Jessica Joan Julia Karen Kate Laura Linda Lisa Lucy Margaret Maria
Marie Martha Mary Michelle Nancy Olivia Patricia Rachel Rebecca Ruth Sandra Sarah Sophie Susan Theresa Ursula Vera
"""
_MEN_TEXT = """
Adam Alan Albert Alexander Andrew Anthony Arthur Benjamin Bernard Brian Charles Christopher Daniel David Dennis Donald
Edward Eric Ernest Francis Frank Frederick George Gerald Gregory Harold Harry Henry Hugh Isaac Jack James Jeffrey John
Jonathan Joseph Keith Kenneth Kevin Larry Leonard Louis Martin Matthew Michael Nicholas Oliver Oscar Patrick Paul
Peter Philip Ralph Raymond Richard Robert Ronald Samuel Simon Stephen Steven Stuart Theodore Thomas Timothy Victor
Walter William
"""
_SURNAMES_TEXT = """
Abbott Ainsworth Barlow Bennett Bradshaw Calloway Chadwick Coleman Davenport Dawson Eldridge Ellison Fairfax Fletcher
Garrison Gilmore Hargrove Harrington Hawkins Ingram Jennings Kirkland Langley Lockwood Merritt Montague Norwood Oakley
Pemberton Prescott Quigley Radcliffe Rutledge Sheffield Stanton Thornton Underwood Vaughan Wakefield Whitaker Winslow
"""
_WOMEN, _MEN, _SURNAMES = _WOMEN_TEXT.split(), _MEN_TEXT.split(), _SURNAMES_TEXT.split()
_GIVEN = dict.fromkeys(_WOMEN, _WOMEN) | dict.fromkeys(_MEN, _MEN)
_FULL = re.compile(rf"\b(?P<given>{'|'.join(_GIVEN)}) (?P<surname>[A-Z][a-z]{{2,}})\b")
_TITLES = r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|President|Doctor|Judge|Senator|Captain|General)\.?"
#: Words with a capital at the beginning of a sentence, which no name begins with.
_OPENING_TEXT = (
    "The A An In On At By When While After Before Who What Where Did Does Do Is Was Were Has Had And But As For With "
    "Since Although However Then Later Which Why How Could Can Would Should If To From"
)
_OPENING = frozenset(_OPENING_TEXT.split())

_ZH_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_ZH_NEW_SURNAMES = "王李张刘陈赵吴徐孙胡朱郭罗梁宋郑谢韩唐冯董程曹袁邓许沈彭吕苏卢蒋蔡丁魏薛叶潘杜"
#: Characters of names that suit women and men.
_ZH_GIVEN = "文安宁远清平明嘉晨轩然宇思源之卓言启航子涵若凡景云博雅知行"
_ZH_NAME = re.compile(f"[{_ZH_SURNAMES}][{HAN}]{{2}}")
#: What stands after and before people's names.
_ZH_AFTER = (
    r"(?:先生|女士|小姐|教授|博士|医生|老师|经理|总裁|主席|董事|主任|局长|院长|毕业|去世|逝世|过世|担任|出任|饰演|扮演"
    r"|出演|主演|就读|结婚|任职|创办|生于|出生|卒于|说|表示|认为|，[男女]|[（(][^）)]{0,20}\d{4}年)"
)
_ZH_BEFORE = (
    "(?:演员|作家|歌手|导演|教授|总裁|经理|主席|董事长|主任|先生|女士|局长|院长|记者|学者|诗人|画家|将军|妻子|丈夫|父亲"
    "|母亲|儿子|女儿|饰演者)"
)


def people(texts: Sequence[str], language: str, rng: random.Random) -> list[list[Edit]]:
    """Every person gets another name."""
    others = _chinese(texts, rng) if language == "zh" else _english(texts, rng)
    if not others:
        return [[] for _ in texts]
    longest = "|".join(re.escape(name) for name in sorted(others, key=len, reverse=True))
    pattern = re.compile(longest if language == "zh" else rf"\b(?:{longest})\b")
    return [[Edit(Span(*match.span()), others[match.group()]) for match in pattern.finditer(text)] for text in texts]


def _english(texts: Sequence[str], rng: random.Random) -> dict[str, str]:
    """First names and surnames that may be replaced → what by."""
    joined = "\n".join(texts)
    full = dict.fromkeys(match.groups() for match in _FULL.finditer(joined))
    named = [name for pair in full for name in pair]
    others: dict[str, str] = {}
    for given, surname in full:
        if named.count(given) + named.count(surname) > 2 or not _alone(given, surname, joined):
            continue
        for name, pool in ((given, _GIVEN[given]), (surname, _SURNAMES)):
            free = [one for one in pool if one not in joined and one not in others.values()]
            if free:
                others[name] = rng.choice(free)
        if surname not in others or given not in others:
            others.pop(surname, None), others.pop(given, None)
    return others


def _alone(given: str, surname: str, text: str) -> bool:
    """Whether both names stand nowhere beside another capitalised word, nor in lower case."""
    if re.search(rf"\b(?:{given.lower()}|{surname.lower()})s?\b", text):
        return False
    whole = rf"(?:{given} {surname}|{given}|{surname})"
    before = {match.group("word") for match in re.finditer(rf"(?P<word>\b[A-Z][\w.'’&-]*) {whole}\b", text)}
    before = {word for word in before if not re.fullmatch(_TITLES, word)} - _OPENING - {given}
    after = {match.group("word") for match in re.finditer(rf"\b{whole}(?:['’]s)? (?P<word>[A-Z]\w*|[IVX]+\b)", text)}
    joined = re.search(rf"[\w][-–/@]{whole}\b|\b{whole}[-–/@]\w|\b{whole}(?:, (?:Jr|Sr)|\.\w)", text)
    return not before and not after - {surname} and not joined


def _chinese(texts: Sequence[str], rng: random.Random) -> dict[str, str]:
    """Full names that the segmenter finds and something beside them shows to be a person's → what by."""
    joined = "\n".join(texts)
    simple = "".join(map(simplified_character, joined))
    found: dict[str, None] = {}
    at = 0
    for word, tag in tagged(simple, guess=True):
        if tag == "nr" and _ZH_NAME.fullmatch(word) and not is_word(word[1:]):
            found.setdefault(joined[at : at + len(word)])
        at += len(word)
    others: dict[str, str] = {}
    for name in found:
        plain = "".join(map(simplified_character, name))
        new = rng.choice(_ZH_NEW_SURNAMES) + "".join(rng.sample(_ZH_GIVEN, 2))
        if _a_person(plain, simple) and new not in simple and new not in others.values():
            others[name] = new if plain == name else traditional(new)
    return others


def _a_person(name: str, text: str) -> bool:
    """Whether a name is a person's, and whole: it is not part of a longer one, nor is its second part used alone."""
    if not re.search(rf"{name}{_ZH_AFTER}|{_ZH_BEFORE}{name}", text):
        return False
    longer = re.search(
        rf"[{_ZH_SURNAMES}·.・]{name}|{name}[·.・奖市县省区路街花草树鸟鱼山湖河江岛寺庙站馆村镇乡]", text
    )
    return longer is None and text.count(name[1:]) == text.count(name)
