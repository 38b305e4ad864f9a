import json
from dataclasses import replace

import pytest

from autogpt.cli.evaluate.shown import show_workspace
from autogpt.errors import DataError
from autogpt.evaluate.report import workspace_html
from autogpt.evaluate.workspace import evaluate_workspace
from autogpt.evaluate.workspace_report import WorkspaceReport
from autogpt.records import Answer, AnswerKind, AnswerSpan, Evidence, Example

TEXT = "The fee is 5 francs. The limit is 1,000 francs. Anna Rossi leads the branch."
OTHER = "Opening hours are nine to five."


def example(name: str, question: str, gold: str = "") -> Example:
    spans = (AnswerSpan(gold, TEXT.index(gold)),) if gold else ()
    return Example(name, question, answerable=bool(gold), document_id="d1", version_id="v1", spans=spans)


EXAMPLES = [
    example("right", "What is the fee?", "5 francs"),
    example("lost by retrieval", "Who leads the branch?", "Anna Rossi"),
    example("lost by reading", "What is the limit?", "1,000 francs"),
    example("lost by the threshold", "How high is the fee?", "5 francs"),
    example("should abstain", "Who is the mayor?"),
    example("rightly abstained", "When was it built?"),
    example("lost by the faq", "What does it cost?", "5 francs"),
]


def passage(version: str, start: int, end: int) -> dict[str, object]:
    return {"document_id": "d", "version_id": version, "start": start, "end": end, "score": 1.0}


FEE, REST, HOURS = passage("v1", 0, 20), passage("v1", 20, len(TEXT)), passage("v2", 0, len(OTHER))


def candidate(text: str, version: str = "v1", source: str = TEXT) -> dict[str, object]:
    start = source.index(text)
    return {"text": text, "version_id": version, "start": start, "end": start + len(text), "score": 1.0}


def answer(kind: AnswerKind, text: str, confidence: float, passages, candidates, total: float = 10.0) -> Answer:
    best = candidates[0] if candidates else None
    evidence = ()
    if best is not None:
        source = TEXT if best["version_id"] == "v1" else OTHER
        evidence = (
            Evidence("doc", "d", best["version_id"], best["start"], best["end"], best["text"], 0.5, context=source),
        )
    explanation = {"passages": passages, "candidates": candidates}
    return Answer(text, kind, confidence, evidence, explanation, {"read": 7.0, "total": total}, "r1")


ANSWERS = {
    "What is the fee?": answer(AnswerKind.SPAN, "5 francs", 0.9, [HOURS, FEE], [candidate("5 francs")], 10),
    "Who leads the branch?": answer(AnswerKind.SPAN, "nine", 0.7, [HOURS, FEE], [candidate("nine", "v2", OTHER)], 20),
    "What is the limit?": answer(
        AnswerKind.SPAN, "5 francs", 0.6, [FEE, REST], [candidate("5 francs"), candidate("1,000 francs")], 30
    ),
    "How high is the fee?": answer(AnswerKind.ABSTAIN, "I don't know.", 0.3, [FEE], [candidate("fee is 5 francs")], 40),
    "Who is the mayor?": answer(AnswerKind.SPAN, "Anna Rossi", 0.8, [REST], [candidate("Anna Rossi")], 50),
    "When was it built?": answer(AnswerKind.ABSTAIN, "I don't know.", 0.1, [HOURS], [], 60),
    "What does it cost?": Answer("Nothing.", AnswerKind.FAQ, 0.95, timings={"faq": 1.0, "total": 2.0}),
}


class Scripted:
    def ask(self, question: str, labels: frozenset[str] = frozenset()) -> Answer:
        assert labels == frozenset({"staff"})
        return ANSWERS[question]


def measured() -> WorkspaceReport:
    return evaluate_workspace(
        Scripted(), EXAMPLES, labels=frozenset({"staff"}), names={"d1": "fees.html"}, release="r1"
    )


def test_each_miss_is_blamed_on_the_stage_that_lost_it() -> None:
    report = measured()
    assert {one.id: one.blame for one in report.misses} == {
        "lost by retrieval": "retrieval",
        "lost by reading": "reading",
        "lost by the threshold": "threshold",
        "should abstain": "threshold",
        "lost by the faq": "faq",
    }
    assert report.metrics["blame"] == {"retrieval": 1, "reading": 1, "threshold": 2, "faq": 1}
    limit = next(one for one in report.outcomes if one.id == "lost by reading")
    assert (limit.rank, limit.candidate_rank) == (2, 2)


