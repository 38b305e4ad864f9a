"""Which language model of a workspace is meant.

In: a store and what somebody named. Out: the place of a model, or a composer. Knows nothing about how it is trained.
"""

from pathlib import Path

from sqlalchemy import select

from autogpt.answer.composer import Composes, open_composer
from autogpt.errors import NotFoundError
from autogpt.models.sources import generator_in
from autogpt.store import Store
from autogpt.store.tables import RunRow

#: What its runs are called.
KIND = "generator"


def generator_of(store: Store, name: str = "") -> tuple[str, Path]:
    """Id of a generator's run (empty when it was none) and the folder or GGUF file of its model.

    Args:
        name: id of a run, a folder or a GGUF file; empty takes the newest finished run.

    Raises NotFoundError when there is none, UsageError for a folder with several GGUF files.
    """
    for place in (Path(name), store.folder / name) if name else ():
        if place.exists() and (found := generator_in(place)):
            return "", found
    run = newest_run(store, name)
    if run is None:
        what = f"There is no language model '{name}', nor a finished run of that name" if name else "None was trained"
        raise NotFoundError(f"{what}.", "Train one with: autogpt train generator, or name a folder or a GGUF file.")
    return run, store.runs / run / "model"


def workspace_composer(store: Store) -> Composes | None:
    """What the workspace's configuration lets write; None where it names nothing. Raises what `open_composer` does."""
    section = store.config.compose
    if section.kind == "local" and (run := newest_run(store, section.model)) is not None:
        section = section.model_copy(update={"model": str(store.runs / run / "model")})
    return open_composer(section, store.folder)


def newest_run(store: Store, run: str = "") -> str | None:
    """Id of the newest finished run of a generator, or `run` where it is one; else None."""
    query = select(RunRow.id).where(RunRow.kind == KIND, RunRow.state == "done").order_by(RunRow.created_at.desc())
    with store.session() as session:
        return session.scalar((query.where(RunRow.id == run) if run else query).limit(1))
