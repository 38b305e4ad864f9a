"""`autogpt compare`: models side by side."""

from pathlib import Path
from typing import Annotated

import typer

from autogpt.cli.console import print_json, progress, say, table
from autogpt.cli.options import HERE, JsonOption, SetOption, WorkspaceOption, examples, open_store, parse_settings
from autogpt.errors import UsageError


@examples(
    "autogpt compare base RUN                                  did the training help?",
    "autogpt compare RUN1 RUN2 RUN3 --html comparison.html     several methods, with charts",
    "autogpt compare en trained/model --data dev.json --markdown table.md",
    "autogpt compare runs/a runs/b --data held-out.csv         classifiers, on labelled texts",
    "autogpt compare base runs/c --data harbour.txt            language models, on documents",
)
def compare(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="Runs of one kind, folders, packs, or base: the untuned reader or encoder, the search without a "
            "reranker, what a generator or language model began as. The others are compared with the first.",
            show_default=False,
        ),
    ],
    part: Annotated[
        str, typer.Option("--part", help="Of the workspace: validation, or test once you have chosen.")
    ] = "validation",
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Ask these, and no workspace: questions, labelled texts, or documents. May be repeated.",
        ),
    ] = None,
    title_hash: Annotated[
        str, typer.Option("--title-hash", metavar="DIGITS", help="Of --data, only some articles: see evaluate reader.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=0, help="Of --data, only the first so many.")] = 0,
    force_answer: Annotated[bool, typer.Option("--force-answer", help="Readers never abstain.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", dir_okay=False, help="Write a page with charts.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", dir_okay=False, help="Write the table in Markdown.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set trained models side by side: how good, how sure that it is no luck, what each cost.

    Readers, classifiers, retrievers, rerankers, generators or language models, all asked the same. Differences come
    with 95% intervals and p-values that are corrected for comparing several. Choose by the validation part, and look at
    the test part once, for what you chose. Language models are asked for words of documents that none was trained on.
    """
    from autogpt.config import Config, override
    from autogpt.evaluate import side_by_side
    from autogpt.evaluate.report import side_by_side_html
    from autogpt.evaluate.results import write_text
    from autogpt.services.comparing import compare_on_files, compare_runs
    from autogpt.services.evaluating import Questions

    if not data and (title_hash or limit):
        raise UsageError("--title-hash and --limit belong to --data.", "Name files of questions with --data FILE.")
    if data:
        config = override(Config(), parse_settings(settings), "What was given with --set")
        with progress(as_json) as sink:
            found = compare_on_files(models, Questions(tuple(data), title_hash, limit), force_answer, sink, config)
    else:
        with open_store(workspace, settings) as store, progress(as_json) as sink:
            found = compare_runs(store, models, part, force_answer, sink)
    if html is not None:
        write_text(html, side_by_side_html(found))
    if markdown is not None:
        write_text(markdown, side_by_side.markdown(found))
    if as_json:
        print_json(found.to_json())
        return
    say(found.asked, "bold")
    table(side_by_side.heads(found.measure), [side_by_side.cells(line) for line in found.lines])
    for line in found.lines[1:]:
        say(f"{line.contender.name} against {found.lines[0].contender.name}: {line.verdict}.")
    for path, what in ((html, "page"), (markdown, "table")):
        if path is not None:
            say(f"The {what} is in {path}.")
