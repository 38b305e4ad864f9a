"""Brings examples into a workspace: `autogpt examples import`.

In: a file or data set. Out: examples anchored in document versions, and a report of what was repaired, refused or there
already. The same import again does nothing; killed at any point and run again, it ends with the same records.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from autogpt.annotate.anchor import Text, context_of, find_answers
from autogpt.annotate.formats import recognise
from autogpt.annotate.raw import RawExample
from autogpt.errors import DataError
from autogpt.progress import Progress, Sink, silent, track
from autogpt.records import AnswerSpan, Example, Split, Status, Task
from autogpt.services.events import note
from autogpt.services.examples.contexts import Context, Library, Place
from autogpt.services.examples.import_report import ImportReport, Refused, Remarked, Sample
from autogpt.services.examples.replaced import remember
from autogpt.services.examples.sealing import SUBJECT
from autogpt.services.recording import clear_pending, is_pending
from autogpt.store import Store
from autogpt.store.examples import example_of, values_of
from autogpt.store.locks import exclusive
from autogpt.store.tables import EventRow, ExampleRow, now
from autogpt.text.language import detect

#: What the columns hold, in characters.
_LONGEST_ID, _LONGEST_PROVENANCE, _LONGEST_ANNOTATOR, _LONGEST_LANGUAGE = 64, 256, 128, 8
_LANGUAGES = {"english": "en", "eng": "en", "chinese": "zh", "zho": "zh", "chi": "zh", "cn": "zh"}
_SPLITS = {
    "": None,
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "validation": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "val": Split.VALIDATION,
    "dev": Split.VALIDATION,
    "test": Split.TEST,
}
_ROWS = 1_000
_SAMPLES = 5


def import_examples(
    store: Store,
    source: str | Path,
    *,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    subset: str = "",
    part: str = "",
    document: str = "",
    strict: bool = False,
    dry_run: bool = False,
    index: bool = True,
    by: str = "",
    sink: Sink = silent,
) -> ImportReport:
    """Import every example of a file or data set. Nothing is written before all of it was looked at.

    Args:
        format, columns, subset, part: as `annotate.formats.read_examples` takes them.
        document: the document of examples that name none.
        strict: bring in nothing when anything is refused.
        dry_run: report only, write nothing.
        index: put documents made from contexts into the search index now, not with the next ingest.
        by: name of the person who asked for it; the import is then one event.

    Raises:
        NotFoundError: there is nothing at `source`.
        BusyError: another process is ingesting.
        DataError: it cannot be read, nothing in it can become an example, or `strict` and something cannot.
    """
    name = Path(source).name or str(source)
    sink(Progress("read", message=name))
    told, found = recognise(source, format, columns, subset, part)
    raws = list(found)
    # Documents must not change between the moment answers are looked up in them and the moment that is written.
    with nullcontext() if dry_run else exclusive(store.folder / "ingest.lock", "ingesting documents"):
        work = _Import(store, name, document)
        for raw in track(raws, "anchor", sink):
            work.take(raw)
        refused = work.refused
        if refused and (strict or len(refused) == len(raws)):
            first = refused[0]
            raise DataError(
                f"{len(refused)} of the {len(raws)} examples of {name} cannot be used. {first.where}: {first.reason}.",
                "See all of them with: autogpt examples import --dry-run --json" if len(refused) > 1 else "",
            )
        made = [*work.fresh.values(), *work.changed.values()]
        documents = work.library.planned(example.document_id for example in made if example.document_id)
        if not dry_run:
            with store.session() as session:
                unfinished = is_pending(session)
            work.write(sink, by)
            if documents and index:
                from autogpt.services.indexing import sync

                sync(store, sink)
                if not unfinished:  # by an ingest before
                    with store.session() as session:
                        clear_pending(session)
    return ImportReport(
        source=name,
        format=told,
        added=len(work.fresh),
        updated=len(work.changed),
        unchanged=work.unchanged,
        unanswerable=sum(not example.answerable for example in made),
        documents=documents,
        repaired=tuple(work.repaired),
        duplicates=work.duplicates,
        refused=tuple(refused),
        remarks=tuple(work.remarks),
        samples=tuple(_sample(raw) for raw in raws[:_SAMPLES] if not raw.problem),
    )


class _Import:
    """One import on its way: what its examples become, before anything is written."""

    def __init__(self, store: Store, source: str, document: str) -> None:
        self.store, self.source, self.document = store, source, document
        self.library = Library(store)
        self.fresh: dict[str, Example] = {}
        self.changed: dict[str, Example] = {}
        self.unchanged = 0
        self.repaired: list[str] = []
        self.duplicates: dict[str, str] = {}
        self.refused: list[Refused] = []
        self.remarks: list[Remarked] = []
        with store.session() as session:
            self._known = {row.id: example_of(row) for row in session.scalars(select(ExampleRow))}
        self._twins = {_content(example): id for id, example in self._known.items()}
        self._context = Text("")

    def take(self, raw: RawExample) -> None:
        """Sort one example into fresh, changed, unchanged, duplicate or refused."""
        if not raw.document and not raw.context and self.document and not raw.labelled:
            raw = replace(raw, document=self.document)
        try:
            _check(raw)
            if raw.labelled:
                example = self._labelled(raw)
                self._sort(example, raw)
                self._remark(raw, example.id)
                return
            place, text = self._find(raw)
            spans = find_answers(text, raw) if text is not None else ()
            if raw.answerable and not spans:
                where = f"'{place.name}'" if place else "any document"
                raise DataError(f"the answer {_short(raw.answers[0].text)} does not stand in {where}")
            example = self._example(raw, place, text, spans)
            self._sort(example, raw)
        except DataError as error:
            self.refused.append(Refused(raw.where, raw.id, raw.question, error.message))
            return
        stated = {(answer.text, answer.start) for answer in raw.answers if answer.start is not None}
        moved = stated - {(span.text, span.start) for span in spans}
        if moved:
            self.repaired.append(example.id)
        self._remark(raw, example.id, *(_moved(text, start, spans) for text, start in sorted(moved)))

    def _remark(self, raw: RawExample, id: str, *moved: str) -> None:
        if remarks := (*raw.remarks, *moved):
            self.remarks.append(Remarked(raw.where, id, raw.question, remarks))

    def write(self, sink: Sink, by: str = "") -> None:
        """Store the examples, `_ROWS` in a transaction, so that nobody waits long to write; one event tells of all."""
        fresh = [values_of(example) for example in self.fresh.values()]
        changed = [{**values_of(example), "updated_at": now()} for example in self.changed.values()]
        counts = {"added": 0, "updated": 0, "refused": len(self.refused)}
        event = 0
        for what, statement, everything in (
            ("added", insert(ExampleRow), fresh),
            ("updated", update(ExampleRow), changed),
        ):
            for first in range(0, len(everything), _ROWS):
                rows = everything[first : first + _ROWS]
                with self.store.session() as session:
                    self.library.write(session, (row["document_id"] for row in rows), sink)
                    session.execute(statement, rows)
                    counts[what] += len(rows)
                    if by:
                        event = self._note(session, by, counts, event)
                        remember(session, event, {row["id"]: self._before(row["id"]) for row in rows})
                    sink(Progress("examples", first + len(rows), len(everything)))

    def _note(self, session: Session, by: str, counts: Mapping[str, int], event: int) -> int:
        """Tell of the import in its event, which is made with the first examples; returns the event's id."""
        if event:
            session.get_one(EventRow, event).after = dict(counts)
            return event
        return note(session, by, "import", (SUBJECT, self.source[:64]), after=counts)

    def _before(self, id: str) -> dict[str, Any]:
        """The columns of an example that was there before."""
        known = self._known.get(id)
        return values_of(known) if known is not None else {}

    def _find(self, raw: RawExample) -> tuple[Place | None, Text | None]:
        """The document that an example is about, and its text."""
        if raw.context:
            if raw.context != self._context.text:
                self._context = Text(raw.context)
            return self.library.of_context(Context(raw.context, raw.title, raw.language), self.source), self._context
        if raw.document:
            place = self.library.named(raw.document)
            return place, self.library.text(place.version_id)
        return self._search(raw) if raw.answerable else (None, None)

    def _search(self, raw: RawExample) -> tuple[Place, Text]:
        """The only document in which the quote or the answer stands."""
        wanted = raw.quote or raw.answers[0].text
        found = self.library.holding(wanted)
        if len(found) != 1:
            count = f"{len(found)} documents" if found else "no document"
            raise DataError(f"it names no document, and {_short(wanted)} stands in {count}")
        return found[0], self.library.text(found[0].version_id)

    def _example(self, raw: RawExample, place: Place | None, text: Text | None, spans: Sequence[AnswerSpan]) -> Example:
        question = raw.question.strip()
        anchored = text is not None and bool(spans)
        return Example(
            id=raw.id or _made_id(question, text.text if text else "", spans),
            question=question,
            answerable=raw.answerable,
            document_id=place.document_id if place else None,
            version_id=place.version_id if place else None,
            spans=tuple(spans),
            answer_text=spans[0].text if spans else "",
            quote_context=context_of(text.text, spans[0]) if text is not None and anchored else "",
            language=_language(raw.language) or (place.language if place else detect(question)),
            provenance=(raw.provenance or f"import:{self.source}")[:_LONGEST_PROVENANCE],
            status=Status(raw.status or Status.ACCEPTED),
            annotator=raw.annotator[:_LONGEST_ANNOTATOR],
            split=_SPLITS[raw.split],
        )

    def _labelled(self, raw: RawExample) -> Example:
        """A labelled question; it is about no document."""
        question = raw.question.strip()
        return Example(
            id=raw.id or sha256("\0".join((question, *sorted(raw.classes))).encode()).hexdigest()[:32],
            question=question,
            task=Task.CLASSIFY,
            language=_language(raw.language) or detect(question),
            provenance=(raw.provenance or f"import:{self.source}")[:_LONGEST_PROVENANCE],
            status=Status(raw.status or Status.ACCEPTED),
            annotator=raw.annotator[:_LONGEST_ANNOTATOR],
            split=_SPLITS[raw.split],
            classes=raw.classes,
        )

    def _sort(self, example: Example, raw: RawExample) -> None:
        known = self._known.get(example.id)
        if example.id in self.fresh or example.id in self.changed:
            if _content(self.fresh.get(example.id) or self.changed[example.id]) != _content(example):
                raise DataError(f"another example of the file has the id '{example.id}'")
            self.duplicates[example.id] = example.id
        elif known is not None:
            self._meet(example, known, raw)
        elif (twin := self._twins.get(_content(example))) is not None:
            self.duplicates[example.id] = twin
        else:
            self.fresh[example.id] = example
            self._twins[_content(example)] = example.id

    def _meet(self, example: Example, known: Example, raw: RawExample) -> None:
        """An example whose id is known: the same one, a newer form of it, or another one by the same name."""
        status = example.status if raw.status else known.status
        annotator = example.annotator or known.annotator
        if (_content(example), status, annotator) == (_content(known), known.status, known.annotator):
            self.unchanged += 1
            return
        if example.task is not known.task:
            raise DataError(f"the id '{example.id}' is taken by an example of another task ({known.task})")
        same_place = example.document_id == known.document_id
        if not same_place and example.question.casefold() != known.question.casefold():
            raise DataError(f"the id '{example.id}' is taken by another example (from {known.provenance})")
        self.changed[example.id] = replace(
            example,
            annotator=annotator,
            split=known.split if same_place else example.split,
            provenance=known.provenance,
        )


