"""Forms of English questions.

In: a question. Out: other forms of it. Knows the order of words in direct and indirect questions as far as it can be
seen from the first words; sentences whose subject cannot be told without a parser are left as they are.
"""

import re
from collections.abc import Iterator

from autogpt.prepare.augment.base import Question

_ASKING = ("Could you tell me", "Can you tell me", "Do you know", "I would like to know", "Please tell me")
_WHETHER = ("I would like to know whether", "Could you tell me whether", "Please tell me whether")
_BEFORE = ("Hello, I have a question:", "Hi,", "Hello,", "Quick question:", "One question:", "I have a question:")
_AFTER = ("Thanks!", "Thank you.")
#: Before and after what tells and does not ask.
_BEFORE_TOLD = ("Hello.", "Hi there.", "Good morning.")
_AFTER_TOLD = ("Please help.", "Can you help?", "What can I do?")
_ASKS = re.compile(
    r"\?|^(?:what|which|where|when|why|who|whom|whose|how|can|could|do|does|did|is|are|was|were|will|would|should|may"
    r"|have|has|must|am)\b",
    re.IGNORECASE,
)

_PRONOUN = r"(?P<subject>I|you|we|they|he|she|it)"
_AUXILIARY = r"(?P<aux>can|could|should|will|would|must|may|might)"
_QUESTION_WORD = (
    r"(?P<asked>(?:what|which)(?: (?:kinds?|types?|sorts?) of)?(?: [a-z-]+)?|where|when|why|who|whom"
    r"|how(?: (?:much|many)(?: [a-z-]+)?| long| often| soon| far| old| big)?"
    r"|(?:in|at|on|for|to|by|from|under|during) (?:what|which)(?: [a-z-]+)?)"
)
#: A name, or a few words from an article to the noun: what may stand between "is" and the end, or before a participle.
_NAME = r"(?:[Tt]he )?[A-Z][\w'’.&-]*(?: (?:of|the|and|de|van|von|[A-Z][\w'’.&-]*))*"
_PHRASE = (
    r"(?:the|a|an|my|your|our|their|his|her|its|this|that)(?: [\w'’-]+){1,4}?"
    r"(?: (?:of|for|on|in|at|to)(?: [\w'’-]+){1,4})?"
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|be|been|being|do|does|did|has|have|had|can|could|will|would|should|may|might|must|that|which|"
    r"who|whom|whose|if|when|and|or|but|because|while|so|like|called|named|said|believed|considered|known|used|[\w-]+ing)\b"
)
_PARTICIPLE = (
    r"(?:[a-z]+ed|born|built|made|held|won|written|known|given|sent|paid|kept|sold|begun|taken|found|seen|set|put)"
)
_PREPOSITION = r"(?:in|on|by|at|to|for|from|with|as|of|after|before|during|into)"
_SHORT = re.compile(r"^(What|Where|When|Who|How)['’]s(?= )")
#: Before an "if" that begins no condition.
_IF_ASKED = re.compile(
    r"\b(?:know|see|check|tell|out|ask|verify|confirm|sure|determine|say|wonder|matter|mind|care|even|only|as|decide|"
    r"learn|understand|what|and|or|but)$",
    re.IGNORECASE,
)


def changed(question: Question) -> Iterator[str]:
    """Forms in which the sentence is another."""
    text = _SHORT.sub(r"\1 is", question.text.rstrip(" ?"))
    if not text or re.search(r"[?!.;:](?:\s|$)", text):
        return
    yield from _indirect(text)
    yield from _whether(text)
    yield from _condition_first(text)
    for pattern, templates in _OTHER_WORDS:
        for template in templates:
            if re.search(pattern, text):
                yield _sentence(re.sub(pattern, template, text, count=1), "?")


