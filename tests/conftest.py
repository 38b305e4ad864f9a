"""Fixtures that several parts share."""

import gc
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from autogpt.store import Store
from word_encoder import WordEncoder

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("autogpt", deadline=None)
settings.load_profile("autogpt")


@pytest.fixture(scope="module", autouse=True)
def loaded_code_stays() -> None:
    """Each training ends with a look for garbage: what is loaded, half a million objects, is left out of it."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def word_encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def make_word_encoder() -> Callable[..., WordEncoder]:
    return WordEncoder


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of an empty workspace, made once: migrating takes longer than most tests."""
    folder = tmp_path_factory.mktemp("migrated")
    (folder / "autogpt.toml").write_text("")
    store = Store(folder)
    _ = store.engine
    store.close()
    return folder / "autogpt.db"


@pytest.fixture
def store(tmp_path: Path, migrated_database: Path) -> Iterator[Store]:
    """An empty workspace."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "autogpt.toml").write_text("")
    shutil.copy(migrated_database, folder)
    store = Store(folder)
    yield store
    store.close()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny random reader by family (see `tiny_models.FAMILIES`), made once."""
    from tiny_models import build_model

    made: dict[str, Path] = {}

    def get(family: str) -> Path:
        if family not in made:
            made[family] = build_model(family, tmp_path_factory.mktemp(family))
        return made[family]

    return get


@pytest.fixture(scope="session")
def tiny_encoder(tiny_model: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny random sentence encoder (BERT)."""
    from transformers import BertConfig, BertModel

    reader, folder = tiny_model("bert"), tmp_path_factory.mktemp("encoder")
    BertModel(BertConfig.from_pretrained(reader)).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(reader / name, folder)
    return folder


@pytest.fixture(scope="session")
def tiny_reranker(tiny_model: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny random reranker (BERT), whose logits differ by two from pair to pair."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    from tiny_models import make_examples

    reader, folder = tiny_model("bert"), tmp_path_factory.mktemp("reranker")
    examples = make_examples(4)
    tokenizer = AutoTokenizer.from_pretrained(reader)
    questions, contexts = [one.question for one in examples], [one.context for one in examples]
    rows = tokenizer(questions, contexts, padding=True, return_tensors="pt")
    torch.manual_seed(0)
    model = BertForSequenceClassification(BertConfig.from_pretrained(reader, num_labels=1)).eval()
    for layer in model.bert.encoder.layer:
        for part in layer.attention.self.query, layer.attention.self.value, layer.output.dense:
            part.weight.data *= 30
    with torch.no_grad():  # the tokenizer's vocabulary, and so the logits, differ from process to process
        logits = model(**rows).logits
    scale = 2 / (logits.max() - logits.min())
    model.classifier.weight.data *= scale
    model.classifier.bias.data -= logits.mean() * scale
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(reader / name, folder)
    return folder


@pytest.fixture(scope="session")
def tiny_export(
    tiny_model: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Path]:
    """The folder of an exported tiny reader by family and format ("openvino", "onnx"), made once."""
    from autogpt.compress.export import export_reader

    made: dict[tuple[str, str], Path] = {}

    def get(family: str, format: str) -> Path:
        if (family, format) not in made:
            out = tmp_path_factory.mktemp(f"{family}-{format}") / "reader"
            made[family, format] = export_reader(tiny_model(family), out, format)
        return made[family, format]

    return get


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests leave the user's cache alone; one cache for the whole session."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
