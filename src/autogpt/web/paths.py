"""Which addresses are those of pages for people; the others are for programs."""

#: First parts of the paths of pages. They send who is unknown to the form for signing in, and tell errors in words.
PAGES = frozenset(
    {
        "",
        "activity",
        "annotate",
        "docs",
        "documents",
        "retrieval",
        "datasets",
        "jobs",
        "people",
        "settings",
        "releases",
        "review",
        "account",
        "login",
        "set-up",
        "train",
        "evaluate",
    }
)


def is_page(path: str) -> bool:
    """Whether a path is that of a page of this server."""
    return path.startswith("/") and not path.startswith("//") and path[1:].partition("/")[0] in PAGES


def inside(path: str) -> str:
    """Where a form goes on to: a page of this server, never another site's."""
    return path if is_page(path.partition("?")[0]) else "/"
