"""`autogpt examples`: import, export, list, split and check; the other commands are in the modules beside it.

In: options. Out: what the services report, as text or JSON. Knows nothing about how examples are kept.
"""

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from autogpt.cli.examples.augment import augment, suspects
from autogpt.cli.examples.changes import history, undo
from autogpt.cli.examples.choose import choose
from autogpt.cli.examples.suggest import suggest
from autogpt.cli.options import HERE, App, JsonOption, WorkspaceOption, examples, open_store
from autogpt.errors import UsageError

app = App(help="Question-answer examples: bring them in, look at them, divide them, check them, take them out.")


class Format(StrEnum):
    """Formats of files."""

    SQUAD = "squad"
    CSV = "csv"
    JSONL = "jsonl"
    LABELLED = "labelled"
    DOCCANO = "doccano"
    LABEL_STUDIO = "label-studio"
    LABELBOX = "labelbox"


class Source(StrEnum):
    """Formats of files, and data sets."""

    SQUAD = "squad"
    CSV = "csv"
    JSONL = "jsonl"
    LABELLED = "labelled"
    DOCCANO = "doccano"
    LABEL_STUDIO = "label-studio"
    LABELBOX = "labelbox"
    DATASET = "dataset"


class Part(StrEnum):
    """Parts of the split."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
    NONE = "none"


class Kind(StrEnum):
    """Tasks of examples."""

    EXTRACTIVE = "extractive"
    CLASSIFY = "classify"


class State(StrEnum):
    """Statuses of an example."""

    ACCEPTED = "accepted"
    SUGGESTED = "suggested"
    REJECTED = "rejected"
    STALE = "stale"


@app.command("import")
@examples(
    "autogpt examples import questions.csv",
    "autogpt examples import squad.json",
    "autogpt examples import fragen.csv --column question=Frage --column answer=Antwort --document preise.pdf",
    "autogpt examples import rajpurkar/squad_v2 --part validation",
    "autogpt examples import intents.csv --format labelled",
    "autogpt examples import project-3-at-2026-03-01.json --format label-studio",
    "autogpt examples import questions.csv --dry-run",
)
def import_(
    source: Annotated[
        str,
        typer.Argument(
            help="SQuAD JSON, CSV, JSON lines, or an export of doccano, Label Studio or Labelbox (plain or .gz); a "
            "folder, a Parquet file, or a data set's hub id."
        ),
    ],
    format: Annotated[Source | None, typer.Option(help="Format, where the content does not tell it.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="OURS=THEIRS", help="Which column of the file is which. May be repeated."),
    ] = None,
    document: Annotated[str, typer.Option(metavar="NAME", help="Document of the examples that name none.")] = "",
    subset: Annotated[str, typer.Option(metavar="NAME", help="Configuration of a data set that has several.")] = "",
    part: Annotated[str, typer.Option(metavar="NAME", help="Part of a data set; without it, all of them.")] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Bring in nothing when one example cannot be used.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    index: Annotated[
        bool,
        typer.Option("--index/--no-index", help="Index new contexts now, or with the next ingest."),
    ] = True,
    everything: Annotated[bool, typer.Option("--all", help="List every refused example, not the first few.")] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Bring in question-answer examples.

    A file states a context with its questions (SQuAD), or names the ingested document that holds each answer (columns
    question, answer, document). Answers are looked up in the document: wrong offsets are put right, and examples whose
    answer does not stand there are listed with the reason. Questions with an empty answer are unanswerable ones. A file
    with a text and a label a row, and no answers, holds labelled questions for a classifier. Exports of annotation
    tools are read with what their offsets count; what was put right is listed. The same import again does nothing.
    """
    from autogpt.cli.console import print_json, progress
    from autogpt.cli.examples.shown import show_import
    from autogpt.cli.people import who
    from autogpt.services.examples import import_examples

    with open_store(workspace) as store, progress(as_json) as sink:
        report = import_examples(
            store,
            source,
            format=format.value if format else None,
            columns=_columns(column),
            subset=subset,
            part=part,
            document=document,
            strict=strict,
            dry_run=dry_run,
            index=index,
            by=who(),
            sink=sink,
        )
    if as_json:
        print_json(report)
    else:
        show_import(report, dry_run, everything)


