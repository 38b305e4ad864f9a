"""Which reranker a release takes, in which form, and how much it counts.

In: a store and what somebody named; a search and questions with known answers. Out: the folder of a reranker, or none,
and what it adds to the order of the search. Knows nothing about how rerankers are trained.
"""

import random
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from autogpt.answer.tune import FEWEST_TO_FUSE, Gold, RerankFit, fit_reranker
from autogpt.compress.order import OrderParity, order_parity
from autogpt.errors import DataError, NotFoundError
from autogpt.progress import Progress, Sink, silent, track
from autogpt.read.backends.facts import model_facts
from autogpt.retrieve.reranker import Reranker
from autogpt.retrieve.retriever import Retrieved
from autogpt.services.bundles import current_version, find_release
from autogpt.services.retrieving import WorkspaceRetriever
from autogpt.store import Store
from autogpt.store.tables import RunRow

#: Asks for a release without a reranker.
NONE = "none"
KIND = "reranker"
#: Most questions on which forms of a reranker are compared and its time is found out, and the seed that draws them: the
#: first ones may all be asked of a few documents.
COMPARED, _SEED = 50, 13
#: Share of questions that the time has to suffice for, lest it is said.
_OFTEN = 0.9


@dataclass(frozen=True, slots=True)
class RerankerSource:
    """A reranker to release.

    Attributes:
        folder: of a trained reranker or an exported one.
        run: id of the run that trained it, or empty.
        name: what it is, for the manifest: "run 1f…", a folder.
    """

    folder: Path
    run: str
    name: str


def reranker_source(store: Store, name: str = "") -> RerankerSource | None:
    """The reranker called `name`, or None.

    Args:
        name: id of a reranker's run, a folder with a trained or exported reranker, or `none`. Empty takes that of the
            current release, as long as the workspace's model is the same.

    Raises:
        NotFoundError: there is none of that name.
        DataError: what has that name is no reranker.
    """
    if name == NONE:
        return None
    source = _named(store, name) if name else _current(store)
    if source is not None and model_facts(source.folder).task != KIND:
        raise DataError(f"{source.folder} holds no reranker.", "Name the folder of a reranker.")
    return source


def _current(store: Store) -> RerankerSource | None:
    version, release = current_version(store), None
    with suppress(DataError):  # a damaged release has no reranker to keep
        release = find_release(store, version) if version is not None else None
    if release is None or release.reranker is None or release.manifest.get("model") != store.config.workspace.pack:
        return None
    about = release.manifest.get("reranker") or {}
    return RerankerSource(release.reranker, about.get("run", ""), about.get("name", f"release {version}"))


def _named(store: Store, name: str) -> RerankerSource:
    if Path(name).is_dir():
        return RerankerSource(Path(name), "", name)
    with store.session() as session:
        row = session.scalar(
            select(RunRow).where(RunRow.kind == KIND, RunRow.state == "done", RunRow.id == name).limit(1)
        )
    if row is None:
        raise NotFoundError(
            f"There is no finished run '{name}' of a reranker.",
            "Train one with: autogpt train reranker, or do without: --reranker none",
        )
    return RerankerSource(store.runs / row.id / "model", row.id, f"run {row.id}")


