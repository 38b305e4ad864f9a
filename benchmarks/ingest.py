"""Ingest: documents and pages a second, memory, and what a second run costs.

In: a folder of documents. Out: a table, or JSON with --json: a first ingest into a new workspace without an index,
and the same folder again; seconds, documents/s, pages/s, and the peak of memory of one parsing process and of the
process that keeps the records. Beside it pdfplumber's text and tables of some of the same pages; `ratio` is in pages
a processor second and means something only for a folder of PDFs alone.

    python benchmarks/ingest.py DOCUMENTS_FOLDER [--json] [--peer-pages 60]
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import select

from autogpt.progress import Sink
from autogpt.services.ingesting import ingest
from autogpt.services.workspaces import create
from autogpt.store import Store
from autogpt.store.tables import DocumentVersionRow


@dataclass(frozen=True)
class Measured:
    """Results; times in seconds, memory in MiB. `peer` is pdfplumber, on some of the pages, in one process."""

    documents: int
    failed: int
    pages: int
    characters: int
    first_seconds: float
    documents_per_second: float
    pages_per_second: float
    cpu_pages_per_second: float
    again_seconds: float
    parser_peak_mb: float
    keeper_peak_mb: float
    peer_pages_per_second: float
    ratio: float


def no_index(store: Store, sink: Sink) -> int:
    """The index is measured elsewhere."""
    return 0


def peer_rate(folder: Path, pages: int) -> float:
    """Pages a second of pdfplumber, text and tables, on the first pages of the PDFs; 0 when there are none."""
    import pdfplumber

    done = 0
    began = time.process_time()
    for path in sorted(folder.rglob("*.pdf")):
        with pdfplumber.open(path) as opened:
            for page in opened.pages[: max(1, pages // 5)]:
                page.extract_text()
                page.extract_tables()
                done += 1
                if done == pages:
                    return done / (time.process_time() - began)
    return done / (time.process_time() - began) if done else 0.0


def measure(folder: Path, peer_pages: int) -> Measured:
    """Ingest a folder into a workspace of its own, twice."""
    with tempfile.TemporaryDirectory() as temporary:
        store = create(Path(temporary) / "workspace")
        began = time.perf_counter()
        report = ingest(store, [folder], sync=no_index)
        first = time.perf_counter() - began
        parsers = resource.getrusage(resource.RUSAGE_CHILDREN)
        keeper = resource.getrusage(resource.RUSAGE_SELF)
        began = time.perf_counter()
        again = ingest(store, [folder], sync=no_index)
        second = time.perf_counter() - began
        assert again.new + again.changed + again.duplicates == 0
        with store.session() as session:
            rows = session.execute(select(DocumentVersionRow.details, DocumentVersionRow.text)).all()
        store.close()
    pages = sum(details.get("pages", 0) for details, _ in rows)
    processor = parsers.ru_utime + parsers.ru_stime
    peer = peer_rate(folder, peer_pages)
    rate = pages / processor
    return Measured(
        documents=len(rows),
        failed=report.failed,
        pages=pages,
        characters=sum(len(text) for _, text in rows),
        first_seconds=first,
        documents_per_second=len(rows) / first,
        pages_per_second=pages / first,
        cpu_pages_per_second=rate,
        again_seconds=second,
        parser_peak_mb=parsers.ru_maxrss / 1024,
        keeper_peak_mb=keeper.ru_maxrss / 1024,
        peer_pages_per_second=peer,
        ratio=rate / peer if peer else 0.0,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peer-pages", type=int, default=60)
    arguments = parser.parse_args()
    measured = measure(arguments.folder, arguments.peer_pages)
    if arguments.json:
        print(json.dumps(asdict(measured), indent=2))
    else:
        for name, value in asdict(measured).items():
            print(
                f"{name.replace('_', ' '):24} {value:>14,.2f}"
                if isinstance(value, float)
                else f"{name:24} {value:>14,}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
