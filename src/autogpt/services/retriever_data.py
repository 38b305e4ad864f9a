"""Makes what a retriever is trained and validated on: of a workspace's examples and FAQ entries, or of files.

In: a store, or reader examples. Out: `Pair`s and a `Ranking`, with passages cut and named as the index has them; for a
reranker the same pairs (`services/reranker_data.py`). Knows nothing about training.
"""

import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

import numpy as np
from sqlalchemy import select

from autogpt.answer.tune_faq import answer_count, held_out_entries
from autogpt.config import Config, RerankerTrainingSection, RetrieverTrainingSection
from autogpt.progress import Progress, Sink, silent, track
from autogpt.records import DocumentVersion, Example, FaqEntry, Passage, ReaderExample, Split, Status, Task
from autogpt.retrieve.encoder import Encodes, Prompt
from autogpt.retrieve.index import Index
from autogpt.retrieve.retriever import Retrieved, Retriever, is_searchable
from autogpt.retrieve.searchable import embedded_text
from autogpt.services.examples.chosen import ALL, Choice, choice_of
from autogpt.services.examples.listing import load_examples
from autogpt.services.index_recipe import passages_of
from autogpt.services.retrieving import open_retriever
from autogpt.store import Store
from autogpt.store.documents import load_versions
from autogpt.store.faq import load_faq
from autogpt.store.tables import DocumentRow
from autogpt.train.hard_negatives import less_similar, without_answer
from autogpt.train.pairs import Pair, Ranking, holding

#: Passages encoded between two reports.
_STEP = 256
#: Documents whose passages are kept ready.
_READY = 256

Search = Callable[[str], Sequence[Retrieved]]
#: Opens a search, with the encoder that it uses.
Opening = Callable[[], AbstractContextManager[tuple[Search, Encodes]]]
MiningSection = RetrieverTrainingSection | RerankerTrainingSection


@dataclass(frozen=True)
class RetrieverData:
    """Everything but the hard negatives.

    Attributes:
        asked: each train example with the texts of the passages that hold its answer, the best first.
        faq: vetted entries, which train too.
        faq_left_out: vetted answers that do not, for a release to be fitted to.
        held_out: document versions that validation and test questions are asked of: never negatives.
        names: file names by document id.
    """

    asked: Sequence[tuple[Example, Sequence[str]]]
    validation: Ranking
    faq: Sequence[FaqEntry] = ()
    faq_left_out: int = 0
    held_out: frozenset[str | None] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> list[object]:
        """All that decides how a training on this goes, as JSON."""
        return [
            [[one.question, *texts] for one, texts in self.asked],
            [[list(one.questions), one.answer] for one in self.faq],
            sorted(map(str, self.held_out)),
            list(self.validation.passages),
            [[text, sorted(right)] for text, right in self.validation.questions],
        ]


@dataclass(frozen=True)
class Parts:
    """Examples with answers, and the documents that they are asked of.

    Attributes:
        current: ids of all document versions that are searched.
        held_out: those that validation and test questions are asked of.
        names: file names by document id.
        cut: id of a version → its passages, as the index has them.
    """

    train: Sequence[Example]
    validation: Sequence[Example]
    current: Sequence[str]
    held_out: frozenset[str | None]
    names: Mapping[str, str]
    cut: Callable[[str], Sequence[Passage]]

    def asked(self) -> list[tuple[Example, Sequence[str]]]:
        """Those of the train part with the texts of the passages that hold their answer."""
        return _asked(self.train, self.cut, self.names)

    def text(self, passage: Passage) -> str:
        """The text that stands for a passage."""
        return _text(passage, self.names)


def workspace_parts(store: Store, held: Split = Split.VALIDATION, choice: Choice = ALL) -> Parts:
    """The accepted extractive examples of a workspace and its documents.

    Args:
        held: the part that stands as `validation`.
        choice: which examples of the train part are taken.
    """
    accepted = [one for one in load_examples(store, Status.ACCEPTED) if one.task == Task.EXTRACTIVE and one.version_id]
    with store.session() as session:
        rows = session.execute(
            select(DocumentRow.current_version_id, DocumentRow.id, DocumentRow.name)
            .where(DocumentRow.removed_at.is_(None), DocumentRow.duplicate_of.is_(None))
            .where(DocumentRow.current_version_id.is_not(None))
            .order_by(DocumentRow.created_at, DocumentRow.id)
        ).all()

    def cut(version_id: str) -> Sequence[Passage]:
        with store.session() as session:
            version = load_versions(session, [version_id]).get(version_id)
        return passages_of(version, store.config.ingest) if version is not None else ()

    part = {split: [one for one in accepted if one.split == split and one.spans] for split in Split}
    return Parts(
        train=choice.of(part[Split.TRAIN]),
        validation=part[held],
        current=[version for version, _, _ in rows if version],
        held_out=frozenset(one.version_id for one in accepted if one.split in (Split.VALIDATION, Split.TEST)),
        names={document: name for _, document, name in rows},
        cut=cut,
    )


