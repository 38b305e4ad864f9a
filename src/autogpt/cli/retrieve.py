"""`autogpt retrieve`: the passages found for a question, and what each stage of the search said of them.

In: a question. Out: a table, or JSON. The search is the one that answering uses.
"""

from collections.abc import Sequence
from typing import Annotated

import typer

from autogpt.cli.console import print_json, say, table
from autogpt.cli.options import HERE, JsonOption, SetOption, WorkspaceOption, examples, open_store
from autogpt.retrieve.retriever import Retrieved

#: Characters of a passage shown on a terminal.
SHOWN = 300


@examples(
    "autogpt retrieve 'What is the daily limit?'",
    "autogpt retrieve 'What is the daily limit?' --passages 3 --text",
    "autogpt retrieve 'What is the daily limit?' --label staff --json",
)
def retrieve(
    question: Annotated[str, typer.Argument(help="What to search for.")],
    workspace: WorkspaceOption = HERE,
    passages: Annotated[
        int | None, typer.Option("--passages", "-k", min=1, help="How many; by default as many as the reader gets.")
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(help="Search as an asker with this access label. May be repeated. Without it you see everything."),
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Show the passages themselves too.")] = False,
    as_json: JsonOption = False,
    settings: SetOption = None,
) -> None:
    """Show the passages found for a question, as answering would find them.

    Ranks and scores are those of the words (BM25), of the meaning (cosine of the vectors) and of both fused.
    """
    from autogpt.services.retrieving import open_retriever

    with open_store(workspace, settings) as store, open_retriever(store) as retriever:
        found = retriever.retrieve(question, passages, frozenset(label) if label else None)
    if as_json:
        print_json({"question": question, "passages": found})
    elif not found:
        say("No passage found.", "yellow")
    else:
        _show(found, text)


def _show(found: Sequence[Retrieved], text: bool) -> None:
    columns = ("rank", "fused", "words", "BM25", "meaning", "cosine", "place", "matched")
    table(columns, [_row(rank, one) for rank, one in enumerate(found, 1)])
    if text:
        for rank, one in enumerate(found, 1):
            say()
            say(f"{rank}. {_place(one)}", "cyan")
            say(_shortened(one.passage.text))


def _row(rank: int, one: Retrieved) -> list[object]:
    return [
        rank,
        f"{one.score:.4f}",
        one.lexical_rank or "-",
        "-" if one.lexical_score is None else f"{one.lexical_score:.2f}",
        one.dense_rank or "-",
        "-" if one.dense_score is None else f"{one.dense_score:.3f}",
        _place(one),
        " ".join(one.matched_terms),
    ]


def _place(one: Retrieved) -> str:
    page = [f"page {one.passage.page}"] if one.passage.page else []
    return " › ".join([one.passage.title, *one.passage.heading_path, *page])


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN else flat[: SHOWN - 1] + "…"
