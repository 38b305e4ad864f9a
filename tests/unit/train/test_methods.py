"""Methods of fine-tuning train what they say, and what they trained can be saved, opened and put on its base again."""

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from autogpt.compress.export import export_reader
from autogpt.config import AdaptedTrainingSection, ReaderTrainingSection
from autogpt.errors import CancelledError, DataError, UsageError
from autogpt.models.adapters import kept, restore
from autogpt.models.costs import Costs
from autogpt.progress import Progress
from autogpt.read.reader import Reader
from autogpt.read.windows import WindowBuilder
from autogpt.train import clock
from autogpt.train.base import load_base, rust_tokenizer
from autogpt.train.collate import Collator
from autogpt.train.features import labelled_windows
from autogpt.train.methods import METHODS, open_method
from autogpt.train.methods.saved import about_of, save_adapter
from autogpt.train.objectives.span import Span
from autogpt.train.reader import TrainingResult, train_reader
from tiny_models import build_model, make_examples

PARTIAL = [name for name in METHODS if name != "full"]
SIZES: dict[str, Any] = {"rank": 4, "bottleneck": 8, "prefix_tokens": 4}
#: Rates at which a tiny random model learns within a few steps.
RATES = {"frozen": 0.02, "adapter": 0.02, "prefix": 0.1, "lora": 0.01, "adalora": 0.05, "ia3": 0.05}
#: Architectures and the methods tried on each: together all of both.
APPLIED = [
    *(("bert", method) for method in PARTIAL),
    *(("gpt2", method) for method in ("adapter", "prefix", "lora", "adalora", "ia3")),
    ("roberta", "prefix"),
    ("xlm-roberta", "lora"),
    ("deberta", "adapter"),
    ("deberta", "adalora"),
    ("distilbert", "adapter"),
    ("distilbert", "ia3"),
    ("electra", "prefix"),
    ("llama", "prefix"),
    ("llama", "lora"),
    ("camembert", "prefix"),
    ("ernie", "prefix"),
    ("mistral", "prefix"),
    ("qwen2", "adapter"),
    ("qwen3", "prefix"),
    ("mpnet", "adapter"),
    ("mpnet", "lora"),
]


def section(method: str, **changes: Any) -> AdaptedTrainingSection:
    return AdaptedTrainingSection(method=method, **{**SIZES, **changes})  # type: ignore[arg-type]


def settings(method: str, **changes: Any) -> ReaderTrainingSection:
    given = {"epochs": 4, "batch_size": 8, "max_length": 96, "stride": 16, "trackers": (), "precision": "fp32"}
    given |= {"learning_rate": RATES.get(method, 1e-3), "patience": 0, "method": method}
    return ReaderTrainingSection(**{**SIZES, **given, **changes})