def ranking_of(parts: Parts, settings: RetrieverTrainingSection) -> Ranking:
    """The validation questions of `parts` before the passages of all its documents."""
    return _ranking(parts.validation, map(parts.cut, parts.current), parts.names, settings)


def workspace_data(store: Store, sink: Sink = silent) -> RetrieverData:
    """The train part of the extractive examples, the FAQ entries without those that releases are fitted to, and the
    validation part before all passages.
    """
    settings = store.config.train.retriever
    parts = workspace_parts(store, choice=choice_of(settings))
    with store.session() as session:
        faq = load_faq(session)
    left_out = held_out_entries(faq)
    without = {entry.id for entry in left_out}
    documents = map(parts.cut, track(parts.current, "passages", sink))
    return RetrieverData(
        asked=parts.asked(),
        validation=_ranking(parts.validation, documents, parts.names, settings),
        faq=[entry for entry in faq if entry.id not in without],
        faq_left_out=answer_count(left_out),
        held_out=parts.held_out,
        names=parts.names,
    )


def file_parts(config: Config, train: Sequence[ReaderExample], validation: Sequence[ReaderExample]) -> Parts:
    """The same of files, each context a document. Questions without an answer are left out."""
    versions: dict[str, DocumentVersion] = {}

    def key_of(one: ReaderExample) -> str:
        return sha256(f"{one.title}\0{one.context}".encode()).hexdigest()[:32]

    def examples(given: Sequence[ReaderExample]) -> list[Example]:
        made = []
        for one in given:
            key = key_of(one)
            versions.setdefault(key, _version(key, one))
            made.append(Example(one.id, one.question, version_id=key, spans=one.answers, language=one.language))
        return [one for one in made if one.spans]

    cut = lru_cache(maxsize=None)(lambda key: passages_of(versions[key], config.ingest))
    asked, held = examples(train), examples(validation)
    return Parts(asked, held, list(versions), frozenset(map(key_of, validation)), {}, cut)


def file_data(
    config: Config, train: Sequence[ReaderExample], validation: Sequence[ReaderExample]
) -> tuple[RetrieverData, list[Passage]]:
    """What files are trained and validated on, with the passages that negatives may be taken from.

    Validation questions search the passages of all contexts.
    """
    parts = file_parts(config, train, validation)
    own = [passage for key in parts.current if key not in parts.held_out for passage in parts.cut(key)]
    ranking = ranking_of(parts, config.train.retriever)
    return RetrieverData(parts.asked(), ranking, held_out=parts.held_out), own


def mined_pairs(
    data: RetrieverData,
    settings: MiningSection,
    search: Search,
    encoder: Encodes,
    sink: Sink = silent,
) -> list[Pair]:
    """The pairs to train on, each with the hard negatives that the untuned search finds for it.

    Args:
        search: passages for a question, best first, by words and by meaning.
        encoder: what `search` uses.
    """
    questions = encoder.encode([one.question for one, _ in data.asked], "query") if data.asked else ()
    best = list(dict.fromkeys(texts[0] for _, texts in data.asked))
    vectors = dict(zip(best, _encoded(encoder, best, sink), strict=True))
    pairs = []
    for (example, texts), question in zip(track(data.asked, "negatives", sink), questions, strict=True):
        negatives: tuple[str, ...] = ()
        if settings.hard_negatives and is_searchable(example.question):
            found = {one.passage.id: one for one in search(example.question)[: settings.candidates]}
            others = without_answer(example, [one.passage for one in found.values()], data.held_out)
            ranked = [(_text(one, data.names), found[one.id].dense_score) for one in others]
            negatives = less_similar(
                ((other, cosine) for other, cosine in ranked if cosine is not None and other not in texts),
                float(question @ vectors[texts[0]]),
                settings.margin,
                settings.hard_negatives,
            )
        pairs.append(Pair(example.question, texts[0], negatives, alike=tuple(texts[1:])))
    return [*pairs, *_faq_pairs(data.faq, settings, encoder)]


@contextmanager
def workspace_search(store: Store, depth: int = 0) -> Iterator[tuple[Search, Encodes]]:
    """The search that answers at present, as the owner sees it and without a reranker, and its encoder.

    Args:
        depth: passages that it finds; 0: `train.retriever.candidates`.
    """
    depth = depth or store.config.train.retriever.candidates
    with open_retriever(store) as retriever:
        retriever.rerank_weight = 0.0
        yield (lambda question: retriever.retrieve(question, depth, None)), retriever.encoder


@contextmanager
def passage_search(
    config: Config, found: Sequence[Passage], encoder: Encodes, sink: Sink = silent, depth: int = 0
) -> Iterator[tuple[Search, Encodes]]:
    """A search of these passages alone, with `encoder`; its index is thrown away afterwards."""
    remembering = _Remembering(encoder)
    with tempfile.TemporaryDirectory(prefix="autogpt-") as folder:
        index = Index(folder, encoder.id)
        index.add(found, _encoded(remembering, [_text(one, {}) for one in found], sink))
        index.compact(purge=False)
        retriever = Retriever(index, encoder, config.retrieve)
        depth = depth or config.train.retriever.candidates
        yield (lambda question: retriever.retrieve(question, depth, None)), remembering


