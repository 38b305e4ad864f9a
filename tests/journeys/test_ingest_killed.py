"""An ingest that is killed anywhere and run again ends with the records of one that was not."""

import multiprocessing
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from autogpt.services.ingesting import ingest
from autogpt.store import Store
from autogpt.store.tables import Base

FEES = "The monthly fee of the Gold account is 5 euros. It is charged on the first day of every month."
TIMES = {"created_at", "updated_at", "removed_at"}


def write_documents(folder: Path) -> None:
    folder.mkdir()
    (folder / "a fees.txt").write_text(FEES)
    (folder / "b copy.txt").write_text(FEES)
    (folder / "c faq.csv").write_text("question,answer\nOpen on Sunday?,No.\n")
    (folder / "d broken.pdf").write_bytes(b"%PDF-1.7 broken")
    (folder / "e old.txt").write_text("This branch closes at the end of the year. Its accounts move next door.")


def change_documents(folder: Path) -> None:
    """A removal whose duplicate inherits, a change, an erased FAQ entry and a new file."""
    (folder / "a fees.txt").unlink()
    (folder / "c faq.csv").write_text("question,answer\nOpen on Monday?,Yes.\n")
    (folder / "e old.txt").write_text("This branch stays open. Accounts stay where they are, and so does the staff.")
    (folder / "f new.txt").write_text("Cards are blocked in the app. A new card comes by post within a week.")


def records(store: Store) -> dict[str, list[Any]]:
    """Every row of every table, without times and random marks of change; and the originals that are kept."""
    found: dict[str, list[Any]] = {}
    with store.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            rows = [dict(row._mapping) for row in connection.execute(table.select())]
            for row in rows:
                for name in TIMES & row.keys():
                    row[name] = row[name] is not None
                if row.get("key") == "faq_revision":
                    row["value"] = bool(row["value"])
            found[table.name] = sorted(rows, key=repr)
    found["files"] = sorted(path.name for path in store.files.rglob("*") if path.is_file())
    return found


def index_everything(store: Store, sink: object) -> int:
    """Stands in for the index: a file that names the versions it would hold."""
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT current_version_id FROM documents WHERE current_version_id IS NOT NULL ORDER BY 1"
        )
        (store.folder / "index.txt").write_text("\n".join(row[0] for row in rows))
    return 0


def ingest_until(folder: Path, documents: Path, kill_at: int) -> None:
    """Ingest in this process and kill it at the given moment: one before and after every commit, write and report."""
    moments = 0

    def moment(*_: object) -> None:
        nonlocal moments
        moments += 1
        if moments == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    store = Store(folder)
    event.listen(store.engine, "commit", moment)
    real = store.put_file

    def put_file(data: bytes) -> str:
        moment()
        checksum = real(data)
        moment()
        return checksum

    store.put_file = put_file  # type: ignore[method-assign]

    def sync(store: Store, sink: object) -> int:
        moment()
        index_everything(store, sink)
        moment()
        return 0

    ingest(store, [documents], moment, sync=sync)
    (folder / "moments").write_text(str(moments))
    store.close()


def in_a_process(folder: Path, documents: Path, kill_at: int) -> int | None:
    process = multiprocessing.get_context("fork").Process(target=ingest_until, args=(folder, documents, kill_at))
    process.start()
    process.join()
    return process.exitcode


@dataclass(frozen=True)
class Scenario:
    """A workspace before an ingest, its documents, what an unbroken ingest ends with, and in how many moments."""

    before: Path
    documents: Path
    expected: dict[str, list[Any]]
    moments: int


def finished(folder: Path, documents: Path) -> dict[str, list[Any]]:
    store = Store(folder)
    ingest(store, [documents], sync=index_everything)
    found = records(store) | {"index": [(folder / "index.txt").read_text()]}
    store.close()
    return found


def scenario(before: Path, documents: Path) -> Scenario:
    whole = shutil.copytree(before, before.with_name("whole"))
    assert in_a_process(whole, documents, 0) == 0
    moments = int((whole / "moments").read_text())
    return Scenario(before, documents, finished(whole, documents), moments)


def first_state(folder: Path, database: Path) -> tuple[Path, Path]:
    before, documents = folder / "before", folder / "documents"
    write_documents(documents)
    before.mkdir()
    (before / "autogpt.toml").write_text("")
    shutil.copy(database, before)
    return before, documents


@pytest.fixture(scope="module")
def bringing_in(tmp_path_factory: pytest.TempPathFactory, migrated_database: Path) -> Scenario:
    found = scenario(*first_state(tmp_path_factory.mktemp("new"), migrated_database))
    assert len(found.expected["documents"]) == 3
    return found


@pytest.fixture(scope="module")
def following_changes(tmp_path_factory: pytest.TempPathFactory, migrated_database: Path) -> Scenario:
    before, documents = first_state(tmp_path_factory.mktemp("changes"), migrated_database)
    finished(before, documents)
    change_documents(documents)
    found = scenario(before, documents)
    assert [row["text"] for row in found.expected["document_versions"]].count("") == 1
    return found


def assert_made_good(scenario: Scenario, folder: Path, kill_at: int) -> None:
    """Killed at that moment and run again, a copy of the workspace ends as the unbroken one did."""
    copy = shutil.copytree(scenario.before, folder / "copy")
    assert in_a_process(copy, scenario.documents, kill_at) == -signal.SIGKILL
    assert finished(copy, scenario.documents) == scenario.expected


@pytest.mark.parametrize("part", range(6))
def test_killed_while_bringing_in(bringing_in: Scenario, tmp_path: Path, part: int) -> None:
    assert_made_good(bringing_in, tmp_path, 1 + part * (bringing_in.moments - 1) // 5)


@pytest.mark.parametrize("part", range(8))
def test_killed_while_following_changes(following_changes: Scenario, tmp_path: Path, part: int) -> None:
    assert_made_good(following_changes, tmp_path, 1 + part * (following_changes.moments - 1) // 7)