def phrased(question: Question) -> Iterator[str]:
    """Forms with a phrase before or after."""
    text = question.text.strip()
    if re.match(r"(?:hi|hello|hey|dear|please|good (?:morning|day))\b", text, re.IGNORECASE):
        return
    if not _ASKS.search(text):
        whole = text if text[-1:] in ".!" else f"{text}."
        yield from (f"{phrase} {text[0].upper()}{text[1:]}" for phrase in _BEFORE_TOLD if text)
        yield from (f"{whole} {phrase}" for phrase in _AFTER_TOLD)
        return
    inside = _inside(text)
    for phrase in _BEFORE:
        if phrase.endswith(":"):
            yield f"{phrase} {text}"
        elif inside != text:
            yield f"{phrase} {inside}"
    if text.endswith("?"):
        yield from (f"{text} {phrase}" for phrase in _AFTER)


def _indirect(text: str) -> Iterator[str]:
    """What is X → could you tell me what X is; how can I → … how I can; when was X founded → … when X was founded."""
    for clause in _clauses(text):
        you = re.search(r" you\b", clause)  # whoever answers is not asked whether they know what they do
        yield from (_asked(phrase, clause) for phrase in _ASKING if not (you and phrase == "Do you know"))


def _clauses(text: str) -> Iterator[str]:
    """The question as a clause within another."""
    match = re.fullmatch(rf"{_QUESTION_WORD} {_AUXILIARY} {_PRONOUN} (?P<rest>.+)", text, re.IGNORECASE)
    if match:
        yield "{asked} {subject} {aux} {rest}".format(**_lowered(match))
    match = re.fullmatch(rf"{_QUESTION_WORD} do (?P<subject>I|you|we|they) (?P<rest>.+)", text, re.IGNORECASE)
    if match:
        yield "{asked} {subject} {rest}".format(**_lowered(match))
    match = re.fullmatch(rf"{_QUESTION_WORD} (?P<aux>is|are|was|were) (?P<subject>{_NAME}|{_PHRASE})", text)
    match = match or re.fullmatch(
        rf"(?P<asked>What|Where|Who|When) (?P<aux>is|are|was|were) (?P<subject>{_NAME}|{_PHRASE})", text
    )
    if match and not _FINITE.search(match["subject"]) and not re.search(rf"\b{_PARTICIPLE}\b", match["subject"]):
        yield "{asked} {subject} {aux}".format(**_lowered(match))
    match = re.fullmatch(rf"{_QUESTION_WORD} does it (?P<verb>cost|take)(?P<rest> .+)?", text, re.IGNORECASE)
    if match:
        yield "{asked} it {verb}s{rest}".format(**_lowered(match))
    match = re.fullmatch(
        rf"(?P<asked>What|Who) (?P<aux>is|are|was|were) (?P<subject>{_NAME}|{_PHRASE}) "
        r"(?P<rest>(?:known as|known for|called|named after|famous for|made of|used for|based on|part of)(?: .+)?)",
        text,
    )
    if match and not _FINITE.search(match["subject"]):
        yield "{asked} {subject} {aux} {rest}".format(**_lowered(match))
    match = re.fullmatch(
        rf"(?P<asked>Where|When|Why|How|In what year|In which year) (?P<aux>is|are|was|were) "
        rf"(?P<subject>{_NAME}|{_PHRASE}) (?P<rest>(?:[a-z]+ly )?{_PARTICIPLE}(?P<tail> {_PREPOSITION} .+)?)",
        text,
    )
    if match and not _FINITE.search(match["subject"]) and not re.search(rf"\b{_PARTICIPLE}\b", _around(match)):
        yield "{asked} {subject} {aux} {rest}".format(**_lowered(match))
    match = re.fullmatch(r"How do (?:I|you|we) (?P<rest>.+)", text)
    if match and not re.match(r"(?:know|feel|think|like|get|have|need)\b", match["rest"]):
        yield f"how to {match['rest']}"


