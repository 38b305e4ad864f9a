"""The one configuration of a workspace: `autogpt.toml`, read once, checked whole, frozen.

In: a TOML file. Out: a `Config` whose sections are handed to the stages that need them. Knows nothing about what the
stages do with their values.
"""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from autogpt.config.base import Section
from autogpt.config.sections import (
    GLOSSARY_FILE,
    AnswerSection,
    ComposeSection,
    CompressSection,
    IngestSection,
    JobsSection,
    PromoteSection,
    ReadSection,
    RetrieveSection,
    ServeSection,
    SplitSection,
    StoreSection,
    WorkspaceSection,
)
from autogpt.config.training import (
    AdaptedTrainingSection,
    ChosenExamplesSection,
    ClassifierTrainingSection,
    ContinualTrainingSection,
    GeneratorTrainingSection,
    LanguageModelTrainingSection,
    ObjectiveTrainingSection,
    ReaderTrainingSection,
    RerankerTrainingSection,
    RetrieverTrainingSection,
    SearchSection,
    TrainingSection,
    TrainSection,
)
from autogpt.errors import ConfigError, NotFoundError

__all__ = [
    "FILE_NAME",
    "FORMAT_VERSION",
    "GLOSSARY_FILE",
    "AdaptedTrainingSection",
    "AnswerSection",
    "ChosenExamplesSection",
    "ClassifierTrainingSection",
    "ComposeSection",
    "CompressSection",
    "Config",
    "ContinualTrainingSection",
    "GeneratorTrainingSection",
    "IngestSection",
    "JobsSection",
    "LanguageModelTrainingSection",
    "ObjectiveTrainingSection",
    "PromoteSection",
    "ReadSection",
    "ReaderTrainingSection",
    "RerankerTrainingSection",
    "RetrieveSection",
    "RetrieverTrainingSection",
    "SearchSection",
    "Section",
    "ServeSection",
    "SplitSection",
    "StoreSection",
    "TrainSection",
    "TrainingSection",
    "WorkspaceSection",
    "load_config",
    "override",
    "parse_config",
]

#: Raised when the meaning of a key changes; older files are migrated with a notice.
FORMAT_VERSION = 1
FILE_NAME = "autogpt.toml"


class Config(Section):
    """A workspace's configuration. Every section has defaults, so an empty file is valid."""

    format_version: int = FORMAT_VERSION
    workspace: WorkspaceSection = WorkspaceSection()
    store: StoreSection = StoreSection()
    ingest: IngestSection = IngestSection()
    split: SplitSection = SplitSection()
    train: TrainSection = TrainSection()
    retrieve: RetrieveSection = RetrieveSection()
    read: ReadSection = ReadSection()
    answer: AnswerSection = AnswerSection()
    compose: ComposeSection = ComposeSection()
    compress: CompressSection = CompressSection()
    promote: PromoteSection = PromoteSection()
    serve: ServeSection = ServeSection()
    jobs: JobsSection = JobsSection()


def load_config(path: Path) -> Config:
    """Read and check `autogpt.toml`. Raises ConfigError with every problem, NotFoundError without a file."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(
            f"There is no {FILE_NAME} in {path.parent}.", "Create one with: autogpt new FOLDER"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [f"not valid TOML: {error}"]) from None
    version = raw.get("format_version", FORMAT_VERSION)
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise ConfigError(str(path), [f"format_version: this program reads up to {FORMAT_VERSION}, got {version!r}"])
    return parse_config(raw, str(path))


def parse_config(raw: dict[str, Any], where: str) -> Config:
    """Check raw values. Raises ConfigError that lists every problem with its dotted key."""
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(where, [_problem(one) for one in error.errors()]) from None


def override(config: Config, changes: dict[str, Any], where: str = "The given options") -> Config:
    """A copy of `config` with dotted keys replaced, checked again: `{"train.reader.epochs": 1}`.

    Raises ConfigError that lists every problem of what was given.
    """
    raw = config.model_dump()
    for dotted, value in changes.items():
        *parents, key = dotted.split(".")
        at = raw
        for parent in parents:
            at = at.setdefault(parent, {})
        at[key] = value
    try:
        return parse_config(raw, where)
    except ConfigError as error:
        raise ConfigError(where, error.problems, "Change what was given and try again.") from None


def _problem(error: Any) -> str:
    """`train.reader.learning_rate: expected > 0, got -1`."""
    key = ".".join(str(part) for part in error["loc"]) or "(the file)"
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown key"
    bounds = error.get("ctx") or {}
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
    expected = [f"{signs[name]} {bounds[name]:g}" for name in signs if name in bounds]
    if expected:
        return f"{key}: expected {', '.join(expected)}, got {error['input']!r}"
    if "expected" in bounds:
        return f"{key}: expected {bounds['expected']}, got {error['input']!r}"
    if error["type"] == "value_error":
        return f"{key}: {bounds['error']}, got {error['input']!r}"
    return f"{key}: {error['msg'][0].lower()}{error['msg'][1:]}, got {error['input']!r}"
