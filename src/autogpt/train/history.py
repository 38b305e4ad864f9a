"""What a training logs: its file in the folder of a training, and which scores of it are drawn.

In: a file. Out: entries in their order. Loads nothing that trains, so that whoever shows curves can read them.
"""

import json
from pathlib import Path

HISTORY = "history.jsonl"

#: Validation metrics that are drawn, as far as a history has them, and what they are called.
SCORES = {
    "f1": "F1",
    "exact_match": "exact match",
    "recall_at_1": "recall@1",
    "recall_at_10": "recall@10",
    "ndcg_at_10": "nDCG@10",
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "micro_f1": "micro F1",
    "spearman": "Spearman correlation",
    "likelihood": "probability of a right token",
    "shown": "passes the check",
}


def read_history(path: Path) -> list[dict[str, float]]:
    """The entries of a history file; a line cut off by a kill is left out."""
    entries: list[dict[str, float]] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            entries.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return entries
