"""How many numbers the weights of a model are, by the headers of their files.

In: a model folder. Out: a count. Loads no weights.
"""

import json
import math
import struct
from pathlib import Path

#: Longest header that is read, in bytes.
_LONGEST = 100_000_000


def count_parameters(folder: Path) -> int:
    """Numbers in the safetensors files of `folder`; 0 without any, and what cannot be read counts as none."""
    count = 0
    for path in folder.glob("*.safetensors"):
        try:
            with path.open("rb") as file:
                (length,) = struct.unpack("<Q", file.read(8))
                header = json.loads(file.read(length)) if length < _LONGEST else {}
        except (OSError, ValueError, struct.error):
            continue
        count += sum(math.prod(about["shape"]) for name, about in header.items() if name != "__metadata__")
    return count
