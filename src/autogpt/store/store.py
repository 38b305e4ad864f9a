"""Opens a workspace's folder: its configuration, database and places.

In: a folder. Out: a `Store` with sessions and paths. Knows nothing about what the services keep in it.
"""

import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from autogpt.config import FILE_NAME, Config, load_config
from autogpt.errors import UsageError

#: The newest migration. A database that has it is opened without Alembic, whose import takes 0.2 s.
SCHEMA = "0008"
#: Seconds that one process waits for another's use of SQLite.
PATIENCE = 30


def new_id() -> str:
    """A random identifier of 32 hexadecimal characters."""
    return uuid.uuid4().hex


class Store:
    """A workspace on disk.

    Args:
        folder: the workspace; must hold an `autogpt.toml`.
        config: values to use instead of the file's (overrides of a command).

    Raises:
        NotFoundError: there is no workspace in `folder`.
        ConfigError: its configuration has problems.
    """

    def __init__(self, folder: Path | str, config: Config | None = None) -> None:
        self.folder = Path(folder).resolve()
        self.config = config or load_config(self.folder / FILE_NAME)
        self._opening = threading.Lock()
        self._engine: Engine | None = None
        self._sessions: sessionmaker[Session] | None = None

    @property
    def engine(self) -> Engine:
        """The database, migrated to the newest schema when first used."""
        with self._opening:
            if self._engine is None:
                engine = _open_engine(self.config.store.database, self.folder)
                if not _is_current(engine):
                    from autogpt.store.migrate import upgrade

                    upgrade(engine)
                self._sessions = sessionmaker(engine, expire_on_commit=False)
                self._engine = engine
            return self._engine

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back on an exception."""
        _ = self.engine
        assert self._sessions is not None
        with self._sessions.begin() as session:
            yield session

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = self._sessions = None

    @property
    def files(self) -> Path:
        return self._place(self.config.store.files, "store.files")

    @property
    def runs(self) -> Path:
        return self._place(self.config.store.runs, "store.runs")

    @property
    def releases(self) -> Path:
        return self._place(self.config.store.releases, "store.releases")

    @property
    def glossary(self) -> Path:
        return self._place(self.config.workspace.glossary, "workspace.glossary")

    @property
    def index_uri(self) -> str:
        """Where LanceDB keeps the index: an object-store URI as it is, else an absolute path."""
        uri = self.config.store.index
        return uri if urlsplit(uri).scheme in {"s3", "gs", "az"} else str(self._place(uri, "store.index"))

    def put_file(self, data: bytes) -> str:
        """Keep an original and return its SHA-256. Written under another name first, so a kill leaves no half file."""
        checksum = sha256(data).hexdigest()
        path = self.file_path(checksum)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
            try:
                partial.write_bytes(data)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
        return checksum

    def file_path(self, checksum: str) -> Path:
        """Where the original with this SHA-256 lies."""
        return self.files / checksum[:2] / checksum

    def _place(self, uri: str, key: str) -> Path:
        scheme = urlsplit(uri).scheme
        if len(scheme) > 1 and scheme != "file":
            raise UsageError(f"{key}: '{uri}' is not a local folder.", "Object stores hold only the index so far.")
        path = Path(uri.removeprefix("file://"))
        return path if path.is_absolute() else self.folder / path


def _is_current(engine: Engine) -> bool:
    """Whether the database has the newest schema; a new one has not even the table that would say so."""
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == SCHEMA)
    except DBAPIError:
        return False


def _open_engine(url: str, folder: Path) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        parsed = parsed.set(database=str(folder / parsed.database))
    engine = create_engine(parsed, connect_args={"timeout": PATIENCE})

    @event.listens_for(engine, "connect")
    def prepare(connection: object, record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine
