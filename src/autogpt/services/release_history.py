"""What releases are made of, what is different between two, and which of them answered when.

In: a store, versions. Out: frozen values. Changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from autogpt.services.bundles import find_release
from autogpt.store import Store
from autogpt.store.tables import PromotionRow


@dataclass(frozen=True, slots=True)
class Promoted:
    """A release became current: by promotion with the gate's verdict, or by going back."""

    version: str
    action: str
    verdict: str
    forced: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact about a release, and what it is of the one it is compared with; empty where there is none."""

    fact: str
    value: str
    other: str

    @property
    def differs(self) -> bool:
        return self.value != self.other


def promotions(store: Store, limit: int = 50) -> list[Promoted]:
    """The newest first."""
    with store.session() as session:
        rows = session.scalars(select(PromotionRow).order_by(PromotionRow.id.desc()).limit(limit))
        return [Promoted(row.version, row.action, row.verdict, row.forced, row.at) for row in rows]


def facts(store: Store, version: str) -> dict[str, str]:
    """What a release is made of, by names that pages show, in order.

    Raises NotFoundError for an unknown release, DataError for one whose manifest is missing or changed.
    """
    release = find_release(store, version)
    manifest: Mapping[str, Any] = release.manifest
    parts = {part: manifest.get(part) or {} for part in ("encoder", "reranker", "classifier", "compression")}
    fitted = manifest.get("validation") or {}
    return {
        "reader": str(manifest.get("run") or manifest.get("model") or ""),
        "precision": str(parts["compression"].get("precision", "")),
        "compression": str(parts["compression"].get("summary", "")),
        "encoder": str(parts["encoder"].get("name", "")),
        "reranker": str(parts["reranker"].get("name", "")),
        "classifier": str(parts["classifier"].get("name", "")),
        "threshold": f"{release.policy.threshold:.0%}",
        "validation questions": str(fitted.get("questions", "")),
    }


def compared(store: Store, version: str, other: str) -> list[Difference]:
    """The facts of a release beside those of another; with an empty name beside nothing. Raises as `facts` does."""
    own = facts(store, version)
    beside = facts(store, other) if other and other != version else {}
    return [Difference(fact, value, beside.get(fact, "") if beside else value) for fact, value in own.items()]
