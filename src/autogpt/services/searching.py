"""Shows what a search did: the words it took from the question, and where each ranking put each passage.

In: a store, what searches and a question. Out: a `Search`. Serves `autogpt retrieve` and the test page; the search
itself is the one that answering uses.
"""

import time
from dataclasses import dataclass, fields
from typing import Any, Protocol

from sqlalchemy import select

from autogpt.records import Span
from autogpt.retrieve.retriever import MAX_TERMS, Retrieved
from autogpt.store import Store
from autogpt.store.tables import DocumentRow
from autogpt.text.analyse import terms
from autogpt.text.language import detect
from autogpt.text.matched import matched_spans

#: The rankings that every search makes. Others are shown when they took part.
ALWAYS = ("fused", "lexical", "dense")


class Searches(Protocol):
    """What finds passages: an answering service, or the retriever of a workspace."""

    def retrieve(
        self, question: str, k: int | None = None, labels: frozenset[str] | None = frozenset()
    ) -> list[Retrieved]: ...


@dataclass(frozen=True, slots=True)
class Found:
    """A passage as the search found it.

    Attributes:
        document: file name or URL.
        ranks: by ranking, counted from 1; None where a ranking does not hold the passage.
        scores: by ranking; comparable within one ranking of one search.
        matched: where the question's words stand in the passage, by offsets of the document version.
        title_matched, headings_matched: the same for the title and each heading, by their own offsets.
    """

    retrieved: Retrieved
    document: str
    ranks: dict[str, int | None]
    scores: dict[str, float | None]
    matched: tuple[Span, ...]
    title_matched: tuple[Span, ...]
    headings_matched: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True)
class Search:
    """A question's search.

    Attributes:
        language: of the question, as far as it can be told: "en", "zh" or "und".
        words: the analysed words that were looked up; empty when the question holds none that carry meaning.
        stages: names of the rankings that took part, in the order to show them in.
        milliseconds: that the search took.
    """

    question: str
    language: str
    words: tuple[str, ...]
    stages: tuple[str, ...]
    found: tuple[Found, ...]
    milliseconds: float


def search(
    store: Store,
    retriever: Searches,
    question: str,
    k: int | None = None,
    labels: frozenset[str] | None = frozenset(),
) -> Search:
    """Search as answering does, and tell what each ranking said of the `k` best passages.

    Raises UsageError for a text that nothing can be searched by.
    """
    began = time.perf_counter()
    retrieved = retriever.retrieve(question, k, labels)
    spent = (time.perf_counter() - began) * 1000
    language = detect(question)
    names = _names(store, {one.passage.document_id for one in retrieved})
    ranks = [_by_stage(one, "_rank") for one in retrieved]
    by_score = sorted(range(len(retrieved)), key=lambda at: -retrieved[at].score)
    for place, at in enumerate(by_score, 1):
        ranks[at].setdefault("fused", place)
    others = [name for name in dict.fromkeys(name for one in ranks for name in one) if name not in ALWAYS]
    return Search(
        question=question,
        language=language,
        words=tuple(dict.fromkeys(terms(question)))[:MAX_TERMS],
        stages=(*ALWAYS, *(name for name in others if any(one[name] is not None for one in ranks))),
        found=tuple(
            _found(one, names.get(one.passage.document_id, one.passage.title), places)
            for one, places in zip(retrieved, ranks, strict=True)
        ),
        milliseconds=spent,
    )


def _found(one: Retrieved, document: str, ranks: dict[str, int | None]) -> Found:
    passage = one.passage

    def spans(text: str) -> tuple[Span, ...]:
        return tuple(matched_spans(text, one.matched_terms))

    return Found(
        retrieved=one,
        document=document,
        ranks=ranks,
        scores={"fused": one.score, **_by_stage(one, "_score")},
        matched=tuple(span.shifted(passage.start) for span in spans(passage.text)),
        title_matched=spans(passage.title),
        headings_matched=tuple(map(spans, passage.heading_path)),
    )


def _by_stage(one: Retrieved, ending: str) -> dict[str, Any]:
    """The ranks or scores of a passage by ranking, whichever rankings there are."""
    named = (field.name for field in fields(one) if field.name.endswith(ending))
    return {name.removesuffix(ending): getattr(one, name) for name in named}


def _names(store: Store, document_ids: set[str]) -> dict[str, str]:
    query = select(DocumentRow.id, DocumentRow.name).where(DocumentRow.id.in_(document_ids))
    with store.session() as session:
        return {row.id: row.name for row in session.execute(query)}
