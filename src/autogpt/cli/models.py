"""`autogpt models`: the models to start from, which of them suits the workspace, and getting those of a pack ready."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autogpt.cli.console import on_terminal, print_json, progress, say, table
from autogpt.cli.options import (
    HERE,
    App,
    JsonOption,
    SetOption,
    WorkspaceOption,
    examples,
    open_store,
    parse_settings,
)
from autogpt.config import FILE_NAME, Config, override
from autogpt.errors import UsageError

if TYPE_CHECKING:
    from autogpt.models.catalogue import BaseModel
    from autogpt.services.recommending import Recommendation

app = App(help="List the models to start from, recommend one, and get a pack's ready.")


@app.command("list")
@examples("autogpt models list", "autogpt models list --domain medicine --wide", "autogpt models list --here --json")
def list_(
    domain: Annotated[
        str, typer.Option(metavar="NAME", help="Only models for this domain, and general ones: finance, medicine.")
    ] = "",
    language: Annotated[str, typer.Option(metavar="CODE", help="Only models that know this language: en, zh.")] = "",
    here: Annotated[bool, typer.Option("--here", help="Only what is on this machine and needs no network.")] = False,
    wide: Annotated[
        bool, typer.Option("--wide", help="On a terminal too: family, licence, and what speaks for each.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List model packs and models of the hub to start from.

    On a terminal what fits into 100 columns; --wide shows all. Any other checkpoint that transformers loads will do as
    well: give its folder or hub id. Those whose note says that they make text can become no reader.
    """
    from autogpt.models.catalogue import list_models

    models = list_models(domain, language, here)
    if as_json:
        print_json(models)
        return
    if not models:
        say("There is none. Without --here, --domain and --language all are listed.")
        return
    whole = wide or not on_terminal()
    columns: dict[str, Callable[[BaseModel], object]] = {
        "name": lambda one: one.name,
        **({"family": lambda one: one.family} if whole else {}),
        "millions": lambda one: round(one.parameters),
        "languages": lambda one: " ".join(one.languages),
        "domains": lambda one: " ".join(one.domains),
        **({"licence": lambda one: one.licence} if whole else {}),
        "from": lambda one: one.source,
        "here": lambda one: one.here,
        **({"note": lambda one: one.note} if whole else {}),
    }
    table(list(columns), [[cell(one) for cell in columns.values()] for one in models])
    if not whole:
        say("Families, licences and what speaks for each: autogpt models list --wide")
    say("Start from one with: autogpt train reader --base NAME")


