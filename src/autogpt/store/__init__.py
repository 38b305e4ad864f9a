"""A workspace on disk: folder, configuration, database, files by content."""

from autogpt.store.store import Store

__all__ = ["Store"]
