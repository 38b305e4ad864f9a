"""Makes workspaces.

In: a folder and what the workspace is about. Out: its configuration on disk, and a `Store`. Knows nothing about what
comes into it.
"""

import contextlib
import json
import os
from pathlib import Path

from autogpt.config import FILE_NAME, FORMAT_VERSION, Config, parse_config
from autogpt.errors import UsageError
from autogpt.store import Store
from autogpt.store.store import new_id

_HELP = """\
# The configuration of this Auto-GPT workspace. Everything has a default; write here only what should differ.
# Every setting with its default and meaning: docs/reference/configuration.md. For example:
#
#   [ingest]
#   max_file_mb = 500                # larger files are refused
#
#   [train.reader]
#   epochs = 2
#
#   [answer]
#   risk = 0.1                       # share of wrong answers accepted; the rest is abstained from
"""


def create(folder: Path | str, name: str = "", domain: str = "general", language: str = "en", model: str = "") -> Store:
    """Make a workspace: its folder and `autogpt.toml`, with what differs from the defaults.

    Args:
        folder: made when missing; may hold other files.
        name: shown on the pages; by default the folder's name.
        domain: general, finance, medicine, education, customer_service, or another word.
        language: "en", "zh" or "auto".
        model: model pack to begin with; empty means the one for the language (`WorkspaceSection.pack`).

    Raises:
        UsageError: there is a workspace in the folder already, or the folder cannot be written.
        ConfigError: a value is not allowed.
    """
    place = Path(folder).expanduser().resolve()
    path = place / FILE_NAME
    section = {"name": name.strip() or place.name or "workspace", "domain": domain, "language": language}
    if model:
        section["model"] = model
    parse_config({"workspace": section}, "The new workspace")
    partial = place / f".{FILE_NAME}.{new_id()}"
    try:
        place.mkdir(parents=True, exist_ok=True)
        partial.write_text(_written(section), encoding="utf-8")
        # A link is made whole or not at all, and never over another file.
        os.link(partial, path)
    except FileExistsError:
        what = "There is a workspace there already" if path.exists() else "A file is in its place"
        raise UsageError(f"{place} cannot be made a workspace. {what}.", "Choose another folder.") from None
    except OSError as error:
        raise UsageError(f"{place} cannot be written ({error.strerror}).", "Choose another folder.") from None
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    store = Store(place)
    _ = store.engine
    return store


def _written(section: dict[str, str]) -> str:
    """Text of the configuration: the name, and other values that are not the defaults."""
    defaults = Config().workspace.model_dump()
    # A JSON string is a TOML string, too.
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in section.items()
        if key == "name" or value != defaults[key]
    ]
    return f"{_HELP}\nformat_version = {FORMAT_VERSION}\n\n[workspace]\n" + "\n".join(lines) + "\n"
