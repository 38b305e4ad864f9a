"""`autogpt retrieve`: the passages found for a question, and what each stage of the search said of them.

In: a question. Out: a table, or JSON. The search is the one that answering uses.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from autogpt.cli.console import notice, print_json, say, table
from autogpt.cli.options import HERE, JsonOption, SetOption, WorkspaceOption, examples, open_store

if TYPE_CHECKING:
    from autogpt.services.searching import Found, Search

#: Characters of a passage shown on a terminal.
SHOWN = 300
#: Rankings: the column of their ranks, that of their scores, and the digits worth showing.
COLUMNS = {
    "fused": ("fused", "score", 3),
    "lexical": ("words", "BM25", 2),
    "dense": ("meaning", "cosine", 3),
    "rerank": ("reranked", "logit", 2),
}


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

    Ranks and scores are those of the words (BM25), of the meaning (cosine of the vectors) and of both fused; and of the
    reranker, where the release has one that helps.
    """
    from autogpt.services.retrieving import open_retriever
    from autogpt.services.searching import search

    with open_store(workspace, settings) as store, open_retriever(store) as retriever:
        made = search(store, retriever, question, passages, frozenset(label) if label else None)
    if as_json:
        shown = {"question": question, "language": made.language, "words": made.words, "notices": made.notices}
        print_json({**shown, "passages": [one.retrieved for one in made.found]})
        return
    for one in made.notices:
        notice(one)
    if made.found:
        _show(made, text)
    else:
        say("No passage found.", "yellow")
    say(f"Language of the question: {made.language}. Words looked up: {' '.join(made.words) or 'none'}.")


def _show(made: "Search", text: bool) -> None:
    columns = [COLUMNS.get(stage, (stage, "score", 3)) for stage in made.stages]
    heads = [head for rank, score, _ in columns for head in (rank, score)]
    table(("rank", *heads, "place", "matched"), [_row(made, rank, one) for rank, one in enumerate(made.found, 1)])
    if text:
        for rank, one in enumerate(made.found, 1):
            say()
            say(f"{rank}. {_place(one)}", "cyan")
            say(_shortened(one.retrieved.passage.text))
        say()


def _row(made: "Search", rank: int, one: "Found") -> list[object]:
    row: list[object] = [rank]
    for stage in made.stages:
        digits = COLUMNS.get(stage, ("", "", 3))[2]
        score = one.scores.get(stage)
        row += [one.ranks.get(stage) or "-", "-" if score is None else f"{score:.{digits}f}"]
    return [*row, _place(one), " ".join(one.retrieved.matched_terms)]


def _place(one: "Found") -> str:
    passage = one.retrieved.passage
    page = [f"page {passage.page}"] if passage.page else []
    title = passage.title or one.document
    # A document's first heading often is its title.
    below = passage.heading_path[1:] if passage.heading_path[:1] == (title,) else passage.heading_path
    return " › ".join([title, *below, *page])


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN else flat[: SHOWN - 1] + "…"
