"""The audit trail's chain: each entry's hash covers the one before it, so a changed or missing entry shows.

In: entries, or the rows of the trail. Out: hashes, or the list of what does not fit. Each writer (a process) has its
own chain, numbered from 1; an `anchor` entry names the heads of the other chains, so that a chain cannot be cut short
or dropped unnoticed once another writer has begun. Knows nothing about where rows are kept.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

ANCHOR = "anchor"


@dataclass(frozen=True, slots=True)
class Sealed:
    """One entry of a chain. `at` is UTC; hashes are SHA-256, hexadecimal."""

    writer: str
    number: int
    kind: str
    entry: Mapping[str, Any]
    at: datetime
    previous_hash: str
    hash: str


def fingerprint(text: str) -> str:
    """SHA-256 of a text, hexadecimal: proves what was shown without keeping it."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def seal(writer: str, number: int, kind: str, entry: Mapping[str, Any], *, at: datetime, previous_hash: str) -> Sealed:
    """Close an entry with its hash."""
    open_entry = Sealed(writer, number, kind, entry, at, previous_hash, "")
    return replace(open_entry, hash=_digest(open_entry))


def verify(trail: Iterable[Sealed]) -> list[str]:
    """Everything that does not fit, in words; empty when the trail is whole.

    Found: a changed, missing, inserted or reordered entry of any chain, and a chain that is shorter than an anchor
    in another chain says. Not found: the newest entries of a chain cut off before any anchor named them.
    """
    chains: dict[str, list[Sealed]] = {}
    for one in trail:
        chains.setdefault(one.writer, []).append(one)
    problems: list[str] = []
    for writer, chain in chains.items():
        chain.sort(key=lambda one: one.number)
        problems += _check_chain(writer, chain)
    hashes = {(one.writer, one.number): one.hash for chain in chains.values() for one in chain}
    for chain in chains.values():
        for one in chain:
            if one.kind == ANCHOR:
                problems += _check_anchor(one, hashes)
    return problems


def _check_chain(writer: str, chain: list[Sealed]) -> list[str]:
    problems: list[str] = []
    previous = ""
    for expected, one in enumerate(chain, 1):
        where = f"entry {one.number} of writer {writer}"
        if one.number != expected:
            problems.append(f"{where}: entries {expected} to {one.number - 1} are missing")
            break
        if one.previous_hash != previous:
            problems.append(f"{where}: does not follow the entry before it")
        if one.hash != _digest(one):
            problems.append(f"{where}: was changed after it was written")
        previous = one.hash
    return problems


def _check_anchor(anchor: Sealed, hashes: Mapping[tuple[str, int], str]) -> list[str]:
    problems = []
    for writer, head in anchor.entry.get("heads", {}).items():
        number, expected = int(head["number"]), head["hash"]
        found = hashes.get((writer, number))
        if found is None:
            problems.append(f"entry {number} of writer {writer}: missing, but named by an anchor")
        elif found != expected:
            problems.append(f"entry {number} of writer {writer}: differs from what an anchor says")
    return problems


def _digest(one: Sealed) -> str:
    content = [one.writer, one.number, one.kind, one.entry, one.at.isoformat(), one.previous_hash]
    return fingerprint(json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")))
