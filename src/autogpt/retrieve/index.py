"""Keeps passages with their words and vectors, and finds them by either.

In: passages and vectors; then analysed words or a vector. Out: passages with scores, best first. Kept in LanceDB, one
table for each encoder. Knows nothing about documents' records, encoders or fusing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autogpt.errors import UsageError
from autogpt.records import Passage
from autogpt.retrieve.access import may_see
from autogpt.retrieve.lance import connect, table_names
from autogpt.retrieve.rows import (
    FORMAT_VERSION,
    PASSAGE_COLUMNS,
    analysed_anew,
    arrow_rows,
    glossary_text,
    matrix,
    relabelled,
    to_passage,
    with_glossary,
)
from autogpt.retrieve.table import Table, among, batches
from autogpt.text.glossary import NO_GLOSSARY, Glossary, parse

#: Partitions of an approximate index that a search looks into at least; more where labels hide too much.
_PROBES = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    Attributes:
        score: what it was found by: BM25 for words, cosine for vectors.
        terms: the passage's analysed words, those of its title and headings included.
        cosine: with the vector that was asked with, if any.
    """

    passage: Passage
    score: float
    terms: frozenset[str]
    cosine: float | None


@dataclass(frozen=True, slots=True)
class IndexStats:
    """`approximate` tells whether vectors are searched through an approximate index. Sizes in bytes on disk."""

    passages: int
    documents: int
    bytes: int
    approximate: bool
    unindexed: int


