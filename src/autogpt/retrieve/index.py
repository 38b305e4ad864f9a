"""Keeps passages with their words and vectors, and finds them by either.

In: passages and vectors; then analysed words or a vector. Out: passages with scores, best first. Kept in LanceDB, one
table for each encoder. Knows nothing about documents' records, encoders or fusing.
"""

import contextlib
import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from autogpt.errors import UsageError
from autogpt.records import Passage
from autogpt.retrieve.access import may_see
from autogpt.retrieve.lance import connect, table_names
from autogpt.retrieve.searchable import search_terms
from autogpt.text.glossary import NO_GLOSSARY, Glossary, parse

T = TypeVar("T")

#: Part of the table's name: a table of another format is built anew beside it. 1: the columns of `_schema`.
FORMAT_VERSION = 1
#: Above so many passages vectors are searched through an approximate index: IVF over whole vectors, which was as fast
#: as quantised ones and lost nothing in 50 neighbours of 50,000 passages, for a tenth of an exact search's time.
EXACT_UP_TO = 20_000
#: Partitions of that index that a search looks into at least; more where labels hide too much.
_PROBES = 20
_COLUMNS = [
    "id",
    "document_id",
    "version_id",
    "start",
    "end",
    "text",
    "title",
    "heading_path",
    "page",
    "language",
    "labels",
    "terms",
]
_BATCH = 4_096
#: Key of the table's schema metadata that holds the glossary: words and glossary change in one commit.
_GLOSSARY = b"glossary"


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


