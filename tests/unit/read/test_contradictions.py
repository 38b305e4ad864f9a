"""Which stored answers a reader contradicts, and when it is not believed."""

from autogpt.read.contradictions import contradictions
from autogpt.read.decode import Candidate, Decoded
from autogpt.records import AnswerSpan, ReaderExample

TEXT = "The code is blue, the colour is red."


def asked(number: int, answer: str = "blue") -> ReaderExample:
    spans = (AnswerSpan(answer, TEXT.index(answer)),) if answer else ()
    return ReaderExample(f"q{number:03}", f"What is number {number}?", TEXT, spans, "note")


def says(text: str, confidence: float, score: float = 4.0) -> Decoded:
    start = TEXT.index(text)
    return Decoded((Candidate(start, start + len(text), text, score),), 0.0, confidence=confidence)


def test_a_reader_that_mostly_agrees_is_believed_where_it_does_not() -> None:
    examples = [asked(number) for number in range(40)]
    decoded = [says("red" if number < 4 else "blue", 0.9) for number in range(40)]
    told = contradictions(examples, decoded)
    assert {one.example.id for one in told.found} == {"q000", "q001", "q002", "q003"}
    assert {one.kind for one in told.found} == {"another answer"}


def test_a_reader_that_contradicts_half_is_not_believed() -> None:
    """It does not know this kind of text: no more is named than it is surest of."""
    examples = [asked(number) for number in range(40)]
    decoded = [says("red" if number % 2 else "blue", 0.9 + number / 1_000) for number in range(40)]
    assert [one.example.id for one in contradictions(examples, decoded).found] == ["q039", "q037"]


def test_it_is_believed_where_it_is_sure_and_not_where_it_is_less_so() -> None:
    examples = [asked(number) for number in range(40)]
    sure = [says("red" if number < 3 else "blue", 0.95) for number in range(20)]
    unsure = [says("red", 0.92) for _ in range(20)]
    told = contradictions(examples, [*sure, *unsure])
    assert {one.example.id for one in told.found if one.confidence > 0.94} == {"q000", "q001", "q002"}
    assert len(told.found) <= 7


def test_answers_and_none_are_believed_apart() -> None:
    examples = [*(asked(number) for number in range(20)), *(asked(number, "") for number in range(20, 40))]
    decoded = [says("red" if number % 2 else "blue", 0.9 + number / 1_000) for number in range(20)]
    decoded += [says("red", 0.05, -6.0) for _ in range(20)]
    decoded[0] = says("red", 0.04, -6.0)  # finds no answer where one is stored
    told = contradictions(examples, decoded)
    assert [(one.example.id, one.kind) for one in told.found] == [
        ("q000", "unanswered"),
        ("q019", "another answer"),
        ("q017", "another answer"),
    ]


def test_nothing_is_said_of_nothing() -> None:
    assert contradictions([], []).found == ()
