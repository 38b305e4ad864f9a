"""What a person needs to decide about a question: what was answered and why, what stands nearest, what became of it.

In: a store, items, what searches. Out: frozen values. The audit trail keeps places, no text: the text is read from the
documents, and is gone where they are. Knows nothing about pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from autogpt.answer.evidence import cite_span
from autogpt.errors import AutoGPTError
from autogpt.guard.audit import fingerprint
from autogpt.records import Evidence, FaqEntry, Span
from autogpt.retrieve.access import may_see
from autogpt.retrieve.encoder import Encodes
from autogpt.services.question_vectors import question_vectors
from autogpt.services.reviewing.queue import Waiting
from autogpt.services.searching import Searches
from autogpt.services.vetted import find_entries
from autogpt.store import Store
from autogpt.store.documents import current_ids, load_versions
from autogpt.store.faq import load_faq
from autogpt.store.tables import AuditRow, FeedbackRow

#: Passages and vetted answers shown beside a question.
NEAREST, VETTED = 5, 5


@dataclass(frozen=True, slots=True)
class Given:
    """What was answered.

    Attributes:
        kind: see `records.AnswerKind`.
        text: the answer; empty where there was none, and where nothing holds its text any more.
        threshold: confidence that was needed; None where that is not known.
        evidence: where it stood, the best first; for an abstention what came nearest.
        acceptable: whether it can be accepted: it is still a vetted answer, or still stands in its document.
        comment: what came with a thumb.
        near: the vetted answer that was nearly given, and contradicts; else empty.
    """

    kind: str
    text: str
    confidence: float
    threshold: float | None
    release: str
    at: datetime
    evidence: tuple[Evidence, ...] = ()
    acceptable: bool = False
    comment: str = ""
    near: str = ""


@dataclass(frozen=True, slots=True)
class Near:
    """A passage that the search finds now."""

    document_id: str
    version_id: str
    title: str
    page: int | None
    heading_path: tuple[str, ...]
    start: int
    end: int
    text: str


def given(store: Store, row: Waiting, labels: frozenset[str] | None = frozenset()) -> Given | None:
    """What was answered to a row's question; None where the trail does not hold it."""
    with store.session() as session:
        audit = session.get(AuditRow, row.audit_id)
        if audit is None:
            return None
        entry, places = audit.entry, audit.entry.get("evidence", [])
        ids = {place["version_id"] for place in places}
        versions, current = load_versions(session, ids), current_ids(session, ids)
        thumb = session.get(FeedbackRow, row.audit_id)
        vetted = {one.id: one for one in load_faq(session)}
        shown = [
            cite_span(Span(place["start"], place["end"]), version, place["score"])
            for place in places
            if (version := versions.get(place["version_id"])) is not None
            and version.text[place["start"] : place["end"]].strip()
            and may_see(version.labels, labels)
        ]
        faq = entry.get("faq") or {}
        stands = bool(shown) and shown[0].version_id in current
        stands = stands and (shown[0].version_id, shown[0].start) == (places[0]["version_id"], places[0]["start"])
        near = vetted.get((entry.get("near_faq") or {}).get("id", ""))
        return Given(
            kind=entry["kind"],
            text=_text(entry, shown, vetted),
            confidence=entry["confidence"],
            threshold=entry.get("threshold") or faq.get("threshold"),
            release=entry["release"],
            at=audit.at,
            evidence=tuple(shown),
            acceptable=faq.get("id") in vetted if faq else stands,
            comment=thumb.comment if thumb is not None else "",
            near=near.answer if near is not None and may_see(near.labels, labels) else "",
        )


def nearest(
    store: Store, searches: Searches | None, question: str, labels: frozenset[str] | None = frozenset()
) -> list[Near]:
    """The passages that are nearest now; none where nothing can be searched."""
    if searches is None:
        return []
    try:
        found = searches.retrieve(question, NEAREST, labels)
    except AutoGPTError:  # nothing that could be looked up, or nothing to look in
        return []
    return [
        Near(
            document_id=one.passage.document_id,
            version_id=one.passage.version_id,
            title=one.passage.title,
            page=one.passage.page,
            heading_path=one.passage.heading_path,
            start=one.passage.start,
            end=one.passage.end,
            text=one.passage.text,
        )
        for one in found
    ]


def vetted_near(
    store: Store, encoder: Encodes | None, question: str, words: str, labels: frozenset[str] | None = frozenset()
) -> list[FaqEntry]:
    """Vetted answers that a question may belong to: those that hold `words`, else those with the nearest phrasing."""
    if words.strip():
        return find_entries(store, words, labels, VETTED)
    with store.session() as session:
        entries = [one for one in load_faq(session) if one.questions and may_see(one.labels, labels)]
    if encoder is None or not entries:
        return entries[:VETTED]
    phrasings = [(at, one) for at, entry in enumerate(entries) for one in entry.questions]
    vectors = question_vectors(store, encoder, [question, *(one for _, one in phrasings)])
    best: dict[int, float] = {}
    for (at, _), cosine in zip(phrasings, vectors[1:] @ vectors[0], strict=True):
        best[at] = max(best.get(at, -1.0), float(cosine))
    return [entries[at] for at in sorted(best, key=lambda one: -best[one])[:VETTED]]


def _text(entry: dict[str, Any], shown: Sequence[Evidence], vetted: dict[str, FaqEntry]) -> str:
    if entry["kind"] == "span":
        return shown[0].quote if shown else ""
    if entry["kind"] == "faq":
        return next((one.answer for one in vetted.values() if fingerprint(one.answer) == entry["answer_hash"]), "")
    return ""
