"""The life of a table of the index: made, rewritten, compacted, dropped, and read all the while.

In: Arrow rows that have the columns `terms` and `vector`. Out: LanceDB's table, open and up to date, with its search
structures. Knows nothing about passages, nor about what is asked of them.
"""

import contextlib
import warnings
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Literal, TypeVar

from autogpt.retrieve.lance import connect

T = TypeVar("T")

#: Above so many rows vectors are searched through an approximate index: IVF over whole vectors, which was as fast as
#: quantised ones and lost nothing in 50 neighbours of 50,000 passages, for a tenth of an exact search's time.
EXACT_UP_TO = 20_000
_BATCH = 4_096


class Table:
    """A table that need not be there yet. Reading is safe from any thread or process while one writes.

    Args:
        uri: folder or object-store URI that holds the tables.
        table_name: of this one.
    """

    def __init__(self, uri: str, table_name: str) -> None:
        self.table_name = table_name
        self._connection = connect(uri)
        self._opened: Any = None

    @property
    def exists(self) -> bool:
        """Whether anything was ever added."""
        return self._table() is not None

    def count(self) -> int:
        """Number of rows."""
        return self._read(lambda table: int(table.count_rows()), 0)

    def version(self) -> int:
        """A number that grows with every change; 0 before the first."""
        return self._read(lambda table: int(table.version), 0)

    def compact(self, *, purge: bool = True) -> None:
        """Bring the search structures up to date and drop old versions from the disk.

        With `purge` the table and its structures are rewritten, so that of what was removed no text, word or vector
        remains in any file; without it new rows are only taken in. No other process may write meanwhile; searches go
        on, slower until it is done.
        """
        table = self._table()
        if table is None:
            return
        if purge:
            table = self._write(batches(table), "overwrite")
        self._build_indices(table)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)

    @property
    def compacted(self) -> bool:
        """Whether the last change was followed by `compact`; not so after a kill in between."""
        return self._read(
            lambda table: len(table.list_versions()) == 1 and (_indexed(table, "terms") or not table.count_rows()), True
        )

    def drop(self) -> None:
        """Delete the whole table."""
        if self._table() is not None:
            self._connection.drop_table(self.table_name)
            self._forget()

    def _table(self) -> Any:
        """The open table, or None before the first row."""
        if self._opened is None:
            with contextlib.suppress(ValueError, FileNotFoundError):
                self._opened = self._connection.open_table(self.table_name)
        return self._opened

    def _read(self, read: Callable[[Any], T], empty: T) -> T:
        """The result of `read`. A file that another process compacted away meanwhile is answered by reading anew."""
        table = self._table()
        if table is None:
            return empty
        try:
            return read(table)
        except (RuntimeError, OSError, ValueError):
            self._forget()
            table = self._table()
            return empty if table is None else read(table)

    def _write(self, rows: Any, mode: Literal["create", "overwrite"]) -> Any:
        """The table of these rows alone, written in one commit."""
        self._opened = self._connection.create_table(self.table_name, rows, mode=mode)
        return self._opened

    def _build_indices(self, table: Any) -> None:
        from lancedb.index import FTS, IvfFlat

        if not _indexed(table, "terms"):
            words = FTS(
                base_tokenizer="whitespace",
                lower_case=False,
                stem=False,
                remove_stop_words=False,
                ascii_folding=False,
                max_token_length=None,
            )
            table.create_index("terms", config=words)
        if table.count_rows() > EXACT_UP_TO and not _indexed(table, "vector"):
            table.create_index("vector", config=IvfFlat(distance_type="dot"))

    def _delete(self, column: str, values: Iterable[str]) -> None:
        """Take out the rows that hold one of `values`; their text stays on the disk until `compact`."""
        wanted = sorted(set(values))
        table = self._table()
        if table is not None and wanted:
            table.delete(among(column, wanted))

    def _forget(self) -> None:
        """Let go of what was read; the table is opened anew when it is next asked for."""
        self._opened = None


def batches(table: Any, columns: list[str] | None = None, where: str | None = None) -> Any:
    """A reader of record batches: the rows of a table, all or those of a filter, with all or some of their columns."""
    query = table.search()
    if where is not None:
        query = query.where(where)
    if columns is not None:
        query = query.select(columns)
    return query.to_batches(batch_size=_BATCH)


def among(column: str, values: Iterable[str]) -> str:
    """The filter for rows that hold one of `values`.

    >>> among("id", ["a", "it's"])
    "id IN ('a', 'it''s')"
    """
    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"{column} IN ({quoted})"


def _indexed(table: Any, column: str) -> bool:
    return any(index.columns == [column] for index in table.list_indices())
