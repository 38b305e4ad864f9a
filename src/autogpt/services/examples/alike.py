"""Sets two examples side by side that are nearly the same, with what differs between them.

In: a store, two ids, who looks. Out: both in pieces that are in the other one, too, or are not. What is sealed for who
looks stays so. Knows nothing about pages.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from autogpt.annotate.excerpt import Excerpts
from autogpt.errors import ForbiddenError, NotFoundError
from autogpt.records import DocumentVersion, Example
from autogpt.retrieve.access import may_see
from autogpt.services.examples.editing import find_example
from autogpt.services.examples.sealing import require_seen
from autogpt.store import Store
from autogpt.store.documents import load_versions
from autogpt.text.scripts import HAN

#: Code points of a document that are shown beside a question.
SHOWN = 600
_WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+|[\W_]")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of one side. `differs`: the other side does not have them there."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two.

    Attributes:
        part: train, validation or test; empty for none.
        title: of its document.
        question, text: what is asked, and the place of the document that the other side has too; nothing where the
            example is sealed.
    """

    id: str
    part: str
    sealed: bool = False
    title: str = ""
    question: tuple[Piece, ...] = ()
    text: tuple[Piece, ...] = ()


def side_by_side(
    store: Store, ids: Sequence[str], by: str, labels: frozenset[str] | None = frozenset()
) -> tuple[Side, ...]:
    """Two examples, with the part of their texts in which they are most alike; none where one is there no more.

    Args:
        by: name of who looks.
        labels: of who looks; a document that they may not see shows nothing of its text.
    """
    try:
        one, other = (find_example(store, id).example for id in ids)
    except (NotFoundError, ValueError):
        return ()
    with store.session() as session:
        found = load_versions(session, {example.version_id for example in (one, other) if example.version_id})
    versions = {id: version for id, version in found.items() if may_see(version.labels, labels)}
    here, there = (versions.get(example.version_id or "") for example in (one, other))
    sealed = [_is_sealed(store, example, by) for example in (one, other)]
    if any(sealed):  # what differs would tell of the sealed one
        return tuple(
            Side(example.id, _part(example), sealed=True)
            if hidden
            else _side(example, version, (Piece(example.question, False),), (Piece(_shown(example, version), False),))
            for example, version, hidden in zip((one, other), (here, there), sealed, strict=True)
        )
    text = _shown(one, here)
    questions = _compared(one.question, other.question)
    beside = text if there == here else _nearest(text, there) if text else _shown(other, there)
    texts = _compared(text, beside)
    return _side(one, here, questions[0], texts[0]), _side(other, there, questions[1], texts[1])


def _side(
    example: Example, version: DocumentVersion | None, question: tuple[Piece, ...], text: tuple[Piece, ...]
) -> Side:
    return Side(example.id, _part(example), False, version.title if version else "", question, text)


def _part(example: Example) -> str:
    return example.split.value if example.split else ""


def _is_sealed(store: Store, example: Example, by: str) -> bool:
    try:
        require_seen(store, example, by)
    except ForbiddenError:
        return True
    return False


def _shown(example: Example, version: DocumentVersion | None) -> str:
    """The text around the answer; of an unanswerable example what comes nearest to its question."""
    if version is None:
        return ""
    excerpts = Excerpts(version.text, version.language, SHOWN)
    place = excerpts.around(example.spans[0], example.id) if example.spans else excerpts.about(example.question)
    return place.of(version.text)


def _nearest(text: str, version: DocumentVersion | None) -> str:
    """The part of a document that shares most with a text."""
    return Excerpts(version.text, version.language, SHOWN).about(text).of(version.text) if version else ""


def _compared(one: str, other: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both in pieces, word by word; beside nothing nothing differs.

    >>> [piece.text for piece in _compared("It costs 5 euro.", "It costs 6 euro.")[1] if piece.differs]
    ['6']
    """
    words = _WORD.findall(one), _WORD.findall(other)
    left: list[Piece] = []
    right: list[Piece] = []
    for change, start, end, begin, stop in SequenceMatcher(None, *words, autojunk=False).get_opcodes():
        for pieces, part in ((left, words[0][start:end]), (right, words[1][begin:stop])):
            if part:
                pieces.append(Piece("".join(part), change != "equal" and bool(one and other)))
    return tuple(left), tuple(right)
