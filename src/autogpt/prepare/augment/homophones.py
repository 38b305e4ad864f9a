"""Chinese characters that are taken for one another: by their sound and by their shape.

In: a word and a place in it. Out: the characters that may stand there by mistake, the commonest first. Sounds are those
of pypinyin, which reads a character by its word; only the 3,755 commonest characters (level 1 of GB 2312) are offered.
Knows nothing about questions.
"""

from collections import defaultdict
from functools import cache
from typing import Any

from autogpt.errors import MissingExtraError
from autogpt.text.chinese import frequency, is_word

#: Homophones offered: what an input method shows on its first page.
_OFFERED = 5

#: Characters that look alike, a group between two spaces.
_GROUPS = """
己已 末未 土士 人入 太犬 天夫 午牛 侯候 拨拔 折拆析 晴睛 请清情 徽微 免兔 密蜜 换唤 抽油 限银
持待特侍 今令 各名 没设 治冶 活话 检险验捡 师帅 较校 赔陪培 偿赏 帐胀账 钱线浅 纪记 证怔 址趾扯 码玛
购构沟 订钉 班斑 板版 辨辩 幕墓慕暮 博搏 瞻赡 燥躁 竟竞 遗遣 贫贪 既即 杭抗 扰拢 喝渴 根跟很 挂桂
抓爪 经径 给洽 怕拍 住往柱驻 晓烧浇 优忧 杨扬 陷馅 沿铅 科料 代伐 低抵底 组租祖 坏怀 绵锦棉 销消
锁琐 申甲 暖缓援 提堤 课棵颗 期欺斯 历厉 季李 诉拆 咨姿 核孩该 级极吸 卡卞 网冈 患串 痛疼 护沪 诊珍
肝肚 脑恼 试拭 额颖 学字 续读 绩债 积织 识织职 储诸 蓄畜 拾抬 授援 投役 柜拒 柄炳 栏拦 泡炮跑 透诱
送迭 逾愉 输愉 免勉 款歉 险俭 保堡 票漂 贴帖 站沾 房旁 邮抽 寄奇 商高 店占 品晶
"""


def homophones(word: str, at: int) -> str:
    """The commonest characters that sound as the character at `at` does in `word`, without it.

    Raises MissingExtraError when pypinyin is not installed.
    """
    sound = _pinyin().lazy_pinyin(word)[at] if _readable(word) else ""
    return "".join(one for one in _by_sound().get(sound, "")[: _OFFERED + 1] if one != word[at])


def _readable(word: str) -> bool:
    return len(_pinyin().lazy_pinyin(word)) == len(word)


@cache
def _by_sound() -> dict[str, str]:
    """Sound without its tone → characters, the commonest first."""
    codes = (
        bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) if (row, cell) < (0xD7, 0xFA)
    )
    common = [code.decode("gb2312") for code in codes]
    found: dict[str, list[str]] = defaultdict(list)
    for character, sound in zip(common, _pinyin().lazy_pinyin(common), strict=True):
        found[sound].append(character)
    return {sound: "".join(sorted(ones, key=_rarity)) for sound, ones in found.items()}


def _rarity(character: str) -> int:
    return -frequency(character) if is_word(character) else 0


@cache
def _pinyin() -> Any:
    try:
        import pypinyin
    except ImportError:
        raise MissingExtraError("Chinese typing noise", "train") from None
    return pypinyin


def _alike() -> dict[str, str]:
    found: dict[str, str] = defaultdict(str)
    for group in _GROUPS.split():
        for character in group:
            found[character] += "".join(other for other in group if other != character)
    return dict(found)


#: Character → those that look alike.
ALIKE = _alike()
