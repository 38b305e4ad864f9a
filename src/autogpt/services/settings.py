"""Settings that an admin changes on a page: keys of the configuration, and the glossary.

In: what was typed, and the state it was read in. Out: the file with its comments kept, and an event for each change, or
all problems at their fields. Nothing overwrites what somebody else has changed meanwhile. Knows nothing about pages.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from autogpt.config import FILE_NAME, Config, parse_config
from autogpt.errors import ConfigError, ConflictError, NotFoundError, UsageError
from autogpt.services.events import changed_again, note
from autogpt.services.glossary import read_glossary
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.store.store import new_id
from autogpt.store.tables import EventRow
from autogpt.text.glossary import parse

#: Subject of the events.
SUBJECT, GLOSSARY = "setting", "glossary"
#: Longest glossary that the page takes, and longest value of a key, in characters.
LONGEST_GLOSSARY, LONGEST_VALUE = 400_000, 2_000
AT_ONCE, NEXT_RELEASE, RESTART, INDEX = "at once", "next release", "restart", "index"


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of the configuration that the page shows.

    Attributes:
        kind: "text", "share" (0 to 1), or "choice" with `choices`.
        effect: when a change is felt: at once, with the next release, or after a restart.
    """

    key: str
    kind: str
    effect: str
    choices: tuple[str, ...] = ()


#: What can be changed, by the part of the page.
SETTINGS: dict[str, tuple[Setting, ...]] = {
    "refusals": (
        Setting("answer.refusal", "text", AT_ONCE),
        Setting("answer.refusal_zh", "text", AT_ONCE),
        Setting("answer.handover", "text", AT_ONCE),
        Setting("answer.handover_zh", "text", AT_ONCE),
    ),
    "thresholds": (
        Setting("answer.threshold", "share", AT_ONCE),
        Setting("answer.risk", "share", NEXT_RELEASE),
    ),
    "languages": (Setting("workspace.language", "choice", RESTART, ("en", "zh", "auto")),),
}
_BY_KEY = {one.key: one for some in SETTINGS.values() for one in some}


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored now: values as they are typed, by key, and a word that is another one after each change."""

    values: Mapping[str, str]
    version: str


class SettingsError(UsageError):
    """What was typed cannot be stored; `by_key` says what is wrong with it."""

    http_status = 422

    def __init__(self, by_key: Mapping[str, str]) -> None:
        self.by_key = dict(by_key)
        super().__init__("; ".join(f"{key}: {words}" for key, words in by_key.items()) + ".", "Nothing was stored.")


def kept_settings(store: Store, part: str) -> Kept:
    """The settings of one part of the page, as the file holds them now. Raises ConfigError for a broken file."""
    config = parse_config(_document(store).unwrap(), FILE_NAME)
    values = {one.key: _typed(_value(config, one.key)) for one in SETTINGS[part]}
    return Kept(values, _version(values))


def change_settings(store: Store, part: str, typed: Mapping[str, str], by: str, version: str) -> list[str]:
    """Store what was typed for a part of the page; returns the keys that were changed.

    Args:
        version: `Kept.version` of what was shown.

    Raises:
        SettingsError: values that cannot be; nothing is stored.
        ConflictError: somebody changed the part since.
    """
    with _alone(store):
        kept = kept_settings(store, part)
        if kept.version != version:
            raise ConflictError("Somebody changed these settings since you opened them.", "Compare, then save again.")
        changed = {one.key: typed[one.key] for one in SETTINGS[part] if _differs(one, typed, kept)}
        _write(store, changed, by)
        return list(changed)


def undo_setting(store: Store, event_id: int, by: str) -> str:
    """Take a change of a setting or of the glossary back; returns its key.

    Raises:
        NotFoundError: there is no such change.
        ConflictError: it was changed again since.
    """
    with store.session() as session:
        event = session.get(EventRow, event_id)
    if event is None or event.subject != SUBJECT or "value" not in event.before:
        raise NotFoundError("There is no such change.")
    key, before, after = event.subject_id, str(event.before["value"]), str(event.after["value"])
    if key == GLOSSARY:
        if glossary_text(store) != after:
            raise changed_again()
        change_glossary(store, before, by, _version({"glossary": after}), action="undo")
        return key
    with _alone(store):
        part = next((name for name, some in SETTINGS.items() if any(one.key == key for one in some)), "")
        if not part or kept_settings(store, part).values[key] != after:
            raise changed_again()
        _write(store, {key: before}, by, action="undo")
    return key


def glossary_text(store: Store) -> str:
    """The glossary's file as it is; empty without one. Raises UsageError when it cannot be read."""
    try:
        return store.glossary.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The glossary {store.glossary.name} cannot be read: {error}.") from None


def kept_glossary(store: Store) -> Kept:
    """The glossary as it is typed."""
    text = glossary_text(store)
    return Kept({GLOSSARY: text}, _version({GLOSSARY: text}))