@app.command("export")
@examples(
    "autogpt examples export examples.json",
    "autogpt examples export test.jsonl.gz --split test",
    "autogpt examples export all.csv --status all",
    "autogpt examples export intents.jsonl --task classify",
    "autogpt examples export tasks.json --format label-studio",
)
def export(
    file: Annotated[Path, typer.Argument(help="File to write; .json is SQuAD, .jsonl and .csv themselves, .gz packs.")],
    format: Annotated[Format | None, typer.Option(help="Format, where the file's name does not tell it.")] = None,
    split: Annotated[Part | None, typer.Option(help="Only this part.")] = None,
    status: Annotated[str, typer.Option(metavar="STATUS", help="Only this status, or all.")] = "accepted",
    task: Annotated[
        Kind | None,
        typer.Option(help="Questions with answers or labelled ones.", show_default="what the format is for"),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write examples to a file.

    Other programs read it, and an import makes the same examples of it. SQuAD and JSON lines carry the texts of the
    documents; CSV names the documents only. Labelled questions go to JSON lines of their own.
    """
    from autogpt.cli.console import print_json, progress, say
    from autogpt.services.examples import export_examples

    with open_store(workspace) as store, progress(as_json) as sink:
        report = export_examples(
            store,
            file,
            format=format.value if format else "",
            split=split.value if split else "",
            status="" if status == "all" else status,
            task=task.value if task else "",
            sink=sink,
        )
    if as_json:
        print_json(report)
    else:
        say(
            f"Wrote {report.examples:,} examples ({report.unanswerable:,} unanswerable) about {report.documents:,} "
            f"documents to {report.path} as {report.format}."
        )


@app.command("list")
@examples(
    "autogpt examples list",
    "autogpt examples list --split test --unanswerable",
    "autogpt examples list --document fees.pdf --search 'monthly fee' --json",
)
def list_(
    split: Annotated[Part | None, typer.Option(help="Only this part.")] = None,
    status: Annotated[State | None, typer.Option(help="Only this status.")] = None,
    document: Annotated[str, typer.Option(metavar="NAME", help="Only those about this document.")] = "",
    search: Annotated[str, typer.Option(metavar="WORDS", help="Only those with these words.")] = "",
    answerable: Annotated[
        bool | None, typer.Option("--answerable/--unanswerable", help="Only those that are.", show_default=False)
    ] = None,
    task: Annotated[Kind | None, typer.Option(help="Only questions with answers, or labelled ones.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most examples shown.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="Examples passed over first.")] = 0,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """List examples, oldest first."""
    from autogpt.cli.console import print_json
    from autogpt.cli.examples.shown import show_list
    from autogpt.services.examples import list_examples

    with open_store(workspace) as store:
        found, count = list_examples(
            store,
            split=split.value if split else "",
            status=status.value if status else "",
            document=document,
            search=search,
            answerable=answerable,
            task=task.value if task else "",
            limit=limit,
            offset=offset,
        )
    if as_json:
        print_json({"count": count, "examples": found})
    else:
        show_list(found, count, offset)


@app.command("split")
@examples(
    "autogpt examples split",
    "autogpt examples split --test 0.2 --seed 7",
    "autogpt examples split --force",
)
def split(
    test: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share set aside for the test.", show_default="split.test")
    ] = None,
    train: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of the rest that trains.", show_default="split.train")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed divides otherwise.", show_default="split.seed")] = None,
    force: Annotated[bool, typer.Option("--force", help="Divide all anew, the sealed test part included.")] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Divide the accepted examples into train, validation and test.

    Whole documents are divided, together with their near-duplicates and with near-duplicate questions; the test part is
    set aside first. Labelled questions are divided class by class, near-duplicates together. Run again, new examples
    join and the others stay where they are.
    """
    from autogpt.cli.console import print_json, progress
    from autogpt.cli.examples.shown import show_split
    from autogpt.cli.people import who
    from autogpt.services.examples import split_examples

    with open_store(workspace) as store, progress(as_json) as sink:
        report = split_examples(store, test=test, train=train, seed=seed, force=force, by=who(), sink=sink)
    if as_json:
        print_json(report)
    else:
        show_split(report)


@app.command("check")
@examples("autogpt examples check", "autogpt examples check --json")
def check(
    everything: Annotated[bool, typer.Option("--all", help="List every finding, not the first few.")] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Find what is wrong with the examples.

    Wrong offsets, empty questions, answers that are not in their document, duplicates, contradictions, leakage across
    the parts, imbalance; of labelled questions one class only, classes with one example or spelt in several ways, texts
    with different labels: each with the examples it is about. Ends with 1 when there are errors; warnings alone end
    with 0.
    """
    from autogpt.cli.console import print_json, progress
    from autogpt.cli.examples.shown import show_check
    from autogpt.services.examples import check_examples

    with open_store(workspace) as store, progress(as_json) as sink:
        report = check_examples(store, sink)
    if as_json:
        print_json({"errors": report.errors, **asdict(report)})
    else:
        show_check(report, everything)
    if report.errors:
        raise typer.Exit(1)


app.command("augment")(augment)
app.command("suspects")(suspects)
app.command("choose")(choose)
app.command("suggest")(suggest)
app.command("history")(history)
app.command("undo")(undo)


def _columns(given: Sequence[str] | None) -> dict[str, str]:
    """`["answer=Antwort"]` → `{"answer": "Antwort"}`. Raises UsageError for one without `=`."""
    pairs = [one.partition("=") for one in given or ()]
    for ours, sign, theirs in pairs:
        if not (sign and ours and theirs):
            raise UsageError(f"--column {ours}: expected OURS=THEIRS.", "For example: --column answer=Antwort")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
