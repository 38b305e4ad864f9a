"""What a row of the index holds: a passage with its words and its vector, and back.

In: passages, vectors, a glossary; or rows. Out: an Arrow table; or passages, vectors and the glossary. Knows nothing
about where rows are kept or how they are found.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autogpt.records import Passage
from autogpt.retrieve.searchable import search_terms
from autogpt.text.glossary import Glossary

#: Part of the table's name: a table of another format is built anew beside it. 1: the columns of `arrow_rows`.
FORMAT_VERSION = 1
#: What is read of a passage that was found.
PASSAGE_COLUMNS = [
    "id",
    "document_id",
    "version_id",
    "start",
    "end",
    "text",
    "title",
    "heading_path",
    "page",
    "language",
    "labels",
    "terms",
]
#: Key of the schema's metadata that holds the glossary: words and glossary change in one commit.
_GLOSSARY = b"glossary"


def arrow_rows(
    passages: Sequence[Passage],
    vectors: NDArray[np.float32],
    names: Mapping[str, str],
    fingerprints: Mapping[str, str],
    glossary: Glossary,
) -> Any:
    """An Arrow table of the schema of format 1, without the glossary itself.

    Args:
        vectors: float32[N, H].
        names: file names by document id.
        fingerprints: by document id.
    """
    import pyarrow as pa

    flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1))
    text = pa.string()
    return pa.table(
        {
            "id": pa.array([one.id for one in passages], text),
            "document_id": pa.array([one.document_id for one in passages], text),
            "version_id": pa.array([one.version_id for one in passages], text),
            "fingerprint": pa.array([fingerprints.get(one.document_id, "") for one in passages], text),
            "start": pa.array([one.start for one in passages], pa.int64()),
            "end": pa.array([one.end for one in passages], pa.int64()),
            "text": pa.array([one.text for one in passages], text),
            "title": pa.array([one.title for one in passages], text),
            "heading_path": pa.array([list(one.heading_path) for one in passages], pa.list_(text)),
            "page": pa.array([one.page for one in passages], pa.int32()),
            "language": pa.array([one.language for one in passages], text),
            "labels": pa.array([sorted(one.labels) for one in passages], pa.list_(text)),
            "access": pa.array([_access_key(one.labels) for one in passages], text),
            "terms": pa.array([_words(one, names, glossary) for one in passages], text),
            "vector": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
        }
    )


def analysed_anew(batch: Any, schema: Any, names: Mapping[str, str], glossary: Glossary) -> Any:
    """A batch of rows with the words that `glossary` gives their passages, all else as it was."""
    import pyarrow as pa

    words = [_words(to_passage(row), names, glossary) for row in batch.select(PASSAGE_COLUMNS).to_pylist()]
    at = schema.get_field_index("terms")
    return pa.record_batch([*batch.columns[:at], pa.array(words, pa.string()), *batch.columns[at + 1 :]], schema=schema)


def relabelled(batch: Any, labels: Sequence[str], fingerprint: str) -> Any:
    """A batch of rows with other labels and another fingerprint, all else as it was."""
    import pyarrow as pa

    count, key = batch.num_rows, _access_key(frozenset(labels))
    made = {"labels": [list(labels)] * count, "access": [key] * count, "fingerprint": [fingerprint] * count}
    columns = [
        pa.array(made[field.name], field.type) if field.name in made else batch.column(at)
        for at, field in enumerate(batch.schema)
    ]
    return pa.record_batch(columns, schema=batch.schema)


def to_passage(row: Mapping[str, Any]) -> Passage:
    """The passage of a row."""
    return Passage(
        id=row["id"],
        document_id=row["document_id"],
        version_id=row["version_id"],
        start=row["start"],
        end=row["end"],
        text=row["text"],
        title=row["title"],
        heading_path=tuple(row["heading_path"]),
        page=row["page"],
        language=row["language"],
        labels=frozenset(row["labels"]),
    )


def matrix(column: Any) -> NDArray[np.float32]:
    """float32[N, H] of a column of vectors."""
    flat: NDArray[np.float32] = column.combine_chunks().flatten().to_numpy()
    return flat.reshape(len(column), -1)


def with_glossary(schema: Any, glossary: Glossary) -> Any:
    """`schema`, with the glossary that its rows' words are taken with."""
    return schema.with_metadata({_GLOSSARY: str(glossary)} if glossary else None)


def glossary_text(schema: Any) -> str:
    """The glossary that `with_glossary` put there, as it is written."""
    told: bytes = (schema.metadata or {}).get(_GLOSSARY, b"")
    return told.decode()


def _words(passage: Passage, names: Mapping[str, str], glossary: Glossary) -> str:
    """What the column "terms" holds for a passage."""
    return " ".join(search_terms(passage, names.get(passage.document_id, ""), glossary))


def _access_key(labels: frozenset[str]) -> str:
    """A key for a set of labels that is safe inside a filter: empty for everybody, else hexadecimal."""
    return sha256(json.dumps(sorted(labels)).encode()).hexdigest()[:16] if labels else ""