@app.command()
@examples(
    "autogpt models recommend --minutes 30",
    "autogpt models recommend --minutes 60 --candidate en --candidate models/my-bert --json",
    "autogpt models recommend --task classifier",
)
def recommend(
    task: Annotated[str, typer.Option(metavar="NAME", help="What is to be trained: reader or classifier.")] = "reader",
    minutes: Annotated[float, typer.Option(min=0.1, help="Minutes of fine-tuning, all candidates together.")] = 20.0,
    candidate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PACK|FOLDER|ID",
            help="Try this one. May be repeated.",
            show_default="what is on this machine for the workspace's language",
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try base models on the workspace's own examples, and recommend one.

    Candidates are first measured as they are: those that are readers already, and for a classifier all, with a head
    that is fitted to their vectors. Then all are fine-tuned briefly, the better half of them longer, and so on, and set
    beside what the workspace has now, with what each costs. Trained on the train part, measured on the validation part.
    Stopped or killed, the same command goes on.
    """
    from autogpt.services.recommending import recommend as recommend_model

    with open_store(workspace, settings) as store, progress(as_json) as sink:
        found = recommend_model(store, minutes, candidate or (), sink, task)
    if as_json:
        print_json(found.to_json())
    else:
        _show(found)


def _show(found: "Recommendation") -> None:
    from autogpt.evaluate import side_by_side
    from autogpt.services.recommending import PRESENT

    rounds = range(max(one.round for one in found.tries) + 1)
    scores = {(one.name, one.round): one for one in found.tries}
    names = list(dict.fromkeys(one.name for one in reversed(found.tries)))
    rows = []
    for name in names:
        tried = [scores.get((name, number)) for number in rounds]
        untrained = found.untrained[name]
        as_it_is = found.untried if untrained is None else f"{untrained:.1f}"
        after = ("" if one is None or one.score is None else f"{one.score:.1f}" for one in tried)
        rows.append((name, as_it_is, *after))
    heads = [f"{next(one.minutes for one in found.tries if one.round == number):.1f} min" for number in rounds]
    measure = found.measure[0].upper() + found.measure[1:]
    say(f"{measure} on the validation part, untrained and fine-tuned on {found.questions:,} {found.asked}:", "bold")
    table(["model", "untrained", *heads], rows)
    for one in found.failures:
        say(f"{one.name} could not be tried: {one.reason}", "yellow")
    say(f"The last model of each, with its own thresholds, on {found.table.questions:,} {found.asked}:", "bold")
    table(side_by_side.heads(found.table.measure), [side_by_side.cells(line) for line in found.table.lines])
    line, costs, first = found.line, found.line.contender.costs, found.table.lines[0].contender
    say(f"Recommended: {found.best}", "bold green")
    if line.difference is not None:
        than = f"the {found.task} as it is now" if first.name == PRESENT else first.name
        low, high = line.difference_lower, line.difference_upper
        gain = f"{found.table.measure} {line.difference:+.1f} ({low:+.1f} to {high:+.1f})"
        say(f"Expected gain: {gain} to {than}: {line.verdict}.")
    if costs is not None:
        each = f"{line.contender.latency_ms:.0f} ms a {found.asked[:-1]}"
        say(
            f"Cost: {costs.seconds / 60:.1f} minutes of training and {costs.peak_bytes / 1e6:,.0f} MB of memory; "
            f"{each}, {line.contender.size_bytes / 1e6:.0f} MB of weights."
        )
    if found.better_untrained:
        instead = ", or answer with it as it is" if found.task == "reader" else ""
        say(
            f"{found.better_untrained} scores higher untrained than any after so short a training: give more "
            f"minutes{instead}.",
            "yellow",
        )
    say(f"Next: autogpt train {found.task} --base {found.best}")
    if found.elsewhere:
        say(f"Not on this machine, so not tried: {', '.join(found.elsewhere)}.")


@app.command()
@examples(
    "autogpt models average 3f2a… 81bc…",
    "autogpt models average en 3f2a… --uniform                 half way between the pack's reader and a run",
    "autogpt models average a/model b/model c/model --validation held-out.jsonl --out soup",
)
def average(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="Two or more that were fine-tuned from one base: runs, folders, packs.",
            show_default=False,
        ),
    ],
    uniform: Annotated[
        bool, typer.Option("--uniform", help="Take all of them, rather than those that help on validation questions.")
    ] = False,
    validation: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="With --out: choose, measure and calibrate by these. May be repeated.",
            show_default="the workspace's validation part",
        ),
    ] = None,
    train: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="With --validation, of classifiers: what they were trained on."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the result goes.", show_default="a new run of the workspace"),
    ] = None,
    workspace: WorkspaceOption = HERE,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Average the weights of several readers, or classifiers, into one model: a soup.

    The result is as large and as fast as each of them. The best model comes first, and each other one is added where
    the mean answers the validation questions no worse; --uniform takes all. Confidence is fitted anew. Models of
    different architectures or vocabularies are refused.
    """
    from autogpt.services.averaging import Recipe, average_models, average_on_files

    recipe: Recipe = "uniform" if uniform else "greedy"
    elsewhere = out is not None and not (workspace / FILE_NAME).is_file()
    if validation or train or elsewhere:
        if out is None:
            raise UsageError("--validation and --train belong to --out.", "Name the folder of the result with --out.")
        config = override(Config(), parse_settings(settings), "What was given with --set")
        with progress(as_json) as sink:
            soup = average_on_files(config, models, validation or (), out, recipe, train or (), sink)
    else:
        with open_store(workspace, settings) as store, progress(as_json) as sink:
            soup = average_models(store, models, recipe, out, sink)
    if as_json:
        print_json(soup.to_json())
        return
    say(soup.summary[0].upper() + soup.summary[1:] + ".", "bold green")
    name = soup.score[1]
    rows = [(one.name, "" if one.score is None else f"{one.score:.1f}", one.used) for one in soup.ingredients]
    table(["model", name, "taken"], rows)
    say(f"The model is in {soup.model}.")


@app.command()
@examples("autogpt models prepare", "autogpt models prepare en --json")
def prepare(
    pack: Annotated[
        str, typer.Argument(metavar="PACK", help="A model pack's name, or a folder that holds one.")
    ] = "en",
    as_json: JsonOption = False,
) -> None:
    """Export a pack's models for this machine now, rather than when they are first needed.

    It takes a quarter of a minute and the training packages, once for each version of the pack.
    """
    from autogpt.compress.cache import exported_encoder, exported_reader
    from autogpt.models.packs import find_pack

    found = find_pack(pack)
    with progress(as_json) as sink:
        folders = {"encoder": exported_encoder(found, sink)}
        if found.has_reader:
            folders["reader"] = exported_reader(found, sink)
    if as_json:
        print_json({"pack": found.name, "version": found.version, **folders})
    else:
        say(f"The pack '{found.name}' {found.version} is ready: {', '.join(folders)}.")
