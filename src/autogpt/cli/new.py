"""`autogpt new`: make a workspace. In: options. Out: a folder with its configuration."""

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from autogpt.cli.options import JsonOption, examples


class Language(StrEnum):
    """Languages of documents and questions."""

    EN = "en"
    ZH = "zh"
    AUTO = "auto"


@examples(
    "autogpt new bank --domain finance",
    "autogpt new clinic --domain medicine --name 'City clinic'",
    "autogpt new help-desk --language auto",
)
def new(
    folder: Annotated[Path, typer.Argument(help="Folder of the workspace; made when missing.")],
    name: Annotated[str, typer.Option(help="Name shown on the pages.", show_default="the folder's")] = "",
    domain: Annotated[
        str, typer.Option(help="general, finance, medicine, education, customer_service, or your own.")
    ] = "general",
    language: Annotated[
        Language, typer.Option(help="Language of documents and questions; auto: English and Chinese.")
    ] = Language.EN,
    model: Annotated[
        str, typer.Option(help="Model pack to begin with.", show_default="en for English, else multi")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Make a workspace: a folder with an autogpt.toml, into which documents are ingested."""
    from autogpt.cli.console import print_json, say
    from autogpt.models.packs import installed_packs
    from autogpt.services.workspaces import create

    with closing(create(folder, name=name, domain=domain, language=language.value, model=model)) as store:
        place, pack = store.folder, store.config.workspace.pack
    if as_json:
        print_json({"workspace": str(place), "model": pack})
        return
    say(f"Made a workspace in {place}, with the model pack '{pack}'.")
    if pack not in {one.name for one in installed_packs()} and not Path(pack).is_dir():
        say(f"The model pack '{pack}' is not installed: pip install autogpt-model-{pack}", "yellow")
    say(f"Next: autogpt ingest DOCUMENTS -w {folder}")
