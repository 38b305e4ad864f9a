"""The gate's verdicts on releases: kept with figures and reasons, refused ones too; measuring switches nothing."""

import pytest

from answers import TEXT, add_document
from autogpt import Workspace
from autogpt.config import PromoteSection
from autogpt.evaluate.gate import promotion_gate
from autogpt.records import Split
from autogpt.services import evaluations, release_gate, releasing
from autogpt.services.bundles import current_version
from autogpt.services.examples.listing import gold_examples
from autogpt.services.release_gate import newest_verdicts, verdicts
from autogpt.services.releasing import NotPromotedError, list_releases
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, ReleaseRow
from measured import Measures, add_many, add_questions, add_release

#: Right answers of sixty, by release.
RIGHT = {"r1": 40, "r2": 20, "r3": 59, "r4": 40}


@pytest.fixture
def gated(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """r1 answers; r2 is worse than it, r3 better, r4 the same."""
    place = add_document(store, "fees.txt", TEXT)
    add_many(store, place, TEXT, 60)
    monkeypatch.setattr(release_gate, "measured", Measures(place, TEXT, RIGHT))
    add_release(store, "r1", promoted=True)
    for version in ("r2", "r3", "r4"):
        add_release(store, version)
    return store


@pytest.mark.parametrize(("version", "verdict"), [("r2", "worse"), ("r3", "better"), ("r4", "equal")])
def test_measuring_keeps_the_verdict_and_switches_nothing(gated: Store, version: str, verdict: str) -> None:
    report = releasing.measure(gated, version, by="Anna")
    assert (report.verdict.verdict, report.passed) == (verdict, verdict != "worse")
    assert (report.against, report.person) == ("r1", "Anna")
    assert current_version(gated) == "r1"
    assert verdicts(gated, version) == [report]
    overall = verdicts(gated, version)[0].verdict.overall
    assert overall is not None
    assert (overall.before, overall.after) == (pytest.approx(100 * 40 / 60), pytest.approx(100 * RIGHT[version] / 60))
    assert overall.difference.lower <= overall.difference.value <= overall.difference.upper
    with gated.session() as session:
        assert session.get_one(ReleaseRow, version).verdict == verdict


def test_both_measurements_are_kept_and_lead_to_the_same_verdict(gated: Store) -> None:
    report = releasing.measure(gated, "r2", by="Anna")
    before, after = report.evaluations
    about = [evaluations.find_evaluation(gated, id) for id in (before, after)]
    assert [(one.release, one.data, one.person) for one in about] == [
        ("r1", "validation", "Anna"),
        ("r2", "validation", "Anna"),
    ]
    compared = evaluations.compare_evaluations(gated, before, after)
    assert compared.verdict.overall == report.verdict.overall
    assert (compared.lost, compared.gained) == (20, 0)


def test_a_refused_promotion_keeps_its_verdict_and_a_forced_one_too(gated: Store) -> None:
    with pytest.raises(NotPromotedError, match=r"'r2' was not promoted: worse against 'r1'\. F1 66\.7"):
        releasing.promote(gated, "r2")
    (kept,) = verdicts(gated, "r2")
    assert (kept.verdict.verdict, kept.passed) == ("worse", False)
    assert current_version(gated) == "r1"
    assert releasing.promote(gated, "r2", force=True).reasons == kept.verdict.reasons
    assert len(verdicts(gated, "r2")) == 2
    assert releasing.promote(gated, "r3").verdict == "better"
    assert {version: one.against for version, one in newest_verdicts(gated).items()} == {"r2": "r1", "r3": "r2"}


def test_the_newest_verdicts_are_kept_and_stay_out_of_the_metrics(
    gated: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_gate, "KEPT", 2)
    for person in ("Anna", "Bo", "Cleo"):
        releasing.measure(gated, "r4", by=person)
    assert [one.person for one in verdicts(gated, "r4")] == ["Cleo", "Bo"]
    assert {one.version: dict(one.metrics) for one in list_releases(gated)}["r4"] == {"threshold": 0.41}


def test_a_document_is_named_for_who_may_see_it_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    place, other = (add_document(store, name, TEXT) for name in ("fees.txt", "other.txt"))
    add_many(store, place, TEXT, 60)
    add_questions(store, other, TEXT, {"What is the other?": TEXT.split()[0]})
    with store.session() as session:
        session.get_one(DocumentRow, place[0]).labels = ["staff"]
    monkeypatch.setattr(release_gate, "measured", Measures(place, TEXT, {"r1": 61, "r2": 1}))
    add_release(store, "r1", promoted=True)
    add_release(store, "r2")
    releasing.measure(store, "r2")

    def of_documents(labels: frozenset[str] | None) -> tuple[list[str], str]:
        (report,) = verdicts(store, "r2", labels)
        parts = [one.value for one in report.verdict.slices if one.name == "document"]
        return parts, " ".join(report.verdict.reasons)

    gold = gold_examples(store, Split.VALIDATION)
    assert len(gold) == 61
    for labels in (None, frozenset({"staff"})):
        parts, reasons = of_documents(labels)
        assert parts == ["fees.txt"]
        assert place[0] not in reasons
    parts, reasons = of_documents(frozenset())
    assert parts == []
    assert "fees.txt" not in reasons
    assert place[0] not in reasons


def test_a_workspace_in_python_measures_too(gated: Store) -> None:
    with Workspace(gated.folder) as bank:
        assert bank.measure("r3").passed
        assert bank.measure("r2").verdict.verdict == "worse"
    assert current_version(gated) == "r1"


def test_a_verdict_survives_json() -> None:
    slices = [{"kind": "old"}] * 60 + [{"kind": "new"}] * 60
    verdict = promotion_gate([1.0] * 120, [1.0] * 60 + [0.0] * 60, slices, PromoteSection())
    assert verdict.slices
    assert type(verdict).from_json(verdict.to_json()) == verdict