def _whether(text: str) -> Iterator[str]:
    """Can I pay in cash → I would like to know whether I can pay in cash."""
    match = re.fullmatch(
        rf"(?P<aux>can|could|may|must|should|will|would|do|are|have) {_PRONOUN} (?P<rest>.+)", text, re.IGNORECASE
    )
    if not match:
        return
    found = _lowered(match)
    if found["aux"] == "do" and found["subject"] in ("he", "she", "it"):
        return
    aux = "" if found["aux"] == "do" else f"{found['aux']} "
    yield from (_asked(phrase, f"{found['subject']} {aux}{found['rest']}") for phrase in _WHETHER)
    if (
        found["aux"] == "can"
        and found["subject"] == "I"
        and not found["rest"].startswith(("be ", "still ", "only ", "also "))
    ):
        yield f"Is it possible for me to {found['rest']}?"
        yield f"Am I able to {found['rest']}?"


def _condition_first(text: str) -> Iterator[str]:
    """What happens if I lose my card → if I lose my card, what happens."""
    match = re.fullmatch(
        r"(?P<main>(?:What|How|Which|Where|Who|Can|Will|Do|Is there|Are there)\b[^,]+?) if (?P<condition>[^,]+)", text
    )
    if match and not _IF_ASKED.search(match["main"]) and " if " not in match["condition"]:
        yield f"If {match['condition']}, {_inside(match['main'])}?"


#: Question words and openings that mean the same.
_OTHER_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"^How long does it take\b", ("How much time does it take",)),
    (r"^How much time does it take\b", ("How long does it take",)),
    (r"^How much does (.{3,40}) cost$", (r"What does \1 cost", r"What is the cost of \1", r"What is the price of \1")),
    (r"^What does (.{3,40}) cost$", (r"How much does \1 cost",)),
    (r"^[Ww]hat (kind|type|sort)s? of\b", (r"Which \1 of",)),
    (r"^In what (year|month|city|country|state)\b", (r"In which \1",)),
    (r"^In which (year|month|city|country|state)\b", (r"In what \1",)),
    (r"^What (year|month|day|city|country|state) (did|was|were|does|is)\b", (r"Which \1 \2", r"In which \1 \2")),
    (r"^(?:What is|What's) the reason (?:that|why)\b", ("Why is it that",)),
    (r"^How do I\b", ("How can I", "What do I have to do to", "What is the way to")),
    (r"^How can I\b", ("How do I", "What can I do to")),
    (r"^How do you\b", ("How does one",)),
    (r"^Where can I find\b", ("Where do I find",)),
    (r"^Who is responsible for\b", ("Who takes responsibility for",)),
    (r"^What happens\b", ("What will happen",)),
    (r"^Is it possible to\b", ("Can I", "Is there a way to")),
)


def _lowered(match: re.Match[str]) -> dict[str, str]:
    """The groups of a match; the question word in lower case, and the pronoun, but for "I"."""
    found = {name: value or "" for name, value in match.groupdict().items()}
    for name in ("asked", "aux"):
        found[name] = found.get(name, "").lower()
    if found.get("subject", "").lower() in ("you", "we", "they", "he", "she", "it", "i"):
        found["subject"] = "I" if found["subject"].lower() == "i" else found["subject"].lower()
    return found


def _around(match: re.Match[str]) -> str:
    """What a second verb would stand in: the subject, and what follows the participle."""
    return f"{match['subject']} {match['tail'] or ''}"


def _asked(phrase: str, clause: str) -> str:
    return _sentence(f"{phrase} {clause}", "." if phrase.startswith(("I ", "Please")) else "?")


def _inside(text: str) -> str:
    """A sentence as it stands after a comma: its question word in lower case, a name as it is."""
    word = text.split(" ", 1)[0]
    known = re.fullmatch(
        r"What|Which|Where|When|Why|Who|Whom|Whose|How|Can|Could|Do|Does|Did|Is|Are|Was|Were|Will|Would|Should|May|"
        r"Have|Has|If|In|At|On|For|My|Must",
        word,
    )
    return text[0].lower() + text[1:] if known else text


def _sentence(text: str, end: str) -> str:
    return f"{text[0].upper()}{text[1:]}{end}"
