"""What was removed and can be brought back: it stays where it lies, and only what says what it is gets another name.

In: the path of the file `about.json`, or `<id>.about.json`, of something that is listed by it. Out: the same file as
`removed.json`, or back. The newest that were removed are kept. Knows nothing about what they are.
"""

from collections.abc import Iterable
from pathlib import Path

from autogpt.errors import NotFoundError

#: How many of a kind are kept.
KEPT = 20
ABOUT, REMOVED = "about.json", "removed.json"


def put_away(about: Path) -> None:
    """Let it be listed no more. Raises NotFoundError when somebody else has removed it."""
    try:
        about.replace(_removed(about)).touch()
    except FileNotFoundError:
        raise NotFoundError("It was removed meanwhile.", "Reload the page.") from None


def bring_back(about: Path) -> None:
    """Let it be listed again. Raises NotFoundError when it is no longer kept, or there again already."""
    try:
        _removed(about).replace(about)
    except FileNotFoundError:
        raise NotFoundError(
            "It is there again, or no longer kept.", f"The newest {KEPT} that were removed are kept."
        ) from None


def forget(about: Path) -> None:
    """Keep no longer that it was removed, for example where the same was brought in anew."""
    _removed(about).unlink(missing_ok=True)


def too_many(removed: Iterable[Path]) -> list[Path]:
    """Of these files of what was removed, those beyond the newest that are kept."""
    return sorted(removed, key=lambda one: one.stat().st_mtime, reverse=True)[KEPT:]


def _removed(about: Path) -> Path:
    return about.with_name(f"{about.name.removesuffix(ABOUT)}{REMOVED}")