@pytest.fixture(scope="module")
def base(tiny_model: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A tiny reader by family, also of those that have no tokenizer among the tiny models: BERT's is beside them."""
    import transformers
    from transformers import AutoModelForQuestionAnswering, DistilBertConfig

    sizes: dict[str, Any] = {"vocab_size": 320, "hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2}
    sizes |= {"intermediate_size": 64, "pad_token_id": 0}
    causal = {"num_key_value_heads": 2, "head_dim": 8}
    configs: dict[str, Any] = {
        "distilbert": lambda: DistilBertConfig(vocab_size=320, dim=32, n_layers=2, n_heads=4, hidden_dim=64),
        "electra": lambda: transformers.ElectraConfig(**sizes, embedding_size=16),
        "camembert": lambda: transformers.CamembertConfig(**sizes),
        "ernie": lambda: transformers.ErnieConfig(**sizes),
        "mpnet": lambda: transformers.MPNetConfig(**sizes),
        "llama": lambda: transformers.LlamaConfig(**sizes, num_key_value_heads=2),
        "mistral": lambda: transformers.MistralConfig(**sizes, **causal),
        "qwen2": lambda: transformers.Qwen2Config(**sizes, num_key_value_heads=2),
        "qwen3": lambda: transformers.Qwen3Config(**sizes, **causal),
    }
    made: dict[str, Path] = {}

    def get(family: str) -> Path:
        if family not in configs:
            return tiny_model(family)
        if family not in made:
            made[family] = tmp_path_factory.mktemp(family)
            torch.manual_seed(0)
            AutoModelForQuestionAnswering.from_config(configs[family]()).save_pretrained(made[family])
            for name in ("tokenizer.json", "tokenizer_config.json"):
                shutil.copy(tiny_model("bert") / name, made[family])
        return made[family]

    return get


def logits(model: Any) -> torch.Tensor:
    """float[2, 3, 12]: of rows of different lengths."""
    ids = torch.arange(36).reshape(3, 12) % 50 + 5
    mask = torch.ones_like(ids)
    mask[1, 7:] = 0
    with torch.inference_mode():
        found = model.eval()(input_ids=ids, attention_mask=mask)
    return torch.stack([found.start_logits, found.end_logits]) * mask


def disturb(model: Any) -> dict[str, torch.Tensor]:
    """Change all that is trained as a training would; returns copies of what is not."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * 0.1)
    return {name: one.clone() for name, one in model.named_parameters() if not one.requires_grad}


@pytest.mark.parametrize(("family", "method"), APPLIED)
def test_what_was_trained_reads_the_same_merged_reopened_and_put_on_its_base(
    family: str, method: str, base: Callable[[str], Path], tmp_path: Path
) -> None:
    model, _ = load_base(base(family), 0.0)
    untouched = logits(model)
    applied = open_method(section(method))
    applied.apply(model)
    about = about_of(model, section(method), base(family))
    if method != "prefix":  # what is added changes little before it is trained; a prefix takes attention from the text
        torch.testing.assert_close(logits(model), untouched, atol=0.02, rtol=0)
    disturb(model)
    expected = logits(model)
    assert (expected - untouched).abs().max() > 0.05
    save_adapter(tmp_path, model, about)
    applied.merge(model)
    torch.testing.assert_close(logits(model), expected, atol=1e-4, rtol=1e-4)
    model.save_pretrained(tmp_path / "model")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(base(family) / name, tmp_path / "model")
    for folder in ("model", "adapter"):
        torch.testing.assert_close(logits(load_base(tmp_path / folder, 0.0)[0]), expected, atol=1e-4, rtol=1e-4)
    if method not in ("adapter", "prefix"):
        from transformers import AutoModelForQuestionAnswering

        plain = AutoModelForQuestionAnswering.from_pretrained(tmp_path / "model")
        torch.testing.assert_close(logits(plain), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("method", "parts"),
    [
        ("frozen", {"qa_outputs"}),
        ("adapter", {"bottleneck", "LayerNorm", "qa_outputs"}),
        ("prefix", {"prefix", "qa_outputs"}),
        ("lora", {"lora_A", "lora_B", "qa_outputs"}),
        ("adalora", {"lora_A", "lora_B", "lora_E", "qa_outputs"}),
        ("ia3", {"ia3_l", "qa_outputs"}),
    ],
)
def test_a_method_trains_what_it_says_and_the_head(
    method: str, parts: set[str], tiny_model: Callable[[str], Path]
) -> None:
    model, _ = load_base(tiny_model("bert"), 0.0)
    open_method(section(method, frozen_layers=0 if method == "frozen" else 1)).apply(model)
    trained = [name for name, one in model.named_parameters() if one.requires_grad]
    assert {part for part in parts if any(part in name for name in trained)} == parts
    assert all(any(part in name for part in parts) for name in trained)
    assert not any("layer.0." in name or "embeddings" in name for name in trained)


@pytest.mark.parametrize("method", ["full", "frozen"])
def test_the_lowest_layers_stay_as_they_are(method: str, tiny_model: Callable[[str], Path]) -> None:
    for family in ("bert", "gpt2"):
        model, _ = load_base(tiny_model(family), 0.0)
        open_method(section(method, frozen_layers=1)).apply(model)
        frozen = {name for name, one in model.named_parameters() if not one.requires_grad}
        below = ("embeddings.", "layer.0.", "wte.", "wpe.", "h.0.")
        assert frozen == {name for name, _ in model.named_parameters() if any(part in name for part in below)}


def test_the_pooler_of_a_classifier_is_trained_and_saved(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model("bert"), num_labels=3)
    open_method(section("lora")).apply(model)
    save_adapter(tmp_path, model, about_of(model, section("lora"), tiny_model("bert")))
    kept_weights = load_file(tmp_path / "adapter" / "adapter.safetensors")
    assert {"bert.pooler.dense.weight", "classifier.weight", "classifier.bias"} <= kept_weights.keys()


@pytest.fixture(scope="module")
def trained(tiny_model: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a training by a method, made once."""
    made: dict[str, Path] = {}

    def get(method: str) -> Path:
        if method not in made:
            made[method] = tmp_path_factory.mktemp(method)
            train_reader(settings(method), make_examples(40), make_examples(9, 40), tiny_model("bert"), made[method])
        return made[method]

    return get


def loss_of(folder: Path) -> float:
    """Of a model on what `trained` trains on."""
    model, tokenizer = load_base(folder, 0.0)
    builder = WindowBuilder(rust_tokenizer(tokenizer), 96, 16)
    rows = [(one,) for one in labelled_windows(make_examples(40), builder)]
    with torch.inference_mode():
        return float(Span()(model.eval(), Collator(builder.pad_id)(rows)))


@pytest.mark.parametrize("method", PARTIAL)
def test_a_training_learns_and_leaves_model_and_adapter(
    method: str, trained: Callable[[str], Path], tiny_model: Callable[[str], Path]
) -> None:
    folder = trained(method)
    assert loss_of(folder / "model") < 0.99 * loss_of(tiny_model("bert"))
    costs = Costs.load(folder)
    assert costs is not None
    adapter = load_file(folder / "adapter" / "adapter.safetensors")
    assert costs.trainable == sum(one.numel() for one in adapter.values())
    assert costs.share < 0.2
    whole, alone = (load_base(folder / name, 0.0)[0] for name in ("model", "adapter"))
    torch.testing.assert_close(logits(alone), logits(whole), atol=1e-4, rtol=1e-4)
    assert (folder / "adapter" / "adapter.safetensors").stat().st_size < (
        folder / "model" / "model.safetensors"
    ).stat().st_size / 3


def test_a_full_training_leaves_no_adapter(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    train_reader(settings("full", epochs=1), make_examples(8), [], tiny_model("bert"), tmp_path)
    assert not (tmp_path / "adapter").exists()
    costs = Costs.load(tmp_path)
    assert costs is not None
    assert costs.share == 1


@pytest.mark.parametrize("method", ["adapter", "prefix", "lora", "adalora", "ia3"])
def test_a_stopped_training_ends_as_the_unbroken_one(
    method: str, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    given = settings(method, epochs=3, max_minutes=10)
    arguments = (given, make_examples(24), make_examples(6, 24), tiny_model("bert"))
    unbroken = train_reader(*arguments, tmp_path / "unbroken")

    def cancel_in_second_epoch(progress: Progress) -> None:
        if "f1" in progress.metrics and progress.done > 3:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        train_reader(*arguments, tmp_path / "broken", cancel_in_second_epoch)
    assert list((tmp_path / "broken" / "checkpoints").glob("checkpoint-*"))
    resumed = train_reader(*arguments, tmp_path / "broken")
    assert last_loss(resumed) == pytest.approx(last_loss(unbroken), rel=1e-4)
    ours, theirs = (load_base(one.model_dir, 0.0)[0] for one in (resumed, unbroken))
    torch.testing.assert_close(logits(ours), logits(theirs), atol=1e-4, rtol=1e-3)


def last_loss(result: TrainingResult) -> float:
    return [one["loss"] for one in result.history if "loss" in one][-1]


def ranks(folder: Path) -> list[int]:
    """How many singular values each matrix was left."""
    weights = load_file(folder / "adapter" / "adapter.safetensors")
    return [int((one != 0).sum()) for name, one in weights.items() if "lora_E" in name]


def test_adalora_divides_the_ranks(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    # Without validation: the best epoch may come before the ranks are settled.
    train_reader(settings("adalora"), make_examples(40), [], tiny_model("bert"), tmp_path)
    left = ranks(tmp_path)
    assert 0 < sum(left) <= 4 * len(left)
    assert len(set(left)) > 1


def test_adalora_divides_the_ranks_of_a_training_that_the_clock_ends(
    tiny_model: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count(step=0.02)  # seconds; each look at the clock takes one tick
    monkeypatch.setattr(clock.time, "monotonic", lambda: next(ticks))
    given = settings("adalora", epochs=100_000, max_minutes=0.05)
    train_reader(given, make_examples(16), [], tiny_model("bert"), tmp_path)
    left = ranks(tmp_path)
    assert 0 < sum(left) <= 4 * len(left)


@pytest.mark.parametrize("method", ["adapter", "prefix"])
def test_what_is_kept_beside_the_base_is_exported(method: str, trained: Callable[[str], Path], tmp_path: Path) -> None:
    folder = trained(method) / "model"
    exported = export_reader(folder, tmp_path / "exported")
    pairs = [(one.question, one.context) for one in make_examples(6)]
    options: dict[str, Any] = {"max_length": 96, "stride": 16}
    expected, found = (
        Reader(folder, "torch", **options).read(pairs),
        Reader(exported, "openvino", **options).read(pairs),
    )
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.null_score == pytest.approx(theirs.null_score, abs=1e-4)
        assert [one.score for one in ours.candidates] == pytest.approx(
            [one.score for one in theirs.candidates], abs=1e-4
        )
    plain, _ = load_base(folder, 0.0)
    assert method in kept(plain)


def test_what_is_kept_is_trained_on_in_the_same_size(trained: Callable[[str], Path]) -> None:
    model, _ = load_base(trained("adapter") / "model", 0.0)
    before = logits(model)
    open_method(section("adapter")).apply(model)
    torch.testing.assert_close(logits(model), before)
    with pytest.raises(UsageError, match="bottleneck 8"):
        open_method(section("adapter", bottleneck=16)).apply(model)
    with pytest.raises(UsageError, match=r"adapter.*lora cannot"):
        open_method(section("lora")).apply(model)


def test_a_method_that_does_not_fit_says_which_do(tiny_model: Callable[[str], Path]) -> None:
    from transformers import AlbertConfig, AutoModelForQuestionAnswering

    with pytest.raises(UsageError, match="deberta") as caught:
        open_method(section("prefix")).apply(load_base(tiny_model("deberta"), 0.0)[0])
    assert "full, frozen, adapter, lora, adalora, ia3" in caught.value.hint
    albert = AutoModelForQuestionAnswering.from_config(
        AlbertConfig(vocab_size=50, embedding_size=8, hidden_size=16, num_attention_heads=2, intermediate_size=16)
    )
    with pytest.raises(UsageError, match="albert") as caught:
        open_method(section("lora")).apply(albert)
    assert caught.value.hint == "Methods that can: full, frozen."


def test_layers_that_are_not_there_cannot_stay(tiny_model: Callable[[str], Path]) -> None:
    model, _ = load_base(tiny_model("bert"), 0.0)
    with pytest.raises(UsageError, match="2 layers"):
        open_method(section("full", frozen_layers=3)).apply(model)
    with pytest.raises(UsageError, match="no layer left"):
        open_method(section("lora", frozen_layers=2)).apply(model)


def test_an_encoder_has_no_head_to_train_alone(tiny_encoder: Path) -> None:
    from transformers import AutoModel

    with pytest.raises(UsageError, match="nothing would be trained"):
        open_method(section("frozen")).apply(AutoModel.from_pretrained(tiny_encoder))


def test_an_adapter_refuses_another_base(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    base = shutil.copytree(tiny_model("bert"), tmp_path / "base")
    model, _ = load_base(base, 0.0)
    open_method(section("lora")).apply(model)
    save_adapter(tmp_path, model, about_of(model, section("lora"), base))
    build_model("bert", base, seed=7)
    with pytest.raises(UsageError, match="another base"):
        load_base(tmp_path / "adapter", 0.0)
    shutil.rmtree(base)
    with pytest.raises(UsageError, match="not there") as caught:
        load_base(tmp_path / "adapter", 0.0)
    assert "adapter.json" in caught.value.hint


def test_weights_that_are_not_all_there_are_refused(trained: Callable[[str], Path], tmp_path: Path) -> None:
    from transformers import AutoModelForQuestionAnswering

    adapter = shutil.copytree(trained("lora") / "adapter", tmp_path / "adapter")
    weights = load_file(adapter / "adapter.safetensors")
    weights.popitem()
    save_file(weights, adapter / "adapter.safetensors")
    with pytest.raises(DataError, match="not those"):
        load_base(adapter, 0.0)
    whole = shutil.copytree(trained("prefix") / "model", tmp_path / "model")
    shutil.copy(trained("lora") / "model" / "model.safetensors", whole)
    with pytest.raises(DataError, match="prefix"):
        restore(AutoModelForQuestionAnswering.from_pretrained(whole), whole)


def test_a_training_starts_from_an_adapter(trained: Callable[[str], Path], tmp_path: Path) -> None:
    given = settings("lora", epochs=1)
    result = train_reader(given, make_examples(16), [], trained("lora") / "adapter", tmp_path)
    expected = logits(load_base(result.model_dir, 0.0)[0])
    torch.testing.assert_close(logits(load_base(tmp_path / "adapter", 0.0)[0]), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("changes", "rate"),
    [
        ({}, 3e-5),
        ({"method": "lora"}, 3e-4),
        ({"method": "lora", "learning_rate": 5e-3}, 5e-3),
        ({"method": "frozen"}, 9e-4),
        ({"method": "frozen", "frozen_layers": 2}, 3e-5),
    ],
)
def test_a_method_has_its_usual_learning_rate(changes: dict[str, Any], rate: float) -> None:
    assert ReaderTrainingSection(**changes).peak_rate == pytest.approx(rate)
