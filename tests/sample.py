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
#: Questions about each.
_QUESTIONS = 4


def write_part(folder: Path, questions: str) -> None:
    """A folder `documents`, and a file of that name with a few questions about each of them."""
    (folder / "documents").mkdir(parents=True)
    for name in _DOCUMENTS:
        shutil.copy(SAMPLE / "documents" / name, folder / "documents" / name)
    lines = (SAMPLE / "examples.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    about = {name: [line for line in lines if f'"document": "{name}"' in line][:_QUESTIONS] for name in _DOCUMENTS}
    (folder / questions).write_text("".join(line for some in about.values() for line in some), encoding="utf-8")
