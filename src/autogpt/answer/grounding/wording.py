"""Words that change little or nothing of what a sentence says.

In: words. Out: the words to compare them by, and which need no support. Knows nothing about sentences.
"""

from functools import cache

from autogpt.text.analyse import STOP_WORDS, folded, stemmed

_IRREGULAR_TEXT = (
    "arise arose arisen; become became; begin began begun; bind bound; break broke broken; bring brought; build built; "
    "buy bought; catch caught; choose chose chosen; come came; cost; cut; deal dealt; draw drew drawn; drive drove "
    "driven; eat ate eaten; fall fell fallen; feel felt; fight fought; find found; fly flew flown; forbid forbade "
    "forbidden; forget forgot forgotten; get got gotten; give gave given; go went gone; grow grew grown; hear heard; "
    "hold held; keep kept; know knew known; lead led; leave left; lend lent; lie lay lain; lose lost; make made; mean "
    "meant; meet met; pay paid; put; rise rose risen; run ran; say said; see saw seen; seek sought; sell sold; send "
    "sent; set; shoot shot; show showed shown; sing sang sung; sit sat; sleep slept; speak spoke spoken; spend spent; "
    "stand stood; steal stole stolen; strike struck; swim swam swum; take took taken; teach taught; tell told; think "
    "thought; throw threw thrown; understand understood; wear wore worn; win won; write wrote written; withdraw "
    "withdrew withdrawn; child children; man men; woman women; person people; foot feet; tooth teeth; lay laid"
)
#: Words of one meaning wherever they stand in the texts that are asked about.
_SAME_TEXT = (
    "about approximately roughly around; begin start; buy purchase; large big; usually typically normally; often "
    "frequently; need require; help assist; almost nearly; show display; end finish; get obtain receive; give provide; "
    "happen occur; near close; customer client; fee charge; film movie; use utilize; build construct; create make; "
    "live reside; many numerous; "
    "information data; important significant; year annual yearly; month monthly; call name; total overall; via through"
)
_SAME_HAN_TEXT = (
    "包括 包含 涵盖; 位于 坐落于 坐落 地处; 称为 叫做 称作 叫作 称之为; 建立 设立 成立 创立 创办 创建; "
    "担任 出任; 出生 诞生; 去世 逝世; 目前 现在 现时; 大约 约 左右; 由于 因为; 以后 之后; 以前 之前; 费用 "
    "收费; 电影 影片; 办理 申办; 购买 买入; 需要 需; 不得 不可"
)
_SAFE_TEXT = (
    "according document documents passage passages text source sources state states stated say says said mention "
    "mentions mentioned note notes noted yes however additionally furthermore moreover therefore thus overall based "
    "evidence provided information following answer per context specifically include includes included namely while"
)
_SAFE_HAN_TEXT = (
    "根据 依据 按照 文档 文中 文章 资料 原文 材料 段落 所述 提到 提及 指出 显示 记载 因此 所以 此外 另外 "
    "同时 其中 即 答案 是的 可知 得知 也就是说 具体来说 分别"
)
_HAN_STOP_TEXT = (
    "的 了 是 在 和 与 及 或 吗 呢 吧 啊 之 也 就 都 而 着 把 被 地 得 于 以 为 由 从 到 对 向 让 使 该 "
    "其 此 这 那 他 她 它 们 他们 她们 它们 我们 你们 您 我 你 并 且 并且 以及 又 还 则 个 等 所 因 因为 "
    "后 前 中 时 上 下 里 内 外 当 至 将 会 能 能够 可 可以 有 要 来 去 过 给 但 但是 却 只 很 最 更 再 "
    "才 已 已经 曾 曾经 正 正在 自 自己 这个 那个 一个 一种 一些 这些 那些 这样 如此 如 若 如果 而且 不仅 "
    "不但 同样 之后 之前 以后 以前 期间 当时 后来 之一 其后 随后 然后 于是 作 成 称 叫 为了 关于 对于 "
    "由于 通过 约 大约 左右 一 所有 或者 时候 的话 请 便 乃 并列 名 位 种"
)

HAN_STOP = frozenset(_HAN_STOP_TEXT.split())
SAFE_HAN = frozenset(_SAFE_HAN_TEXT.split())
_STOP_TEXT = (
    "how when where why there's it's both each other others any very more most just only own same up out "
    "off over again still even however although though because since while after before during between "
    "through under above all us"
)
#: Auxiliaries and other words that analysis for search keeps.
STOP = STOP_WORDS | frozenset(_STOP_TEXT.split())
#: Words that differ in meaning from a sentence to another, though search passes over them.
_KEPT_TEXT = "after before over under above all only more most same us"
_KEPT = frozenset(_KEPT_TEXT.split())


def is_stop(word: str) -> bool:
    """Whether a folded English word says nothing by itself."""
    return word in STOP and word not in _KEPT


def key(word: str) -> str:
    """What a Latin word is compared by: its stem, or that of the word it is a form or a twin of.

    >>> key("Sold"), key("selling"), key("approximately"), key("about")
    ('sell', 'sell', 'about', 'about')
    """
    plain = folded(word)
    plain = _irregular().get(plain, plain)
    stem = stemmed(plain)
    return _same().get(stem, stem)


@cache
def _irregular() -> dict[str, str]:
    return {form: base for base, *forms in map(str.split, _IRREGULAR_TEXT.split(";")) for form in forms}


@cache
def _same() -> dict[str, str]:
    return {stemmed(one): stemmed(first) for first, *others in map(str.split, _SAME_TEXT.split(";")) for one in others}


@cache
def han_twins() -> dict[str, tuple[str, ...]]:
    """Chinese words with the others of one meaning."""
    rows = [tuple(row.split()) for row in _SAME_HAN_TEXT.split(";")]
    return {word: row for row in rows for word in row}


def is_safe(one: str) -> bool:
    """Whether the word of this key introduces a sentence and states nothing of it."""
    return one in _safe_keys() or one in SAFE_HAN


@cache
def _safe_keys() -> frozenset[str]:
    return frozenset(map(key, _SAFE_TEXT.split()))
