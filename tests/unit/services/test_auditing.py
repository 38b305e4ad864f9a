"""Every answer leaves a record that names no person and quotes no document."""

import json
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import delete, select, update

from autogpt.errors import NotFoundError, UsageError
from autogpt.records import Answer, AnswerKind, Evidence
from autogpt.services import feedback
from autogpt.services.auditing import Recorder, verify_trail
from autogpt.services.events import history
from autogpt.store import Store
from autogpt.store.tables import AuditRow, FeedbackRow, ReviewRow


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "autogpt.toml").write_text("")
    return Store(tmp_path)


def answered(question: str = "What is the fee?", kind: str = "span", confidence: float = 0.9) -> Answer:
    evidence = Evidence("fees.pdf", "d1", "v1", 10, 16, "5 euro", 0.9, context="The fee is 5 euro.")
    return Answer(
        "5 euro",
        AnswerKind(kind),
        confidence,
        evidence=(evidence,),
        explanation={"threshold": 0.4},
        timings={"read": 12.5},
        release="2026.1",
        question=question,
    )


def test_the_record_holds_places_and_hashes_but_no_text(store: Store) -> None:
    audit_id = Recorder(store).answer(answered("Why was ann@example.org charged?"))
    with store.session() as session:
        row = session.get(AuditRow, audit_id)
    assert row is not None
    kept = json.dumps(row.entry)
    assert row.entry["question"] == "Why was [email] charged?"
    assert row.entry["evidence"][0]["start"] == 10
    assert row.entry["release"] == "2026.1"
    assert row.entry["threshold"] == 0.4
    assert "5 euro" not in kept
    assert "example.org" not in kept


def test_what_a_question_was_about_is_kept(store: Store) -> None:
    classified = {"labels": ["fees"], "probability": 0.9, "out_of_scope": 0.1, "route": "answer"}
    answer = replace(answered(), explanation={"threshold": 0.4, "classify": classified})
    audit_id = Recorder(store).answer(answer)
    with store.session() as session:
        row = session.get(AuditRow, audit_id)
    assert row is not None
    assert row.entry["classify"] == classified


@pytest.mark.parametrize("used", [True, False])
def test_the_record_says_who_worded_an_answer_and_whether_that_was_used(store: Store, used: bool) -> None:
    composed = {"by": "endpoint:small", "used": used, "sentences": [{"problems": [{"kind": "word", "text": "5 euro"}]}]}
    answer = answered(kind="generated" if used else "span")
    answer = replace(answer, explanation={**answer.explanation, "composed": composed})
    audit_id = Recorder(store).answer(answer)
    with store.session() as session:
        row = session.get(AuditRow, audit_id)
    assert row is not None
    assert row.entry["composed"] == {"by": "endpoint:small", "used": used}
    assert row.entry["kind"] == ("generated" if used else "span")
    assert "5 euro" not in json.dumps(row.entry)


def test_a_changed_row_is_found(store: Store) -> None:
    recorder = Recorder(store)
    identifiers = [recorder.answer(answered(f"question {number}")) for number in range(3)]
    assert verify_trail(store).problems == ()
    with store.session() as session:
        session.execute(update(AuditRow).where(AuditRow.id == identifiers[1]).values(entry={"question": "other"}))
    assert any("changed" in problem for problem in verify_trail(store).problems)


def test_a_removed_chain_is_found_once_another_writer_has_begun(store: Store) -> None:
    Recorder(store, "first").answer(answered())
    Recorder(store, "second").answer(answered())
    assert verify_trail(store).problems == ()
    with store.session() as session:
        session.execute(delete(AuditRow).where(AuditRow.writer == "first"))
    assert verify_trail(store).problems == ("entry 1 of writer first: missing, but named by an anchor",)


def test_writers_at_the_same_time_keep_one_whole_chain(store: Store) -> None:
    recorders = [Recorder(store) for _ in range(4)]
    threads = [
        Thread(target=lambda one=one: [one.answer(answered(f"q{number}")) for number in range(10)]) for one in recorders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    checked = verify_trail(store)
    assert (checked.entries, checked.writers, checked.problems) == (40, 1, ())


@pytest.mark.parametrize(
    ("kind", "confidence", "reason"),
    [("abstain", 0.1, "abstained"), ("span", 0.45, "low_confidence"), ("span", 0.9, None), ("faq", 0.95, None)],
)
def test_uncertain_questions_wait_for_review(store: Store, kind: str, confidence: float, reason: str | None) -> None:
    recorder = Recorder(store)
    for _ in range(2):
        recorder.answer(answered("Is 13812345678 listed?", kind, confidence), frozenset({"staff"}))
    with store.session() as session:
        waiting = [(row.reason, row.question, row.labels) for row in session.scalars(select(ReviewRow))]
    assert waiting == ([(reason, "Is [phone] listed?", ["staff"])] if reason else [])


def test_a_thumb_is_kept_once_and_can_be_changed(store: Store) -> None:
    audit_id = Recorder(store).answer(answered())
    feedback.give(store, audit_id, "down", "ask bob@example.org", by="test")
    with store.session() as session:
        assert [(row.reason, row.state) for row in session.scalars(select(ReviewRow))] == [("thumbed_down", "open")]
    feedback.give(store, audit_id, "up", by="test")
    with store.session() as session:
        assert [(row.thumb, row.comment) for row in session.scalars(select(FeedbackRow))] == [("up", "")]
        assert [row.state for row in session.scalars(select(ReviewRow))] == ["withdrawn"]
    kept = feedback.find(store, audit_id)
    assert kept is not None
    assert kept.thumb == "up"


def test_who_gave_a_thumb_is_an_event_without_a_word_of_theirs(store: Store) -> None:
    audit_id = Recorder(store).answer(answered())
    feedback.give(store, audit_id, "down", "too short", by="Anna")
    feedback.give(store, audit_id, "down", "far too short", by="Anna")  # the same thumb
    feedback.give(store, audit_id, "up", by="Ben")
    feedback.send_to_review(store, audit_id, by="Ben")
    found = [(one.person, one.action, one.before, one.after) for one in history(store, feedback.SUBJECT, audit_id)]
    assert found == [
        ("Ben", "send to review", {}, {}),
        ("Ben", "thumb", {"thumb": "down"}, {"thumb": "up"}),
        ("Anna", "thumb", {}, {"thumb": "down"}),
    ]


def test_a_comment_is_masked(store: Store) -> None:
    audit_id = Recorder(store).answer(answered())
    assert feedback.give(store, audit_id, "down", "ask bob@example.org", by="test").comment == "ask [email]"


def test_feedback_on_nothing_is_refused(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no answer"):
        feedback.give(store, "missing", "up", by="test")
    audit_id = Recorder(store).answer(answered())
    with pytest.raises(UsageError, match="sideways"):
        feedback.give(store, audit_id, "sideways", by="test")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="characters"):
        feedback.give(store, audit_id, "up", "x" * 5000, by="test")
