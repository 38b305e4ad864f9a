"""`autogpt release`: make releases, see them, measure, promote and roll back."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from autogpt.cli.console import notice, print_json, progress, say, table
from autogpt.cli.options import HERE, App, JsonOption, SetOption, WorkspaceOption, examples, open_store
from autogpt.errors import UsageError

if TYPE_CHECKING:
    from autogpt.services.release_gate import GateReport

app = App(help="Create, list, measure, promote and roll back releases.")

VersionArgument = Annotated[str, typer.Argument(help="The release.", show_default=False)]


@app.command("create")
@examples(
    "autogpt release create",
    "autogpt release create --from base",
    "autogpt release create --from base --encoder RUN",
    "autogpt release create --from base --reranker RUN",
    "autogpt release create --from base --classifier RUN",
    "autogpt release create --from RUN --encoder pack --json",
)
def create(
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="RUN|FOLDER|base",
            help="What to release: a run, a folder with a trained reader, or base, the model pack's own.",
            show_default="the newest finished run",
        ),
    ] = "",
    encoder: Annotated[
        str,
        typer.Option(
            metavar="RUN|FOLDER|pack",
            help="What finds passages: a run of autogpt train retriever, a folder with an encoder, or pack, the model "
            "pack's own.",
            show_default="the current release's, else the pack's",
        ),
    ] = "",
    reranker: Annotated[
        str,
        typer.Option(
            metavar="RUN|FOLDER|none",
            help="What judges the best passages found: a run of autogpt train reranker, a folder with a reranker, or "
            "none.",
            show_default="the current release's, if it has one",
        ),
    ] = "",
    classifier: Annotated[
        str,
        typer.Option(
            metavar="RUN|FOLDER|none",
            help="What tells what questions are about and which are out of scope: a run of autogpt train classifier, a "
            "folder with a classifier, or none.",
            show_default="the current release's, if it has one",
        ),
    ] = "",
    workspace: WorkspaceOption = HERE,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a release: compress the reader, fit confidence and threshold, seal it.

    Confidence and threshold are fitted on the validation part. Another encoder gets an index of its own, beside the
    one that answers. A reranker is asked only where it helps on the validation part. A classifier is asked first: it
    refuses what is out of scope, and [answer.routes] says what becomes of each class. The release answers nobody until
    it is promoted.
    """
    from autogpt.services.releasing import create_release

    with open_store(workspace, settings) as store, progress(as_json) as sink:
        release = create_release(store, source, sink, encoder, reranker, classifier)
    if as_json:
        print_json(dict(release.manifest))
        return
    compression, fitted = release.manifest["compression"], release.manifest["validation"]
    say(f"Release {release.version} is made.", "bold green")
    say(f"  reader: {compression['precision']} ({compression['summary']})")
    say(f"  encoder: {release.manifest['encoder']['name']}")
    if release.manifest["reranker"]:
        say(f"  reranker: {release.manifest['reranker']['name']} ({release.manifest['reranker']['summary']})")
    if release.manifest["classifier"]:
        topics = release.manifest["classifier"]
        told = "tells what is out of scope" if topics["out_of_scope"] else "cannot tell what is out of scope"
        say(f"  classifier: {topics['name']} ({topics['classes']:,} classes; {told})")
    if "questions" in fitted:
        say(f"  confidence fitted on {fitted['questions']} validation questions")
    if "faq" in fitted:
        say(f"  vetted answers: {fitted['faq']['summary']}")
    say(f"  answers from a confidence of {release.policy.threshold:.0%}")
    say(f"Promote it with: autogpt release promote {release.version}")


