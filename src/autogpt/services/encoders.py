"""Which encoder a release takes, and the index that belongs to it.

In: a store and what somebody named. Out: folders of encoders, and indexes beside each other, one for each encoder. What
answers goes on with its own index until another release is promoted. Knows nothing about how encoders are trained.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from autogpt.answer.release import ENCODER
from autogpt.errors import AutoGPTError, BusyError, DataError, NotFoundError
from autogpt.models.packs import find_pack
from autogpt.progress import Sink, silent
from autogpt.retrieve.encoder import encoder_id
from autogpt.retrieve.index import Index
from autogpt.retrieve.lance import connect, table_names
from autogpt.services.bundles import current_encoder, current_version, find_release
from autogpt.services.faq_vectors import drop_faq_vectors
from autogpt.services.indexing import load_encoder, sync
from autogpt.services.runs import run_of
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.store.tables import DocumentRow, ReleaseRow, RunRow

#: Name of the encoder that comes with the workspace's model pack.
PACK = "pack"
KIND = "retriever"


@dataclass(frozen=True, slots=True)
class EncoderSource:
    """An encoder to release.

    Attributes:
        folder: of a trained encoder or an exported one; None for the pack's.
        run: id of the run that trained it, or empty.
        name: what it is, for the manifest: "pack en", "run 1f…", "release r1", a folder.
    """

    folder: Path | None
    run: str
    name: str


def encoder_source(store: Store, name: str = "") -> EncoderSource:
    """The encoder called `name`.

    Args:
        name: id of a retriever's run, a folder with a trained or exported encoder, or `pack`. Empty takes the one that
            answers now: the current release's, as long as the workspace's model is the same, else the pack's.

    Raises NotFoundError when there is none.
    """
    pack = store.config.workspace.pack
    if not name:
        version, release = current_version(store), None
        with suppress(DataError):  # a damaged release has no encoder to keep
            release = find_release(store, version) if version is not None else None
        if release is not None and release.manifest.get("model") == pack:
            about = release.manifest.get("encoder", {})
            return EncoderSource(release.encoder, about.get("run", ""), about.get("name", f"pack {pack}"))
        return EncoderSource(None, "", f"pack {pack}")
    if name == PACK:
        return EncoderSource(None, "", f"pack {pack}")
    if Path(name).is_dir():
        folder = Path(name)
        return EncoderSource(folder, run_of(store, folder), str(folder))
    with store.session() as session:
        row = session.scalar(
            select(RunRow).where(RunRow.kind == KIND, RunRow.state == "done", RunRow.id == name).limit(1)
        )
    if row is None:
        raise NotFoundError(
            f"There is no finished run '{name}' of a retriever.",
            "Train one with: autogpt train retriever, or take the model pack's encoder with: --encoder pack",
        )
    return EncoderSource(store.runs / row.id / "model", row.id, f"run {row.id}")


def ready_index(store: Store, encoder: Path, sink: Sink = silent, then: Callable[[], None] = lambda: None) -> None:
    """Bring the index of the encoder in `encoder` in line with the documents, beside that of the one that answers.

    What answers goes on: its own index is brought in line first, since what is outdated is taken out of every index. A
    build that is cut short leaves it serving, and the next call goes on.

    Args:
        then: called when the index is in line, before any document can change: what makes it the one that answers.

    Raises BusyError when another process is changing an index.
    """
    with store.session() as session:
        current = session.scalar(select(DocumentRow.id).where(DocumentRow.current_version_id.is_not(None)).limit(1))
    answering = _answering(store)
    if current is None or (answering is not None and encoder_id(encoder) == encoder_id(answering)):
        then()  # each ingest sees to the index of what answers
        return
    if answering is not None:
        sync(store, sink, load_encoder(store.config, answering))
    sync(store, sink, load_encoder(store.config, encoder), then)


def _answering(store: Store) -> Path | None:
    """Folder of the encoder that answers; None where the current release is damaged, which is a reason to leave it."""
    try:
        return current_encoder(store)
    except AutoGPTError:
        return None


def unused_indexes(store: Store) -> list[str]:
    """Names of the tables of encoders that neither the workspace's pack nor any release holds; none while the pack is
    missing.
    """
    try:
        pack = find_pack(store.config.workspace.pack)
    except (NotFoundError, DataError):
        return []
    with store.session() as session:
        versions = session.scalars(select(ReleaseRow.version)).all()
    folders = [pack.encoder, *(store.releases / version / ENCODER for version in versions)]
    used = {Index(store.index_uri, encoder_id(folder)).table_name for folder in folders if folder.is_dir()}
    return [name for name in table_names(connect(store.index_uri)) if name.startswith("passages-") and name not in used]


def drop_unused_indexes(store: Store) -> None:
    """Delete them, and what their encoders made of vetted answers, unless a release is being made, whose index is not
    in use yet.
    """
    with suppress(BusyError), exclusive(store.folder / "releases.lock", "making a release"):
        for name in unused_indexes(store):
            connect(store.index_uri).drop_table(name)
            drop_faq_vectors(store, name.rpartition("-")[2])
