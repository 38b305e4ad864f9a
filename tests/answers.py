"""An answerer without weights, and a workspace with a document, for tests of the server."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from autogpt.answer.composer import Composes
from autogpt.answer.faq import FaqMatcher
from autogpt.read.decode import Candidate, Decoded
from autogpt.records import Answer, AnswerKind, Evidence, Passage
from autogpt.retrieve.encoder import Encodes
from autogpt.retrieve.retriever import Retrieval, Retrieved, check_question
from autogpt.services.auditing import Recorder
from autogpt.services.faq import build_matcher, faq_revision
from autogpt.store import Store
from autogpt.store.store import new_id
from autogpt.store.tables import DocumentRow, DocumentVersionRow, ExampleRow
from autogpt.text.analyse import terms
from autogpt.text.language import detect
from word_encoder import WordEncoder

TEXT = """Fees
Cards
The Gold card costs 45 euro a year. It is free for students under 26. 😀 Cash abroad costs 1% of the sum.
Loans
A loan is paid out within two days.
"""
CHINESE = "费用\n金卡的年费是四十五欧元。二十六岁以下的学生免费。\n"
HOSTILE = "<script>alert('title')</script><img src=x onerror=alert(1)>"


def add_document(store: Store, name: str, text: str, title: str = "", labels: tuple[str, ...] = ()) -> tuple[str, str]:
    """A document with one version; returns both ids."""
    document_id, version_id = new_id(), new_id()
    headings = [[0, text.index("\n"), 1]] if "\n" in text else []
    with store.session() as session:
        session.add(
            DocumentRow(
                id=document_id, uri=f"test:{name}", name=name, labels=list(labels), current_version_id=version_id
            )
        )
        session.flush()
        session.add(
            DocumentVersionRow(
                id=version_id,
                document_id=document_id,
                number=1,
                title=title or name,
                text=text,
                text_checksum="",
                raw_checksum="",
                media_type="text/plain",
                language="en",
                outline={
                    "headings": headings,
                    "pages": [[1, 0, min(60, len(text))], [2, min(60, len(text)), len(text)]],
                    "rows": [],
                },
            )
        )
    return document_id, version_id


def add_example(store: Store, question: str, document_id: str) -> None:
    with store.session() as session:
        session.add(ExampleRow(id=new_id(), question=question, task="extractive", document_id=document_id))


class Waits(Protocol):
    """An event, of this process or another."""

    def wait(self, timeout: float | None = ...) -> bool: ...


class FakeAnswerer:
    """Gives vetted answers, else finds its answer by looking for a phrase in one document; records like the real one.

    Args:
        found: question → (quote, confidence); questions that are not in it get an abstention.
        gate: when given, every question waits for it.
    """

    release = "r7"
    encoder: Encodes = WordEncoder()
    composer: Composes | None = None

    def __init__(
        self,
        store: Store,
        place: tuple[str, str],
        text: str,
        found: dict[str, tuple[str, float]],
        *,
        title: str = "",
        headings: tuple[str, ...] = ("Fees", "Cards"),
        around: int = 60,
        gate: Waits | None = None,
        fails: Callable[[str], Exception | None] = lambda _: None,
    ) -> None:
        self._place, self._text, self._found, self._title = place, text, found, title or "Fees of the cards"
        self.store, self._recorder = store, Recorder(store)
        self._vetted: FaqMatcher | None = None
        self._revision = faq_revision(store)
        self._around, self._headings = around, headings
        self._gate, self._fails = gate, fails
        self.asked: list[str] = []
        self.searched: list[tuple[str, int | None, frozenset[str] | None]] = []
        self.notices: tuple[str, ...] = ()
        self.reloads = 0
        self.closed = False

    def know(self, question: str, quote: str, confidence: float) -> None:
        """From now on this question has an answer."""
        self._found = {**self._found, question: (quote, confidence)}

    def ask(
        self,
        question: str,
        labels: frozenset[str] = frozenset(),
        on_stage: Callable[[str], None] | None = None,
    ) -> Answer:
        self.asked.append(question)
        for stage in ("retrieve", "read", "decide"):
            if on_stage is not None:
                on_stage(stage)
            if stage == "read" and self._gate is not None and not self._gate.wait(20):
                raise TimeoutError
        if error := self._fails(question):
            raise error
        answer = self.explain(question, labels)
        return replace(answer, audit_id=self._recorder.answer(answer, labels))

    def explain(self, question: str, labels: frozenset[str] | None = frozenset()) -> Answer:
        match = self._vetted.match(question, labels) if self._vetted is not None else None
        if match is not None and match.confidence >= 0.8:
            told = {"faq": {"id": match.entry.id, "question": match.phrasing, "threshold": 0.8}}
            answer = Answer(
                match.entry.answer, AnswerKind.FAQ, match.confidence, (), told, {"total": 2.0}, self.release
            )
            return replace(answer, question=question)
        quote, confidence = self._found.get(question, ("within two days" if "two days" in self._text else "免费", 0.12))
        abstains = question not in self._found
        return Answer(
            text="I don't know: the documents do not seem to answer this." if abstains else quote,
            kind=AnswerKind.ABSTAIN if abstains else AnswerKind.SPAN,
            confidence=confidence,
            evidence=(self._cite(quote, confidence),),
            explanation=self._explained(quote),
            timings={"retrieve": 3.0, "read": 20.0, "decide": 0.2, "total": 23.4},
            release=self.release,
            question=question,
        )

    def _explained(self, quote: str) -> dict[str, Any]:
        """As the real one explains: two passages, one found by its meaning alone, and what it weighed."""
        where = {"document_id": self._place[0], "version_id": self._place[1], "title": self._title, "page": 2}
        start = self._text.index(quote)
        found = {
            "start": start,
            "end": start + len(quote),
            "heading_path": list(self._headings),
            "matched_terms": [one for one in ("gold", "年费") if one in self._text.casefold()],
        }
        ranks = {
            "lexical_rank": 1,
            "lexical_score": 7.25,
            "dense_rank": 2,
            "dense_score": 0.81,
            "fused_rank": 1,
            "fused_score": 1.75,
        }
        other = {"start": 0, "end": 4, "heading_path": [], "matched_terms": [], "lexical_rank": None, "dense_rank": 1}
        weighed = {"text": quote, "version_id": self._place[1], "start": start, "end": start + len(quote)}
        return {
            "threshold": 0.4,
            "passages": [where | found | ranks, where | other | {"dense_score": 0.9, "fused_rank": 2}],
            "candidates": [weighed | {"reader_score": 4.5, "passage": 0}],
        }

    def retrieve(self, question: str, k: int | None = None, labels: frozenset[str] | None = frozenset()) -> Retrieval:
        """Every line is a passage: by words those that share one, by meaning all, in their order."""
        self.searched.append((question, k, labels))
        if self._gate is not None and not self._gate.wait(20):
            raise TimeoutError
        if error := self._fails(question):
            raise error
        check_question(question)
        words = list(dict.fromkeys(terms(question)))
        passages = list(self._passages())
        shared = [[word for word in words if word in terms(one.text)] for one in passages]
        by_words = sorted((at for at, found in enumerate(shared) if found), key=lambda at: -len(shared[at]))
        lexical = {at: rank for rank, at in enumerate(by_words, 1)}
        found = [
            Retrieved(
                passage=one,
                score=1 / (6 + at) + (2 / (5 + lexical[at]) if at in lexical else 0),
                lexical_rank=lexical.get(at),
                dense_rank=at + 1,
                lexical_score=2.5 * len(shared[at]) if at in lexical else None,
                dense_score=0.9 - at / 10,
                matched_terms=tuple(shared[at]),
            )
            for at, one in enumerate(passages)
        ]
        ranked = sorted(found, key=lambda one: -one.score)[: k or 8]
        return Retrieval(
            tuple(replace(one, fused_rank=rank, fused_score=one.score) for rank, one in enumerate(ranked, 1)),
            self.notices,
        )

    def read(self, question: str, texts: Sequence[str]) -> list[Decoded]:
        """The phrase of a known question, in the texts that hold it."""
        quote, confidence = self._found.get(question, ("\0", 0.0))
        return [
            Decoded((Candidate(at, at + len(quote), quote, 1.0),), 0.0, confidence=confidence)
            if (at := text.find(quote)) >= 0
            else Decoded((), 0.0)
            for text in texts
        ]

    def _passages(self) -> Iterator[Passage]:
        start = 0
        for number, line in enumerate(self._text.splitlines(keepends=True)):
            yield Passage(
                id=str(number),
                document_id=self._place[0],
                version_id=self._place[1],
                start=start,
                end=start + len(line),
                text=line,
                title=self._title,
                heading_path=self._headings,
                page=2,
                language=detect(line),
            )
            start += len(line)

    def reload_if_changed(self) -> bool:
        self.reloads += 1
        if faq_revision(self.store) == self._revision:
            return False
        self._revision = faq_revision(self.store)
        self._vetted = build_matcher(self.store, self.encoder, None)
        return True

    def close(self) -> None:
        self.closed = True

    def _cite(self, quote: str, score: float) -> Evidence:
        start = self._text.index(quote)
        around = max(0, start - self._around)
        return Evidence(
            document="fees.txt",
            document_id=self._place[0],
            version_id=self._place[1],
            start=start,
            end=start + len(quote),
            quote=quote,
            score=score,
            title=self._title,
            page=2,
            heading_path=self._headings,
            context=self._text[around : start + self._around + 100],
            context_start=around,
        )


QUESTIONS = {
    "What does the Gold card cost a year?": ("45 euro a year", 0.93),
    "What does cash abroad cost?": ("1% of the sum", 0.62),
}


def workspace(folder: Path, config: str = "") -> Store:
    """A workspace with nothing in it."""
    (folder / "autogpt.toml").write_text(config, encoding="utf-8")
    return Store(folder)
