"""What a reader is given of a document, and which of its answers counts."""

from answers import TEXT, add_document
from autogpt.read.decode import Candidate, Decoded
from autogpt.records import Span
from autogpt.services.annotating import reading
from autogpt.services.annotating.reading import DocumentReader
from autogpt.store import Store

QUESTION = "What does the Gold card cost?"


def test_a_reader_marks_the_best_of_the_parts_that_it_reads(store: Store) -> None:
    document = add_document(store, "fees.txt", TEXT)[0]

    def reads(question: str, texts: object) -> list[Decoded]:
        found = []
        for text in texts:  # type: ignore[attr-defined]
            at = text.find("45 euro")
            best = (Candidate(at, at + 7, "45 euro", 5.0, probability=0.5),) if at >= 0 else ()
            found.append(Decoded(best, 0.0, confidence=0.9))
        return found

    line = Span(TEXT.index("The Gold"), TEXT.index("Loans"))
    found = reading.read_document(store, document, QUESTION, reads, [line])
    assert found is not None
    assert (TEXT[found.start : found.end], found.confidence) == ("45 euro", 0.9)
    nothing = reading.read_document(store, document, QUESTION, lambda _, texts: [Decoded((), 0.0)] * len(texts))
    assert nothing is None


def test_what_is_around_an_expected_answer_is_read_unless_the_nearest_part_holds_it() -> None:
    text = "The Gold card costs 45 euro. " + "Loans are paid out within two days. " * 100 + "The price is 46 euro."
    given: list[str] = []

    def reads(question: str, texts: object) -> list[Decoded]:
        given.extend(texts)  # type: ignore[call-overload]
        return [Decoded((), 0.0)] * len(list(texts))  # type: ignore[call-overload]

    reader = DocumentReader(text, "en", reads)
    reader.answer(QUESTION, expected=Span(text.index("45"), text.index("45") + 7))
    assert len(given) == 1
    reader.answer(QUESTION, expected=Span(text.index("46"), text.index("46") + 7))
    assert ["46 euro" in one for one in given] == [False, False, True]
