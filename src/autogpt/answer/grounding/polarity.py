"""Words that turn what a sentence says into its contrary: denials, exceptions, duties, antonyms.

In: words and texts. Out: which deny, which except, which contradict each other. Knows nothing about evidence.
"""

import re
from collections.abc import Collection

from autogpt.text.antonyms import ANTONYMS

_LATIN_TEXT = (
    "not never no none nor neither nobody nothing nowhere cannot without hardly scarcely seldom lack "
    "lacks lacked lacking refuse refuses refused prohibited prohibits prohibit forbidden forbids banned "
    "ban bans"
)
_LATIN = frozenset(_LATIN_TEXT.split())
#: What follows a denial that is none: "not only", "no more than", "No. 5".
_NO_DENIAL = re.compile(
    r"(?i)\s+(?:only|just|merely|(?:more|less|fewer|later|earlier|greater) than|exceed\w*)\b|\.?\s*\d|\s+one of"
)
_NUMBER_SIGN = re.compile(r"\.\s*\d")

#: Chinese words that deny what follows them.
_HAN_NEGATIONS_TEXT = (
    "不 没 没有 无 未 非 勿 莫 别 不能 不会 不可 不可以 不得 不应 不应该 不是 不再 不需 不需要 不用 不必 "
    "不准 不许 不予 无法 无需 无须 毋须 未能 未曾 尚未 从未 并未 并不 并非 绝不 决不 毫不 毫无 从不 禁止 "
    "严禁 拒绝 不可能 不允许 不要 没能 没法 没 并无 未有"
)
HAN_NEGATIONS = frozenset(_HAN_NEGATIONS_TEXT.split())
_HAN_PREFIX = ("不", "没", "无", "未", "非")
#: Words that begin like a denial, and are none, or one that has become a name for a thing.
_HAN_NO_DENIAL_TEXT = (
    "不仅 不但 不过 不断 不久 不少 不同 不管 不论 不止 不只 不光 不单 不得不 不得了 不锈钢 不动产 不变 "
    "不错 不料 不禁 不然 不等 不妨 不如 不足 不到 不满 不超过 不低于 不少于 不高于 不多于 不幸 不安 不惜 "
    "不时 不丹 不列颠 无论 无线 无线电 无限 无数 无人机 无机 无锡 无辜 无聊 无奈 无疑 无非 无锡市 无偿 "
    "未来 未婚 未婚妻 未必 未知 未成年 未成年人 非常 非洲 非凡 非法 非但 非得 非裔 没收 没落 没关系 "
    "没想到 非典 非物质文化遗产 非金属 未遂 不一 不惑 不朽 不明 不良 不息 无际 无私 无情 无穷 无形 无意 "
    "无意识 无敌 无双 无尽 无神论"
)
_HAN_NO_DENIAL = frozenset(_HAN_NO_DENIAL_TEXT.split())
_NOT_BEFORE_LIMIT = re.compile(r"(?:超过|少于|低于|高于|多于|大于|小于|足|到|满|仅|但|只)")

_EXCEPTION = re.compile(
    r"(?i)\b(?:unless|except(?:ing)?|excluding|other than|apart from|only if|only when|with the exception)\b"
    r"|除非|除了?[^,.;，。；]{1,20}(?:外|之外|以外)|仅限|只有"
)
_DUTY = re.compile(r"(?i)\b(?:must|shall|have to|has to|required to|obliged to|mandatory)\b|必须|务必|应当|需要|须")
_CHOICE = re.compile(r"(?i)\b(?:may|might|can|could|optional(?:ly)?|voluntar(?:y|ily))\b|可以|可能|也许|自愿|可选")

_HAN_ANTONYMS_TEXT = (
    "增加 减少; 上升 下降; 提高 降低; 增长 下滑; 上涨 下跌; 盈利 亏损; 买入 卖出; 购买 出售; 收入 支出; "
    "最高 最低; 最大 最小; 最多 最少; 最早 最晚; 以上 以下; 之前 之后; 以前 以后; 超过 不足; 高于 低于; "
    "大于 小于; 多于 少于; 胜利 失败; 成功 失败; 战胜 败给; 支持 反对; 同意 反对; 赞成 反对; 允许 禁止; "
    "接受 拒绝; 开始 结束; 成立 解散; 开放 关闭; 出生 逝世; 出生 去世; 合法 非法; 公开 秘密; 国内 国外; "
    "内部 外部; 东部 西部; 南部 北部; 东方 西方; 南方 北方; 左侧 右侧; 东侧 西侧; 南侧 北侧; 上游 下游; "
    "男性 女性; 父亲 母亲; 儿子 女儿; 哥哥 弟弟; 姐姐 妹妹; 丈夫 妻子; 首次 末次; 第一 最后; 有效 无效; "
    "免费 收费; 容易 困难; 简单 复杂; 安全 危险; 城市 农村; 固定 浮动; 长期 短期; 进口 出口; 包括 除外; "
    "全部 部分; 总是 从不; 经常 很少; 必须 可以; 可以 不得; 积极 消极; 主动 被动; 直接 间接; 永久 临时; "
    "早于 晚于; 优于 劣于; 有利 不利"
)
_PREFIXES = ("un", "in", "im", "il", "ir", "non", "dis", "mis")


def _both_ways(text: str) -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for pair in text.split(";"):
        one, other = pair.split()
        table[one] = (*table.get(one, ()), other)
        table[other] = (*table.get(other, ()), one)
    return table


HAN_ANTONYMS = _both_ways(_HAN_ANTONYMS_TEXT)


def latin_negation(text: str, start: int, end: int) -> bool:
    """Whether the Latin word at that place denies something."""
    word = text[start:end].lower().replace("’", "'")
    if word.endswith("n't"):
        return True
    if word not in _LATIN:
        return False
    if word == "no" and _NUMBER_SIGN.match(text, end):
        return False
    return word not in ("no", "not", "cannot") or _NO_DENIAL.match(text, end) is None


def han_negation(word: str) -> str:
    """The characters at the beginning of a Chinese word that deny something; empty for none.

    >>> han_negation("不能"), han_negation("不收取"), han_negation("未来"), han_negation("不同")
    ('不能', '不', '', '')
    """
    if word in HAN_NEGATIONS:
        return word
    if word in _HAN_NO_DENIAL or not word.startswith(_HAN_PREFIX) or len(word) < 2:
        return ""
    return "" if _NOT_BEFORE_LIMIT.match(word, 1) else word[0]


def excepts(text: str) -> bool:
    """Whether `text` makes an exception or a sole condition."""
    return _EXCEPTION.search(text) is not None


def adds_duty(said: str, source: str) -> bool:
    """Whether `said` makes a duty of what `source` leaves open, or the reverse."""
    if _DUTY.search(said):
        return not _DUTY.search(source) and _CHOICE.search(source) is not None
    return _DUTY.search(source) is not None and bool(_CHOICE.search(said)) and not _CHOICE.search(source)


def contrary(word: str, words: Collection[str]) -> str:
    """The word among `words` that says the contrary of `word`, both folded; empty for none.

    >>> contrary("increased", {"decreased"}), contrary("unable", {"able"}), contrary("增加", {"减少"})
    ('decreased', 'able', '减少')
    """
    for other in (*ANTONYMS.get(word, ()), *HAN_ANTONYMS.get(word, ())):
        if other in words:
            return other
    for prefix in _PREFIXES:
        if prefix + word in words:
            return prefix + word
        if word.startswith(prefix) and len(word) > len(prefix) + 2 and word.removeprefix(prefix) in words:
            return word.removeprefix(prefix)
    return ""