def change_glossary(store: Store, text: str, by: str, version: str, action: str = "change") -> bool:
    """Store another glossary; says whether it means something else, so that the index has to follow.

    Raises:
        SettingsError: lines that cannot be read, all of them.
        ConflictError: somebody changed it since.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > LONGEST_GLOSSARY:
        raise SettingsError({GLOSSARY: f"expected at most {LONGEST_GLOSSARY:,} characters, got {len(text):,}"})
    try:
        after = parse(text, GLOSSARY)
    except ConfigError as error:
        raise SettingsError({GLOSSARY: "\n".join(error.problems)}) from None
    with _alone(store):
        old = glossary_text(store)
        if _version({GLOSSARY: old}) != version:
            raise ConflictError("Somebody changed the glossary since you opened it.", "Compare, then save again.")
        if text == old:
            return False
        before = "" if not old else read_hash(store)
        with store.session() as session:
            note(session, by, action, (SUBJECT, GLOSSARY), {"value": old}, {"value": text})
            session.flush()
            _replace(store.glossary, text)
    return after.hash != before


def read_hash(store: Store) -> str:
    """What tells the glossary that is stored from another; empty for one that cannot be read."""
    try:
        return read_glossary(store).hash
    except (NotFoundError, UsageError):
        return ""


def _write(store: Store, changed: Mapping[str, str], by: str, action: str = "change") -> None:
    """Put values into the file, checked as a whole; with an event each. Raises SettingsError."""
    if not changed:
        return
    document = _document(store)
    before = parse_config(document.unwrap(), FILE_NAME)
    wrong: dict[str, str] = {}
    for key, typed in changed.items():
        try:
            _put(document, key, _read(_BY_KEY[key], typed))
        except ValueError as error:
            wrong[key] = str(error)
    try:
        after = parse_config(document.unwrap(), FILE_NAME)
    except ConfigError as error:
        for problem in error.problems:
            key, _, words = problem.partition(": ")
            wrong.setdefault(key, words)
    if wrong:
        raise SettingsError(wrong)
    with store.session() as session:
        for key in changed:
            told = ({"value": _typed(_value(config, key))} for config in (before, after))
            note(session, by, action, (SUBJECT, key), *told)
        session.flush()
        _replace(store.folder / FILE_NAME, document.as_string())


def _document(store: Store) -> Any:
    """The file with its comments, as `tomlkit` holds it."""
    import tomlkit
    from tomlkit.exceptions import ParseError

    path = store.folder / FILE_NAME
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except (ParseError, UnicodeDecodeError) as error:
        raise ConfigError(FILE_NAME, [f"not valid TOML: {error}"]) from None


def _put(document: Any, key: str, value: Any) -> None:
    """Set a key, or take it out where the value is what it is without."""
    table, name = key.split(".")
    if value == _value(Config(), key):
        if table in document and name in document[table]:
            del document[table][name]
        return
    if table not in document:
        import tomlkit

        document[table] = tomlkit.table()
    document[table][name] = value


def _value(config: Config, key: str) -> Any:
    table, name = key.split(".")
    return getattr(getattr(config, table), name)


def _read(setting: Setting, typed: str) -> Any:
    """What was typed, as the file holds it. Raises ValueError, said as for people."""
    if len(typed) > LONGEST_VALUE:
        raise ValueError(f"expected at most {LONGEST_VALUE:,} characters, got {len(typed):,}")
    if setting.kind == "share":
        text = typed.strip().replace(",", ".")
        try:
            return float(text) if text else float(_value(Config(), setting.key))
        except ValueError:
            raise ValueError("expected a number from 0 to 1") from None
    if setting.kind == "choice" and typed not in setting.choices:
        raise ValueError(f"expected one of {', '.join(setting.choices)}")
    text = " ".join(typed.split()) if setting.kind == "text" else typed
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half a character (a lone surrogate)") from None
    return text or _value(Config(), setting.key)


def _typed(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _differs(setting: Setting, typed: Mapping[str, str], kept: Kept) -> bool:
    if setting.key not in typed:
        return False
    try:
        return _typed(_read(setting, typed[setting.key])) != kept.values[setting.key]
    except ValueError:
        return True


def _version(values: Mapping[str, str]) -> str:
    return sha256(repr(sorted(values.items())).encode(errors="surrogatepass")).hexdigest()[:32]


def _alone(store: Store) -> Any:
    """Nobody else changes settings meanwhile."""
    return exclusive(store.folder / "settings.lock", "changing the settings", wait=10)


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all, with the rights it had."""
    partial = path.with_name(f".{path.name}.{new_id()}")
    try:
        with partial.open("w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            shutil.copymode(path, partial)
        partial.replace(path)
    except OSError as error:
        raise UsageError(f"{path.name} cannot be written ({error.strerror}).") from None
    finally:
        partial.unlink(missing_ok=True)
