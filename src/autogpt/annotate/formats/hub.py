"""Data sets through the `datasets` library: an id on the hub, a folder, or a Parquet or Arrow file.

In: a path or an id. Out: `RawExample`s of its rows, in the SQuAD columns (`answers`: `text`, `answer_start`) or flat.
Nothing of a data set is executed.
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autogpt.annotate.formats.jsonl import read_record
from autogpt.annotate.raw import RawExample
from autogpt.errors import DataError, MissingExtraError, NotFoundError

_CONNECT_SECONDS = 8.0


def read(source: str, columns: Mapping[str, str], subset: str, part: str) -> Iterator[RawExample]:
    """Rows of a data set, part after part.

    Args:
        source: a folder, a Parquet or Arrow file, or an id such as "rajpurkar/squad_v2".
        columns: our name of a column → the data set's.
        subset: configuration, for a data set that has several.
        part: "train", "validation", …; empty means all parts.

    Raises NotFoundError when the hub has no such data set or part, DataError when it cannot be reached or read.
    """
    for name, rows in _parts(_load(source, subset), source, part):
        for number, row in enumerate(_readable(rows, source), 1):
            where = f"{name}, row {number}" if name else f"row {number}"
            yield from read_record(row, where, source, columns)


def _parts(loaded: Any, source: str, part: str) -> list[tuple[str, Any]]:
    if not isinstance(loaded, dict):
        return [("", loaded)]
    if part and part not in loaded:
        raise NotFoundError(f"{source} has no part '{part}'.", f"Available: {', '.join(loaded)}.")
    return [(name, rows) for name, rows in loaded.items() if part in {"", name}]


def _load(source: str, subset: str) -> Any:
    if find_spec("datasets") is None:
        raise MissingExtraError("Reading data sets from the hub", "train")
    path = Path(source)
    if not path.exists():
        reach(source)
    import datasets

    try:
        # Local files are streamed: `datasets` would leave a copy of each in the user's cache.
        if path.is_file():
            builder = "parquet" if path.suffix == ".parquet" else "arrow"
            return datasets.load_dataset(builder, data_files=str(path), streaming=True)
        if path.is_dir():
            saved = any((path / name).exists() for name in ("state.json", "dataset_dict.json"))
            if saved:
                return datasets.load_from_disk(source)
            return datasets.load_dataset(str(path.resolve()), streaming=True)
        return datasets.load_dataset(source, subset or None)
    except Exception as error:  # whatever a foreign file makes `datasets` or Arrow trip over
        raise _unreadable(source, error) from None


def _readable(rows: Iterable[Mapping[str, Any]], source: str) -> Iterator[Mapping[str, Any]]:
    """The rows; what is wrong with a file may show only here."""
    try:
        yield from rows
    except Exception as error:
        raise _unreadable(source, error) from None


def _unreadable(source: str, error: Exception) -> DataError:
    line = (str(error).strip().splitlines() or ["nothing more is known"])[0].rstrip(".")
    return DataError(
        f"{source} cannot be read as a data set: {line} ({type(error).__name__}).",
        "Check the file, or what the page of the data set says about it.",
    )


def reach(source: str) -> None:
    """Ask the hub for a data set, once. Raises NotFoundError when it has none, DataError when it cannot be reached."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        HfApi().dataset_info(source, timeout=_CONNECT_SECONDS)
    except HfHubHTTPError as error:
        raise NotFoundError(
            f"There is no file {source}, and the hub gives no data set of that name ({error.response.status_code}).",
            "Check the spelling; for a private one log in with: hf auth login",
        ) from None
    except OfflineModeIsEnabled:
        return  # what is in the cache may still be read
    except Exception as error:
        raise DataError(
            f"There is no file {source}, and the hub of data sets cannot be reached ({type(error).__name__}).",
            "Check the network, or download the data set and give its folder.",
        ) from None
