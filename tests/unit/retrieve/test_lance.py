"""Opening LanceDB: what is imported with it, and what is not."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from autogpt.retrieve.index import Index
index = Index(sys.argv[1], "words")
assert not index.exists
print([name for name in ("torch", "transformers", "lance_namespace_urllib3_client") if name in sys.modules])
from lance_namespace_urllib3_client.models import CreateTableRequest
print(CreateTableRequest.__module__)
"""


def test_searching_imports_neither_training_packages_nor_the_catalogue_client(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "index")], capture_output=True, text=True, check=True
    )
    loaded, model = done.stdout.splitlines()
    assert loaded == "[]"
    assert model == "lance_namespace_urllib3_client.models.create_table_request", "the real package is not restored"
