"""`autogpt examples suggest`."""

from typing import TYPE_CHECKING, Annotated

import typer

from autogpt.cli.options import HERE, JsonOption, WorkspaceOption, examples, open_store

if TYPE_CHECKING:
    from autogpt.services.annotating.suggesting import SuggestReport


@examples(
    "autogpt examples suggest fees.pdf",
    "autogpt examples suggest fees.pdf --limit 200 --dry-run",
    "autogpt examples suggest fees.pdf --json",
)
def suggest(
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="Its name, address or title.")],
    limit: Annotated[int, typer.Option(min=1, help="Most questions to suggest.")] = 50,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show them.")] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Suggest questions that a document answers, each with its answer.

    By rules over headings, definitions, tables, amounts and dates, and vetted answers, in English and Chinese. They
    become suggested examples, which train nothing until somebody accepts them: on the page Annotate, for instance.
    """
    from autogpt.cli.console import print_json
    from autogpt.services.annotating.suggesting import suggest_questions
    from autogpt.services.examples.contexts import Library

    with open_store(workspace) as store:
        found = Library(store).named(document)
        report = suggest_questions(store, found.document_id, limit=limit, keep=not dry_run, labels=None)
    if as_json:
        print_json(report)
    else:
        _show(report, dry_run)


def _show(report: "SuggestReport", dry_run: bool) -> None:
    from autogpt.cli.console import say, table

    if not report.suggestions:
        say(f"The rules find no new question in {report.document}.")
        return
    rows = [
        (one.kind, one.question, answer if len(answer) <= 60 else f"{answer[:59]}…")
        for one, answer in zip(report.suggestions, report.answers, strict=True)
    ]
    table(["rule", "question", "answer"], rows)
    if dry_run:
        say(f"{len(rows):,} questions; nothing was kept.")
    else:
        say(f"Kept {report.added:,} suggested examples: accept or reject them on the page Annotate (autogpt serve).")
