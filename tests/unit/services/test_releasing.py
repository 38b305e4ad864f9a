"""Releases without models: what they hold, which may be promoted, and the way back."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from autogpt.answer.faq import FEATURES, FaqMatcher
from autogpt.answer.policy import Policy
from autogpt.answer.tune_faq import Judged, held_out_entries, known_questions
from autogpt.errors import DataError, NotFoundError, UsageError
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.threshold import Threshold
from autogpt.models.layout import FAQ
from autogpt.progress import Sink, silent
from autogpt.read.backends.facts import CALIBRATION_FILE
from autogpt.records import AnswerSpan, Example, FaqEntry, Split
from autogpt.services import compressing, faq, releasing
from autogpt.services.bundles import current_version, find_release
from autogpt.services.pair_files import kept_pairs
from autogpt.services.releasing import NotPromotedError
from autogpt.store import Store
from autogpt.store.faq import mark_changed
from autogpt.store.tables import AuditRow, FaqRow, RunRow
from autogpt.train.pairs import Pair
from tiny_models import TOWNS


class Compressed:
    def to_json(self) -> dict[str, str]:
        return {"precision": "int8"}


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to make releases from; nothing is compressed."""

    def to_reader(store: Store, model: Path, target: Path, sink: Sink = silent) -> Compressed:
        target.mkdir()
        Calibrator(("softmax",), (0.0,), (1.0,), ((),), (1.0,), 0.0, Threshold(0.37)).save(target / CALIBRATION_FILE)
        (target / "model.bin").write_bytes(b"weights")
        return Compressed()

    def to_encoder(store: Store, target: Path, sink: Sink = silent, source: Path | None = None) -> None:
        target.mkdir()

    monkeypatch.setattr(compressing, "compress_reader", to_reader)
    monkeypatch.setattr(compressing, "compress_encoder", to_encoder)
    trained = tmp_path / "trained"
    trained.mkdir()
    return trained


def test_without_validation_examples_the_readers_own_threshold_holds(store: Store, reader: Path) -> None:
    release = releasing.create_release(store, str(reader))
    assert (release.version, release.policy.threshold, release.policy.calibrator) == ("r1", 0.37, None)
    assert release.manifest["validation"] == {"data": "the reader's own"}
    (listed,) = releasing.list_releases(store)
    assert (listed.version, listed.current, listed.precision, listed.problem) == ("r1", False, "int8", "")
    assert listed.metrics["threshold"] == 0.37


def test_what_cannot_be_compared_is_promoted_only_by_force_and_that_is_recorded(store: Store, reader: Path) -> None:
    releasing.create_release(store, str(reader))
    with pytest.raises(NotPromotedError, match=r"unproven against 'base'.*no validation examples") as refused:
        releasing.promote(store, "r1")
    assert "by force" in refused.value.hint
    assert current_version(store) is None
    assert releasing.promote(store, "r1", force=True).previous == "base"
    with store.session() as session:
        events = [row.entry for row in session.scalars(select(AuditRow)) if row.kind == "promote"]
    assert [(one["version"], one["verdict"], one["forced"]) for one in events] == [("r1", "unproven", True)]
    with pytest.raises(UsageError, match="current already"):
        releasing.promote(store, "r1", force=True)


def test_the_way_back_leads_through_releases_that_were_current(store: Store, reader: Path) -> None:
    with pytest.raises(NotFoundError, match="no earlier release"):
        releasing.rollback(store)
    for version in ("r1", "r2", "r3"):
        assert releasing.create_release(store, str(reader)).version == version
    for version in ("r1", "r2"):
        releasing.promote(store, version, force=True)
    with pytest.raises(NotFoundError, match="'r3' was never current"):
        releasing.rollback(store, "r3")
    assert releasing.rollback(store).version == current_version(store) == "r1"


