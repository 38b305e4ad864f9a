"""`autogpt evaluate`: measure a workspace's whole answer path, or a reader alone; fit a reader's confidence."""

from pathlib import Path
from typing import Annotated

import typer

from autogpt.cli.console import print_json, progress, say, table
from autogpt.cli.evaluate.generator import generator
from autogpt.cli.evaluate.shown import show_reader, show_workspace
from autogpt.cli.options import HERE, App, JsonOption, SetOption, WorkspaceOption, examples, open_store
from autogpt.errors import UsageError

app = App(
    help="Measure the workspace's whole answer path, or a reader alone.",
    no_args_is_help=False,
    epilog=(
        "Examples:\n"
        "  autogpt evaluate                                        the current release on the test part\n"
        "  autogpt evaluate --release r2 --html report.html        another release, with a page of charts\n"
        "  autogpt evaluate --data gold.json                       a file of questions, asked over all documents\n"
        "  autogpt evaluate reader --model en --data dev.json      a reader on a file of questions"
    ),
)

HtmlOption = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", dir_okay=False, help="Write a page with charts and every miss.")
]
ModelOption = Annotated[
    str,
    typer.Option(
        "--model", metavar="PACK|FOLDER", help="A model pack's name, or the folder of a reader or of its training."
    ),
]
ModelsOption = Annotated[
    list[str],
    typer.Option(
        "--model",
        metavar="PACK|FOLDER",
        help="A model pack's name, or the folder of a reader or of its training. Repeated: their probabilities are "
        "averaged.",
    ),
]
DataOption = Annotated[
    list[Path],
    typer.Option("--data", metavar="FILE", help="SQuAD JSON or JSON lines, plain or gzipped. May be repeated."),
]
HashOption = Annotated[
    str,
    typer.Option(
        "--title-hash",
        metavar="DIGITS",
        help="Only articles whose title's SHA-256 begins with one of these hexadecimal digits, for example 8-f.",
    ),
]
IdsOption = Annotated[
    Path | None,
    typer.Option(
        "--ids", metavar="FILE", dir_okay=False, help="Only the questions whose ids the file lists, one a line."
    ),
]
LimitOption = Annotated[int, typer.Option("--limit", min=0, help="Only the first so many questions; 0 takes all.")]
BackendOption = Annotated[
    str, typer.Option("--backend", metavar="NAME", help="openvino, onnx or torch.", show_default="the fastest there is")
]
ThreadsOption = Annotated[int, typer.Option("--threads", min=0, help="Processor threads; 0 means all cores.")]


@app.callback(invoke_without_command=True)
def evaluate(
    context: typer.Context,
    release: Annotated[
        str, typer.Option("--release", metavar="NAME", help="The release to measure.", show_default="the current one")
    ] = "",
    part: Annotated[str, typer.Option("--part", help="train, validation or test.")] = "test",
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="In place of a part: SQuAD JSON or JSON lines, about texts that stand in the documents. "
            "May be repeated.",
        ),
    ] = None,
    html: HtmlOption = None,
    workspace: WorkspaceOption = HERE,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the workspace's whole answer path: retrieval, reading, abstention, time.

    Every accepted example of the test part is asked; each miss is blamed on the stage that lost it.
    """
    if context.invoked_subcommand is not None:
        return
    from autogpt.services.evaluating import Questions, measure_file, measure_workspace, write_report

    with open_store(workspace, settings) as store, progress(as_json) as sink:
        if data:
            report = measure_file(store, Questions(tuple(data)), release, sink)
        else:
            report = measure_workspace(store, release, part, sink=sink)
    if html is not None:
        write_report(report, html)
    if as_json:
        print_json(report.to_json())
        return
    show_workspace(report)
    if html is not None:
        say(f"The page is in {html}.")


@app.command("reader")
@examples(
    "autogpt evaluate reader --model en --data dev-v2.0.json",
    "autogpt evaluate reader --model en --data dev-v1.1.json --force-answer --html report.html",
    "autogpt evaluate reader --model runs/r1/model --data my.jsonl --predictions answers.jsonl --json",
    "autogpt evaluate reader --model runs/r1/model --model runs/r2/model --data my.jsonl",
)
def reader(
    model: ModelsOption,
    data: DataOption,
    force_answer: Annotated[bool, typer.Option("--force-answer", help="Never abstain.")] = False,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", min=0, help="Lowest confidence answered.", show_default="the reader's own"),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            "--predictions", metavar="FILE", dir_okay=False, help="Write id, text, start, end, confidence, a line each."
        ),
    ] = None,
    html: HtmlOption = None,
    title_hash: HashOption = "",
    ids: IdsOption = None,
    limit: LimitOption = 0,
    decoder: Annotated[
        str, typer.Option("--decoder", help="windows, or reference: the published SQuAD post-processing.")
    ] = "windows",
    backend: BackendOption = "",
    threads: ThreadsOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Measure a reader on questions with known answers, by SQuAD 2.0's rules, Chinese by CMRC 2018's.

    F1 uses the threshold that the reader ships with. What is called best uses the threshold that is best for these
    very questions: a diagnostic, not a result.
    """
    from autogpt.evaluate.results import write_predictions
    from autogpt.services.evaluating import Questions, measure_reader, write_report

    with progress(as_json) as sink:
        report = measure_reader(
            model,
            Questions(tuple(data), title_hash, limit, ids),
            force_answer=force_answer,
            threshold=threshold,
            backend=backend,
            threads=threads,
            decoder=decoder,
            sink=sink,
        )
    if predictions is not None:
        write_predictions(report.predictions, predictions)
    if html is not None:
        write_report(report, html)
    if as_json:
        print_json(report.to_json())
        return
    show_reader(report)
    for name, path in (("page", html), ("predictions", predictions)):
        if path is not None:
            say(f"The {name} {'is' if name == 'page' else 'are'} in {path}.")


