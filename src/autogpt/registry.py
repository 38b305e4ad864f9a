"""Named implementations of one kind, imported only when asked for.

In: a table of name → "module:attribute". Out: the attribute. A new variant is one file and one line in such a table.
Knows nothing about what the implementations do.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from autogpt.errors import unknown_name


class Registry(Mapping[str, str]):
    """A family of implementations by name.

    Args:
        kind: what one entry is called in error messages, for example "objective".
        table: name → "package.module:attribute".

    >>> Registry("number type", {"decimal": "decimal:Decimal"}).load("decimal")("1.50")
    Decimal('1.50')
    """

    def __init__(self, kind: str, table: Mapping[str, str]) -> None:
        self.kind = kind
        self._table = dict(table)

    def __getitem__(self, name: str) -> str:
        try:
            return self._table[name]
        except KeyError:
            raise unknown_name(self.kind, name, self._table) from None

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def load(self, name: str) -> Any:
        """The implementation called `name`. Raises UsageError when there is none."""
        module, _, attribute = self[name].partition(":")
        return getattr(import_module(module), attribute)
