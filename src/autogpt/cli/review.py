"""`autogpt review`: what waits for a person, and decisions about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autogpt.cli.console import print_json, say, table
from autogpt.cli.options import HERE, App, JsonOption, WorkspaceOption, examples, open_store
from autogpt.cli.people import who

if TYPE_CHECKING:
    from autogpt.services.retrieving import WorkspaceRetriever
    from autogpt.store import Store

app = App(help="Look at the questions that wait for a person, and decide what becomes of them.")

#: Characters of an id that are shown, and of a question.
SHOWN_ID, SHOWN = 8, 70

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Of the list; its beginning is enough.")]


@app.command("list")
@examples("autogpt review list", "autogpt review list --count 5 --json")
def list_(
    count: Annotated[int, typer.Option(min=1, help="How many to show.")] = 20,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """List what waits: questions that ask the same together, those that teach most first."""
    from autogpt.services.reviewing import review_items

    with open_store(workspace) as store:
        items = review_items(store, _encoder(store), None)
    if as_json:
        print_json([_told(one) for one in items[:count]])
    elif not items:
        say("No question waits for a person.")
    else:
        rows = [
            (one.id[:SHOWN_ID], one.times, f"{one.confidence:.0%}", ", ".join(one.reasons), _short(one.text))
            for one in items[:count]
        ]
        table(["id", "asked", "sure", "why", "question"], rows)
        if len(items) > count:
            say(f"{len(items) - count:,} more.")


@app.command("show")
@examples("autogpt review show 3f2a91c0")
def show(id: IdArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Show what was answered and why, and the nearest passages and vetted answers of now."""
    from autogpt.services.reviewing import given, nearest, vetted_near
    from autogpt.services.reviewing.requests import open_item

    with open_store(workspace) as store, _search(store) as retriever:
        encoder = retriever.encoder if retriever is not None else None
        item = open_item(store, encoder, id, None)
        told = given(store, item.rows[0], None)
        near = nearest(store, retriever, item.text, None)
        vetted = vetted_near(store, encoder, item.text, "", None)
    if as_json:
        print_json({**_told(item), "given": told, "nearest": near, "vetted": vetted})
        return
    for one in item.questions:
        say(f"{one.text}  ({one.times}×)")
    if told is not None:
        needed = "" if told.threshold is None else f", needed {told.threshold:.0%}"
        say(f"Answered: {told.text or told.kind} ({told.confidence:.0%} sure{needed}; release {told.release})")
    for number, passage in enumerate(near, 1):
        say(f"{number}. {passage.title} [{passage.document_id[:SHOWN_ID]}]: {_short(passage.text, 200)}")
    for entry in vetted:
        say(f"vetted {entry.id[:SHOWN_ID]}: {_short(entry.questions[0])} → {_short(entry.answer)}")


@app.command("accept")
@examples("autogpt review accept 3f2a91c0")
def accept(id: IdArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """The answer is right: keep it as an accepted example, which the next training takes."""
    _decide(workspace, id, as_json, "accept")


@app.command("answer")
@examples("autogpt review answer 3f2a91c0 'Call 0800 1, day and night.'")
def answer(
    id: IdArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The vetted answer.")],
    question: Annotated[
        list[str] | None,
        typer.Option(help="A way to put the question. May be repeated.", show_default="the item's questions"),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write a vetted answer; it is given from the next question on."""
    _decide(workspace, id, as_json, "answer", answer=text, questions=question or [])


@app.command("phrase")
@examples("autogpt review phrase 3f2a91c0 91bc02de")
def phrase(
    id: IdArgument,
    faq: Annotated[str, typer.Argument(metavar="VETTED", help="Id of the vetted answer, as `review show` tells it.")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Add the questions to a vetted answer that answers them."""
    _decide(workspace, id, as_json, "phrase", faq=faq)


@app.command("unanswerable")
@examples("autogpt review unanswerable 3f2a91c0")
def unanswerable(id: IdArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """The documents do not answer it: keep that as an example against the document that comes nearest."""
    _decide(workspace, id, as_json, "unanswerable")


@app.command("dismiss")
@examples("autogpt review dismiss 3f2a91c0")
def dismiss(id: IdArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Put questions aside; asked again, they stay so."""
    _decide(workspace, id, as_json, "dismiss")


@app.command("assign")
@examples("autogpt review assign 3f2a91c0 anna")
def assign(
    id: IdArgument,
    person: Annotated[str, typer.Argument(help="Who should decide.", show_default="whoever comes")] = "",
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say who should decide."""
    _decide(workspace, id, as_json, "assign", person=person)


@app.command("undo")
@examples("autogpt review undo 3f2a91c0")
def undo(id: IdArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Take a decision back, with the example or the vetted answer that came of it."""
    _decide(workspace, id, as_json, "undo")


def _decide(workspace: Path, id: str, as_json: bool, decision: str, **given: Any) -> None:
    from autogpt.services.reviewing.requests import Wanted, decide

    with open_store(workspace) as store, _search(store) as retriever:
        encoder = retriever.encoder if retriever is not None else None
        wanted = Wanted(decision, **given)
        told = decide(store, wanted, id, who(), encoder=encoder, searches=retriever, labels=None)
    if as_json:
        print_json(told)
    else:
        count = len(told["ids"])
        say(f"{'1 question' if count == 1 else f'{count} questions'} of the queue: {told['action']}.")


@contextmanager
def _search(store: "Store") -> Iterator["WorkspaceRetriever | None"]:
    """The search of what answers; None where nothing was ingested."""
    from autogpt.errors import DataError
    from autogpt.services.retrieving import open_retriever

    try:
        opened = open_retriever(store)
    except DataError:
        yield None
        return
    with opened as retriever:
        yield retriever


def _encoder(store: "Store") -> Any:
    from autogpt.services.bundles import current_encoder
    from autogpt.services.indexing import load_encoder

    return load_encoder(store.config, current_encoder(store))


def _told(item: Any) -> dict[str, Any]:
    return {
        "id": item.id,
        "questions": [{"text": one.text, "times": one.times} for one in item.questions],
        "times": item.times,
        "reasons": list(item.reasons),
        "confidence": item.confidence,
        "score": item.score,
        "assignee": item.assignee,
        "rows": {row.id: row.version for row in item.rows},
    }


def _short(text: str, length: int = SHOWN) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else f"{flat[: length - 1]}…"
