"""The code blocks of a Markdown page, with what its comments say about them.

A comment on the line above a block, seen by nobody who reads the page, may say:
`<!-- file: NAME -->` write the block to NAME; `<!-- append: NAME -->` add it to NAME; `<!-- not run: REASON -->`.
`<!-- prepare: NAME -->` anywhere before a block sets the page's folder up (see `test_snippets.py`).
Blocks of `bash` and `python` are run; others are shown only, unless they are written to a file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
RUN = ("bash", "python")
_COMMENT = re.compile(r"<!--\s*([a-z ]+):\s*(.*?)\s*-->", re.S)


@dataclass(frozen=True)
class Snippet:
    """One block.

    Attributes:
        line: where it begins in the page, from 1.
        directive: "", "file", "append" or "not run".
        value: what stands after the directive.
        prepare: what the page asked for before this block.
    """

    line: int
    language: str
    code: str
    directive: str = ""
    value: str = ""
    prepare: tuple[str, ...] = ()


def pages() -> list[Path]:
    """Every page of the documentation that people write."""
    made = {"configuration.md", "http-routes.md", "cli.md"}
    docs = sorted(path for path in (ROOT / "docs").rglob("*.md") if path.name not in made)
    return [ROOT / "README.md", *(path for path in docs if "results" not in path.parts)]


def snippets(text: str) -> Iterator[Snippet]:
    """The blocks of a page, in order. Raises ValueError for a directive that does not exist."""
    directive, value = "", ""
    prepare: list[str] = []
    for token in MarkdownIt("commonmark", {"html": True}).parse(text):
        if token.type == "html_block" and (comment := _COMMENT.match(token.content)):
            directive, value = comment.groups()
            if directive == "prepare":
                prepare += value.split()
                directive, value = "", ""
            elif directive not in {"file", "append", "not run"}:
                raise ValueError(f"unknown directive '{directive}'")
        elif token.type == "fence":
            assert token.map is not None
            language = token.info.split()[0] if token.info else ""
            yield Snippet(token.map[0] + 1, language, token.content, directive, value, tuple(prepare))
            directive, value, prepare = "", "", []
        elif not token.type.endswith("_close"):
            directive, value = "", ""
