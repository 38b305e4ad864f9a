"""The workspace on disk: database schema, transactions, files by content."""

import errno
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from autogpt.errors import NotFoundError, UsageError
from autogpt.store import Store
from autogpt.store.migrate import alembic_config
from autogpt.store.store import SCHEMA
from autogpt.store.tables import Base, SettingRow


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "autogpt.toml").write_text("")
    return Store(tmp_path)


def test_migrations_build_exactly_the_tables_of_the_code(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_newest_schema_is_that_of_the_last_migration() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == SCHEMA


def test_a_current_database_is_opened_without_alembic(store: Store) -> None:
    _ = store.engine
    store.close()
    script = "import sys; from autogpt.store import Store; Store(sys.argv[1]).engine; print('alembic' in sys.modules)"
    command = [sys.executable, "-c", script, str(store.folder)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_workspace_of_a_newer_program_is_refused(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(UsageError, match="newer version"):
        _ = store.engine


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError), store.session() as session:
        session.add(SettingRow(key="seed", value={"value": 1}))
        session.flush()
        raise RuntimeError
    with store.session() as session:
        assert session.get(SettingRow, "seed") is None


def test_the_same_bytes_are_kept_once(store: Store) -> None:
    first = store.put_file(b"balance")
    assert store.put_file(b"balance") == first
    assert store.file_path(first).read_bytes() == b"balance"
    assert [path.name for path in store.files.rglob("*") if path.is_file()] == [first]


def test_a_full_disk_leaves_no_half_file(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        store.put_file(b"balance")
    assert not [path for path in store.files.rglob("*") if path.is_file()]


def test_a_folder_without_configuration_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        Store(tmp_path)


def test_the_database_is_in_wal_mode(store: Store) -> None:
    with store.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_threads_may_open_a_store_at_the_same_time(store: Store) -> None:
    def count() -> int:
        with store.session() as session:
            return len(session.query(SettingRow).all())

    with ThreadPoolExecutor(8) as pool:
        assert len([future.result() for future in [pool.submit(count) for _ in range(8)]]) == 8
