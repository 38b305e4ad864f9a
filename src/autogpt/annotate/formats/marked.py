"""Texts with marked places, as annotation tools export them, become examples, and examples become such texts.

In: `MarkedText`s that a format took out of its file. Out: `RawExample`s, with a remark for each place whose offsets
were put right. A question is what the text, or the mark, is said to answer; else the label, where it is a question.
Knows no tool.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from autogpt.annotate.formats.counting import Counted, Counting, Placed, Stated, usual
from autogpt.annotate.formats.rows import ALIASES
from autogpt.annotate.raw import RawAnswer, RawExample

#: Names under which tools keep the question and our other facts, beside the text.
QUESTION_NAMES = ("question", *ALIASES["question"])
TEXT_NAMES = (
    "text",
    "context",
    "passage",
    "paragraph",
    "document_text",
    "body",
    "content",
    "article_text",
    "data",
    "原文",
)
_FACTS = ("title", "document", "language", "domain", "split", "status", "annotator", "provenance")
#: Our id in a tool's file, where the tool has ids of its own.
ID = "example_id"
#: The label that examples are written with, and what says that there is nothing to mark.
ANSWER, UNANSWERABLE = "Answer", "Unanswerable"
_NONE = {
    "unanswerable",
    "not answerable",
    "no answer",
    "no_answer",
    "none",
    "impossible",
    "无法回答",
    "無法回答",
    "没有答案",
    "不可回答",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked place, its label, and the question it was marked for, where the tool keeps one with the mark."""

    place: Stated
    label: str = ""
    question: str = ""


@dataclass(frozen=True, slots=True)
class MarkedText:
    """What a tool holds of one text.

    Attributes:
        question: what the text is to answer; empty where the labels say it.
        typed: answers that were written, not marked.
        classes: what was chosen for the text as a whole.
        facts: keys of `RawExample` with what the file says, `id` among them.
        remarks: what had to be decided about it.
        problem: why it is no example.
    """

    where: str
    text: str = ""
    question: str = ""
    marks: tuple[Mark, ...] = ()
    typed: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    problem: str = ""


def as_examples(texts: Sequence[MarkedText], ways: Sequence[Counting]) -> Iterator[RawExample]:
    """Examples of marked texts, in their order.

    Args:
        ways: how the tool may count, its habit first.
    """
    counted = [(Counted(one.text), [mark.place for mark in one.marks]) for one in texts]
    order = usual(counted, ways)
    marking = any(one.marks for one in texts)
    for one, (text, _) in zip(texts, counted, strict=True):
        yield from _examples(one, text, order, ways[0], marking)


def _examples(
    one: MarkedText, text: Counted, ways: Sequence[Counting], habit: Counting, marking: bool
) -> Iterator[RawExample]:
    if one.problem:
        yield RawExample(one.where, problem=one.problem)
        return
    asked = _by_question(one)
    if asked and "" in asked:
        label = asked[""][0].label
        yield RawExample(one.where, problem=f"the label '{label}' is no question, and no field 'question' is beside it")
        return
    if asked:
        for number, (question, marks) in enumerate(asked.items(), 1):
            yield _answered(one, text, (question, marks), ways, habit, number if len(asked) > 1 else 0)
        return
    none = [name for name in one.classes if name.strip().casefold() in _NONE]
    if one.classes and not (one.question and none):
        stated = {**_facts(one), "language": one.facts.get("language", "")}
        question = one.question or one.text
        yield RawExample(
            one.where, question=question, classes=one.classes, labelled=True, remarks=one.remarks, **stated
        )
    elif one.question:
        answers = tuple(RawAnswer(answer) for answer in one.typed if answer.strip())
        yield _example(one, one.question, answers, one.remarks)
    elif marking or one.typed or not one.text:
        yield RawExample(one.where, problem="it has no question: nothing is marked with one, and no field holds one")
    else:
        yield RawExample(one.where, question=one.text, labelled=True, remarks=one.remarks, **_facts(one))


def _by_question(one: MarkedText) -> dict[str, list[Mark]]:
    """Marks by what they answer; by an empty text those of which nobody can tell."""
    found: dict[str, list[Mark]] = {}
    for mark in one.marks:
        if mark.label.strip().casefold() in _NONE and one.question:
            continue
        question = mark.question or one.question or (mark.label if mark.label.rstrip().endswith(("?", "？")) else "")
        found.setdefault(question.strip(), []).append(mark)
    return found


def _answered(
    one: MarkedText,
    text: Counted,
    asked: tuple[str, Sequence[Mark]],
    ways: Sequence[Counting],
    habit: Counting,
    number: int,
) -> RawExample:
    question, marks = asked
    answers: list[RawAnswer] = []
    remarks = list(one.remarks)
    for mark in marks:
        placed = text.place(mark.place, ways, habit)
        answer = _answer(text.text, mark, placed)
        if answer is None:
            return RawExample(one.where, question=question, problem=f"'{mark.label}' marks nothing in its text")
        answers.append(answer)
        remarks += _remarks(mark.place, answer, placed)
    return _example(one, question, tuple(dict.fromkeys(answers)), tuple(remarks), number)


def _answer(text: str, mark: Mark, placed: Placed) -> RawAnswer | None:
    if placed.span is None:
        quote = mark.place.quote.replace("\\n", "\n").strip()
        return RawAnswer(quote, max(0, mark.place.start)) if quote else None
    found = placed.span.of(text)
    return RawAnswer(found, placed.span.start) if found else None


def _remarks(stated: Stated, answer: RawAnswer, placed: Placed) -> list[str]:
    reasons = [reason for reason in placed.reasons if reason]
    if not reasons:
        return []
    if placed.span is None and stated.start < 0:
        return [f"'{_short(answer.text)}' is placed in another form of the text, so it was looked for."]
    if placed.span is None:
        return [" ".join([f"{stated.start}–{stated.end} is not where '{_short(answer.text)}' stands.", *reasons])]
    here = f"{placed.span.start}–{placed.span.end}"
    return [" ".join([f"{stated.start}–{stated.end} is {here} here, '{_short(answer.text)}'.", *reasons])]


def _example(
    one: MarkedText, question: str, answers: tuple[RawAnswer, ...], remarks: tuple[str, ...], number: int = 0
) -> RawExample:
    facts = _facts(one)
    if number and facts.get("id"):
        facts["id"] = f"{facts['id']}-{number}"
    return RawExample(
        one.where,
        question=question,
        answers=answers,
        answerable=bool(answers),
        context=one.text,
        remarks=remarks,
        **facts,
    )


def _facts(one: MarkedText) -> dict[str, Any]:
    return {key: one.facts[key] for key in ("id", *_FACTS) if one.facts.get(key)}


def facts_of(row: Mapping[str, Any], tool: str, id: object, text: str) -> dict[str, str]:
    """Our facts of a row: what an export of ours wrote there, or the tool's own.

    Args:
        id: the tool's, unique in one installation of it; with a part of the text's checksum it is unique elsewhere.
    """
    found = {key: str(row[key]) for key in _FACTS if isinstance(row.get(key), str | int) and row[key] != ""}
    for other in ("lang",):
        if "language" not in found and isinstance(row.get(other), str):
            found["language"] = row[other]
    for key in ("language", "split", "status"):
        if key in found:
            found[key] = found[key].lower()
    if row.get(ID):
        found["id"] = str(row[ID])
    elif id not in (None, ""):
        found["id"] = f"{tool}-{id}-{sha256(text.encode(errors='replace')).hexdigest()[:8]}"[:64]
    return found


def question_of(row: Mapping[str, Any], columns: Mapping[str, str]) -> str:
    """The question beside a text, by the name the user gave or one of the usual ones."""
    names = (columns["question"],) if "question" in columns else QUESTION_NAMES
    return next((str(row[name]).strip() for name in names if isinstance(row.get(name), str) and row[name].strip()), "")


def text_of(row: Mapping[str, Any], columns: Mapping[str, str], also: Iterable[str] = ()) -> str:
    """The text that places are marked in."""
    names = (columns["context"],) if "context" in columns else (*also, *TEXT_NAMES)
    return next((row[name] for name in names if isinstance(row.get(name), str)), "")


def written_facts(example: RawExample) -> dict[str, str]:
    """What `facts_of` reads back."""
    stated = {ID: example.id, **{key: getattr(example, key) for key in _FACTS}}
    return {key: value for key, value in stated.items() if value}


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 40 else f"{flat[:39]}…"
