"""`autogpt examples suggest`."""

from typing import TYPE_CHECKING, Annotated

import typer

from autogpt.cli.options import HERE, JsonOption, WorkspaceOption, examples, open_store

if TYPE_CHECKING:
    from autogpt.services.annotating.suggesting import SuggestReport


@examples(
    "autogpt examples suggest fees.pdf",
    "autogpt examples suggest fees.pdf --limit 200 --dry-run",
    "autogpt examples suggest fees.pdf --read",
    "autogpt examples suggest fees.pdf --json",
)
def suggest(
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="Its name, address or title.")],
    limit: Annotated[int, typer.Option(min=1, help="Most questions to suggest.")] = 50,
    rules_only: Annotated[bool, typer.Option("--rules-only", help="Leave the language model out.")] = False,
    read: Annotated[bool, typer.Option("--read", help="Let the reader that answers now mark the answers.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show them.")] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Suggest questions that a document answers, each with its answer.

    By rules over headings, definitions, names, tables, amounts and dates, and vetted answers, in English and Chinese;
    and by the language model of the section [compose], where one is configured, whose answers have to stand in the
    document.
    With --read the reader that answers now says how sure it is of each answer, marks another one where it is rather
    sure of that, and answers what waits in the review queue about the document.
    They become suggested examples, which train nothing until somebody accepts them: on the page Annotate, for instance.
    """
    from contextlib import ExitStack

    from autogpt.cli.console import print_json
    from autogpt.services.annotating.suggesting import suggest_questions
    from autogpt.services.answering import Answerer
    from autogpt.services.examples.contexts import Library
    from autogpt.services.generators import workspace_composer

    with open_store(workspace) as store, ExitStack() as open_while:
        found = Library(store).named(document)
        composer = None if rules_only else workspace_composer(store)
        if composer is not None:
            open_while.callback(composer.close)
        reader = open_while.enter_context(Answerer(store, record=False, compose=False)) if read else None
        report = suggest_questions(
            store,
            found.document_id,
            limit=limit,
            keep=not dry_run,
            labels=None,
            reads=reader.read if reader is not None else None,
            composer=composer,
            patience=float("inf"),
        )
    if as_json:
        print_json(report)
    else:
        _show(report, dry_run)


def _show(report: "SuggestReport", dry_run: bool) -> None:
    from autogpt.cli.console import notice, say, table

    if report.notice:
        notice(report.notice)
    if report.marked:
        say(f"The reader answers {report.marked:,} earlier suggestions otherwise now.")
    if not report.suggestions:
        say(f"No new question is found in {report.document}.")
        return
    rows = [
        (
            one.kind,
            one.question,
            answer if len(answer) <= 60 else f"{answer[:59]}…",
            "" if one.confidence is None else f"{one.confidence:.0%}",
        )
        for one, answer in zip(report.suggestions, report.answers, strict=True)
    ]
    table(["by", "question", "answer", "sure"], rows)
    if dry_run:
        say(f"{len(rows):,} questions; nothing was kept.")
    else:
        say(f"Kept {report.added:,} suggested examples: accept or reject them on the page Annotate (autogpt serve).")
