"""`autogpt examples choose`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autogpt.cli.options import HERE, JsonOption, WorkspaceOption, examples, open_store

if TYPE_CHECKING:
    from autogpt.services.choosing import ChoiceReport


@examples(
    "autogpt examples choose",
    "autogpt examples choose questions.txt --count 50 --out next.csv",
    "autogpt examples choose questions.jsonl --model none --json",
)
def choose(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Questions: one a line, or CSV or JSON lines with a text a row.",
            show_default="those that wait for review",
        ),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many to choose.")] = 20,
    model: Annotated[
        str,
        typer.Option(
            metavar="RUN|FOLDER|none", help="The classifier that is uncertain.", show_default="the newest run, if any"
        ),
    ] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="margin, entropy or least-confidence.")] = "margin",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write them there to be labelled: CSV or JSON lines.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Choose which questions to label next: those that would teach most.

    A question comes first when the classifier is uncertain of it (without one: when its answer was), when many are like
    it, and when it is unlike all that is labelled or was chosen before it. The file that --out writes has an empty
    column label; filled in, it is imported with: autogpt examples import FILE.
    """
    from autogpt.cli.console import print_json, progress
    from autogpt.services.choosing import choose_next, write_chosen

    with open_store(workspace) as store, progress(as_json) as sink:
        report = choose_next(store, file, count=count, model=model, by=by, sink=sink)
    if out is not None:
        write_chosen(report, out)
    if as_json:
        print_json(report)
    else:
        _show(report, out)


def _show(report: "ChoiceReport", out: Path | None) -> None:
    from autogpt.cli.console import say, table

    say(
        f"Of {report.texts:,} questions without a label these would teach most (uncertainty: {report.uncertainty}; "
        f"compared with {report.known:,} labelled ones)."
    )
    say()
    rows = [
        (f"{one.score:.2f}", one.text if len(one.text) <= 80 else f"{one.text[:79]}…", "; ".join(one.reasons))
        for one in report.chosen
    ]
    table(["score", "question", "why"], rows)
    if out is not None:
        say(f"Wrote {out}: fill in the column label, then: autogpt examples import {out}")
