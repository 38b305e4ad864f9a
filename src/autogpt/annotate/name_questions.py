"""Turns sentences into questions about names: who does something or has a role, where something is, how it is called.

In: a sentence in English or Chinese. Out: questions, each with the range of the sentence that answers it. Knows how
names are written from `names`, and nothing about documents.
"""

import re
from collections.abc import Iterator

from autogpt.annotate.names import (
    HAN_ORGANISATION,
    HAN_PERSON,
    HAN_PLACE,
    HAN_ROLE,
    NAME,
    PLACE,
    ROLE,
    is_name,
    is_person,
    is_role,
)
from autogpt.annotate.question_subjects import Asked, bare, han_subject_of, simplified_alike, subject_of

_SUBJECT = r"(?P<subject>[\w'’“”\"()/ -]{2,80}?)"
_ANSWER = (
    rf"(?:the |our )?(?P<answer>{NAME})"
    r"(?=[.,;:)]|$| \(| (?:and|or|on|in|within|at|for|to|under|up|from|by|with|without|through|during|until|unless|if|"
    r"when|who|which|as|before|after)\b)"
)
_DONE = r"\w+(?:ed|en|wn|un|ld|id|nt|ade|ept|et)"
_SEAT = (
    r"(?:office|branch|headquarters|seat|cent(?:er|re)|site|store|shop|campus|hospital|clinic|school|library|warehouse|"
    r"plant|depot|counter|desk|archive|museum)(?:e?s)?"
)
_IN_PLACE = rf"(?:in|at) (?P<answer>{PLACE})(?=[.;)]|$)"
#: How a sentence is built, and the question with parts of it.
_FORMS = (
    (
        rf"(?P<subject>[Tt]he (?:[\w'’-]+ ){{0,4}}?{ROLE}(?: (?:of|for|at) [\w'’& -]{{2,50}}?)?) "
        rf"(?P<verb>is|was) {_ANSWER}",
        "Who {verb} {subject}?",
    ),
    (
        rf"{_SUBJECT} (?P<verb>is|are|was|were) (?P<done>{_DONE}(?: and {_DONE})?) by {_ANSWER}",
        "Who {verb} {subject} {done} by?",
    ),
    (
        rf"{_SUBJECT} (?P<verb>is|are|must|should|can)(?P<more> be)? (?P<done>reported|sent|addressed|made|submitted|"
        rf"returned|paid|directed|handed(?: over| in)?) to {_ANSWER}",
        "Who {verb} {subject}{more} {done} to?",
    ),
    (
        rf"(?:For|About) (?P<subject>[\w'’ -]{{3,60}}), (?:please )?"
        rf"(?P<verb>contact|call|ask|write to|email) {_ANSWER}",
        "Who should I {verb} for {subject}?",
    ),
    (
        rf"{_SUBJECT} (?P<verb>is|are|was|were) (?P<done>located|based|situated|registered|held|founded|born) "
        rf"{_IN_PLACE}",
        "Where {verb} {subject} {done}?",
    ),
    (
        rf"(?P<subject>(?:[Tt]he )?(?:[\w'’-]+ ){{0,5}}?{_SEAT}) (?P<verb>is|are) {_IN_PLACE}",
        "Where {verb} {subject}?",
    ),
    (
        rf"(?P<subject>[Tt]he [\w'’ -]{{2,60}}?) (?P<verb>is|are) (?:called|named|known as) [“\"]?{_ANSWER}",
        "What {verb} {subject} called?",
    ),
)
_WHO_IS = re.compile(rf"(?P<name>{NAME}), (?P<answer>(?:the|an?) [^,]{{3,120}}),")

