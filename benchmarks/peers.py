"""Opens what the product is compared with.

In: the folder of an encoder. Out: it as sentence-transformers runs it.
"""

import json
from pathlib import Path

from sentence_transformers import SentenceTransformer

from autogpt.models import layout

#: Longest text, in tokens, as the product's own encoder has it.
MAX_TOKENS = 256


def sentence_transformers(model: Path, dtype: str = "float32") -> SentenceTransformer:
    """With the model's prompts, which it does not look for in a folder without modules.json, and E5 needs."""
    file = model / layout.PROMPTS
    prompts = json.loads(file.read_text(encoding="utf-8"))["prompts"] if file.is_file() else {}
    peer = SentenceTransformer(str(model), device="cpu", model_kwargs={"dtype": dtype}, prompts=prompts)
    peer.max_seq_length = MAX_TOKENS
    return peer
