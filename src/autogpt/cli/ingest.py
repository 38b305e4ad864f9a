"""`autogpt ingest`: bring documents and FAQ entries in, list them, take them out.

In: options. Out: the report of the service, as text or JSON. Knows nothing about how documents are kept.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from autogpt.cli.options import HERE, JsonOption, SetOption, WorkspaceOption, examples, open_store
from autogpt.errors import UsageError

if TYPE_CHECKING:
    from autogpt.services.ingest_report import IngestReport
    from autogpt.store import Store

#: Notices shown without --all.
_SHOWN = 20


@examples(
    "autogpt ingest documents/",
    "autogpt ingest terms.pdf faq.csv https://example.org/fees.html",
    "autogpt ingest internal/ --label staff",
    "autogpt ingest --list",
    "autogpt ingest --remove documents/old-fees.html",
    "autogpt ingest --dismiss scan.pdf",
)
def ingest(
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders and http(s) URLs; to remove or dismiss, also names.", show_default=False),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL", help="Only people with this access label may see them. May be repeated."),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take out instead: the text is erased.")] = False,
    dismiss: Annotated[
        bool, typer.Option("--dismiss", help="List failures no more until the files change; what was read stays.")
    ] = False,
    listing: Annotated[bool, typer.Option("--list", help="List what was ingested.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try unchanged files again that failed before.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show every notice, not the first few.")] = False,
    settings: SetOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Bring in documents (PDF, DOCX, HTML, Markdown, TXT) and question-answer pairs (CSV, JSON lines) as FAQ entries.

    Only what is new or changed is read. Of a folder, files that are gone are removed, and their text can be cited no
    longer. A file that cannot be read is one line in the report; the rest goes on.
    """
    from autogpt.cli.console import print_json, progress, say
    from autogpt.services.failures import dismiss_named
    from autogpt.services.ingesting import ingest as bring_in
    from autogpt.services.ingesting import remove as take_out

    if remove and dismiss:
        raise UsageError("--remove and --dismiss were both given.", "Removing dismisses, too: leave --dismiss out.")
    if not sources and not listing:
        raise UsageError("Nothing to ingest was named.", "Give files, folders or URLs: autogpt ingest docs/")
    with open_store(workspace, settings) as store:
        if listing:
            _list(store, as_json)
            return
        if dismiss:
            count = dismiss_named(store, sources or [])
            if as_json:
                print_json({"dismissed": count})
            else:
                say(f"{count:,} dismissed")
            return
        with progress(as_json) as sink:
            if remove:
                report = take_out(store, sources or [], sink)
            else:
                report = bring_in(store, sources or [], sink, labels=label, retry=retry)
    if as_json:
        print_json(report)
    else:
        _show(report, everything)
    if report.failed and not (report.new or report.changed or report.unchanged or report.duplicates or report.removed):
        raise typer.Exit(1)


def _show(report: "IngestReport", everything: bool) -> None:
    from autogpt.cli.console import duration, say, table

    say(f"{report.summary} ({duration(report.seconds)})")
    if report.failures:
        say()
        table(
            ["failed", "reason", "what to do"],
            [(one.name, one.reason, one.hint) for one in report.failures],
        )
    if report.notices:
        say()
        shown = report.notices if everything else report.notices[:_SHOWN]
        table(["note", ""], [(one.name, one.text) for one in shown])
        if len(shown) < len(report.notices):
            say(f"… and {len(report.notices) - len(shown)} more: --all")


def _list(store: "Store", as_json: bool) -> None:
    from autogpt.cli.console import print_json, say, table
    from autogpt.services.sources import list_sources

    sources = list_sources(store)
    if as_json:
        print_json(sources)
    elif not sources:
        say("Nothing was ingested yet. Begin with: autogpt ingest FOLDER")
    else:
        table(
            ["name", "state", "language", "pages", "characters", "note"],
            [(one.name, one.state, one.language, one.pages, one.characters, one.note) for one in sources],
        )
