"""`autogpt models`: the models to start from, and getting those of a pack ready."""

from typing import Annotated

import typer

from autogpt.cli.console import print_json, progress, say, table
from autogpt.cli.options import App, JsonOption, examples

app = App(help="List the models to start from, and get a pack's ready.")


@app.command("list")
@examples("autogpt models list", "autogpt models list --domain medicine", "autogpt models list --here --json")
def list_(
    domain: Annotated[
        str, typer.Option(metavar="NAME", help="Only models for this domain, and general ones: finance, medicine.")
    ] = "",
    language: Annotated[str, typer.Option(metavar="CODE", help="Only models that know this language: en, zh.")] = "",
    here: Annotated[bool, typer.Option("--here", help="Only what is on this machine and needs no network.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List model packs and models of the hub that a reader can start from.

    Any other checkpoint that transformers loads for question answering will do as well: give its folder or hub id.
    """
    from autogpt.models.catalogue import list_models

    models = list_models(domain, language, here)
    if as_json:
        print_json(models)
        return
    if not models:
        say("There is none. Without --here, --domain and --language all are listed.")
        return
    columns = ["name", "family", "million parameters", "languages", "domains", "licence", "here", "note"]
    table(
        columns,
        [
            (
                one.name,
                one.family,
                int(one.parameters),
                ", ".join(one.languages),
                ", ".join(one.domains),
                one.licence,
                one.here,
                one.note,
            )
            for one in models
        ],
    )
    say("Start from one with: autogpt train reader --base NAME")


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
