"""Recognises names in a sentence: people, organisations, places, by how they are written.

In: characters of a sentence. Out: patterns that match a name where one may stand, and whether words are one. English
names are runs of capitalised words, Chinese ones end with what they are; rather none than a wrong one. Knows no model
and no list of names but family names and large cities.
"""

import re

_ORGANISATIONS = (
    "bank group company corporation corp inc ltd limited llc plc gmbh ag co department office team desk centre center "
    "unit division branch agency authority commission committee council board ministry institute institution "
    "university college school hospital clinic foundation association society union federation fund trust service "
    "services ombudsman court parliament police registry bureau administration partners insurance"
)
#: Words with a capital that name nobody and no place.
_NO_NAME_TEXT = (
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december euro euros english chinese german french spanish annex appendix part section "
    "chapter clause article table schedule figure page form email sms atm pin id iban sepa swift pdf qr nfc app post "
    "phone letter i"
)
_NO_NAMES = frozenset(_NO_NAME_TEXT.split())
_TITLES = r"(?:Mr|Mrs|Ms|Dr|Prof)\.? "
_WORD = r"[A-Z](?:\.|[\w'’&-]*)"
_LINK = r"(?:of|and|for|the|&|de|van|von|der)"
#: A run of capitalised words: `Customer Care Team`, `Bank of Leeds`, `Dr. Jane Hart`.
NAME = rf"(?:{_TITLES})?{_WORD}(?:(?: {_LINK}){{0,2}} {_WORD}){{0,6}}(?: plc)?"
#: A place: a street with its number, names with commas between them.
PLACE = rf"(?:\d{{1,4}}[A-Za-z]? )?{_WORD}(?: {_WORD}){{0,4}}(?:, {_WORD}(?: {_WORD}){{0,3}}){{0,3}}"
_PERSON = re.compile(
    rf"(?:{_TITLES})?[A-Z](?:\.|[\w'’-]+)(?: [A-Z]\.?)?(?: (?:de|van|von|der))?(?: [A-Z][\w'’-]+){{1,2}}"
)
_TITLED = re.compile(rf"{_TITLES}[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){{0,2}}")
_ORGANISATION = frozenset(_ORGANISATIONS.split())
#: What a person or an organisation can be to others.
ROLE = (
    r"(?:head|chief executive|CEO|director|manager|officer|president|chair(?:man|woman|person)?|founder|owner|author|"
    r"editor|secretary|supervisor|regulator|insurer|provider|issuer|custodian|auditor|trustee|administrator|operator|"
    r"supplier|manufacturer|contact|controller|treasurer|principal|dean|leader|coordinator|representative|minister|"
    r"governor|chancellor|ombudsman|promoter|lender|publisher|landlord)"
)
_IS_ROLE = re.compile(rf"(?:(?:[Tt]he|[Aa]n?|[Oo]ur) )?(?:[\w'’-]+ ){{0,3}}?{ROLE}\b", re.IGNORECASE)

_FAMILIES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘田董袁余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖"
    "范汪陆金石戴贾韦夏邱侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武戚莫孔汤"
)
_TWO = "欧阳|上官|司马|诸葛|慕容|司徒"
#: A Chinese person: a family name, one or two characters, and how they are addressed, if at all.
HAN_PERSON = rf"(?:{_TWO}|[{_FAMILIES}])[一-鿿]{{1,2}}?(?:先生|女士|博士|教授|医生|律师)?"
HAN_ROLE = (
    r"(?:负责人|经理|主任|院长|校长|董事长|总裁|主席|行长|联系人|法定代表人|法人代表|主管|秘书长|局长|部长|所长|厂长|会长|"
    r"理事长|创始人|监事长|首席执行官|主编|班主任|护士长|科长|处长)"
)
#: A Chinese organisation, by its last characters.
HAN_ORGANISATION = (
    r"(?:[^\W\d_]|[（()）]){0,20}?(?:有限公司|公司|集团|银行|总行|分行|支行|部门|中心|委员会|协会|学会|基金会|医院|大学|学院|"
    r"学校|法院|事务所|办公室|小组|管理局|监管局|税务局|[^\W\d_]{2}(?<!全)(?<!内)(?<!外)(?<!大)(?:部|科|处|局|厅))"
)
_CITIES = (
    "北京|上海|天津|重庆|广州|深圳|香港|澳门|台北|杭州|南京|成都|武汉|西安|苏州|青岛|大连|"
    "厦门|长沙|郑州|沈阳|济南|宁波|合肥|福州|昆明|哈尔滨"
)
#: A Chinese place, by its last characters, or a large city.
HAN_PLACE = (
    r"[^，。；：、\n]{0,30}?(?:[省市区县镇乡村州盟旗路街道巷号楼层室岛港]|"
    rf"大厦|广场|中心|园区|车站|机场|{_CITIES})"
)


def is_name(words: str) -> bool:
    """Whether an English run of capitalised words may name somebody: not a day, a currency or a part of a document.

    >>> is_name("Customer Care Team"), is_name("Monday"), is_name("Annex B")
    (True, False, False)
    """
    parts = [one.strip(".,'’").lower() for one in words.split()]
    return bool(parts) and not _NO_NAMES.intersection(parts[:1]) and not _NO_NAMES.intersection(parts[-1:])


def is_person(words: str) -> bool:
    """Whether English words are written as the name of a person.

    >>> is_person("Jane Hart"), is_person("Dr. Hart"), is_person("Meridian Bank"), is_person("Gold")
    (True, True, False, False)
    """
    if _TITLED.fullmatch(words):
        return True
    if not _PERSON.fullmatch(words) or not is_name(words):
        return False
    return not any(one.lower() in _ORGANISATION for one in words.split())


def is_role(words: str) -> bool:
    """Whether English words say what somebody is to others: `the head of Compliance`."""
    return bool(_IS_ROLE.match(words))
