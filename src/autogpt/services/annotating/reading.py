"""What a reader takes for the answer to a question in one document, for a question that somebody wrote or that waits.

In: a document's text, what reads, questions. Out: spans with the reader's confidence. Knows nothing about examples.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autogpt.annotate.excerpt import Excerpts
from autogpt.read.decode import Decoded
from autogpt.records import AnswerSpan, Span
from autogpt.services.examples.written import current_version
from autogpt.store import Store

#: Reads texts for a question, as `Reader.read_passages` does.
Reads = Callable[[str, Sequence[str]], list[Decoded]]


@dataclass(frozen=True, slots=True)
class Found:
    """A reader's answer in a document: `text` from `start` to `end`, with its confidence, 0 to 1."""

    start: int
    end: int
    text: str
    confidence: float

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


class DocumentReader:
    """One document for many questions.

    Args:
        text, language: of the document version.
        reads: the reader.
    """

    def __init__(self, text: str, language: str, reads: Reads) -> None:
        self._text, self._reads = text, reads
        self._excerpts = Excerpts(text, language)

    def answer(self, question: str, places: Sequence[Span] = (), expected: Span | None = None) -> Found | None:
        """The answer to a question; None where the reader finds none.

        Args:
            places: parts to read beside the one that shares most words with the question.
            expected: where the answer may stand; what is around it is read as well, unless that part holds it.
        """
        about = self._excerpts.about(question)
        wanted = list(dict.fromkeys([about, *(one for one in places if one.end <= len(self._text))]))
        if expected is not None and not (about.start <= expected.start and expected.end <= about.end):
            wanted.append(self._excerpts.around(AnswerSpan(expected.of(self._text), expected.start), question))
        best: Found | None = None
        most = 0.0
        for place, decoded in zip(wanted, self._reads(question, [one.of(self._text) for one in wanted]), strict=True):
            one = decoded.best
            if one is None or one.score <= 0 or (best is not None and one.score <= most):
                continue
            sure = decoded.confidence if decoded.confidence is not None else one.probability
            best, most = Found(place.start + one.start, place.start + one.end, one.text, sure), one.score
        return best


def read_document(
    store: Store, document_id: str, question: str, reads: Reads, passages: Sequence[Span] = (),
    labels: frozenset[str] = frozenset(),
) -> Found | None:  # fmt: skip
    """What a reader takes for the answer to a question in a document; None where it finds none.

    Args:
        passages: where the search expects the answer.

    Raises NotFoundError for an unknown document.
    """
    with store.session() as session:
        version = current_version(session, document_id, labels=labels)
    return DocumentReader(version.text, version.language, reads).answer(question, passages)
