"""Shows what a search did: the words it took from the question, and where each ranking put each passage.

In: a store, what searches and a question. Out: a `Search`. Serves `autogpt retrieve` and the test page; the search
itself is the one that answering uses.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

from autogpt.records import Span
from autogpt.retrieve.retriever import Retrieval, Retrieved, looked_up
from autogpt.services.glossary import outdated
from autogpt.services.retrieving import document_names
from autogpt.store import Store
from autogpt.text.glossary import Glossary
from autogpt.text.language import detect
from autogpt.text.matched import matched_spans

#: The rankings that every search makes. Others are shown when they took part.
ALWAYS = ("fused", "lexical", "dense")


class Searches(Protocol):
    """What finds passages: an answering service, or the retriever of a workspace."""

    def retrieve(
        self, question: str, k: int | None = None, labels: frozenset[str] | None = frozenset()
    ) -> Retrieval: ...


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
        notices: what went less well than it should, for people.
    """

    question: str
    language: str
    words: tuple[str, ...]
    stages: tuple[str, ...]
    found: tuple[Found, ...]
    milliseconds: float
    notices: tuple[str, ...] = ()


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
    language, glossary = detect(question), retrieved.glossary
    names = document_names(store, {one.passage.document_id for one in retrieved})
    ranks = [_by_stage(one, "_rank") for one in retrieved]
    took_part = dict.fromkeys(name for one in ranks for name, rank in one.items() if rank is not None)
    stages = (*ALWAYS, *(name for name in took_part if name not in ALWAYS))
    return Search(
        question=question,
        language=language,
        words=tuple(looked_up(question, glossary)),
        stages=stages,
        found=tuple(
            _found(one, names.get(one.passage.document_id, one.passage.title), stages, glossary) for one in retrieved
        ),
        milliseconds=spent,
        notices=(*retrieved.notices, *filter(None, [outdated(store, glossary)])),
    )


def _found(one: Retrieved, document: str, stages: Sequence[str], glossary: Glossary) -> Found:
    passage = one.passage
    ranks, scores = _by_stage(one, "_rank"), _by_stage(one, "_score")

    def spans(text: str) -> tuple[Span, ...]:
        return tuple(matched_spans(text, one.matched_terms, glossary))

    return Found(
        retrieved=one,
        document=document,
        ranks={stage: ranks.get(stage) for stage in stages},
        scores={stage: scores.get(stage) for stage in stages},
        matched=tuple(span.shifted(passage.start) for span in spans(passage.text)),
        title_matched=spans(passage.title),
        headings_matched=tuple(map(spans, passage.heading_path)),
    )


def _by_stage(one: Retrieved, ending: str) -> dict[str, Any]:
    """The ranks or scores of a passage by ranking, whichever rankings there are."""
    named = (field.name for field in fields(one) if field.name.endswith(ending))
    return {name.removesuffix(ending): getattr(one, name) for name in named}