@dataclass(frozen=True, slots=True)
class InTime:
    """How often a reranker judges all passages in its time, on the machine that made the release.

    Attributes:
        questions: that this was found out on.
        share: of them whose passages were all judged.
        budget_ms: milliseconds that it had for each.
    """

    questions: int
    share: float
    budget_ms: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """A reranker fitted to a search: its form, and what it adds.

    Attributes:
        precision: of the form that serves.
        parity: of the form in int8 with the whole one; None when there was nothing to compare.
        in_time: None when it is not asked.
    """

    fit: RerankFit
    precision: str
    parity: OrderParity | None = None
    in_time: InTime | None = None

    @classmethod
    def unknown(cls, folder: Path, questions: int = 0) -> "Fitted":
        """Of the reranker in `folder`, when the questions are too few to say anything."""
        return cls(RerankFit(0.0, questions), model_facts(folder).precision)

    @property
    def summary(self) -> str:
        """One line for people."""
        fit = self.fit
        if fit.questions < FEWEST_TO_FUSE:
            return f"not asked: {fit.questions} validation questions cannot show that it helps ({FEWEST_TO_FUSE} can)"
        gain = f"MRR {fit.reranked:.3f} (without: {fit.without:.3f}) on {fit.questions:,} validation questions"
        if not fit.weight:
            return f"not asked, since it does not help enough: {gain}"
        said = f"{self.precision}, {fit.weight:g} a logit: {gain}"
        timed = self.in_time
        if timed is None or timed.share >= _OFTEN:
            return said
        return f"{said}; only {timed.share:.0%} of the questions are judged within {timed.budget_ms:g} ms"

    def to_json(self) -> dict[str, Any]:
        parity = {**asdict(self.parity), "passed": self.parity.passed} if self.parity else None
        in_time = asdict(self.in_time) if self.in_time else None
        return {
            "precision": self.precision,
            "summary": self.summary,
            "parity": parity,
            "in_time": in_time,
            **asdict(self.fit),
        }


def fit_to_search(
    retriever: WorkspaceRetriever,
    folder: Path,
    small: Path | None,
    questions: Sequence[str],
    golds: Sequence[Gold],
    sink: Sink = silent,
    *,
    threads: int,
) -> Fitted:
    """Choose the form and the weight of the reranker in `folder`, and let `retriever` use it if it helps.

    Every passage is judged, however long it takes; how often that is within the retriever's limit is found out
    afterwards. From then on it has none.

    Args:
        folder: of the whole form; holds the one that was chosen afterwards.
        small: folder of its form in int8, which takes the other's place when it orders passages alike.
        questions: those that are answerable, of the validation part.
        golds: of the same questions.
        threads: that serve it; 0 means all cores.
    """
    parity = None
    limit = retriever.rerank_limit
    if len(questions) < FEWEST_TO_FUSE:
        return Fitted.unknown(folder, len(questions))
    retriever.rerank_limit = None
    drawn = random.Random(_SEED).sample(questions, min(COMPARED, len(questions)))  # noqa: S311
    if small is not None:
        compared = [(one, _found(retriever, one)) for one in drawn]
        sink(Progress("parity", 0, 2))
        judged = []
        for number, form in enumerate((folder, small), 1):
            retriever.reranker = Reranker(form, threads=threads)
            judged.append([retriever.judge(question, found) for question, found in compared])
            sink(Progress("parity", number, 2))
        parity = order_parity(*judged)
        retriever.reranker = None  # lets go of its file
        if parity.passed:
            shutil.rmtree(folder)
            small.rename(folder)
    retriever.reranker = Reranker(folder, threads=threads)
    found = ((one, _found(retriever, one)) for one in track(questions, "rerank", sink))
    fit = fit_reranker(((ranked, retriever.judge(one, ranked)) for one, ranked in found), golds)
    retriever.rerank_weight = fit.weight
    in_time = _in_time(retriever, limit, drawn) if fit.weight and limit else None
    return Fitted(fit, model_facts(folder).precision, parity, in_time)


def _in_time(retriever: WorkspaceRetriever, limit: float, questions: Sequence[str]) -> InTime:
    """How often `limit` seconds suffice; its reranker has to be warm, as it is when it serves."""
    retriever.rerank_limit = limit
    whole = [retriever.retrieve(question, labels=None).reranked for question in questions]
    retriever.rerank_limit = None
    return InTime(len(whole), sum(whole) / len(whole), limit * 1000)


def _found(retriever: WorkspaceRetriever, question: str) -> list[Retrieved]:
    return retriever.search(question, None).ranked(retriever.dense_weight)
