"""Finds the passages for a question: BM25 and vectors, fused by reciprocal rank.

In: a question and the asker's access labels. Out: passages, best first, with what each stage said of them. Knows
nothing about workspaces, records or readers.
"""

import unicodedata
from dataclasses import dataclass

from autogpt.config import RetrieveSection
from autogpt.errors import UsageError
from autogpt.records import Passage
from autogpt.retrieve.encoder import Encodes
from autogpt.retrieve.fuse import reciprocal_rank
from autogpt.retrieve.index import Hit, Index
from autogpt.text.analyse import terms
from autogpt.text.language import detect

#: Different words of a question that are looked up; more only slow the search down.
MAX_TERMS = 128
#: Longest question, in code points; longer texts are not questions.
MAX_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A passage with its place in each ranking.

    Attributes:
        score: of the fused ranking; comparable within one result only.
        lexical_rank, dense_rank: counted from 1; None when the stage did not find it.
        lexical_score: BM25, or None.
        dense_score: cosine with the question.
        matched_terms: the question's analysed words that the passage, its title or headings hold, in their order.
    """

    passage: Passage
    score: float
    lexical_rank: int | None
    dense_rank: int | None
    lexical_score: float | None
    dense_score: float | None
    matched_terms: tuple[str, ...]


class Retriever:
    """Searches one index with the encoder it was built with.

    Args:
        config: how many candidates each stage gives, and the constant of the fusion.
    """

    def __init__(self, index: Index, encoder: Encodes, config: RetrieveSection | None = None) -> None:
        self.index = index
        self.encoder = encoder
        self.config = config or RetrieveSection()

    @property
    def candidates(self) -> int:
        """Most passages that one question can find."""
        return self.config.lexical_candidates + self.config.dense_candidates

    def words(self, question: str) -> list[str]:
        """The different analysed words that a question is searched by."""
        return list(dict.fromkeys(terms(question, detect(question))))[:MAX_TERMS]

    def retrieve(
        self, question: str, k: int | None = None, labels: frozenset[str] | None = frozenset()
    ) -> list[Retrieved]:
        """The `k` best passages that `labels` may see; None as `labels` is the owner, who sees everything.

        Raises UsageError for a text that holds no letter or digit, or is too long to be a question.
        """
        check_question(question)
        words = self.words(question)
        vector = self.encoder.encode([question], "query")[0]
        by_words = _ranked(self.index.lexical(words, self.config.lexical_candidates, labels, vector))
        by_vector = _ranked(self.index.dense(vector, self.config.dense_candidates, labels))
        fused = reciprocal_rank([list(by_words), list(by_vector)], self.config.rrf_k)
        found = []
        for key, score in fused[: k or self.config.passages]:
            lexical_rank, lexical = by_words.get(key, (None, None))
            dense_rank, dense = by_vector.get(key, (None, None))
            hit = lexical or dense
            assert hit is not None
            found.append(
                Retrieved(
                    passage=hit.passage,
                    score=score,
                    lexical_rank=lexical_rank,
                    dense_rank=dense_rank,
                    lexical_score=lexical.score if lexical else None,
                    dense_score=hit.cosine,
                    matched_terms=tuple(word for word in words if word in hit.terms),
                )
            )
        return found


def check_question(question: str) -> None:
    """Raises UsageError for a text that nothing can be searched by."""
    if len(question) > MAX_CHARACTERS:
        raise UsageError(
            f"The question has {len(question):,} characters; at most {MAX_CHARACTERS:,} can be searched by.",
            "Ask in a sentence or two.",
        )
    if not any(unicodedata.category(character)[0] in "LN" for character in question):
        raise UsageError("The question holds no word to search by.", "Ask in words.")


def _ranked(hits: list[Hit]) -> dict[str, tuple[int, Hit]]:
    """Passage id → rank and hit. A passage that is being replaced may be there twice; its first place counts."""
    ranked: dict[str, tuple[int, Hit]] = {}
    for hit in hits:
        ranked.setdefault(hit.passage.id, (len(ranked) + 1, hit))
    return ranked