def test_a_release_that_was_changed_is_not_promoted(store: Store, reader: Path) -> None:
    releasing.create_release(store, str(reader))
    (store.releases / "r1" / "reader" / "model.bin").write_bytes(b"others")
    with pytest.raises(DataError, match=r"'r1' is damaged: reader/model\.bin differs"):
        releasing.promote(store, "r1", force=True)
    manifest = store.releases / "r1" / "release.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "run": "another"}))
    with pytest.raises(DataError):
        find_release(store, "r1")
    (listed,) = releasing.list_releases(store)
    assert listed.problem


def test_there_must_be_something_to_make_a_release_of(store: Store, reader: Path) -> None:
    with pytest.raises(NotFoundError, match="no finished training") as missing:
        releasing.create_release(store)
    assert "--from base" in str(missing.value.hint)
    with pytest.raises(NotFoundError, match="no finished run 'x1'"):
        releasing.create_release(store, "x1")


@pytest.fixture
def desk(store: Store, reader: Path, make_word_encoder: Any, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A workspace of vetted answers to questions that differ in a word, and an encoder that trusts any likeness."""

    def to_encoder(store: Store, target: Path, sink: Sink = silent, source: Path | None = None) -> None:
        target.mkdir()
        count = len(FEATURES)
        Calibrator(FEATURES, (0.2,) * count, (0.1,) * count, ((),) * count, (2.0, 0.0, 0.0), 3.0).save(target / FAQ)

    monkeypatch.setattr(compressing, "compress_encoder", to_encoder)
    monkeypatch.setattr(faq, "load_encoder", lambda config, folder: make_word_encoder(dimensions=512))
    with store.session() as session:
        for at, town in enumerate(TOWNS):
            name = f"{town} {TOWNS[at - 1][::-1]}"
            asked = [
                f"When does the {name} branch open?",
                f"Opening hours: {name}, branch",
                f"Does {name} branch open?",
            ]
            session.add(FaqRow(id=town, questions=asked, answer=f"{town} opens at nine.", language="en", labels=[]))
        mark_changed(session)
    return store


def test_a_release_is_fitted_to_the_vetted_answers_and_judges_them_by_that(desk: Store, reader: Path) -> None:
    release = releasing.create_release(desk, str(reader))
    fitted = release.manifest["validation"]["faq"]
    assert (fitted["fitted"], fitted["phrasings"], fitted["documents"]) == (True, 30, 0)
    assert fitted["after"]["calibration_error"] < fitted["before"]["calibration_error"]
    assert fitted["summary"].startswith("fitted on 30 phrasings")
    calibrator = faq.calibrator_of(find_release(desk, "r1"))
    assert calibrator is not None
    assert calibrator == release.policy.faq_calibrator != faq.faq_calibrator(release.encoder)
    matcher = faq.build_matcher(desk, faq.load_encoder(desk.config, release.encoder), calibrator)
    assert matcher is not None
    known, unknown = (
        matcher.match(f"When will the {name} branch open?", None) for name in ("Gale worraF", "Kelling Dale")
    )
    assert known is not None
    assert unknown is not None
    assert (known.entry.id, round(known.confidence)) == ("Gale", 1)
    assert unknown.confidence < 0.5
    own = faq.faq_calibrator(release.encoder)
    assert own is not None
    assert own.probability_of(unknown.features) > 0.9


def test_questions_of_the_validation_part_count_and_those_of_the_test_part_do_not(
    desk: Store, reader: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts: list[Split] = []

    def gold(store: Store, split: Split) -> list[Example]:
        parts.append(split)
        spans = (AnswerSpan("A mason", 0),)
        answered = [Example(at, f"Who built the {at} branch of Gale?", spans=spans) for at in "abc"]
        return [*answered, Example("d", "May dogs come in?", answerable=False)]

    monkeypatch.setattr(releasing, "gold_examples", gold)
    monkeypatch.setattr(releasing, "_tuned", lambda *given: (Policy(fitted_on={"data": "validation part"}), None))
    release = releasing.create_release(desk, str(reader))
    assert release.policy.fitted_on["faq"]["documents"] == 3
    assert release.policy.fitted_on["data"] == "validation part"
    assert set(parts) == {Split.VALIDATION}


@pytest.fixture
def trained(desk: Store) -> Callable[[str, Sequence[Pair], str], None]:
    """Leaves a finished run of a retriever: its id, what it was trained on, and its base."""

    def leave(id: str, pairs: Sequence[Pair], base: str) -> None:
        kept_pairs(desk.runs / id, "key", lambda: list(pairs))
        (desk.runs / id / "model").mkdir()
        with desk.session() as session:
            session.add(RunRow(id=id, kind="retriever", state="done", settings={"base": base}, metrics={}))

    return leave


def test_a_release_asks_no_phrasing_that_its_encoder_was_trained_on(
    desk: Store, reader: Path, trained: Callable[[str, Sequence[Pair], str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    known: list[int] = []

    def remember(matcher: FaqMatcher, sink: Sink, entries: Sequence[FaqEntry]) -> Iterator[Judged]:
        known.append(len(matcher.entries))
        asked.extend(entry.id for entry in entries)
        return known_questions(matcher, sink, entries)

    monkeypatch.setattr(faq, "known_questions", remember)
    with desk.session() as session:
        questions = {row.id: row.questions for row in session.scalars(select(FaqRow))}
    reworded = Pair(questions["Belmor"][1].lower(), "Belmor opened at eight.")  # the answer has changed since
    trained("first", [Pair("Any other?", "Arden opens at nine.")], "pack")
    trained("second", [reworded], str(desk.runs / "first" / "model"))

    told = releasing.create_release(desk, str(reader), encoder="second").policy.fitted_on["faq"]
    assert sorted(asked) == sorted(set(TOWNS) - {"Arden", "Belmor"})
    assert known == [10]  # they are put to all of them, as when serving
    assert told["phrasings"] == 24
    assert told["summary"].endswith("; 8 of 10 vetted answers count, the encoder was trained on the others")
    releasing.promote(desk, "r1", force=True)
    assert releasing.create_release(desk, str(reader)).policy.fitted_on["faq"]["phrasings"] == 24  # keeps its encoder

    told = releasing.create_release(desk, str(reader), encoder="pack").policy.fitted_on["faq"]
    assert told["phrasings"] == 30
    assert "vetted answers count" not in told["summary"]


def test_where_nearly_all_was_trained_on_the_encoders_own_calibrator_stays(
    desk: Store, reader: Path, trained: Callable[[str, Sequence[Pair], str], None]
) -> None:
    trained("run", [Pair("Any other?", f"{town} opens at nine.") for town in TOWNS[:8]], "pack")
    release = releasing.create_release(desk, str(reader), encoder="run")
    assert release.policy.faq_calibrator is None
    summary = release.policy.fitted_on["faq"]["summary"]
    assert summary.startswith("not fitted: ")
    assert summary.endswith("; 2 of 10 vetted answers count, the encoder was trained on the others")


def test_where_a_runs_pairs_are_gone_only_what_every_training_leaves_out_is_asked(
    desk: Store, trained: Callable[[str, Sequence[Pair], str], None]
) -> None:
    trained("run", [], "pack")
    entries = [FaqEntry(str(at), (f"What is {at}?", f"And {at}?"), f"It is {at}.") for at in range(200)]
    assert faq.unseen(desk, "", entries) == faq.unseen(desk, "run", entries) == entries
    (desk.runs / "run" / "pairs.jsonl").unlink()
    assert faq.unseen(desk, "run", entries) == held_out_entries(entries) != []


def test_few_phrasings_leave_the_encoders_own_calibrator_and_that_is_told(desk: Store, reader: Path) -> None:
    with desk.session() as session:
        for row in session.scalars(select(FaqRow)):
            row.questions = row.questions[:1]
    release = releasing.create_release(desk, str(reader))
    assert release.policy.faq_calibrator is None
    assert release.manifest["validation"]["faq"]["summary"].startswith("not fitted: 0 phrasings")
    assert faq.calibrator_of(release) == faq.faq_calibrator(release.encoder) is not None
