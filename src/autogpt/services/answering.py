"""Answers questions of one workspace with its current release over its live documents.

In: a store. Out: `Answer`s, each recorded in the audit trail. Opens models and index once; safe to use from several
threads. Imports neither torch nor transformers.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from typing import Any, Self

from autogpt.answer.composer import Composes
from autogpt.answer.composition import Composition
from autogpt.answer.pipeline import Pipeline, StageListener
from autogpt.answer.policy import Policy
from autogpt.answer.release import Release
from autogpt.config import AnswerSection
from autogpt.read.decode import Decoded
from autogpt.read.reader import BatchedReader
from autogpt.records import Answer, DocumentVersion
from autogpt.retrieve.encoder import Encodes
from autogpt.retrieve.retriever import Retrieval
from autogpt.services.auditing import Recorder
from autogpt.services.bundles import BASE, current_version, find_release, open_reader
from autogpt.services.classifiers import release_router
from autogpt.services.faq import build_matcher, calibrator_of, faq_revision
from autogpt.services.generators import workspace_composer
from autogpt.services.live_settings import LiveSettings, texts_of_handover, texts_of_refusal
from autogpt.services.retrieving import WorkspaceRetriever, release_retriever, require_sources
from autogpt.store import Store
from autogpt.store.documents import current_ids, load_versions

#: Document versions kept in memory; they are immutable, so only their being current is asked for again.
CACHED_VERSIONS = 128

BatchListener = Callable[[int], None]


class CurrentDocuments:
    """The live documents of a workspace: what may be cited at this moment."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._cached: OrderedDict[str, DocumentVersion] = OrderedDict()

    def current(self, version_ids: Iterable[str]) -> Mapping[str, DocumentVersion]:
        wanted = set(version_ids)
        if not wanted:
            return {}
        with self._store.session() as session:
            current = current_ids(session, wanted)
            with self._lock:
                known = {one: self._cached[one] for one in current if one in self._cached}
                for one in wanted - current:
                    self._cached.pop(one, None)
            loaded = load_versions(session, current - known.keys()) if current - known.keys() else {}
        with self._lock:
            for one, version in loaded.items():
                self._cached[one] = version
            while len(self._cached) > CACHED_VERSIONS:
                self._cached.popitem(last=False)
        return known | loaded


class Opened:
    """Models, index and pipeline of one release; closed when the last question that uses them is answered."""

    def __init__(
        self,
        store: Store,
        release: Release,
        sources: CurrentDocuments,
        on_batch: BatchListener = lambda questions: None,
    ) -> None:
        self.release = release
        router = release_router(store, release)
        self.retriever, self.reader = _open_models(store, release, on_batch)
        self.pipeline = Pipeline(
            self.retriever,
            self.reader,
            sources,
            release.policy,
            refusals=texts_of_refusal(store.config.answer),
            router=router,
            max_question_characters=store.config.answer.max_question_characters,
            release=release.version,
        )
        self.faq_revision: str | None = None
        self._router = router
        self._users = 1
        self._lock = threading.Lock()

    def follow(self, answer: AnswerSection, threshold: bool) -> None:
        """Say and decide what the settings ask for.

        Args:
            threshold: let a threshold of theirs stand above the release's own.
        """
        self.pipeline.refusals = texts_of_refusal(answer)
        if self._router is not None:
            self._router.say(texts_of_refusal(answer), texts_of_handover(answer))
        if threshold:
            self.pipeline.policy = with_threshold(self.release.policy, answer.threshold)

    def __enter__(self) -> Pipeline:
        with self._lock:
            self._users += 1
        return self.pipeline

    def __exit__(self, *exception: object) -> None:
        self.give_up()

    def give_up(self) -> None:
        """End one use; the last one closes."""
        with self._lock:
            self._users -= 1
            last = self._users == 0
        if last:
            self.reader.close()
            self.retriever.close()


def with_threshold(policy: Policy, threshold: float) -> Policy:
    """The policy with another threshold, whatever judged the passages; 0 keeps its own."""
    if not threshold:
        return policy
    beside = policy.unreranked
    return replace(policy, threshold=threshold, unreranked=with_threshold(beside, threshold) if beside else None)


def _open_models(store: Store, release: Release, on_batch: BatchListener) -> tuple[WorkspaceRetriever, BatchedReader]:
    """Search and reader, opened side by side: most of the work is done outside of Python. Both, or neither."""
    require_sources(store)
    with ThreadPoolExecutor(1) as beside:
        opening = beside.submit(open_reader, store, release, on_batch)
        try:
            retriever = release_retriever(store, release)
        except BaseException:
            with suppress(Exception):
                opening.result().close()
            raise
        return retriever, opening.result()


def _composition(store: Store) -> Composition | None:
    """What words answers in this workspace; None where nobody does."""
    composer = workspace_composer(store)
    if composer is None:
        return None
    section = store.config.compose
    return Composition(composer, f"{section.kind}:{section.model}", section.max_characters)


