"""Tells which language a text is in: English, Chinese or neither.

In: text. Out: "en", "zh" or "und". Counts scripts and function words; knows no other language well enough to name it.
"""

import re
from collections import Counter

from autogpt.text.scripts import HAN_CHARACTER

#: The languages that are told apart, by their codes.
LANGUAGES = {"en": "English", "zh": "Chinese"}

_SAMPLE = 4_000
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af\u1100-\u11ff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[a-z\u00df-\u024f]+")

#: Function words that the language shares with as few of the others as possible.
_FUNCTION_WORDS = {
    "en": "the of and to is are was for that with on by this from be or not you your can what how which an at it we",
    "de": "der die das und ist von zu den mit nicht ein eine auf für dem sich werden im bei oder wird sind wie",
    "fr": "le la les des et est une du dans pour que qui sur pas au avec par sont ce cette vous votre ou",
    "es": "el la los las de y es una del que en por con para su como más se lo al está son usted",
    "it": "il lo gli di che è una per con del della nel sono non si alla dei più anche come",
    "pt": "o os as do da em um uma que para com não por mais dos das ao se é sua são",
    "nl": "de het een en van is dat op te niet zijn voor met aan als bij door ook naar wordt",
}
_BY_WORD: dict[str, list[str]] = {}
for _language, _words in _FUNCTION_WORDS.items():
    for _word in _words.split():
        _BY_WORD.setdefault(_word, []).append(_language)


def detect(text: str) -> str:
    """Language of `text`: "en", "zh" or "und".

    Long texts are judged by samples from their beginning, middle and end.

    >>> detect("How do I close my account?"), detect("如何注销账户？"), detect("Wie kündige ich das Konto?")
    ('en', 'zh', 'und')
    """
    sample = _sample(text)
    letters = len(_LETTER.findall(sample))
    if not letters:
        return "und"
    han, other = len(HAN_CHARACTER.findall(sample)), len(_KANA_OR_HANGUL.findall(sample))
    latin = len(_LATIN.findall(sample))
    # One Han character carries about as much as three Latin letters.
    if han * 3 >= latin and han * 3 >= letters - latin - han:
        return "zh" if other * 5 < han else "und"
    if latin * 2 < letters:
        return "und"
    votes: Counter[str] = Counter()
    for word in _WORD.findall(sample.lower()):
        for language in _BY_WORD.get(word, ()):
            votes[language] += 1
    best = max(votes.values(), default=0)
    return "en" if votes["en"] == best else "und"


def _sample(text: str) -> str:
    if len(text) <= 3 * _SAMPLE:
        return text
    middle = (len(text) - _SAMPLE) // 2
    return "\n".join((text[:_SAMPLE], text[middle : middle + _SAMPLE], text[-_SAMPLE:]))