class Index(Table):
    """The passages of a workspace under one encoder. Reading is safe from any thread or process while one writes.

    Args:
        uri: folder or object-store URI that holds the tables.
        encoder_id: hash of the encoder whose vectors these are.
    """

    def __init__(self, uri: str, encoder_id: str) -> None:
        super().__init__(uri, f"passages-v{FORMAT_VERSION}-{encoder_id}")
        self._access: tuple[int, dict[str, frozenset[str]]] = (-1, {})
        self._glossary: tuple[int, Glossary] = (-1, NO_GLOSSARY)

    @property
    def glossary(self) -> Glossary:
        """What the passages' words were taken with, and a question's have to be."""
        return self._read(self._glossary_of, NO_GLOSSARY)

    def add(
        self,
        passages: Sequence[Passage],
        vectors: NDArray[np.float32],
        *,
        names: Mapping[str, str] | None = None,
        fingerprints: Mapping[str, str] | None = None,
        glossary: Glossary = NO_GLOSSARY,
    ) -> None:
        """Add passages in one commit: all of them or, after a kill, none.

        Args:
            vectors: float32[N, H] of length 1.
            names: file names by document id, searched along.
            fingerprints: by document id, what `contents` gives back and `remove` takes.
            glossary: of a new index; one that holds passages keeps its own until `analyse_anew`.

        Raises:
            UsageError: the vectors are not as long as those already here.
        """
        if not passages:
            return
        names, fingerprints = names or {}, fingerprints or {}
        table = self._table()
        if table is not None:
            size = table.schema.field("vector").type.list_size
            if size != vectors.shape[1]:
                raise UsageError(f"The index holds vectors of {size} numbers, these have {vectors.shape[1]}.")
        rows = arrow_rows(passages, vectors, names, fingerprints, glossary if table is None else self.glossary)
        if table is None:
            self._write(rows.cast(with_glossary(rows.schema, glossary)), "create")
        else:
            table.add(rows)

    def analyse_anew(
        self, glossary: Glossary, names: Mapping[str, str], report: Callable[[int], None] = lambda done: None
    ) -> None:
        """Take the words of all passages with another `glossary`, in one commit; the vectors stay.

        `compact` then brings the search structures up to date. No other process may write meanwhile.

        Args:
            names: file names by document id, as for `add`.
            report: told how many passages are done; what it raises ends the work, and all is as it was.
        """
        import pyarrow as pa

        table = self._table()
        if table is None:
            return
        rows = batches(table)
        schema = with_glossary(rows.schema, glossary)
        stopped: list[BaseException] = []

        def analysed() -> Iterator[Any]:
            done = 0
            try:
                for batch in rows:
                    yield analysed_anew(batch, schema, names, glossary)
                    done += batch.num_rows
                    report(done)
            except BaseException as error:
                stopped.append(error)
                raise

        try:
            self._write(pa.RecordBatchReader.from_batches(schema, analysed()), "overwrite")
        except Exception:
            if stopped:  # LanceDB hands on its text alone
                raise stopped[0] from None
            raise

    def relabel(self, document_id: str, version_id: str, labels: Sequence[str], fingerprint: str) -> None:
        """Let the passages of a document version be seen by who has `labels`; they are kept under `fingerprint` then.

        The changed rows go in before the old ones go out: a search in between may find both.
        """
        table = self._table()
        if table is None:
            return
        where = f"{among('document_id', [document_id])} AND {among('version_id', [version_id])}"
        held = list(batches(table, where=where))
        old = {one for batch in held for one in batch["fingerprint"].to_pylist()} - {fingerprint}
        for batch in held:
            table.add(relabelled(batch, labels, fingerprint))
        self.remove(old)

    def remove_documents(self, document_ids: Iterable[str]) -> None:
        """Take documents out: no search finds them any more. `compact` then takes their text off the disk."""
        self._delete("document_id", document_ids)

    def remove(self, fingerprints: Iterable[str]) -> None:
        """Take out the passages that were added under these, as `remove_documents` does."""
        self._delete("fingerprint", fingerprints)

    def contents(self) -> dict[str, set[str]]:
        """What is indexed: document id → fingerprints of its passages (one, but for a change that was cut short)."""
        found: dict[str, set[str]] = {}
        table = self._table()
        for batch in () if table is None else batches(table, ["document_id", "fingerprint"]):
            for document, fingerprint in set(zip(*(column.to_pylist() for column in batch.columns), strict=True)):
                found.setdefault(document, set()).add(fingerprint)
        return found

    def lexical(
        self,
        words: Sequence[str],
        k: int,
        labels: frozenset[str] | None = frozenset(),
        vector: NDArray[np.float32] | None = None,
    ) -> list[Hit]:
        """Up to `k` passages that hold any of the analysed `words`, by BM25 (k1 1.2, b 0.75).

        Args:
            labels: the asker's; None is the owner, who sees everything.
            vector: the question's, float32[H], for `Hit.cosine`.
        """
        from lancedb.query import MatchQuery

        unique = dict.fromkeys(word for word in words if word and not word.isspace())
        if not unique:
            return []
        query = MatchQuery(" ".join(unique), "terms")
        return self._search(lambda table: table.search(query), "_score", k, labels, vector)

    def dense(self, vector: NDArray[np.float32], k: int, labels: frozenset[str] | None = frozenset()) -> list[Hit]:
        """Up to `k` passages whose vectors are nearest to `vector`, float32[H] of length 1, by cosine."""

        def search(table: Any) -> Any:
            query = table.search(vector, vector_column_name="vector").distance_type("dot")
            return query.minimum_nprobes(_PROBES).maximum_nprobes(0)

        return self._search(search, "_distance", k, labels)

    def stats(self) -> IndexStats:
        """Sizes, for people and metrics."""

        def read(table: Any) -> IndexStats:
            kinds = {index.columns[0]: index for index in table.list_indices()}
            words = kinds.get("terms")
            return IndexStats(
                passages=table.count_rows(),
                documents=len(self.contents()),
                bytes=table.stats()["total_bytes"],
                approximate="vector" in kinds,
                unindexed=words.num_unindexed_rows if words else table.count_rows(),
            )

        return self._read(read, IndexStats(0, 0, 0, approximate=False, unindexed=0))

    def _search(
        self,
        query: Callable[[Any], Any],
        column: str,
        k: int,
        labels: frozenset[str] | None,
        vector: NDArray[np.float32] | None = None,
    ) -> list[Hit]:
        """The first `k` rows of a query; `column` is LanceDB's score, or its distance, 1 - cosine."""
        columns = [*PASSAGE_COLUMNS, column, *(() if vector is None else ("vector",))]

        def read(table: Any) -> list[Hit]:
            built = query(table).select(columns).limit(k)
            visible = self._visible(table, labels)
            if visible is not None:
                built = built.where(among("access", visible), prefilter=True)
            rows = built.to_arrow()
            scores = rows[column].to_pylist()
            cosines: list[float | None] = [None] * len(scores)
            if column == "_distance":
                scores = cosines = [1.0 - distance for distance in scores]
            elif vector is not None and scores:
                cosines = (matrix(rows["vector"]) @ vector).tolist()
            return [
                Hit(to_passage(row), score, frozenset(row["terms"].split()), cosine)
                for row, score, cosine in zip(rows.select(PASSAGE_COLUMNS).to_pylist(), scores, cosines, strict=True)
            ]

        return self._read(read, [])

    def _visible(self, table: Any, labels: frozenset[str] | None) -> list[str] | None:
        """Keys of the sets of labels that the asker may see, or None when that is all there are."""
        if labels is None:
            return None
        version = table.version
        if self._access[0] != version:
            labelled = batches(table, ["access", "labels"], "access != ''")
            sets = {row["access"]: frozenset(row["labels"]) for batch in labelled for row in batch.to_pylist()}
            self._access = (version, sets)
        sets = self._access[1]
        seen = [key for key, needed in sets.items() if may_see(needed, labels)]
        return None if len(seen) == len(sets) else ["", *seen]

    def _glossary_of(self, table: Any) -> Glossary:
        version = table.version
        if self._glossary[0] != version:
            told = glossary_text(table.schema)
            known = self._glossary[1]
            self._glossary = (version, known if told == str(known) else parse(told))
        return self._glossary[1]

    def _forget(self) -> None:
        super()._forget()
        self._access, self._glossary = (-1, {}), (-1, NO_GLOSSARY)


def indexes(uri: str) -> Iterator[Index]:
    """Every index at `uri`, whatever its encoder. Tables of another format are dropped: no search reads them."""
    connection = connect(uri)
    for name in table_names(connection):
        kind, _, rest = name.partition("-")
        version, _, encoder_id = rest.partition("-")
        if kind != "passages":
            continue
        if version == f"v{FORMAT_VERSION}":
            yield Index(uri, encoder_id)
        else:
            connection.drop_table(name)
