"""The chain of the audit trail shows every change."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from autogpt.guard.audit import ANCHOR, Sealed, seal, verify

AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def chain(writer: str, length: int, first: Sealed | None = None) -> list[Sealed]:
    entries = [first] if first else []
    while len(entries) < length:
        previous = entries[-1].hash if entries else ""
        entries.append(seal(writer, len(entries) + 1, "answer", {"n": len(entries)}, at=AT, previous_hash=previous))
    return entries


def test_a_whole_trail_has_no_problems() -> None:
    one = chain("a", 5)
    anchor = seal("b", 1, ANCHOR, {"heads": {"a": {"number": 5, "hash": one[-1].hash}}}, at=AT, previous_hash="")
    assert verify([*one, *chain("b", 3, anchor)]) == []


def resealed(entries: list[Sealed]) -> list[Sealed]:
    """An entry rewritten with a hash of its own."""
    old = entries[2]
    return [*entries[:2], seal("a", 3, "answer", {"n": 99}, at=AT, previous_hash=old.previous_hash), *entries[3:]]


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (lambda entries: [*entries[:2], replace(entries[2], entry={"n": 99}), *entries[3:]], "changed"),
        (lambda entries: [*entries[:2], replace(entries[2], at=AT.replace(year=2025)), *entries[3:]], "changed"),
        (resealed, "does not follow"),
        (lambda entries: [*entries[:2], *entries[3:]], "missing"),
        (lambda entries: entries[1:], "missing"),
        (lambda entries: [*entries[:1], replace(entries[2], number=2), replace(entries[1], number=3)], "changed"),
    ],
)
def test_tampering_is_found(tamper: Callable[[list[Sealed]], list[Sealed]], says: str) -> None:
    problems = verify(tamper(chain("a", 5)))
    assert any(says in problem for problem in problems), problems


def test_a_chain_cut_short_is_found_by_another_chains_anchor() -> None:
    one = chain("a", 5)
    anchor = seal("b", 1, ANCHOR, {"heads": {"a": {"number": 5, "hash": one[-1].hash}}}, at=AT, previous_hash="")
    assert verify(one[:3]) == []
    assert verify([*one[:3], anchor]) == ["entry 5 of writer a: missing, but named by an anchor"]
    assert verify([anchor]) == ["entry 5 of writer a: missing, but named by an anchor"]