def _check(raw: RawExample) -> None:
    """Raises DataError when an example cannot be one, whatever the documents are."""
    if raw.problem:
        raise DataError(raw.problem)
    if raw.other:
        raise DataError("it is a pair of texts, which a workspace does not keep; train on the file instead")
    if not raw.question.strip():
        raise DataError("the question is empty")
    if len(raw.id) > _LONGEST_ID:
        raise DataError(f"its id is longer than {_LONGEST_ID} characters")
    if raw.split not in _SPLITS:
        raise DataError(f"unknown split '{raw.split}' (available: train, validation, test)")
    if raw.status and raw.status not in set(Status):
        raise DataError(f"unknown status '{raw.status}' (available: {', '.join(Status)})")
    try:
        "".join((raw.question, raw.context, raw.id, raw.title, *(answer.text for answer in raw.answers))).encode()
    except UnicodeEncodeError:
        raise DataError("it holds half a character (a lone surrogate)") from None


def _moved(text: str, start: int | None, spans: Sequence[AnswerSpan]) -> str:
    """Where an answer stands that the file places elsewhere."""
    near = min(spans, key=lambda span: (span.text != text, abs(span.start - (start or 0))), default=None)
    if near is None or near.text.casefold() != text.strip().casefold():
        return f"{_short(text)} is neither at {start} nor elsewhere: the other answers are kept."
    return f"{_short(text)} stands at {near.start}, not at {start}."


def _sample(raw: RawExample) -> Sample:
    return Sample(raw.where, raw.question, raw.classes or tuple(answer.text for answer in raw.answers))


def _content(example: Example) -> tuple[Task, str, str | None, Iterable[AnswerSpan], Iterable[str]]:
    """What makes two examples the same, whatever their ids."""
    question = " ".join(example.question.casefold().split())
    return (example.task, question, example.document_id, frozenset(example.spans), frozenset(example.classes))


def _made_id(question: str, text: str, spans: Iterable[AnswerSpan]) -> str:
    """An id for an example that has none: the same for the same content."""
    parts = (question, sha256(text.encode()).hexdigest(), *(f"{span.start} {span.text}" for span in spans))
    return sha256("\0".join(parts).encode()).hexdigest()[:32]


def _language(stated: str) -> str:
    """`EN-us` → `en`, `Chinese` → `zh`."""
    code = stated.strip().lower().replace("_", "-").partition("-")[0]
    return _LANGUAGES.get(code, code)[:_LONGEST_LANGUAGE]


def _short(text: str) -> str:
    return f"'{text}'" if len(text) <= 60 else f"'{text[:57]}…'"
