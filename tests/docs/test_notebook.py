"""The notebook of the examples runs from its first cell to its last, offline, on a part of the sample."""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from sample import write_part
from snippets import ROOT

NOTEBOOK = ROOT / "examples" / "finetune.ipynb"
#: Set after each of the cells that hold parameters.
QUICK = {"MINUTES": 0.1, "EPOCHS": 0.1, "RELEASE": {"compress.int8": False}}


def _quick() -> nbformat.NotebookNode:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", ()):
            names = [name for name in QUICK if f"{name} =" in cell.source]
            assert names, f"no parameter of the test's is in the cell {cell.source!r}"
            cell.source += "".join(f"\n{name} = {QUICK[name]!r}" for name in names)
    return notebook


@pytest.mark.timeout(900)
def test_it_runs_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_part(tmp_path / "project" / "examples" / "finance", "examples.jsonl")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    notebook = _quick()
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    said = "\n".join(
        output.get("text", "") + output.get("data", {}).get("text/markdown", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    assert "documents" in said
    assert "| lora" in said.lower()
    assert "best on the validation part" in said
    assert said.count("What does the Plus Account cost a month?") == 2


def test_it_is_kept_without_what_a_run_left_in_it() -> None:
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