@app.command("list")
@examples("autogpt release list", "autogpt release list --json")
def list_(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """List the releases, oldest first, each with the gate's newest verdict."""
    from autogpt.services.release_gate import newest_verdicts
    from autogpt.services.releasing import list_releases

    with open_store(workspace) as store:
        releases, judged = list_releases(store), newest_verdicts(store)
    if as_json:
        told = {version: report.to_json() for version, report in judged.items()}
        print_json([{**asdict(one), "gate": told.get(one.version)} for one in releases])
    elif not releases:
        say("There is no release yet. Make one with: autogpt release create")
    else:
        rows = [
            (
                one.version,
                "current" if one.current else "",
                f"{one.created_at:%Y-%m-%d %H:%M}",
                "damaged" if one.problem else one.precision,
                f"{report.verdict.verdict} against {report.against}" if (report := judged.get(one.version)) else "",
                one.run,
            )
            for one in releases
        ]
        table(["release", "", "made (UTC)", "precision", "verdict", "run"], rows)
        for one in releases:
            if one.problem:
                notice(one.problem)


@app.command("measure")
@examples("autogpt release measure r2", "autogpt release measure r2 --json")
def measure(
    version: VersionArgument,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Put a release through the gate without making it answer.

    It and what answers now answer the validation questions, as for promoting. The verdict is kept with the release,
    and both measurements are, as evaluations.
    """
    from autogpt.services.releasing import measure as run

    with open_store(workspace) as store, progress(as_json) as sink:
        report = run(store, version, sink=sink)
    if as_json:
        print_json(report.to_json())
        return
    say(f"Release {version} against {report.against}: {report.verdict.verdict}.", "bold")
    for reason in report.verdict.reasons:
        say(f"  {reason}")
    _show_parts(report)
    if report.passed:
        say(f"It would pass. Promote it with: autogpt release promote {version}")
    else:
        say("It would not pass.")


def _show_parts(report: "GateReport") -> None:
    """A line for all questions, and one for each slice that is tested on its own."""
    parts = [one for one in (report.verdict.overall, *report.verdict.slices) if one is not None]
    rows = [
        (
            f"{one.name}: {one.value}" if one.value else one.name,
            f"{one.difference.questions:,}",
            f"{one.before:.1f}",
            f"{one.after:.1f}",
            f"{one.difference.value:+.1f} ({one.difference.lower:+.1f} to {one.difference.upper:+.1f})",
        )
        for one in parts
    ]
    if rows:
        table(["", "questions", "F1 before", "F1 after", "difference"], rows)


@app.command("promote")
@examples("autogpt release promote r2", "autogpt release promote r2 --force")
def promote(
    version: VersionArgument,
    force: Annotated[
        bool, typer.Option("--force", help="Promote even if the gate says no; the audit trail records it.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Make a release the one that answers, if it is not worse than what answers now.

    Both answer the validation questions. It passes when the lower 95% bound of the difference in F1 lies above minus
    promote.margin, over all questions and on every large slice. Servers take it up without a restart.
    """
    from autogpt.services.releasing import NotPromotedError
    from autogpt.services.releasing import promote as run

    with open_store(workspace) as store, progress(as_json) as sink:
        try:
            done = run(store, version, force=force, sink=sink)
        except NotPromotedError as refused:
            again = f"Promote it all the same with: autogpt release promote {version} --force."
            raise UsageError(refused.message, f"{again} The audit trail will say so.") from None
    if as_json:
        print_json(done)
        return
    say(f"Release {done.version} answers now (before: {done.previous}). Verdict: {done.verdict}.", "bold green")
    for reason in done.reasons:
        say(f"  {reason}")


@app.command("rollback")
@examples("autogpt release rollback", "autogpt release rollback r1")
def rollback(
    version: Annotated[
        str, typer.Argument(help="The release to go back to.", show_default="the one before the current one")
    ] = "",
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Make an earlier release current again. Documents and FAQ entries stay as they are."""
    from autogpt.services.releasing import rollback as run

    with open_store(workspace) as store, progress(as_json) as sink:
        done = run(store, version, sink)
    if as_json:
        print_json(done)
    else:
        say(f"Release {done.version} answers again (before: {done.previous}).", "bold green")