class Index:
    """The passages of a workspace under one encoder. Reading is safe from any thread or process while one writes.

    Args:
        uri: folder or object-store URI that holds the tables.
        encoder_id: hash of the encoder whose vectors these are.
    """

    def __init__(self, uri: str, encoder_id: str) -> None:
        self.table_name = f"passages-v{FORMAT_VERSION}-{encoder_id}"
        self._connection = connect(uri)
        self._open: Any = None
        self._access: tuple[int, dict[str, frozenset[str]]] = (-1, {})
        self._glossary: tuple[int, Glossary] = (-1, NO_GLOSSARY)

    @property
    def exists(self) -> bool:
        """Whether anything was ever added."""
        return self._table() is not None

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
        rows = _rows(passages, vectors, names, fingerprints, glossary if table is None else self.glossary)
        if table is None:
            rows = rows.cast(_with_glossary(rows.schema, glossary))
            self._open = self._connection.create_table(self.table_name, rows)
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
        rows = table.search().to_batches(batch_size=_BATCH)
        schema = _with_glossary(rows.schema, glossary)
        at = schema.get_field_index("terms")
        stopped: list[BaseException] = []

        def analysed() -> Iterator[Any]:
            done = 0
            try:
                for batch in rows:
                    made = [_words(_passage(row), names, glossary) for row in batch.select(_COLUMNS).to_pylist()]
                    columns = [*batch.columns[:at], pa.array(made, pa.string()), *batch.columns[at + 1 :]]
                    yield pa.record_batch(columns, schema=schema)
                    done += len(made)
                    report(done)
            except BaseException as error:
                stopped.append(error)
                raise

        try:
            reader = pa.RecordBatchReader.from_batches(schema, analysed())
            self._open = self._connection.create_table(self.table_name, reader, mode="overwrite")
        except Exception:
            if stopped:  # LanceDB hands on its text alone
                raise stopped[0] from None
            raise

    def remove_documents(self, document_ids: Iterable[str]) -> None:
        """Take documents out: no search finds them any more. `compact` then takes their text off the disk."""
        self._delete("document_id", document_ids)

    def remove(self, fingerprints: Iterable[str]) -> None:
        """Take out the passages that were added under these, as `remove_documents` does."""
        self._delete("fingerprint", fingerprints)

    def contents(self) -> dict[str, set[str]]:
        """What is indexed: document id → fingerprints of its passages (one, but for a change that was cut short)."""
        found: dict[str, set[str]] = {}
        for batch in self._scan(["document_id", "fingerprint"]):
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

    def count(self) -> int:
        """Number of passages."""
        return self._read(lambda table: int(table.count_rows()), 0)

    def version(self) -> int:
        """A number that grows with every change; 0 before the first."""
        return self._read(lambda table: int(table.version), 0)

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

    def compact(self, *, purge: bool = True) -> None:
        """Bring the search structures up to date and drop old versions from the disk.

        With `purge` the table and its structures are rewritten, so that of what was removed no text, word or vector
        remains in any file; without it new passages are only taken in. No other process may write meanwhile; searches
        go on, slower until it is done.
        """
        table = self._table()
        if table is None:
            return
        if purge:
            rows = table.search().to_batches(batch_size=_BATCH)
            table = self._open = self._connection.create_table(self.table_name, rows, mode="overwrite")
        self._build_indices(table)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)

    @property
    def compacted(self) -> bool:
        """Whether the last change was followed by `compact`; not so after a kill in between."""
        return self._read(
            lambda table: len(table.list_versions()) == 1 and (self._indexed(table, "terms") or not table.count_rows()),
            True,
        )

    def drop(self) -> None:
        """Delete the whole table."""
        if self._table() is not None:
            self._connection.drop_table(self.table_name)
            self._open = None

    def _build_indices(self, table: Any) -> None:
        from lancedb.index import FTS, IvfFlat

        if not self._indexed(table, "terms"):
            words = FTS(
                base_tokenizer="whitespace",
                lower_case=False,
                stem=False,
                remove_stop_words=False,
                ascii_folding=False,
                max_token_length=None,
            )
            table.create_index("terms", config=words)
        if table.count_rows() > EXACT_UP_TO and not self._indexed(table, "vector"):
            table.create_index("vector", config=IvfFlat(distance_type="dot"))

    @staticmethod
    def _indexed(table: Any, column: str) -> bool:
        return any(index.columns == [column] for index in table.list_indices())

    def _delete(self, column: str, values: Iterable[str]) -> None:
        wanted = sorted(set(values))
        table = self._table()
        if table is not None and wanted:
            table.delete(f"{column} IN ({_quoted(wanted)})")

    def _search(
        self,
        query: Callable[[Any], Any],
        column: str,
        k: int,
        labels: frozenset[str] | None,
        vector: NDArray[np.float32] | None = None,
    ) -> list[Hit]:
        """The first `k` rows of a query; `column` is LanceDB's score, or its distance, 1 - cosine."""
        columns = [*_COLUMNS, column] if vector is None else [*_COLUMNS, column, "vector"]

        def read(table: Any) -> list[Hit]:
            built = query(table).select(columns).limit(k)
            visible = self._visible(table, labels)
            if visible is not None:
                built = built.where(f"access IN ({_quoted(visible)})", prefilter=True)
            rows = built.to_arrow()
            scores = rows[column].to_pylist()
            cosines: list[float | None] = [None] * len(scores)
            if column == "_distance":
                scores = cosines = [1.0 - distance for distance in scores]
            elif vector is not None and scores:
                cosines = (_matrix(rows["vector"]) @ vector).tolist()
            return [
                Hit(_passage(row), score, frozenset(row["terms"].split()), cosine)
                for row, score, cosine in zip(rows.select(_COLUMNS).to_pylist(), scores, cosines, strict=True)
            ]

        return self._read(read, [])

    def _visible(self, table: Any, labels: frozenset[str] | None) -> list[str] | None:
        """Keys of the sets of labels that the asker may see, or None when that is all there are."""
        if labels is None:
            return None
        version = table.version
        if self._access[0] != version:
            rows = table.search().where("access != ''").select(["access", "labels"]).to_batches(batch_size=_BATCH)
            sets = {row["access"]: frozenset(row["labels"]) for batch in rows for row in batch.to_pylist()}
            self._access = (version, sets)
        sets = self._access[1]
        seen = [key for key, needed in sets.items() if may_see(needed, labels)]
        return None if len(seen) == len(sets) else ["", *seen]

    def _glossary_of(self, table: Any) -> Glossary:
        version = table.version
        if self._glossary[0] != version:
            told = (table.schema.metadata or {}).get(_GLOSSARY, b"").decode()
            known = self._glossary[1]
            self._glossary = (version, known if told == str(known) else parse(told))
        return self._glossary[1]

    def _scan(self, columns: list[str]) -> Iterator[Any]:
        table = self._table()
        if table is not None:
            yield from table.search().select(columns).to_batches(batch_size=_BATCH)

    def _table(self) -> Any:
        """The open table, or None before the first passage."""
        if self._open is None:
            with contextlib.suppress(ValueError, FileNotFoundError):
                self._open = self._connection.open_table(self.table_name)
        return self._open

    def _read(self, read: Callable[[Any], T], empty: T) -> T:
        """The result of `read`. A file that another process compacted away meanwhile is answered by reading anew."""
        table = self._table()
        if table is None:
            return empty
        try:
            return read(table)
        except (RuntimeError, OSError, ValueError):
            self._open, self._access, self._glossary = None, (-1, {}), (-1, NO_GLOSSARY)
            table = self._table()
            return empty if table is None else read(table)


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


