"""`autogpt evaluate generator`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autogpt.cli.console import print_json, progress, say, table
from autogpt.cli.options import HERE, JsonOption, SetOption, WorkspaceOption, examples, open_store, parse_settings

if TYPE_CHECKING:
    from autogpt.evaluate.generator import GeneratorReport


@examples(
    "autogpt evaluate generator",
    "autogpt evaluate generator --model models/SmolLM2-135M-Instruct.gguf --limit 50",
    "autogpt evaluate generator --model runs/writer --data dev-v2.0.json --title-hash 8-f --json",
)
def generator(
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="RUN|FOLDER|GGUF",
            help="A generator's run, the folder of a language model, or a GGUF file.",
            show_default="the newest run",
        ),
    ] = "",
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Questions with contexts: SQuAD JSON or JSON lines, plain or gzipped. May be repeated.",
        ),
    ] = None,
    part: Annotated[
        str, typer.Option("--part", help="Without --data, of the workspace: train, validation or test.")
    ] = "test",
    title_hash: Annotated[
        str,
        typer.Option(
            "--title-hash",
            metavar="DIGITS",
            help="Of --data, only articles whose title's SHA-256 begins with one of these hexadecimal digits: 8-f.",
        ),
    ] = "",
    ids: Annotated[
        Path | None,
        typer.Option(
            "--ids", metavar="FILE", dir_okay=False, help="Of --data, only the questions whose ids the file lists."
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Only the first so many questions; 0 takes all.")] = 0,
    settings: SetOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Measure a generator: what it writes to questions with known answers, and how often that may be shown.

    Each question is put to it as the composer does, with its passage and others beside it. A text passes when the
    passages support every sentence and it repeats a known answer; else a user would get the span. The known answer
    stands in for the span that a reader finds.
    """
    from autogpt.config import Config, override
    from autogpt.errors import UsageError
    from autogpt.services.evaluating import Questions
    from autogpt.services.evaluating_generator import measure_generator, measure_workspace_generator

    if data:
        if not model:
            raise UsageError("--data needs a generator to measure.", "Name its folder with --model FOLDER.")
        config = override(Config(), parse_settings(settings or []), "What was given with --set")
        with progress(as_json) as sink:
            report = measure_generator(model, Questions(tuple(data), title_hash, limit, ids), config, sink)
    elif title_hash or ids:
        raise UsageError("--title-hash and --ids belong to --data.", "Name files of questions with --data FILE.")
    else:
        with open_store(workspace, settings) as store, progress(as_json) as sink:
            report = measure_workspace_generator(store, model, part, limit, sink)
    if as_json:
        print_json(report.to_json())
    else:
        _show(report)


def _show(report: "GeneratorReport") -> None:
    from autogpt.evaluate.generator import MEASURES

    metrics = report.metrics
    say(f"{report.model} on {report.data}: {metrics['questions']:,} questions", "bold")
    say(f"({report.rules})")
    rows = []
    for name, label in MEASURES.items():
        if name in metrics:
            low, high = metrics[f"{name}_interval"]
            rows.append((label, f"{metrics[name]:.1f}", f"95% interval {low:.1f} to {high:.1f}"))
    if "span" in metrics:
        rows.insert(1, ("the span instead", f"{metrics['span']:.1f}", ""))
    if "refused" in metrics:
        rows.append(("refused rightly", f"{metrics['refused']:.1f}", f"{metrics['no_answer_questions']:,} questions"))
    rows.append(("seconds for an answer", f"{metrics['seconds'] / max(1, metrics['questions']):.2f}", ""))
    table(["%", "", ""], rows)
    if report.reasons:
        say("Not shown, since")
        table(["", "questions"], [(why, count) for why, count in report.reasons])
