"""Takes examples out of a workspace: `autogpt examples export`.

In: a store. Out: a file in one of the formats of `annotate.formats`, that an import makes the same examples of.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from autogpt.annotate.formats import TOOLS, WRITERS, format_of_name, write_examples
from autogpt.annotate.raw import RawAnswer, RawExample
from autogpt.errors import DataError, UsageError
from autogpt.progress import Sink, silent, track
from autogpt.records import Example, Task
from autogpt.services.examples.contexts import CONTEXT_URI
from autogpt.services.examples.listing import ListedExample, list_examples
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, DocumentVersionRow


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written. `answerable` and `unanswerable` are numbers of examples."""

    path: Path
    format: str
    examples: int
    unanswerable: int
    documents: int


def export_examples(
    store: Store,
    path: Path,
    *,
    format: str = "",
    split: str = "",
    status: str = "accepted",
    task: str = "",
    sealed: bool = False,
    sink: Sink = silent,
) -> ExportReport:
    """Write examples to a file, those of one document together.

    Args:
        format: a name in `annotate.formats.WRITERS`; empty means what the file's name tells. CSV names documents and
            leaves their texts out; the others carry them; `labelled` are JSON lines of texts and their classes.
        task: extractive or classify; empty means the one that the format is for, and where the name tells the format
            questions with answers, if there are any.
        split, status, sealed: as `list_examples` takes them; an empty status means all.

    Raises:
        UsageError: the format cannot be told, or a filter is unknown.
        DataError: no example passes the filters.
    """
    format, task = _format_and_task(store, format, format_of_name(path.name) if not format else "", task)
    WRITERS[format]
    found, _ = list_examples(store, split=split, status=status, task=task, sealed=sealed, limit=None)
    if not found:
        raise DataError("There is no such example to export.", "See what there is with: autogpt examples list")
    found.sort(key=lambda one: (one.document, one.example.document_id or "", one.example.id))
    written = write_examples(_raws(store, found, format, sink), path, format)
    return ExportReport(
        path=path,
        format=format,
        examples=written,
        unanswerable=sum(not one.example.answerable for one in found),
        documents=len({one.example.document_id for one in found if one.example.document_id}),
    )


def _format_and_task(store: Store, format: str, named: str, task: str) -> tuple[str, str]:
    """The format to write, and the task whose examples are written.

    Args:
        format: as asked for; empty leaves it to `named`, what the file's name tells.

    Raises UsageError when the format is for another task.
    """
    if not task:
        kinds = [one for one in (Task.EXTRACTIVE, Task.CLASSIFY) if list_examples(store, task=one, limit=1)[1]]
        asked = format == "labelled" or (format in {"", *TOOLS} and kinds == [Task.CLASSIFY])
        task = Task.CLASSIFY.value if asked else Task.EXTRACTIVE.value
    if task == Task.CLASSIFY and not format and named == "jsonl":
        return "labelled", task
    chosen = format or named
    if chosen not in TOOLS and (chosen == "labelled") != (task == Task.CLASSIFY):
        raise UsageError(
            f"Examples of the task {task} are not written as {chosen}.",
            "Labelled questions are written as labelled (.jsonl), questions with answers as squad, csv or jsonl.",
        )
    return chosen, task


def _raws(store: Store, found: Sequence[ListedExample], format: str, sink: Sink) -> Iterator[RawExample]:
    names = Counter(_names(store).values())
    loaded = _Loaded()
    for one in track(found, "export", sink):
        example = one.example
        if example.version_id and example.version_id != loaded.version_id:
            loaded = _load(store, example.version_id, names)
        yield _raw(example, loaded if example.version_id else _Loaded(), format)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A document version as exports name it."""

    version_id: str = ""
    text: str = ""
    title: str = ""
    name: str = ""
    language: str = ""


def _load(store: Store, version_id: str, names: Counter[str]) -> _Loaded:
    with store.session() as session:
        version = session.get_one(DocumentVersionRow, version_id)
        document = session.get_one(DocumentRow, version.document_id)
        own = document.uri.startswith(CONTEXT_URI)
        return _Loaded(
            version_id=version_id,
            text=version.text,
            title=version.details.get("article", "") if own else version.title,
            name=document.name if names[document.name.casefold()] == 1 else document.uri,
            language=version.language,
        )


def _raw(example: Example, loaded: _Loaded, format: str) -> RawExample:
    with_text = format != "csv"
    return RawExample(
        where="",
        id=example.id,
        question=example.question,
        answers=tuple(RawAnswer(span.text, span.start) for span in example.spans),
        answerable=example.answerable,
        context=loaded.text if with_text else "",
        title=loaded.title,
        document=loaded.name,
        language=example.language,
        split=example.split.value if example.split else "",
        status=example.status.value,
        annotator=example.annotator,
        provenance=example.provenance,
        classes=example.classes,
        labelled=example.task is Task.CLASSIFY,
    )


def _names(store: Store) -> dict[str, str]:
    """Document id → name in lower case, of all documents that were not removed."""
    query = select(DocumentRow.id, DocumentRow.name).where(DocumentRow.removed_at.is_(None))
    with store.session() as session:
        return {id: name.casefold() for id, name in session.execute(query)}