class _Remembering:
    """An encoder that embeds no passage twice: most of them answer a question too."""

    def __init__(self, encoder: Encodes) -> None:
        self.id = encoder.id
        self._encoder = encoder
        self._known: dict[str, np.ndarray] = {}

    def encode(self, texts: Sequence[str], prompt: Prompt = "document") -> np.ndarray:
        if prompt != "document" or not texts:
            return self._encoder.encode(texts, prompt)
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._known[text] for text in texts])


def _asked(
    examples: Iterable[Example], cut: Callable[[str], Sequence[Passage]], names: Mapping[str, str]
) -> list[tuple[Example, Sequence[str]]]:
    """Examples with the texts of the passages that hold their answer, the one with most around it first."""
    ready = lru_cache(maxsize=_READY)(cut)
    found: list[tuple[Example, Sequence[str]]] = []
    for example in examples:
        own = ready(example.version_id or "")
        places = holding(own, example.spans)
        if places:
            found.append((example, [_text(own[place], names) for place in places]))
    return found


def _ranking(
    examples: Sequence[Example],
    documents: Iterable[Sequence[Passage]],
    names: Mapping[str, str],
    settings: RetrieverTrainingSection,
) -> Ranking:
    """The validation; of passages that answer nothing, as many as the settings allow are taken by chance."""
    asked: dict[str | None, list[Example]] = {}
    for example in examples:
        asked.setdefault(example.version_id, []).append(example)
    if not asked:
        return Ranking()
    rng = random.Random(settings.seed)  # noqa: S311
    limit = settings.validation_passages
    texts: list[str] = []
    questions: list[tuple[str, frozenset[int]]] = []
    others: list[str] = []
    seen = 0
    for own in documents:
        places: dict[int, int] = {}
        for example in asked.get(own[0].version_id, ()) if own else ():
            right = holding(own, example.spans)
            for place in right:
                if place not in places:
                    places[place] = len(texts)
                    texts.append(_text(own[place], names))
            if right:
                questions.append((example.question, frozenset(places[place] for place in right)))
        for place, passage in enumerate(own):
            if place in places:
                continue
            seen += 1
            if not limit or len(others) < limit:
                others.append(_text(passage, names))
            elif (at := rng.randrange(seen)) < limit:
                others[at] = _text(passage, names)
    rng.shuffle(others)
    room = max(0, limit - len(texts)) if limit else len(others)
    return Ranking((*texts, *others[:room]), tuple(questions)) if questions else Ranking()


def _faq_pairs(entries: Sequence[FaqEntry], settings: MiningSection, encoder: Encodes) -> list[Pair]:
    """Each phrasing with its answer, and with the entry's next phrasing, as questions are matched with phrasings.

    Hard negatives are phrasings of entries with other answers.
    """
    owned = [(text, entry) for entry in entries for text in dict.fromkeys(entry.questions)]
    if not owned:
        return []
    right: dict[str, dict[str, None]] = {}  # answer → itself and all that may stand for it, in order
    for text, entry in owned:
        right.setdefault(entry.answer, {entry.answer: None})[text] = None
    pairs = [Pair(text, entry.answer, alike=tuple(right[entry.answer])) for text, entry in owned if entry.answer]
    vectors = encoder.encode([text for text, _ in owned], "query")
    place = {(entry.id, text): number for number, (text, entry) in enumerate(owned)}
    for number, (text, entry) in enumerate(owned):
        own = list(dict.fromkeys(entry.questions))
        other = own[(own.index(text) + 1) % len(own)]
        if other == text:
            continue
        cosines = vectors @ vectors[number]
        order = np.argsort(-cosines, kind="stable")[: settings.candidates + len(right[entry.answer])]
        ranked = [(owned[at][0], float(cosines[at])) for at in order.tolist() if owned[at][1].answer != entry.answer]
        negatives = less_similar(
            ranked, float(cosines[place[entry.id, other]]), settings.margin, settings.hard_negatives
        )
        pairs.append(Pair(text, other, negatives, "query", tuple(right[entry.answer])))
    return pairs


def _version(key: str, example: ReaderExample) -> DocumentVersion:
    """A context as the document that an import of its file would make of it."""
    return DocumentVersion(
        id=key,
        document_id=key,
        name="",
        title=example.title,
        text=example.context,
        language=example.language,
        media_type="text/plain",
        raw_checksum="",
    )


def _text(passage: Passage, names: Mapping[str, str]) -> str:
    return embedded_text(passage, names.get(passage.document_id, ""))


def _encoded(encoder: Encodes, texts: Sequence[str], sink: Sink) -> np.ndarray:
    if not texts:
        return np.zeros((0, 1), np.float32)
    vectors = []
    for at in range(0, len(texts), _STEP):
        vectors.append(encoder.encode(texts[at : at + _STEP]))
        sink(Progress("embed", min(at + _STEP, len(texts)), len(texts)))
    return np.concatenate(vectors)
