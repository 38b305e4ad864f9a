"""Opening LanceDB: what is imported with it, and what is not."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from autogpt.retrieve.index import Index
index = Index(sys.argv[1], "words")
assert not index.exists
print([name for name in ("torch", "transformers", "pandas", "lance_namespace_urllib3_client") if name in sys.modules])
from lance_namespace_urllib3_client.models import CreateTableRequest
print(CreateTableRequest.__module__)
import numpy, pandas, pyarrow
days = pandas.to_datetime(["2025-01-31", None])
frame = pandas.DataFrame({"word": ["fee", None], "number": [1.5, numpy.nan], "day": days})
table = pyarrow.Table.from_pandas(frame)
print(table["word"].null_count, table["number"].null_count, table.to_pandas().equals(frame))
print(pyarrow.array(pandas.Series(["fee"]).astype("category")).type)
"""


def test_searching_imports_neither_training_packages_nor_what_lancedb_does_not_need(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "index")], capture_output=True, text=True, check=True
    )
    loaded, model, frame, category = done.stdout.splitlines()
    assert loaded == "[]"
    assert model == "lance_namespace_urllib3_client.models.create_table_request", "the real package is not restored"
    assert frame == "1 1 True"
    assert category.startswith("dictionary")
