"""Makes questions that a text looks like answering and does not, from questions that it answers.

In: answerable examples, grouped by article. Out: unanswerable ones. The kinds follow the analysis of human-written
unanswerable questions by Rajpurkar et al. 2018 ("Know what you don't know", table 2): swapped entities, numbers and
dates, antonyms, negation, other words of the text, and passages that lack the answer. English only. Knows nothing
about tokens or training.
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from autogpt.records import AnswerSpan, ReaderExample
from autogpt.text.antonyms import ANTONYMS
from autogpt.text.sentences import sentences

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_ORDINALS = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
_NUMBER_WORDS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|fifty|hundred"
#: Types of mention, tried in order; a mention belongs to the first that matches.
_TYPES: dict[str, re.Pattern[str]] = {
    "year": re.compile(r"\b(?:1[0-9]{3}|20[0-9]{2})s?\b"),
    "month": re.compile(rf"\b(?:{_MONTHS})\b"),
    "day": re.compile(rf"\b(?:{_DAYS})\b"),
    "ordinal": re.compile(rf"\b(?:{_ORDINALS}|\d+(?:st|nd|rd|th))\b", re.IGNORECASE),
    "number": re.compile(rf"\b(?:\d[\d,.]*\d|\d|{_NUMBER_WORDS})\b(?!\.\d)", re.IGNORECASE),
    "name": re.compile(r"\b[A-Z][\w'’.-]*\w(?:\s+(?:of\s+(?:the\s+)?|the\s+|de\s+)?[A-Z][\w'’.-]*\w)*"),
}
_ASKING_TEXT = (
    "what which who whom whose when where why how in on at the a an is was were did do does are to by for of after "
    "before during from with name if it this these that there he she they his her their i"
)
_ASKING = frozenset(_ASKING_TEXT.split())
_NEGATABLE = re.compile(
    r"\b(did|does|do|is|are|was|were|can|could|will|would|has|have|had|should)\b(?!\s+(?:not|n't))", re.IGNORECASE
)
_WORD = re.compile(r"\b[a-z]{5,}\b")
_SUFFIXES = ("tion", "ment", "ness", "ing", "ed", "ies", "ity", "al", "ic", "ous", "ive", "ers", "er", "ly", "s")


@dataclass(frozen=True, slots=True)
class Article:
    """The paragraphs that share a title, and their mentions by type."""

    paragraphs: tuple[str, ...]
    mentions: dict[str, list[str]]


def articles(examples: Sequence[ReaderExample]) -> dict[str, Article]:
    """The articles of `examples` by title."""
    paragraphs: dict[str, dict[str, None]] = defaultdict(dict)
    for example in examples:
        paragraphs[example.title].setdefault(example.context)
    return {title: Article(tuple(texts), _merged(map(_mentions, texts))) for title, texts in paragraphs.items()}


def make_unanswerable(example: ReaderExample, article: Article, kind: str, rng: random.Random) -> ReaderExample | None:
    """One unanswerable example of `kind` (a key of `KINDS`), or None when the question does not lend itself to it."""
    made = KINDS[kind](example, article, rng)
    if made is None:
        return None
    question, context = made
    return replace(example, id=f"{example.id}-{kind}", question=question, context=context, answers=())


def crop(example: ReaderExample, rng: random.Random, least: int = 150, most: int = 700) -> ReaderExample:
    """The sentences around the answer, or around a random place, as many as fill `least` to `most` characters."""
    spans = sentences(example.context, example.language)
    target = rng.randint(least, most)
    if not spans or len(example.context) <= target:
        return example
    answer = example.answers[0] if example.answers else None
    if answer is None:
        first = last = rng.randrange(len(spans))
    else:
        touched = [at for at, span in enumerate(spans) if span.start < answer.end and answer.start < span.end]
        if not touched:
            return example
        first, last = touched[0], touched[-1]
    while spans[last].end - spans[first].start < target and (first > 0 or last < len(spans) - 1):
        if last == len(spans) - 1 or (first > 0 and rng.random() < 0.5):
            first -= 1
        else:
            last += 1
    start, end = spans[first].start, spans[last].end
    inside = tuple(
        AnswerSpan(one.text, one.start - start) for one in example.answers if start <= one.start and one.end <= end
    )
    return replace(example, context=example.context[start:end], answers=inside)


def _swap(example: ReaderExample, article: Article, rng: random.Random) -> tuple[str, str] | None:
    """Another year, number or name of the same text in the place of one in the question."""
    question = example.question
    found = [
        (kind, match)
        for kind, match in _typed(question)
        if not (kind == "name" and (match.start() == 0 or match.group().lower() in _ASKING))
    ]
    rng.shuffle(found)
    for kind, match in found:
        here = _mentions(example.context).get(kind, [])
        anywhere = article.mentions.get(kind, [])
        for pool in (here, anywhere) if rng.random() < 0.75 else (anywhere, here):
            fitting = [one for one in pool if _replaces(one, match.group(), question)]
            if fitting:
                return question[: match.start()] + rng.choice(fitting) + question[match.end() :], example.context
    return None


def _antonym(example: ReaderExample, article: Article, rng: random.Random) -> tuple[str, str] | None:
    words = [match for match in re.finditer(r"\w+", example.question) if match.group().lower() in ANTONYMS]
    if not words:
        return None
    match = rng.choice(words)
    other = rng.choice(ANTONYMS[match.group().lower()])
    return example.question[: match.start()] + other + example.question[match.end() :], example.context


def _negation(example: ReaderExample, article: Article, rng: random.Random) -> tuple[str, str] | None:
    question = example.question
    verbs = list(_NEGATABLE.finditer(question))
    if not verbs:
        return None
    verb = rng.choice(verbs)
    style = rng.random()
    if style < 0.45 and verb.group().lower() not in ("can", "will"):
        return f"{question[: verb.end()]}n't{question[verb.end() :]}", example.context
    if style < 0.8:
        return f"{question[: verb.end()]} not{question[verb.end() :]}", example.context
    return f"{question[: verb.end()]} never{question[verb.end() :]}", example.context


def _word(example: ReaderExample, article: Article, rng: random.Random) -> tuple[str, str] | None:
    """Another word of the text, of the same ending, in the place of a word of the question."""
    question = example.question
    words = [match for match in _WORD.finditer(question) if match.group() not in _ASKING]
    rng.shuffle(words)
    answer = example.answers[0].text.lower()
    pool = {word for word in _WORD.findall(example.context) if word not in question.lower() and word not in answer}
    for match in words:
        ending = _ending(match.group())
        fitting = sorted(word for word in pool if _ending(word) == ending and word[:4] != match.group()[:4])
        if ending and fitting:
            return question[: match.start()] + rng.choice(fitting) + question[match.end() :], example.context
    return None


def _removed(example: ReaderExample, article: Article, rng: random.Random) -> tuple[str, str] | None:
    """The text without the sentences that hold an answer."""
    text = example.context
    kept = [
        span.of(text)
        for span in sentences(text, example.language)
        if not any(answer.text.lower() in span.of(text).lower() for answer in example.answers)
        and not any(span.start < answer.end and answer.start < span.end for answer in example.answers)
    ]
    context = ("" if example.language == "zh" else " ").join(kept)
    return (example.question, context) if len(context) >= 120 else None


def _other(example: ReaderExample, article: Article, rng: random.Random) -> tuple[str, str] | None:
    """Of the article's other paragraphs without the answer's words, one of the three most like the question."""
    asked = set(re.findall(r"\w{4,}", example.question.lower()))
    answers = [answer.text.lower() for answer in example.answers]
    ranked = sorted(
        (-len(asked & set(re.findall(r"\w{4,}", text.lower()))), text)
        for text in article.paragraphs
        if text != example.context and not any(answer in text.lower() for answer in answers)
    )
    return (example.question, rng.choice(ranked[:3])[1]) if ranked else None


Maker = Callable[[ReaderExample, Article, random.Random], tuple[str, str] | None]
#: The ways to make an unanswerable example.
KINDS: dict[str, Maker] = {
    "swap": _swap,
    "antonym": _antonym,
    "negation": _negation,
    "word": _word,
    "removed": _removed,
    "other": _other,
}


def _typed(text: str) -> list[tuple[str, re.Match[str]]]:
    """Mentions in `text`, each with its type; a stretch of text belongs to one mention."""
    taken: list[tuple[str, re.Match[str]]] = []
    for kind, pattern in _TYPES.items():
        for match in pattern.finditer(text):
            if not any(match.start() < other.end() and other.start() < match.end() for _, other in taken):
                taken.append((kind, match))
    return taken


def _mentions(text: str) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for kind, match in _typed(text):
        if kind != "name" or match.group().lower() not in _ASKING:
            found[kind].setdefault(match.group())
    return {kind: list(values) for kind, values in found.items()}


def _merged(mentions: Iterable[dict[str, list[str]]]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for one in mentions:
        for kind, values in one.items():
            found[kind].update(dict.fromkeys(values))
    return {kind: list(values) for kind, values in found.items()}


def _replaces(new: str, old: str, question: str) -> bool:
    """Whether `new` changes the meaning of `question` when put for `old`."""
    known = {word.lower() for word in re.findall(r"\w+", question)}
    return not known & {word.lower() for word in re.findall(r"\w+", new)} and new[0].isdigit() == old[0].isdigit()


def _ending(word: str) -> str:
    return next((suffix for suffix in _SUFFIXES if word.endswith(suffix)), "")
