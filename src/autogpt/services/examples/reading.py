"""Makes reader examples, for training and measuring, of a workspace's examples.

In: a store and a part. Out: `ReaderExample`s with excerpts of their documents as contexts. Knows nothing about tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from autogpt.annotate.excerpt import LENGTH, Excerpts
from autogpt.progress import Sink, silent, track
from autogpt.records import AnswerSpan, DocumentVersion, Example, ReaderExample, Split, Status, Task
from autogpt.services.examples.chosen import ALL, Choice
from autogpt.services.examples.listing import load_examples
from autogpt.store import Store
from autogpt.store.documents import version_of
from autogpt.store.tables import DocumentRow, DocumentVersionRow


def reader_examples(
    store: Store, split: Split | None = None, length: int = LENGTH, sink: Sink = silent, choice: Choice = ALL
) -> list[ReaderExample]:
    """The accepted extractive examples of a part (or of all) that are chosen, by document.

    An answer keeps at most `length` code points of its document around it, and stands anywhere in them. An unanswerable
    question gets the part of its document (without one: of all documents) that shares most of its words.
    """
    accepted = load_examples(store, Status.ACCEPTED, split=split)
    found = choice.of([one for one in accepted if one.task == Task.EXTRACTIVE])
    found.sort(key=lambda example: (example.version_id or "", example.id))
    made: list[ReaderExample] = []
    shown: _Shown | None = None
    everything: list[_Shown] | None = None
    for example in track(found, "excerpts", sink):
        if not example.version_id:
            if everything is None:
                everything = [_shown(store, version_id, length) for version_id in _current_versions(store)]
            shown = _most_about(example.question, everything)
        elif shown is None or shown.version.id != example.version_id:
            shown = _shown(store, example.version_id, length)
        if shown is not None:
            made.append(_reader_example(example, shown, store.config.workspace.domain))
    return made


@dataclass(frozen=True, slots=True)
class _Shown:
    version: DocumentVersion
    excerpts: Excerpts


def _most_about(question: str, documents: Sequence[_Shown]) -> _Shown | None:
    """The document with the part that shares most with a question."""
    return max(documents, key=lambda one: one.excerpts.most_about(question)[1], default=None)


def _shown(store: Store, version_id: str, length: int) -> _Shown:
    with store.session() as session:
        row = session.get_one(DocumentVersionRow, version_id)
        version = version_of(row, session.get_one(DocumentRow, row.document_id))
    return _Shown(version, Excerpts(version.text, version.language, length))


def _reader_example(example: Example, shown: _Shown, domain: str) -> ReaderExample:
    text, excerpts = shown.version.text, shown.excerpts
    span = excerpts.around(example.spans[0], example.id) if example.spans else excerpts.about(example.question)
    answers = (AnswerSpan(one.text, one.start - span.start) for one in example.spans)
    context = span.of(text)
    return ReaderExample(
        id=example.id,
        question=example.question,
        context=context,
        answers=tuple(one for one in answers if one.start >= 0 and one.end <= len(context)),
        title=str(shown.version.metadata.get("article") or shown.version.title),
        domain=domain,
        language=example.language,
    )


def _current_versions(store: Store) -> list[str]:
    query = select(DocumentRow.current_version_id).where(DocumentRow.removed_at.is_(None)).order_by(DocumentRow.uri)
    with store.session() as session:
        return [version_id for version_id in session.scalars(query) if version_id]
