"""Finds the passages for a question: BM25 and vectors, fused.

In: a question and the asker's access labels. Out: passages, best first, with what each stage said of them. Knows
nothing about workspaces, records or readers.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import overload

from autogpt.config import RetrieveSection
from autogpt.errors import UsageError
from autogpt.records import Passage
from autogpt.retrieve.encoder import Encodes
from autogpt.retrieve.fuse import fuse
from autogpt.retrieve.index import Hit, Index
from autogpt.text.glossary import NO_GLOSSARY, Glossary

#: Different words of a question that are looked up; more only slow the search down.
MAX_TERMS = 128
#: Longest question, in code points; longer texts are not questions.
MAX_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A passage with its place in each ranking.

    Attributes:
        score: what passages are ordered by, in standard deviations; comparable within one result only. It is the fused
            one, to which a reranker adds what it thinks.
        lexical_rank, dense_rank: counted from 1; None when the stage did not find it.
        lexical_score: BM25, or None.
        dense_score: cosine with the question.
        matched_terms: the question's analysed words that the passage, its title or headings hold, in their order.
        fused_rank, fused_score: before any reranking.
        rerank_rank, rerank_score: by the reranker alone, the score a logit; None when it did not judge the passage.
    """

    passage: Passage
    score: float
    lexical_rank: int | None
    dense_rank: int | None
    lexical_score: float | None
    dense_score: float | None
    matched_terms: tuple[str, ...]
    fused_rank: int | None = None
    fused_score: float | None = None
    rerank_rank: int | None = None
    rerank_score: float | None = None


@dataclass(frozen=True, slots=True)
class Retrieval(Sequence[Retrieved]):
    """What a question's search gives.

    Attributes:
        passages: best first.
        notices: what went less well than it should, for people.
        glossary: what the words of question and passages were taken with.
        rerank_ms: milliseconds that a reranker took; None: none was asked.
        reranked: whether a reranker judged all passages that it was to judge.
    """

    passages: tuple[Retrieved, ...] = ()
    notices: tuple[str, ...] = ()
    glossary: Glossary = NO_GLOSSARY
    rerank_ms: float | None = None
    reranked: bool = False

    @overload
    def __getitem__(self, at: int) -> Retrieved: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Retrieved, ...]: ...
    def __getitem__(self, at: int | slice) -> Retrieved | tuple[Retrieved, ...]:
        return self.passages[at]

    def __len__(self) -> int:
        return len(self.passages)


@dataclass(frozen=True, slots=True)
class Searched:
    """What the two searches found for a question, not yet fused.

    Attributes:
        words: the question's different analysed words.
        lexical, dense: passage id → hit, best first.
        absent: BM25, at most, of a passage that is not among `lexical`.
        glossary: what the words were taken with.
    """

    words: tuple[str, ...]
    lexical: Mapping[str, Hit]
    dense: Mapping[str, Hit]
    absent: float = 0.0
    glossary: Glossary = NO_GLOSSARY

    def ranked(self, dense_weight: float) -> list[Retrieved]:
        """All passages that were found, best first; see `fuse`."""
        # A passage that only the words found has a cosine all the same.
        cosines = {key: hit.cosine for found in (self.lexical, self.dense) for key, hit in found.items()}
        dense = {key: cosine for key, cosine in cosines.items() if cosine is not None}
        lexical_ranks = {key: rank for rank, key in enumerate(self.lexical, 1)}
        dense_ranks = {key: rank for rank, key in enumerate(self.dense, 1)}
        lexical = {key: hit.score for key, hit in self.lexical.items()}
        fused = fuse(lexical, dense, dense_weight, absent=self.absent)
        return [
            self._retrieved(key, score, rank, lexical_ranks.get(key), dense_ranks.get(key))
            for rank, (key, score) in enumerate(fused, 1)
        ]

    def only(self, visible: Callable[[Passage], bool]) -> "Searched":
        """Without the passages that are not `visible`."""
        return replace(
            self,
            lexical={key: hit for key, hit in self.lexical.items() if visible(hit.passage)},
            dense={key: hit for key, hit in self.dense.items() if visible(hit.passage)},
        )

    def _retrieved(
        self, key: str, score: float, rank: int, lexical_rank: int | None, dense_rank: int | None
    ) -> Retrieved:
        lexical = self.lexical.get(key)
        hit = lexical or self.dense[key]
        return Retrieved(
            passage=hit.passage,
            score=score,
            lexical_rank=lexical_rank,
            dense_rank=dense_rank,
            lexical_score=lexical.score if lexical else None,
            dense_score=hit.cosine,
            matched_terms=tuple(word for word in self.words if word in hit.terms),
            fused_rank=rank,
            fused_score=score,
        )


class Retriever:
    """Searches one index with the encoder it was built with.

    Args:
        config: how many candidates each search gives, and the weight of the vectors.
    """

    def __init__(self, index: Index, encoder: Encodes, config: RetrieveSection | None = None) -> None:
        self.index = index
        self.encoder = encoder
        self.config = config or RetrieveSection()

    def words(self, question: str) -> list[str]:
        """The different analysed words that a question is searched by."""
        return looked_up(question, self.index.glossary)

    def search(self, question: str, labels: frozenset[str] | None = frozenset()) -> Searched:
        """What both searches find of what `labels` may see; None as `labels` is the owner, who sees everything.

        Raises UsageError for a text that holds no letter or digit, or is too long to be a question.
        """
        check_question(question)
        glossary = self.index.glossary
        words = looked_up(question, glossary)
        vector = self.encoder.encode([question], "query")[0]
        by_words = self.index.lexical(words, self.config.lexical_candidates, labels, vector)
        by_vector = self.index.dense(vector, self.config.dense_candidates, labels)
        # A list that is not full holds every passage with one of the words.
        absent = by_words[-1].score if len(by_words) == self.config.lexical_candidates else 0.0
        return Searched(tuple(words), _by_id(by_words), _by_id(by_vector), absent, glossary)

    def retrieve(
        self, question: str, k: int | None = None, labels: frozenset[str] | None = frozenset()
    ) -> list[Retrieved]:
        """The `k` best passages (by default `retrieve.passages`); arguments and errors as for `search`."""
        return self.search(question, labels).ranked(self.config.dense_weight)[: k or self.config.passages]


def looked_up(question: str, glossary: Glossary) -> list[str]:
    """The different analysed words that a question is searched by where passages were analysed with `glossary`."""
    return list(dict.fromkeys(glossary.terms(question)))[:MAX_TERMS]


def is_searchable(question: str) -> bool:
    """Whether `check_question` lets it pass."""
    try:
        check_question(question)
    except UsageError:
        return False
    return True


def check_question(question: str) -> None:
    """Raises UsageError for a text that nothing can be searched by."""
    if len(question) > MAX_CHARACTERS:
        raise UsageError(
            f"The question has {len(question):,} characters; at most {MAX_CHARACTERS:,} can be searched by.",
            "Ask in a sentence or two.",
        )
    if not any(unicodedata.category(character)[0] in "LN" for character in question):
        raise UsageError("The question holds no word to search by.", "Ask in words.")


def _by_id(hits: list[Hit]) -> dict[str, Hit]:
    """Passage id → hit. A passage that is being replaced may be there twice; its first place counts."""
    found: dict[str, Hit] = {}
    for hit in hits:
        found.setdefault(hit.passage.id, hit)
    return found