@app.command("classifier")
@examples(
    "autogpt evaluate classifier",
    "autogpt evaluate classifier --part validation --html report.html",
    "autogpt evaluate classifier --model runs/intents/model --data test.csv --json",
)
def classifier(
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="RUN|FOLDER",
            help="A classifier's run or folder. Repeated, with --data: their probabilities are averaged.",
            show_default="the newest run",
        ),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", metavar="FILE", help="Texts and labels, CSV or JSON lines. May be repeated."),
    ] = None,
    part: Annotated[
        str, typer.Option("--part", help="Without --data, of the workspace: train, validation or test.")
    ] = "test",
    html: HtmlOption = None,
    limit: LimitOption = 0,
    backend: BackendOption = "",
    threads: ThreadsOption = 0,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Measure a classifier: each class, the pairs that are confused, confidence, and what is out of scope.

    On files of labelled texts, or on the labelled questions of the workspace's test part.
    """
    from autogpt.cli.classified import show_classifier
    from autogpt.services.evaluating_classifier import (
        measure_classifier,
        measure_workspace_classifier,
        write_classifier_report,
    )

    if data:
        if not model:
            raise UsageError("--data needs a classifier to measure.", "Name its folder with --model FOLDER.")
        with progress(as_json) as sink:
            report = measure_classifier(model, data, limit=limit, backend=backend, threads=threads, sink=sink)
    else:
        with open_store(workspace) as store, progress(as_json) as sink:
            report = measure_workspace_classifier(store, model or "", part, backend=backend, threads=threads, sink=sink)
    if html is not None:
        write_classifier_report(report, html)
    if as_json:
        print_json(report.to_json())
        return
    show_classifier(report)
    if html is not None:
        say(f"The page is in {html}.")


app.command("generator")(generator)


@app.command("calibrate")
@examples(
    "autogpt evaluate calibrate --model runs/r1/model --data validation.jsonl",
    "autogpt evaluate calibrate --model runs/r1/model --data validation.jsonl --data other-domain.jsonl --risk 0.1",
)
def calibrate(
    model: ModelOption,
    data: DataOption,
    risk: Annotated[float, typer.Option("--risk", min=0, max=1, help="Share of wrong answers accepted.")] = 0.2,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            dir_okay=False,
            help="Where to.",
            show_default="calibration.json in the reader's folder",
        ),
    ] = None,
    title_hash: HashOption = "",
    ids: IdsOption = None,
    limit: LimitOption = 0,
    backend: BackendOption = "",
    threads: ThreadsOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Fit a reader's confidence and threshold on questions that it was not trained on.

    Mix in questions of other domains than its own, unanswerable ones too: a reader that knows one domain alone is too
    sure in every other. Do not report figures on these questions.
    """
    from autogpt.read.backends.facts import CALIBRATION_FILE
    from autogpt.services.evaluating import Questions, calibrate_reader, reader_folder

    with progress(as_json) as sink:
        made = calibrate_reader(
            model,
            Questions(tuple(data), title_hash, limit, ids),
            risk=risk,
            backend=backend,
            threads=threads,
            sink=sink,
        )
    path = out or reader_folder(model) / CALIBRATION_FILE
    made.save(path)
    if as_json:
        print_json(made.to_json())
        return
    say(f"Confidence is fitted, and written to {path}.", "bold green")
    table(["domain", "questions", "right"], [(one["domain"], one["questions"], one["right"]) for one in made.fitted_on])
    chosen = made.threshold
    say(
        f"Answers from a confidence of {chosen.value:.3f}: {chosen.coverage:.0%} of these questions, "
        f"{chosen.observed_risk:.1%} of the answers wrong ({chosen.rule}; guard: {chosen.guard})."
    )


@app.command("compare")
@examples(
    "autogpt evaluate --json > before.json",
    "autogpt evaluate compare before.json after.json",
    "autogpt evaluate compare before.json after.json --html comparison.html",
)
def compare(
    before: Annotated[Path, typer.Argument(help="A result of autogpt evaluate --json.", show_default=False)],
    after: Annotated[Path, typer.Argument(help="A later one, on the same questions.", show_default=False)],
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set two results side by side, and say whether the difference is more than luck.

    The verdict is the promotion gate's: better and equal would pass, worse and unproven would not.
    """
    from autogpt.services.evaluating import compare_results, write_report

    comparison = compare_results(before, after)
    if html is not None:
        write_report(comparison, html)
    if as_json:
        print_json(comparison.to_json())
        return
    verdict = comparison.verdict
    say(f"{comparison.after} against {comparison.before}: {verdict.verdict}", "bold")
    for reason in verdict.reasons:
        say(reason)
    table(
        ["", "before", "after"],
        [(name.replace("_", " "), f"{old:.3f}", f"{new:.3f}") for name, old, new in comparison.metrics],
    )
    say(f"{comparison.lost:,} questions lost, {comparison.gained:,} gained.")
    if html is not None:
        say(f"The page is in {html}.")
