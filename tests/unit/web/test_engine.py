"""The answerer of a server: opened in the background, renewed, closed."""

import threading
from collections.abc import Callable
from queue import Queue

import pytest

from answers import TEXT, FakeAnswerer
from autogpt.errors import DataError
from autogpt.store import Store
from autogpt.web import engine as engine_module
from autogpt.web.engine import Answers, Engine, UnavailableError

NOBODY: frozenset[str] = frozenset()


def opens(*results: Answers | Exception) -> Callable[[], Answers]:
    """A way to open an answerer that gives these results one after the other."""
    left: Queue[Answers | Exception] = Queue()
    for result in results:
        left.put(result)

    def open_next() -> Answers:
        result = left.get_nowait()
        if isinstance(result, Exception):
            raise result
        return result

    return open_next


@pytest.fixture
def answerer(store: Store, place: tuple[str, str]) -> FakeAnswerer:
    return FakeAnswerer(store, place, TEXT, {})


def test_a_question_waits_until_the_models_are_open(answerer: FakeAnswerer) -> None:
    may_open = threading.Event()

    def slowly() -> Answers:
        assert may_open.wait(20)
        return answerer

    engine = Engine(slowly)
    assert not engine.ready
    engine.start()
    engine.start()
    asked: Queue[str] = Queue()
    thread = threading.Thread(target=lambda: asked.put(engine.ask("Who?", NOBODY).kind))
    thread.start()
    assert asked.empty()
    may_open.set()
    assert asked.get(timeout=20) == "abstain"
    assert engine.ready
    assert engine.release == "r7"
    engine.close()
    assert answerer.closed
    assert not engine.ready


def test_what_is_missing_is_said_until_it_is_there(answerer: FakeAnswerer) -> None:
    engine = Engine(opens(DataError("Nothing was ingested.", "Do so."), answerer))
    assert not engine.refresh()
    with pytest.raises(UnavailableError, match=r"Nothing was ingested\. Do so\."):
        engine.ask("Who?", NOBODY)
    assert engine.refresh()
    assert engine.ask("Who?", NOBODY).release == "r7"


def test_a_fault_is_logged_once_and_told_without_details(caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine(opens(ZeroDivisionError("secret"), ZeroDivisionError("secret")))
    engine.refresh()
    engine.refresh()
    assert len(caplog.records) == 1
    with pytest.raises(UnavailableError, match="could not be opened") as told:
        engine.ask("Who?", NOBODY)
    assert "secret" not in str(told.value)


def test_changes_made_elsewhere_are_taken_up(answerer: FakeAnswerer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "LOOK", 0.01)
    renewed = threading.Event()
    monkeypatch.setattr(answerer, "reload_if_changed", lambda: renewed.set() or True)
    engine = Engine(opens(DataError("Nothing yet."), answerer))
    engine.start()
    assert renewed.wait(20)
    engine.close()