_HAN_SUBJECT = r"(?:^|[，；])(?P<subject>[^，。；：\s]{2,24}?)"
_HAN_MODE = r"(?P<mode>应当|应该|应|须|需要|需|必须|可以|可|统一|一律)?"
_HAN_END = r"(?=[，。；）)]|$)"
_HAN_DOES = (
    "负责|办理|受理|审批|审核|发行|管理|提供|制定|解释|承担|处理|保管|批准|"
    "颁发|签发|出具|主办|承办|运营|承保|监督|支付|执行"
)
_HAN_ASKS = "申请|提出|报告|投诉|反馈|提交|缴纳|咨询|备案|申报|举报"
_HAN_FORMS = (
    (
        rf"(?:^|[，；])(?P<subject>[^，。；：\s]{{0,18}}?{HAN_ROLE})(?:现|目前)?(?:是|为|：|由)(?P<answer>{HAN_PERSON})"
        rf"(?:担任|出任)?{_HAN_END}",
        "{subject}是谁？",
    ),
    (rf"^(?P<name>{HAN_PERSON})(?:现任|是|担任|任)(?P<answer>[^，。；]{{0,24}}{HAN_ROLE}){_HAN_END}", "{name}是谁？"),
    (
        rf"{_HAN_SUBJECT}{_HAN_MODE}由(?P<answer>{HAN_ORGANISATION})(?P<done>(?:{_HAN_DOES})[^，。；：]{{0,8}}){_HAN_END}",
        "{subject}{mode}由谁{done}？",
    ),
    (
        rf"{_HAN_SUBJECT}{_HAN_MODE}向(?P<answer>{HAN_ORGANISATION})(?P<done>(?:{_HAN_ASKS})[^，。；：]{{0,8}}){_HAN_END}",
        "{subject}{mode}向谁{done}？",
    ),
    (
        rf"{_HAN_SUBJECT}(?P<done>位于|设在|设于|坐落于)(?P<answer>{HAN_PLACE}){_HAN_END}",
        "{subject}{done}哪里？",
    ),
    (rf"{_HAN_SUBJECT}的?地址(?:是|为|：)：?(?P<answer>{HAN_PLACE}){_HAN_END}", "{subject}的地址是什么？"),
    (
        rf"{_HAN_SUBJECT}(?:根据|依据|依照|按照)(?P<answer>《[^《》]{{2,40}}》)(?P<done>制定|执行|办理|计算){_HAN_END}",
        "{subject}依据什么{done}？",
    ),
    (
        rf"{_HAN_SUBJECT}(?:的?名称(?:是|为)|名为|称为|叫作|叫做|命名为)[“「](?P<answer>[^“”「」]{{2,20}})[”」]{_HAN_END}",
        "{subject}叫什么？",
    ),
)
_ENGLISH = tuple((re.compile(form), question) for form, question in _FORMS)
_CHINESE = tuple((re.compile(form), question) for form, question in _HAN_FORMS)


def questions_about_names(sentence: str, language: str) -> Iterator[Asked]:
    """The question about a name that a sentence answers, if there is one.

    >>> [one.question for one in questions_about_names("Complaints are handled by the Customer Care Team.", "en")]
    ['Who are complaints handled by?']
    """
    yield from _chinese(sentence) if language == "zh" else _english(sentence)


def _english(sentence: str) -> Iterator[Asked]:
    if (found := _WHO_IS.match(sentence)) and is_person(found["name"]) and is_role(found["answer"]):
        yield Asked(f"Who is {found['name']}?", *found.span("answer"), "name")
        return
    for form, question in _ENGLISH:
        if (found := form.match(sentence)) and (subject := subject_of(found["subject"])) and is_name(found["answer"]):
            parts = {name: words or "" for name, words in found.groupdict().items()}
            if parts["verb"] not in {"is", "was"}:
                subject = _inside(subject)
            asked = question.format_map({**parts, "subject": subject})
            yield Asked(asked, *bare(sentence, *found.span("answer")), "name")
            return


def _inside(several: str) -> str:
    """Several things as they stand inside of a sentence: the capital of the first word was that of the beginning."""
    first, space, rest = several.partition(" ")
    kept = first.isupper() or rest != rest.lower()
    return several if kept else f"{first.lower()}{space}{rest}"


def _chinese(sentence: str) -> Iterator[Asked]:
    simplified = simplified_alike(sentence)
    for form, question in _CHINESE:
        if found := form.search(simplified):
            parts = {name: sentence[slice(*found.span(name))] for name in found.groupdict()}
            if "subject" in parts:
                parts["subject"] = han_subject_of(parts["subject"])
            if not parts.get("subject", parts.get("name")):
                continue
            yield Asked(question.format_map(parts), *found.span("answer"), "name")
            return
