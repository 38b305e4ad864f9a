"""Tables that are filled cell by cell: what was measured once is kept, so that a benchmark which was stopped goes on.

In: a folder, a name, and a function that measures. Out: a flat row. Knows nothing about what is measured.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, stdev

Row = dict[str, float]


def kept(folder: Path, name: str, measure: Callable[[], Row]) -> Row:
    """The row that `folder` keeps under this name, or what `measure` gives now."""
    path = folder / f"{name}.json"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        waiting = path.with_suffix(".part")
        waiting.write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8")
        waiting.replace(path)
    row: Row = json.loads(path.read_text(encoding="utf-8"))
    return row


def alone(measure: Callable[..., Row], *given: object) -> Row:
    """What `measure` gives in a process of its own, whose memory holds nothing else."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(measure, *given).result()


def over(rows: Sequence[Row], key: str, form: str = "{:.1f}") -> str:
    """The mean over the rows that have the key, with the standard deviation of several; empty without any."""
    found = [row[key] for row in rows if key in row]
    if not found:
        return ""
    return form.format(mean(found)) + (f" ± {form.format(stdev(found))}" if len(found) > 1 else "")


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