def test_withheld_text_is_no_answer() -> None:
    report = measured()
    withheld = next(one for one in report.outcomes if one.id == "lost by the threshold")
    assert (withheld.text, withheld.answered, withheld.candidate, withheld.right) == (
        "",
        False,
        "fee is 5 francs",
        True,
    )
    assert (withheld.before, withheld.after[:5]) == ("The ", ". The")


def test_scores_by_hand() -> None:
    metrics = measured().metrics
    # F1: 1, 0, 1/2 ("francs" of two words each), 0, 0, 1, 0.
    assert metrics["f1"] == pytest.approx(100 * 2.5 / 7)
    assert metrics["exact_match"] == pytest.approx(100 * 2 / 7)
    assert metrics["has_answer_f1"] == pytest.approx(100 * 1.5 / 5)
    assert metrics["has_answer_forced_f1"] == pytest.approx(
        100 * (1 + 1 / 2 + 2 / 3) / 5
    )  # the withheld "fee is 5 francs" counts
    assert metrics["no_answer_accuracy"] == 50
    assert metrics["answered"] == pytest.approx(5 / 7)
    assert metrics["answered_right"] == pytest.approx(100 * 1 / 5)
    assert metrics["abstained_though_right"] == pytest.approx(1 / 7)


def test_retrieval_is_measured_by_overlap_with_the_gold_span() -> None:
    metrics = measured().metrics
    # Ranks 2, none, 2, 1 of the four answerable questions that went to retrieval.
    assert metrics["recall"] == {"1": pytest.approx(1 / 4), "2": pytest.approx(3 / 4)}
    assert metrics["mrr"] == pytest.approx((1 / 2 + 0 + 1 / 2 + 1) / 4)


def test_latency_is_given_in_percentiles_and_by_stage() -> None:
    latency = measured().metrics["latency_ms"]
    assert latency["p50"] == 30
    assert latency["mean"] == pytest.approx((10 + 20 + 30 + 40 + 50 + 60 + 2) / 7)
    assert latency["stages"] == {"faq": 1.0, "read": 7.0}


def test_what_went_less_well_is_counted_by_its_kind_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    class Hurried(Scripted):
        def ask(self, question: str, labels: frozenset[str] = frozenset()) -> Answer:
            judged = {"What is the fee?": "judged 4 of 20", "What is the limit?": "judged 12 of 20"}
            said = f"The reranker {judged.get(question, 'was skipped')}: over its budget of 0.5 ms."
            return replace(super().ask(question, labels), notices=(said,))

    report = evaluate_workspace(Hurried(), EXAMPLES[:4], labels=frozenset({"staff"}))
    skipped, judged = (
        "The reranker was skipped: over its budget of … ms.",
        "The reranker judged … of …: over its budget of … ms.",
    )
    assert report.metrics["notices"] == {judged: 2, skipped: 2}
    assert report.notices == (f"In 2 of 4 answers: {judged}", f"In 2 of 4 answers: {skipped}")
    assert report.notices[0] in workspace_html(report)
    show_workspace(report)
    assert "In 2 of 4 answers: The reranker judged" in "".join(capsys.readouterr())
    assert WorkspaceReport.from_json(json.loads(json.dumps(report.to_json()))) == report
    assert measured().notices == ()


def test_an_empty_index_counts_as_not_found() -> None:
    class Empty:
        def ask(self, question: str, labels: frozenset[str] = frozenset()) -> Answer:
            return answer(AnswerKind.ABSTAIN, "I don't know.", 0.0, [], [])

    report = evaluate_workspace(Empty(), EXAMPLES)
    assert report.metrics["mrr"] == 0.0
    assert report.metrics["recall"] == {}
    assert report.metrics["blame"]["retrieval"] == 5


def test_free_text_answers_are_scored_by_their_words() -> None:
    only = replace(EXAMPLES[0], spans=(), answer_text="five francs")
    report = evaluate_workspace(Scripted(), [only], labels=frozenset({"staff"}))
    assert report.metrics["f1"] == 50.0


def test_report_survives_json() -> None:
    report = measured()
    raw = json.loads(json.dumps(report.to_json()))
    assert WorkspaceReport.from_json(raw) == report
    assert [one["blame"] for one in raw["misses"]] == ["retrieval", "reading", "threshold", "threshold", "faq"]
    with pytest.raises(DataError):
        WorkspaceReport.from_json({**raw, "kind": "reader"})


def test_page_names_every_miss() -> None:
    text = workspace_html(measured())
    assert "<script" not in text
    for shown in ("not among 2", "2 of 2", "right span came 2.", "withheld", "fees.html", "Nothing."):
        assert shown in text


def test_without_examples_there_is_nothing_to_measure() -> None:
    with pytest.raises(ValueError, match="no examples"):
        evaluate_workspace(Scripted(), [])