class Answerer:
    """The answering service of a workspace.

    Args:
        version: release to use; empty means the current one, or the untuned base models when nothing was released.
        record: write each answer to the audit trail.
        compose: let the composer of the configuration word answers, if it names one.
        on_batch: told how many questions the reader reads together, batch by batch.

    Raises:
        NotFoundError: there is no such release.
        DataError: the release is broken, or nothing was ingested yet.
        UsageError: the composer cannot be opened (see `answer.composer.open_composer`).
    """

    def __init__(
        self,
        store: Store,
        version: str = "",
        *,
        record: bool = True,
        compose: bool = True,
        on_batch: BatchListener = lambda questions: None,
    ) -> None:
        self._store = store
        self._fixed = version
        self._on_batch = on_batch
        self._recorder = Recorder(store) if record else None
        self._sources = CurrentDocuments(store)
        self._lock = threading.Lock()
        self._composition: Composition | None = None
        self._settings = LiveSettings(store)
        self._opened = self._open()
        try:
            self._composition = _composition(store) if compose else None
        except BaseException:
            self._opened.give_up()
            raise
        self._opened.pipeline.composition = self._composition

    @property
    def release(self) -> str:
        """Name of the release that answers; `base` before the first."""
        return self._opened.release.version

    @property
    def pipeline(self) -> Pipeline:
        return self._opened.pipeline

    @property
    def encoder(self) -> Encodes:
        """The encoder that answers at present, to tell which questions ask the same."""
        return self._opened.retriever.encoder

    @property
    def composer(self) -> Composes | None:
        """What the configuration lets write; None where it names nothing."""
        return self._composition.composer if self._composition is not None else None

    def take_time(self) -> None:
        """Have the reranker judge every passage, so that no answer depends on how busy the machine is."""
        self._opened.retriever.rerank_limit = None

    def ask(
        self, question: str, labels: frozenset[str] | None = frozenset(), on_stage: StageListener | None = None
    ) -> Answer:
        """Answer one question from what `labels` may see (None: the owner, who sees everything).

        Raises UsageError for a question that cannot be one.
        """
        with self._using() as opened:
            answer = opened.pipeline.answer(question, labels, on_stage)
        if self._recorder is not None:
            answer = replace(answer, audit_id=self._recorder.answer(answer, labels or frozenset()))
        return answer

    def explain(self, question: str, labels: frozenset[str] | None = frozenset()) -> Answer:
        """What would be answered now, and why: nothing is recorded, and no composer words it.

        Raises UsageError for a question that cannot be one.
        """
        with self._using() as opened:
            return opened.pipeline.answer(question, labels, compose=False)

    def reload_if_changed(self) -> bool:
        """Take up another release, FAQ entries and settings that changed; says whether anything did."""
        said = self._settings.take_up()
        if self._wanted() != self.release:
            fresh = self._open()
            with self._lock:
                old, self._opened = self._opened, fresh
            old.give_up()
            return True
        if said:
            self._follow(self._opened)
        return self._refresh_faq(self._opened) or said

    def close(self) -> None:
        self._opened.give_up()
        if self._composition is not None:
            self._composition.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @contextmanager
    def _using(self) -> Iterator[Opened]:
        """What is open at this moment; it stays so meanwhile."""
        with self._lock:
            opened = self._opened
            opened.__enter__()
        try:
            yield opened
        finally:
            opened.__exit__()

    def _wanted(self) -> str:
        return self._fixed or current_version(self._store) or BASE

    def _open(self) -> Opened:
        opened = Opened(self._store, find_release(self._store, self._wanted()), self._sources, self._on_batch)
        opened.pipeline.composition = self._composition
        self._follow(opened)
        self._refresh_faq(opened)
        return opened

    def _follow(self, opened: Opened) -> None:
        """Measurements, which are not recorded, keep the release's own threshold: it is what they are about."""
        opened.follow(self._store.config.answer, threshold=self._recorder is not None)

    def _refresh_faq(self, opened: Opened) -> bool:
        revision = faq_revision(self._store)
        if revision == opened.faq_revision:
            return False
        encoder = opened.retriever.encoder
        opened.pipeline.faq = build_matcher(self._store, encoder, calibrator_of(opened.release))
        opened.faq_revision = revision
        return True

    def retrieve(self, question: str, k: int | None = None, labels: frozenset[str] | None = frozenset()) -> Retrieval:
        """The `k` passages that this question would be answered from; by default as many as the reader gets.

        Raises UsageError for a question that cannot be one.
        """
        with self._using() as opened:
            pipeline = opened.pipeline
            return pipeline.retriever.retrieve(pipeline.checked(question), k or pipeline.policy.passages, labels)

    def read(self, question: str, texts: Sequence[str]) -> list[Decoded]:
        """What the reader finds in each of these texts, with its confidence.

        Raises UsageError for a question that cannot be one.
        """
        with self._using() as opened:
            checked = opened.pipeline.checked(question)
            return opened.reader.read([(checked, text) for text in texts])


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """The form of an answer outside this program: command line and HTTP alike."""
    raw = asdict(answer)
    raw["kind"] = answer.kind.value
    raw["explanation"] = dict(answer.explanation)
    return raw
