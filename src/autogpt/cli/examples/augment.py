"""`autogpt examples augment` and `autogpt examples suspects`: examples made from examples, and doubtful ones.

In: options. Out: what the services report, as text or JSON. Knows nothing about how examples are made or read.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autogpt.cli.options import HERE, JsonOption, WorkspaceOption, examples, open_store
from autogpt.errors import UsageError

if TYPE_CHECKING:
    from autogpt.services.examples import AugmentReport
    from autogpt.services.examples.doubts import DoubtReport

#: Suspects shown without --all.
_SHOWN = 20


@examples(
    "autogpt examples augment",
    "autogpt examples augment --kinds synonyms,typos --times 2 --out made.jsonl",
    "autogpt examples augment --kinds paraphrase --into-workspace",
    "autogpt examples augment --data train.jsonl --out made.jsonl",
    "autogpt examples augment --kinds back-translation --endpoint http://localhost:11434/v1 --endpoint-model NAME "
    "--out made.jsonl",
)
def augment(
    kinds: Annotated[
        str,
        typer.Option(
            metavar="KIND,KIND",
            help="synonyms, typos, paraphrase, entities, back-translation.",
            show_default="all but back-translation",
        ),
    ] = "",
    times: Annotated[int, typer.Option(min=1, help="Most made examples for each one.")] = 1,
    share: Annotated[float, typer.Option(min=0, max=1, help="Share of the examples that others are made from.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Another seed makes others.")] = 13,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to write; .jsonl, or .json for SQuAD's form.")
    ] = None,
    into_workspace: Annotated[
        bool, typer.Option("--into-workspace", help="Make them suggested examples of the train part.")
    ] = False,
    data: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Make them from these files and from no workspace. May be repeated."),
    ] = None,
    translate: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Back-translation: a sequence-to-sequence model to another language."),
    ] = None,
    translate_back: Annotated[Path | None, typer.Option(metavar="FOLDER", help="The one back.")] = None,
    endpoint: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Back-translation: an OpenAI-compatible endpoint, which is sent the questions. Its key, where it "
            "needs one, is taken from AUTOGPT_ENDPOINT_KEY.",
        ),
    ] = "",
    endpoint_model: Annotated[str, typer.Option(metavar="NAME", help="The model of the endpoint.")] = "",
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Make further examples that say the same: other words, typing errors, other forms, other names and figures.

    From the accepted examples of the train part, never from the others. Numbers, negations, names and answers stay; in
    `entities` they are swapped in question, text and answer alike. Without --out and --into-workspace a few are shown,
    and nothing is written. Made examples are no evidence: nothing is measured on them.
    """
    from autogpt.cli.console import print_json, progress
    from autogpt.services.examples import Recipe, Translation, augment_files, augment_workspace
    from autogpt.services.examples.augmenting import DEFAULT_KINDS

    if data and into_workspace:
        raise UsageError("--data and --into-workspace exclude each other.", "Import the file that --out writes.")
    named = tuple(kind.strip() for kind in kinds.split(",") if kind.strip())
    asked = [kind for kind in DEFAULT_KINDS if kind != "entities"] if into_workspace else DEFAULT_KINDS
    recipe = Recipe(named or tuple(asked), times, share, seed)
    translation = Translation(translate, translate_back, endpoint, endpoint_model)
    if data:
        with progress(as_json) as sink:
            report = augment_files(data, recipe, out=out, translation=translation, sink=sink)
    else:
        with open_store(workspace) as store, progress(as_json) as sink:
            report = augment_workspace(
                store, recipe, out=out, into_workspace=into_workspace, translation=translation, sink=sink
            )
    if as_json:
        print_json(report)
    else:
        _show_made(report, into_workspace)


@examples(
    "autogpt examples suspects",
    "autogpt examples suspects --model base --part train",
    "autogpt examples suspects --folds 3",
    "autogpt examples suspects --json",
)
def suspects(
    model: Annotated[
        str,
        typer.Option(
            metavar="RUN|FOLDER|base",
            help="The reader: a run of this workspace, a folder, or base for the model pack's.",
            show_default="the newest run",
        ),
    ] = "",
    part: Annotated[str, typer.Option(metavar="NAME", help="Only this part: train or validation.")] = "",
    folds: Annotated[
        int, typer.Option(min=0, max=20, help="Train so many readers; each reads what it was not trained on.")
    ] = 0,
    backend: Annotated[
        str, typer.Option(metavar="NAME", help="openvino, onnx or torch.", show_default="the fastest there is")
    ] = "",
    threads: Annotated[int, typer.Option(min=0, help="Processor threads; 0 means all cores.")] = 0,
    everything: Annotated[bool, typer.Option("--all", help="List every suspect, not the first few.")] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Find examples that are contradicted with confidence: their labels may be wrong.

    A reader gives another answer that shares no word with the stored one, answers what is marked as unanswerable, or
    finds no answer where one is stored. Of the train part a reader that was trained on it has learned many errors by
    heart: --model base has not, and with --folds each reads documents that it was not trained on, which takes as many
    trainings. The class of a text is contradicted by a classifier of the other four fifths. The most confident come
    first, and nothing is changed.
    """
    from autogpt.cli.console import print_json, progress
    from autogpt.services.examples.doubts import find_doubts

    with open_store(workspace) as store, progress(as_json) as sink:
        report = find_doubts(store, model, sink, folds, part=part, backend=backend, threads=threads)
    if as_json:
        print_json(report)
    else:
        _show_suspects(report, everything)


def _show_made(report: "AugmentReport", into_workspace: bool) -> None:
    from autogpt.cli.console import say, table

    counts = ", ".join(f"{count:,} {kind}" for kind, count in report.kinds.items())
    say(f"Made {report.made:,} examples from {report.originals:,}{f': {counts}' if counts else ''}.")
    rows = []
    for one in report.samples:
        changed = f" → {_flat(one.answer_before)}", f" → {_flat(one.answer_after)}"
        answers = changed if one.answer_before != one.answer_after else ("", "")
        rows.append((one.kind, _flat(one.before) + answers[0], _flat(one.after) + answers[1]))
    if rows:
        say()
        table(["kind", "before", "after"], rows)
        say()
    if report.path:
        say(f"Wrote {report.path}: look at it, then train with --data, beside the file of what it was made from.")
    if into_workspace:
        say(f"{report.added:,} are new in the workspace, as suggested examples of the train part.")
        say("Look at them with: autogpt examples list --status suggested")
    elif not report.path:
        say("Nothing was written: name a file with --out FILE, or let a training make them: train.reader.augment.")


def _show_suspects(report: "DoubtReport", everything: bool) -> None:
    from autogpt.cli.console import notice, say, table

    by = " and ".join("the other fifths" if one == "folds" else one for one in report.by)
    say(f"Contradicted with confidence are {len(report.doubts):,} of {report.read:,} examples, by {by}.")
    if not report.calibrated:
        notice("The reader's confidence is not calibrated: autogpt evaluate calibrate fits it.")
    shown = report.doubts if everything else report.doubts[:_SHOWN]
    if shown:
        say()
        rows = [
            (
                one.id[:12],
                one.part,
                one.kind,
                _flat(one.question),
                _flat(one.stored) if one.stored else "(unanswerable)",
                _flat(one.said) if one.said else "(no answer)",
                f"{one.confidence:.0%}",
            )
            for one in shown
        ]
        table(["example", "part", "what", "question", "stored", "said instead", "sure"], rows)
    if len(shown) < len(report.doubts):
        notice(f"{len(report.doubts) - len(shown):,} more: --all lists them.")


def _flat(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 80 else f"{flat[:79]}…"
