"""`autogpt compress`: export a trained reader smaller and faster, behind the parity gate."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from autogpt.cli.console import print_json, progress, say, table
from autogpt.cli.options import HERE, JsonOption, SetOption, WorkspaceOption, examples, open_store, parse_settings

if TYPE_CHECKING:
    from autogpt.compress.smallest import Compression

#: How the gate's verdicts are said.
VERDICTS = {
    "passed": "as good on {questions:,} questions",
    "failed": "worse on {questions:,} questions",
    "unproven": "{questions:,} questions do not tell",
    "too_few": "only {questions:,} questions: not enough to tell",
}


@examples(
    "autogpt compress --out small                             the newest run of this workspace",
    "autogpt compress --model runs/RUN/model --format onnx --out portable",
    "autogpt compress --model en --data dev-v2.0.json --out small --json",
)
def compress(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the export goes; must not exist.")],
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="RUN|FOLDER|PACK",
            help="A run, the folder of a trained reader, or a model pack's name.",
            show_default="the workspace's newest run",
        ),
    ] = "",
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Questions with known answers to check on, besides the pack's and the workspace's. May be repeated.",
        ),
    ] = None,
    format: Annotated[
        Literal["openvino", "onnx"], typer.Option("--format", help="openvino: int8 where it passes; onnx: whole.")
    ] = "openvino",
    whole: Annotated[bool, typer.Option("--no-int8", help="Keep the whole precision.")] = False,
    workspace: WorkspaceOption = HERE,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export a trained reader to a form that runs without PyTorch, as small as it can be without answering worse.

    int8 is kept when it is shown to lose less than half a point of F1 against the model it was made from, on at least
    500 questions. If not, the whole model is exported, and the result says so. Making a release does this by itself.
    """
    from autogpt.config import FILE_NAME, Config, override
    from autogpt.services.compressing import compress as compress_model

    given = [*(settings or ()), *(["compress.int8=false"] if whole else [])]
    with ExitStack() as stack:
        if (workspace / FILE_NAME).is_file() or not model:
            store = stack.enter_context(open_store(workspace, given))
            section = store.config.compress
        else:
            store, section = None, override(Config(), parse_settings(given)).compress
        sink = stack.enter_context(progress(as_json))
        made = compress_model(store, model, out, data=data or (), settings=section, format=format, sink=sink)
    if as_json:
        print_json({"folder": str(made.folder), **made.to_json()})
    else:
        _show(made)


def _show(made: "Compression") -> None:
    rows = [("as trained", _megabytes(made.source_bytes), "1.0", "", "", "", "")]
    for attempt in made.attempts:
        parity = attempt.parity
        if parity is None:
            rows.append((attempt.precision, _megabytes(attempt.bytes), "", "", "", "", "same outputs"))
            continue
        rows.append(
            (
                attempt.precision,
                _megabytes(attempt.bytes),
                f"{parity.speedup:.1f}",
                f"{parity.f1_export:.1f}",
                f"{parity.difference:+.2f}",
                f"{parity.lower:+.2f}",
                VERDICTS[parity.verdict].format(questions=parity.questions),
            )
        )
    table(["form", "MB", "times as fast", "F1", "difference", "at least", "verdict"], rows)
    say(f"{made.folder} holds the {made.precision} model in {made.format} form.", "bold green")
    if made.attempts[0].parity is not None and not made.attempts[0].parity.passed:
        say("The smaller form is not used: it was not shown to answer as well.", "yellow")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f}"
