"""Write the parts of the reference that follow from the code: configuration, commands and HTTP routes.

In: the code. Out: docs/reference/configuration.md, cli.md and http-routes.md. Usage: python
tools/build_reference.py. A test fails when a committed page is not what this writes.
"""

import sys
import tempfile
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from autogpt.cli import reference as cli_reference
from autogpt.config import FILE_NAME, FORMAT_VERSION, Config, Section

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
MADE = "<!-- Made by tools/build_reference.py: change the code, then run it. -->\n"
SIGNS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}


def pages() -> dict[str, str]:
    """Name of each page → its text."""
    return {
        "configuration.md": configuration(),
        "cli.md": f"{MADE}\n{cli_reference.page()}",
        "http-routes.md": http_routes(),
    }


def configuration() -> str:
    """Every key of the configuration with its default, what it may be, and what it does."""
    lines = [
        MADE,
        "# Configuration",
        "",
        f"A workspace has one configuration, `{FILE_NAME}`. Every key has a default, so an empty file is valid; "
        "unknown keys are refused, and all problems are reported together. A command takes another value for one run "
        "with `--set KEY=VALUE`, for example `--set train.reader.epochs=1`.",
        "",
        f"`format_version` (now {FORMAT_VERSION}) stands on its own at the top; `autogpt new` writes it.",
    ]
    for table, section in sections(Config, ""):
        lines += ["", f"## `[{table}]`", "", "| key | default | may be | what it does |", "|---|---|---|---|"]
        for key, field in section.model_fields.items():
            if not _is_section(field.annotation):
                what = (field.description or "").rstrip(".")
                lines.append(f"| `{key}` | `{_toml(field.default)}` | {_values(field)} | {what} |")
    return "\n".join(lines) + "\n"


def sections(model: type[Section], prefix: str) -> Iterator[tuple[str, type[Section]]]:
    """Every table of the TOML file that has keys of its own, with its dotted name."""
    for key, field in model.model_fields.items():
        annotation: Any = field.annotation
        if _is_section(annotation):
            name = f"{prefix}{key}"
            if any(not _is_section(inner.annotation) for inner in annotation.model_fields.values()):
                yield name, annotation
            yield from sections(annotation, f"{name}.")


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _values(field: FieldInfo) -> str:
    annotation = field.annotation
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{_toml(one)}`" for one in get_args(annotation))
    bounds = [
        f"{word} {getattr(constraint, sign):g}"
        for constraint in field.metadata
        for sign, word in SIGNS.items()
        if getattr(constraint, sign, None) is not None
    ]
    return ", ".join([_kind(annotation), *bounds])


def _kind(annotation: Any) -> str:
    if get_origin(annotation) in {Union, types.UnionType}:
        return " or ".join(_kind(one) for one in get_args(annotation))
    if get_origin(annotation) is tuple:
        return f"list of {_kind(get_args(annotation)[0])}s"
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0])
    if get_origin(annotation) is dict:
        inside = _kind(get_args(annotation)[1])
        return f"table of {inside.replace('list', 'lists', 1) if inside.startswith('list') else f'{inside}s'}"
    names = {bool: "true or false", int: "whole number", float: "number", str: "text", type(None): "nothing"}
    return names[annotation]


def http_routes() -> str:
    """Every route of the HTTP API with what it does and the statuses it may answer with."""
    from autogpt.store import Store
    from autogpt.web.app import create_app

    def no_answerer() -> Any:
        raise RuntimeError("only described, never served")

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE_NAME).write_text("")
        store = Store(Path(folder))
        described = create_app(store, no_answerer, run_jobs=False).openapi()
        store.close()
    lines = [
        MADE,
        "# HTTP routes",
        "",
        "A running server describes its own routes in full, with every field, at `/docs` and `/openapi.json`. How they "
        "are used is in [HTTP API](http.md).",
        "",
        "| route | what it does | answers with |",
        "|---|---|---|",
    ]
    for path, methods in described["paths"].items():
        for method, route in methods.items():
            what = " ".join(route.get("description", route.get("summary", "")).split("\n\n")[0].split())
            statuses = ", ".join(sorted(route["responses"]))
            lines.append(f"| `{method.upper()} {path}` | {what.replace('|', '/')} | {statuses} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the pages that differ from what is there."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        path = REFERENCE / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