def _rows(
    passages: Sequence[Passage],
    vectors: NDArray[np.float32],
    names: Mapping[str, str],
    prints: Mapping[str, str],
    glossary: Glossary,
) -> Any:
    """An Arrow table of the schema of format 1."""
    import pyarrow as pa

    flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1))
    text = pa.string()
    return pa.table(
        {
            "id": pa.array([one.id for one in passages], text),
            "document_id": pa.array([one.document_id for one in passages], text),
            "version_id": pa.array([one.version_id for one in passages], text),
            "fingerprint": pa.array([prints.get(one.document_id, "") for one in passages], text),
            "start": pa.array([one.start for one in passages], pa.int64()),
            "end": pa.array([one.end for one in passages], pa.int64()),
            "text": pa.array([one.text for one in passages], text),
            "title": pa.array([one.title for one in passages], text),
            "heading_path": pa.array([list(one.heading_path) for one in passages], pa.list_(text)),
            "page": pa.array([one.page for one in passages], pa.int32()),
            "language": pa.array([one.language for one in passages], text),
            "labels": pa.array([sorted(one.labels) for one in passages], pa.list_(text)),
            "access": pa.array([_access_key(one.labels) for one in passages], text),
            "terms": pa.array([_words(one, names, glossary) for one in passages], text),
            "vector": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
        }
    )


def _words(passage: Passage, names: Mapping[str, str], glossary: Glossary) -> str:
    """What the column "terms" holds for a passage."""
    return " ".join(search_terms(passage, names.get(passage.document_id, ""), glossary))


def _with_glossary(schema: Any, glossary: Glossary) -> Any:
    return schema.with_metadata({_GLOSSARY: str(glossary)} if glossary else None)


def _matrix(column: Any) -> NDArray[np.float32]:
    """float32[N, H] of a column of vectors."""
    flat: NDArray[np.float32] = column.combine_chunks().flatten().to_numpy()
    return flat.reshape(len(column), -1)


def _passage(row: Mapping[str, Any]) -> Passage:
    return Passage(
        id=row["id"],
        document_id=row["document_id"],
        version_id=row["version_id"],
        start=row["start"],
        end=row["end"],
        text=row["text"],
        title=row["title"],
        heading_path=tuple(row["heading_path"]),
        page=row["page"],
        language=row["language"],
        labels=frozenset(row["labels"]),
    )


def _access_key(labels: frozenset[str]) -> str:
    """A key for a set of labels that is safe inside a filter: empty for everybody, else hexadecimal."""
    return sha256(json.dumps(sorted(labels)).encode()).hexdigest()[:16] if labels else ""


def _quoted(values: Iterable[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
