"""What releases are made of, what is different between two, and which of them answered when.

In: a store, versions. Out: frozen values. Changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from autogpt.services.bundles import BASE, find_release
from autogpt.store import Store
from autogpt.store.tables import PromotionRow, RunRow


@dataclass(frozen=True, slots=True)
class Promoted:
    """A release became current: by promotion with the gate's verdict, or by going back."""

    version: str
    action: str
    verdict: str
    forced: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """What a part of a release is; `run` is the training that it came from, where the workspace has it."""

    value: str
    run: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact about a release, and what it is of the one it is compared with; empty where there is none."""

    fact: str
    own: Fact
    other: Fact

    @property
    def differs(self) -> bool:
        return self.own != self.other


def promotions(store: Store, limit: int = 50) -> list[Promoted]:
    """The newest first."""
    with store.session() as session:
        rows = session.scalars(select(PromotionRow).order_by(PromotionRow.id.desc()).limit(limit))
        return [Promoted(row.version, row.action, row.verdict, row.forced, row.at) for row in rows]


def facts(store: Store, version: str) -> dict[str, Fact]:
    """What a release is made of, by names that pages show, in order. Of `base`, the models of the pack, no more is
    known than which they are.

    Raises NotFoundError for an unknown release, DataError for one whose manifest is missing or changed.
    """
    pack = store.config.workspace.pack
    if version == BASE:
        return {"reader": Fact(pack), "encoder": Fact(f"pack {pack}")}
    release = find_release(store, version)
    manifest: Mapping[str, Any] = release.manifest
    parts = {part: manifest.get(part) or {} for part in ("encoder", "reranker", "classifier", "compression")}
    fitted = manifest.get("validation") or {}
    reader = str(manifest.get("run") or "")
    runs = {name: str(parts[name].get("run", "")) for name in ("encoder", "reranker", "classifier")}
    known = _known(store, {reader, *runs.values()})
    return {
        "reader": Fact(reader or str(manifest.get("model") or ""), reader if reader in known else ""),
        "precision": Fact(str(parts["compression"].get("precision", ""))),
        "compression": Fact(str(parts["compression"].get("summary", ""))),
        **{name: Fact(str(parts[name].get("name", "")), run if run in known else "") for name, run in runs.items()},
        "threshold": Fact(f"{release.policy.threshold:.0%}"),
        "validation questions": Fact(str(fitted.get("questions", ""))),
    }


def compared(store: Store, version: str, other: str) -> list[Difference]:
    """The facts of a release beside those of another; with an empty name beside nothing. Raises as `facts` does."""
    own = facts(store, version)
    beside = facts(store, other) if other and other != version else own
    return [Difference(fact, value, beside.get(fact, Fact(""))) for fact, value in own.items()]


def beside(store: Store, version: str, current: str) -> str:
    """What a release is best compared with: what answers now; of that itself, what answered before it."""
    if current not in {"", version}:
        return current
    history = [one.version for one in promotions(store)]
    since = history[history.index(version) + 1 :] if version in history else history
    return next((one for one in since if one != version), BASE)


def _known(store: Store, runs: set[str]) -> set[str]:
    with store.session() as session:
        return set(session.scalars(select(RunRow.id).where(RunRow.id.in_(runs))))
