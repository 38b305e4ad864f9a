"""Model packs: finds them and checks that they are whole.

In: a name or a folder. Out: a `Pack`, paths only. Nothing of a pack is executed, and its module is found, not imported.
Knows nothing about models.
"""

import tomllib
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autogpt.errors import DataError, NotFoundError
from autogpt.models import layout

#: Forms that need no texts to be made.
ReaderPrecision = Literal["fp32", "bf16", "int8-dynamic"]


@dataclass(frozen=True, slots=True)
class Pack:
    """An installed model pack.

    Attributes:
        path: its folder.
        encoder, reader: folders of its models; `reader` is where it would be if the pack has none.
        parity: its questions for the parity gate, or None.
        reader_precision: the smallest form in which the reader passed that gate when the pack was made.
    """

    path: Path
    name: str
    version: str
    languages: tuple[str, ...]
    licence: str
    encoder: Path
    reader: Path
    parity: Path | None = None
    reader_precision: ReaderPrecision = "fp32"

    @property
    def has_reader(self) -> bool:
        return (self.reader / layout.WEIGHTS).is_file()


class _PackFile(BaseModel):
    """`pack.toml`. Unknown keys are let pass: a newer pack of the same format may say more."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    version: str
    format_version: int
    languages: Annotated[tuple[str, ...], Field(min_length=1)]
    licence: str
    reader_precision: ReaderPrecision = "fp32"


def find_pack(name: str | Path) -> Pack:
    """The pack called `name`, or the one in the folder `name`.

    Raises NotFoundError when there is none, DataError when its files are broken or too new.
    """
    folder = Path(name)
    if (folder / layout.PACK_FILE).is_file():
        return read_pack(folder)
    found = _installed()
    if str(name) in found:
        return read_pack(found[str(name)])
    if folder.is_dir():
        raise DataError(
            f"{folder} is not a model pack: it holds no {layout.PACK_FILE}.",
            "Name the folder that holds pack.toml, or the pack by its name.",
        )
    listed = ", ".join(sorted(found)) or "none"
    raise NotFoundError(
        f"There is no model pack '{name}'. Installed: {listed}.",
        "Install one with: make setup (the bundled ones), or pip install autogpt-model-NAME",
    )


def installed_packs() -> list[Pack]:
    """All packs that are installed and whole, by name."""
    packs = []
    for _, folder in sorted(_installed().items()):
        try:
            packs.append(read_pack(folder))
        except DataError:
            continue
    return packs


def read_pack(folder: Path) -> Pack:
    """The pack in `folder`. Raises DataError when `pack.toml` or the encoder is missing, broken or too new."""
    where = folder / layout.PACK_FILE
    try:
        raw = _PackFile.model_validate(tomllib.loads(where.read_text(encoding="utf-8")))
    except OSError as error:
        raise DataError(f"{where} cannot be read: {error.strerror}.", "Install the pack again.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{where} is not valid TOML: {error}.", "Install the pack again.") from None
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg'].lower()}" for one in error.errors())
        raise DataError(f"{where} is broken: {problems}.", "Install the pack again.") from None
    if raw.format_version > layout.FORMAT_VERSION:
        raise DataError(
            f"The pack '{raw.name}' has format {raw.format_version}; this program reads up to {layout.FORMAT_VERSION}.",
            "Update with: pip install -U autogpt-qa",
        )
    encoder = folder / layout.ENCODER
    missing = [name for name in layout.MODEL_FILES if not (encoder / name).is_file()]
    if missing:
        raise DataError(f"The pack '{raw.name}' lacks {layout.ENCODER}/{missing[0]}.", "Install the pack again.")
    parity = folder / layout.PARITY
    return Pack(
        path=folder,
        name=raw.name,
        version=raw.version,
        languages=raw.languages,
        licence=raw.licence,
        encoder=encoder,
        reader=folder / layout.READER,
        parity=parity if parity.is_file() else None,
        reader_precision=raw.reader_precision,
    )


def _installed() -> dict[str, Path]:
    """Entry point name → folder of its module, the module not imported."""
    found: dict[str, Path] = {}
    for point in entry_points(group=layout.ENTRY_POINTS):
        try:
            spec = find_spec(point.module)
        except ModuleNotFoundError:  # the parent package is gone
            continue
        if spec is not None and spec.submodule_search_locations:
            found[point.name] = Path(next(iter(spec.submodule_search_locations)))
    return found
