"""What works against overfitting does what it says, alone and together, with every loop and method left as they are."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from autogpt.config import AdaptedTrainingSection, ReaderTrainingSection
from autogpt.errors import NotFoundError, UsageError
from autogpt.train.base import load_base
from autogpt.train.features import labelled_windows, pack
from autogpt.train.layer_rates import set_layer_rates
from autogpt.train.methods import open_method
from autogpt.train.objectives.span import Span
from autogpt.train.reader import train_reader
from autogpt.train.regularisers import open_regularisers
from autogpt.train.regularisers.adversarial import Adversarial
from autogpt.train.regularisers.base import Passes
from autogpt.train.regularisers.distil import Distil
from autogpt.train.regularisers.rdrop import RDrop, Twice
from tiny_models import make_examples


def settings(**changes: Any) -> ReaderTrainingSection:
    given = {"epochs": 1, "batch_size": 8, "max_length": 96, "stride": 16, "learning_rate": 1e-3, "trackers": ()}
    return ReaderTrainingSection(**{**given, **changes})


def batch_for(folder: Path, packed: bool = True) -> dict[str, torch.Tensor]:
    """A batch of four questions."""
    from autogpt.read.windows import WindowBuilder
    from autogpt.train.base import rust_tokenizer
    from autogpt.train.collate import Collator

    builder = WindowBuilder(rust_tokenizer(load_base(folder, 0.0)[1]), 96, 16)
    windows = labelled_windows(make_examples(4), builder)
    if packed:
        return Collator(builder.pad_id, 96)(pack(windows, 96, 0))
    return Collator(builder.pad_id)([(window,) for window in windows])


def test_rdrop_costs_more_the_more_two_passes_differ() -> None:
    batch = {"starts": torch.tensor([0]), "ends": torch.tensor([2])}
    first = [torch.tensor([[2.0, 0.0, -torch.inf]]), torch.tensor([[0.0, 1.0, 3.0]])]
    alike, near, far = ([one + shift * torch.tensor([1.0, -1.0, 0.0]) for one in first] for shift in (0.0, 0.1, 1.0))
    objective = Twice(Span(), 4.0)
    plain = Span().loss(first, batch).item()
    assert objective.loss([*first, *alike], batch).item() == pytest.approx(plain)
    costs = [
        objective.loss([*first, *second], batch).item()
        - (Span().loss(first, batch) + Span().loss(second, batch)).item() / 2
        for second in (alike, near, far)
    ]
    assert costs[0] == pytest.approx(0, abs=1e-6)
    assert 0 < costs[1] < costs[2]


def test_rdrop_asks_twice_with_dropout_of_its_own(tiny_model: Callable[[str], Path]) -> None:
    batch = batch_for(tiny_model("bert"))
    model, _ = load_base(tiny_model("bert"), 0.3)
    objective = RDrop(1.0).wrap(Span(), model)
    starts, _, again, _ = objective.logits(model.train(), batch)
    assert not torch.equal(starts, again)
    loss = objective(model, batch)
    loss.backward()
    assert all(torch.isfinite(one.grad).all() for one in model.parameters() if one.grad is not None)


def passes(model: Any, batch: dict[str, torch.Tensor], losses: list[float]) -> Passes:
    def loss() -> torch.Tensor:
        found = Span()(model, batch)
        losses.append(found.item())
        return found

    def learn() -> torch.Tensor:
        found = loss()
        found.backward()
        return found.detach()

    return Passes(model, learn, loss)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_adversarial_training_disturbs_against_the_model_and_leaves_its_weights(
    method: str, tiny_model: Callable[[str], Path]
) -> None:
    folder = tiny_model("bert")
    batch = batch_for(folder)
    rises = {}
    for name, regulariser in (("fgm", Adversarial(0.1, 1)), ("pgd", Adversarial(0.1, 4))):
        model, _ = load_base(folder, 0.0)
        open_method(AdaptedTrainingSection(method=method)).apply(model)  # type: ignore[arg-type]
        before = {key: one.clone() for key, one in model.named_parameters()}
        head = model.qa_outputs.weight
        Span()(model, batch).backward()
        plain, head.grad = head.grad.clone(), None
        losses: list[float] = []
        shown = regulariser.step(passes(model, batch, losses))
        assert shown.item() == pytest.approx(losses[0])
        rises[name] = losses[-1] - losses[0]
        assert all(torch.equal(one, before[key]) for key, one in model.named_parameters())
        assert not model.get_input_embeddings()._forward_hooks
        added = head.grad - plain
        assert (added - plain).abs().max() > 1e-4  # the second pass adds gradients, and other ones
    assert 0 < rises["fgm"] <= rises["pgd"] * 1.05


def test_a_disturbance_has_the_length_that_was_asked_for(tiny_model: Callable[[str], Path]) -> None:
    model, _ = load_base(tiny_model("bert"), 0.0)
    batch = batch_for(tiny_model("bert"), packed=False)
    seen: list[torch.Tensor] = []
    words = model.get_input_embeddings()
    words.register_forward_hook(lambda module, inputs, output: seen.append(output.detach()))
    model.bert.embeddings.LayerNorm.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach()))
    Adversarial(0.2, 5).step(passes(model, batch, []))
    plain, disturbed = seen[1], seen[-1]
    assert torch.equal(seen[0], seen[-2])
    length = (disturbed - plain).flatten(1).norm(dim=1) / seen[0].flatten(1).norm(dim=1)
    torch.testing.assert_close(length, torch.full_like(length, 0.2), atol=0.002, rtol=0)


def test_distillation_draws_towards_the_mean_of_its_teachers() -> None:
    batch = {"starts": torch.tensor([0]), "ends": torch.tensor([0])}

    class Told(Span):
        def logits(self, model: Any, batch: Any) -> Any:
            return model(batch)

    class Teacher:
        def __init__(self, first: float) -> None:
            self.says = [torch.tensor([[first, 0.0, -torch.inf]])] * 2

        def __call__(self, batch: Any) -> Any:
            return self.says

        def to(self, device: Any) -> "Teacher":
            return self

    teachers = [Teacher(2.0), Teacher(-1.0)]
    objective = Distil(teachers, 1.0, 2.0).wrap(Told(), None)
    mean = torch.stack([(one.says[0] / 2).softmax(-1) for one in teachers]).mean(0)
    at_mean = [2 * mean.log()] * 2
    assert objective.loss(at_mean, batch).item() == pytest.approx(0, abs=1e-6)
    away = [one + torch.tensor([[1.0, 0.0, 0.0]]) for one in at_mean]
    assert objective.loss(away, batch).item() > 0.01
    half = Distil(teachers, 0.5, 2.0).wrap(Told(), None)
    expected = (Span().loss(away, batch) + objective.loss(away, batch)).item() / 2
    assert half.loss(away, batch).item() == pytest.approx(expected)


def test_a_student_becomes_like_its_teacher(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    """The teacher is a BERT, the student a DistilBERT with its tokenizer: neither segment ids nor packing in common."""
    from transformers import AutoModelForQuestionAnswering, DistilBertConfig

    examples = make_examples(24)
    teacher = train_reader(
        settings(epochs=8, learning_rate=1e-2, dropout=0), examples, [], tiny_model("bert"), tmp_path / "teacher"
    ).model_dir
    base = tmp_path / "base"
    torch.manual_seed(0)
    config = DistilBertConfig(vocab_size=load_base(teacher, 0.0)[0].config.vocab_size, dim=32, n_layers=2, n_heads=4)
    AutoModelForQuestionAnswering.from_config(config).save_pretrained(base)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tiny_model("bert") / name, base)
    batch = batch_for(tiny_model("bert"), packed=False)
    apart = []
    for epochs in (0.1, 8):
        given = settings(
            teachers=(str(teacher),), distil_weight=1, epochs=epochs, learning_rate=1e-2, dropout=0, precision="fp32"
        )
        student = train_reader(given, examples, [], base, tmp_path / f"student-{epochs}").model_dir
        models = [load_base(folder, 0.0)[0].eval() for folder in (student, teacher)]
        with torch.inference_mode():
            apart.append(Span().divergence(*(Span().logits(model, batch) for model in models)).item())
    assert apart[1] < 0.7 * apart[0]


@pytest.mark.parametrize("adversarial", ["fgm", "pgd"])
def test_everything_goes_together(adversarial: str, tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    given = settings(
        method="lora",
        learning_rate=1e-2,
        epochs=5,
        gradient_accumulation=2,
        precision="bf16",
        label_smoothing=0.1,
        layer_decay=0.9,
        rdrop=1.0,
        adversarial=adversarial,
        teachers=(str(tiny_model("bert")),),
        distil_weight=0.2,
    )
    result = train_reader(given, make_examples(24), [], tiny_model("bert"), tmp_path)
    losses = [one["loss"] for one in result.history if "loss" in one]
    assert losses[-1] < losses[0]
    assert (tmp_path / "adapter" / "adapter.safetensors").is_file()


def test_smoothing_is_taken_from_the_settings(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    firsts = []
    for smoothing in (0.0, 0.3):
        given = settings(label_smoothing=smoothing, dropout=0, precision="fp32")
        result = train_reader(given, make_examples(8), [], tiny_model("bert"), tmp_path / str(smoothing))
        firsts.append(next(one["loss"] for one in result.history if "loss" in one))
    assert firsts[0] != pytest.approx(firsts[1], abs=1e-6)


def test_nothing_is_opened_that_was_not_asked_for() -> None:
    assert open_regularisers(ReaderTrainingSection(), []) == []
    opened = open_regularisers(ReaderTrainingSection(rdrop=1, adversarial="pgd"), [object()])
    assert [type(one).__name__ for one in opened] == ["Distil", "RDrop", "Adversarial"]


def test_each_layer_gets_its_share_of_the_rate_above(tiny_model: Callable[[str], Path]) -> None:
    model, _ = load_base(tiny_model("bert"), 0.0)
    optimizer = torch.optim.AdamW([{"params": list(model.parameters()), "weight_decay": 0.1}], lr=1.0)
    set_layer_rates(optimizer, model, 0.5)
    rates = {id(one): group["lr"] for group in optimizer.param_groups for one in group["params"]}
    names = {
        "qa_outputs.weight": 1.0,
        "bert.encoder.layer.1.output.dense.weight": 1.0,
        "bert.encoder.layer.0.output.dense.weight": 0.5,
        "bert.embeddings.word_embeddings.weight": 0.25,
        "bert.embeddings.LayerNorm.weight": 0.25,
    }
    assert {name: rates[id(model.get_parameter(name))] for name in names} == names
    assert len(rates) == len(list(model.parameters()))
    assert {group["weight_decay"] for group in optimizer.param_groups} == {0.1}


def test_layers_that_cannot_be_told_apart_are_said() -> None:
    from transformers import AlbertConfig, AutoModelForQuestionAnswering

    model = AutoModelForQuestionAnswering.from_config(
        AlbertConfig(vocab_size=50, embedding_size=8, hidden_size=16, num_attention_heads=2, intermediate_size=16)
    )
    with pytest.raises(UsageError, match="albert"):
        set_layer_rates(torch.optim.SGD(model.parameters(), lr=1.0), model, 0.9)


def test_teachers_that_do_not_fit_are_said(
    tiny_model: Callable[[str], Path], tiny_encoder: Path, tmp_path: Path
) -> None:
    def train(teacher: str, **changes: Any) -> None:
        given = settings(teachers=(teacher,), **changes)
        train_reader(given, make_examples(3), [], tiny_model("bert"), tmp_path, resume=False)

    with pytest.raises(UsageError, match="another tokenizer"):
        train(str(tiny_model("roberta")))
    with pytest.raises(UsageError, match="no reader"):
        train(str(tiny_encoder))
    with pytest.raises(NotFoundError, match="nowhere/at/all"):
        train("nowhere/at/all")
    with pytest.raises(UsageError, match="dropout is 0"):
        train(str(tiny_model("bert")), rdrop=1.0, dropout=0)
    assert "teachers" in json.loads((tmp_path / "request.json").read_text())["settings"]
