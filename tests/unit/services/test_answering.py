"""Opening what answers."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from autogpt.answer.composers.endpoint import EndpointComposer
from autogpt.answer.policy import Policy
from autogpt.answer.release import Release
from autogpt.config import override
from autogpt.errors import DataError, UsageError
from autogpt.metrics.calibrator import Calibrator
from autogpt.models.layout import FAQ
from autogpt.records import Answer, AnswerKind
from autogpt.services import answering
from autogpt.services.answering import Answerer
from autogpt.store import Store
from autogpt.store.tables import AuditRow


def test_no_model_is_opened_while_there_is_nothing_to_search(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(answering, "open_reader", lambda *given: opened.append("reader"))
    monkeypatch.setattr(answering, "WorkspaceRetriever", lambda *given: opened.append("retriever"))
    monkeypatch.setattr(answering, "find_release", lambda *given: Release("r1", tmp_path, tmp_path, Policy(), {}))
    with pytest.raises(DataError, match="nothing to search"):
        Answerer(store)
    assert opened == []


def test_vetted_answers_are_judged_as_the_release_was_fitted_to_or_as_its_encoder_has_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def calibrator(bias: float) -> Calibrator:
        return Calibrator(("question",), (0.0,), (1.0,), ((),), (1.0,), bias)

    calibrator(1.0).save(tmp_path / FAQ)
    given: list[Calibrator | None] = []
    opened = SimpleNamespace(encoder=None, close=lambda: None), SimpleNamespace(close=lambda: None)
    monkeypatch.setattr(answering, "_open_models", lambda *given: opened)
    monkeypatch.setattr(answering, "build_matcher", lambda store, encoder, calibrator: given.append(calibrator))
    for policy in (Policy(faq_calibrator=calibrator(2.0)), Policy()):
        release = Release("r1", tmp_path, tmp_path, policy, {})
        monkeypatch.setattr(answering, "find_release", lambda *given, release=release: release)
        Answerer(store).close()
    assert given == [calibrator(2.0), calibrator(1.0)]


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A release that opens at once, and what of it was closed."""
    done: list[str] = []
    opened = (
        SimpleNamespace(encoder=None, close=lambda: done.append("retriever")),
        SimpleNamespace(close=lambda: done.append("reader")),
    )
    monkeypatch.setattr(answering, "_open_models", lambda *given: opened)
    monkeypatch.setattr(answering, "build_matcher", lambda *given: None)
    monkeypatch.setattr(answering, "find_release", lambda *given: Release("r1", tmp_path, tmp_path, Policy(), {}))
    return done


def composing(store: Store, **more: str) -> Store:
    settings = {"kind": "endpoint", "endpoint": "http://127.0.0.1:1", "model": "m", **more}
    return Store(store.folder, override(store.config, {f"compose.{key}": value for key, value in settings.items()}))


def test_nobody_words_answers_unless_the_configuration_names_a_composer(store: Store, closed: list[str]) -> None:
    with Answerer(store) as answerer:
        assert answerer.pipeline.composition is None
    with Answerer(composing(store)) as answerer:
        assert answerer.pipeline.composition is not None
        assert answerer.pipeline.composition.name == "endpoint:m"
        assert isinstance(answerer.pipeline.composition.composer, EndpointComposer)
    with Answerer(composing(store), compose=False) as answerer:
        assert answerer.pipeline.composition is None


def test_a_release_that_is_taken_up_keeps_the_composer(
    store: Store, closed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Answerer(composing(store)) as answerer:
        before = answerer.pipeline.composition
        monkeypatch.setattr(answering, "current_version", lambda store: "r2")
        assert answerer.reload_if_changed()
        assert answerer.pipeline.composition is before is not None


def test_a_composer_that_cannot_be_opened_closes_what_was(
    store: Store, closed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(UsageError, match="NO_SUCH_KEY"):
        Answerer(composing(store, api_key_env="NO_SUCH_KEY"))
    assert sorted(closed) == ["reader", "retriever"]


def test_changed_settings_are_taken_up_at_once_and_measurements_keep_the_releases_threshold(
    store: Store, closed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = Policy(threshold=0.5, unreranked=Policy(threshold=0.4))
    monkeypatch.setattr(answering, "find_release", lambda *given: Release("r1", tmp_path, tmp_path, policy, {}))
    said: list[str] = []
    router = SimpleNamespace(say=lambda refusals, handovers: said.append(refusals["zh"] + handovers["en"]))
    monkeypatch.setattr(answering, "release_router", lambda *given: router)
    served, measured = Answerer(store, "r1"), Answerer(store, "r1", record=False, compose=False)
    assert not served.reload_if_changed()
    config = store.folder / "autogpt.toml"
    text = '\n[answer]\nthreshold = 0.7\nrefusal_zh = "请咨询柜台。"\nhandover = "Wait."\n'
    config.write_text(config.read_text(encoding="utf-8") + text, encoding="utf-8")
    assert served.reload_if_changed()
    assert served.pipeline.refusals["zh"] == "请咨询柜台。"
    assert said[-1] == "请咨询柜台。Wait."
    beside = served.pipeline.policy.unreranked
    assert (served.pipeline.policy.threshold, beside.threshold if beside else None) == (0.7, 0.7)
    measured.reload_if_changed()
    assert measured.pipeline.policy == policy
    assert Answerer(store, "r1").pipeline.policy.threshold == 0.7


def test_why_a_question_is_answered_as_it_is_is_asked_without_a_record(
    store: Store, closed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []

    def answer(
        pipeline: object, question: str, labels: object, on_stage: object = None, compose: bool = True
    ) -> Answer:
        asked.append((question, compose))
        return Answer("I don't know.", AnswerKind.ABSTAIN, 0.1, question=question)

    monkeypatch.setattr(answering.Pipeline, "answer", answer)
    with Answerer(store) as answerer:
        explained, recorded = answerer.explain("What does it cost?"), answerer.ask("What does it cost?")
    assert asked == [("What does it cost?", False), ("What does it cost?", True)]
    with store.session() as session:
        assert [one.id for one in session.query(AuditRow)] == [recorded.audit_id]
    assert explained.audit_id == ""
