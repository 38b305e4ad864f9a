"""A part of the sample workspace that is quick to ingest and to train on."""

import shutil
from pathlib import Path

from snippets import ROOT

SAMPLE = ROOT / "examples" / "finance"
_DOCUMENTS = (
    "plus-account.html",
    "everyday-account.html",
    "fee-information-plus.pdf",
    "savings-accounts.html",
    "lost-and-stolen-cards.txt",
    "start-account-for-teens.md",
    "power-of-attorney.docx",
)


def write_part(folder: Path, questions: str) -> None:
    """A folder `documents`, and a file of that name with the questions about them."""
    (folder / "documents").mkdir(parents=True)
    for name in _DOCUMENTS:
        shutil.copy(SAMPLE / "documents" / name, folder / "documents" / name)
    lines = (SAMPLE / "examples.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if any(f'"document": "{name}"' in line for name in _DOCUMENTS)]
    (folder / questions).write_text("".join(kept), encoding="utf-8")
