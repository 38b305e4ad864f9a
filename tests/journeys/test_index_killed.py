"""An index that was being built beside the old one when its process was killed: nothing is lost, and it is gone on
with. The encoders are tiny and random.
"""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autogpt.compress.export import export_encoder
from autogpt.models import layout
from autogpt.retrieve.encoder import encoder_id
from autogpt.retrieve.index import Index
from autogpt.services.bundles import current_encoder, current_version
from autogpt.services.doctor import Check, State, diagnose
from autogpt.services.examples import import_examples
from autogpt.services.ingesting import ingest
from autogpt.services.releasing import promote
from autogpt.services.retrieving import open_retriever
from autogpt.store import Store
from index_process import release
from tiny_models import make_examples

QUESTION = "When was Gale founded?"
DOCUMENTS = 12
PROCESS = Path(__file__).parents[1] / "index_process.py"


def make_encoder(folder: Path, base: Path, seed: int) -> Path:
    """Another random encoder with the tokenizer of `base`."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(seed)
    BertModel(BertConfig.from_pretrained(base)).save_pretrained(folder)
    for name in (layout.TOKENIZER, layout.TOKENIZER_CONFIG):
        shutil.copy(base / name, folder)
    return folder


@pytest.fixture(scope="module")
def make_pack(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> Callable[[int], Path]:
    """A model pack of a tiny encoder and no reader, another for each seed."""

    def get(seed: int) -> Path:
        folder = tmp_path_factory.mktemp(f"pack-{seed}")
        make_encoder(folder / layout.ENCODER, tiny_encoder, seed)
        about = f'name = "tiny{seed}"\nversion = "1"\nformat_version = 1\nlanguages = ["en"]\nlicence = "none"\n'
        (folder / layout.PACK_FILE).write_text(about)
        return folder

    return get


@pytest.fixture(scope="module")
def old(make_pack: Callable[[int], Path]) -> Path:
    return make_pack(1)


@pytest.fixture(scope="module")
def new(make_pack: Callable[[int], Path]) -> Path:
    return make_pack(2)


@pytest.fixture(scope="module")
def exported(new: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_encoder(new / layout.ENCODER, tmp_path_factory.mktemp("exported") / "encoder", precision="bf16")


@pytest.fixture
def towns(store: Store, old: Path, tmp_path: Path) -> Store:
    """A workspace of twelve documents that the pack `old` answers for."""
    store = using(store, old)
    lines = []
    for one in make_examples(DOCUMENTS):
        asked = {"id": one.id, "question": one.question, "answers": [], "is_impossible": True}
        lines.append(json.dumps({"title": one.title, "context": one.context, "qas": [asked]}))
    (tmp_path / "towns.jsonl").write_text("\n".join(lines))
    import_examples(store, str(tmp_path / "towns.jsonl"))
    assert index_of(store, old / layout.ENCODER).count() == DOCUMENTS
    return store


def using(store: Store, pack: Path) -> Store:
    """The workspace with another model pack."""
    (store.folder / "autogpt.toml").write_text(f"[workspace]\nmodel = {json.dumps(str(pack))}\n[read]\nthreads = 1\n")
    return Store(store.folder)


def index_of(store: Store, encoder: Path) -> Index:
    return Index(store.index_uri, encoder_id(encoder))


def killed(store: Store, command: str, encoder: Path, stage: str, share: float) -> None:
    arguments = [str(store.folder), command, str(encoder), stage, str(share)]
    ended = subprocess.run([sys.executable, str(PROCESS), *arguments], capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


def found(store: Store) -> list[tuple[str, float]]:
    with open_retriever(store) as retriever:
        return [(one.passage.text, one.score) for one in retriever.retrieve(QUESTION, DOCUMENTS)]


def checks(store: Store) -> dict[str, Check]:
    return {one.name: one for one in diagnose(store.folder).checks if one.area == "workspace"}


@pytest.mark.parametrize(("stage", "share", "done"), [("index", 0, 0), ("index", 0.5, 6), ("compact", 0, DOCUMENTS)])
def test_a_release_killed_amid_its_index_leaves_the_old_one_answering_and_is_made_again(
    towns: Store, old: Path, exported: Path, stage: str, share: float, done: int
) -> None:
    before = found(towns)
    killed(towns, "release", exported, stage, share)
    beside = index_of(towns, exported)
    assert (beside.count() if beside.exists else 0) == pytest.approx(done, abs=1)
    assert current_version(towns) is None
    assert found(towns) == before
    told = checks(towns)
    assert told["index"].state is State.OK
    assert not [one for one in told.values() if one.state in (State.WARNING, State.PROBLEM) and one.name != "split"]
    assert ("unused indexes" in told) == beside.exists  # which the doctor says how to delete

    made = release(towns, exported)
    assert beside.count() == DOCUMENTS
    assert current_encoder(towns) != made.encoder
    assert found(towns) == before
    promote(towns, made.version, force=True)
    assert (current_version(towns), current_encoder(towns)) == ("r1", made.encoder)
    after = found(towns)
    assert len(after) == DOCUMENTS
    assert after != before
    assert checks(towns)["index"].state is State.OK
    assert "unused indexes" not in checks(towns)


@pytest.mark.parametrize("command", ["ingest", "ask"])
def test_an_index_of_another_model_pack_that_was_cut_short_is_finished_before_it_answers(
    towns: Store, new: Path, command: str
) -> None:
    changed = using(towns, new)
    killed(changed, command, new, "index", 0.5)
    index = index_of(changed, new / layout.ENCODER)
    held = index.count()
    assert 0 < held < DOCUMENTS
    told = checks(changed)["index"]
    assert (told.state, told.advice) == (State.WARNING, "autogpt doctor --repair")
    if command == "ingest":
        assert ingest(changed, []).passages == DOCUMENTS - held
    assert len(found(changed)) == DOCUMENTS
    assert checks(changed)["index"].state is State.OK
