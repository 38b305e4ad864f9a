"""A generator learns answers and nothing else, from the prompt that it is served with, and serves as it was trained."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from autogpt.answer.composer import messages, refusal
from autogpt.answer.composers.local import LocalComposer
from autogpt.config import ComposeSection, GeneratorTrainingSection
from autogpt.errors import CancelledError, DataError, UsageError
from autogpt.models.costs import Costs
from autogpt.progress import Progress
from autogpt.read.backends.causal import CausalModel
from autogpt.records import AnswerSpan, FaqEntry, ReaderExample
from autogpt.train.base import load_generator
from autogpt.train.generator import train_generator
from autogpt.train.generator_data import GeneratorExample, beside, vetted, worded
from autogpt.train.generator_rows import GeneratorCollator, generator_rows
from autogpt.train.methods import METHODS
from autogpt.train.objectives.causal import IGNORED, Causal
from tiny_models import build_generator, build_gguf, make_examples

TRAIN = [worded(one, target="span") for one in make_examples(12)]
VALIDATION = [worded(one, target="span") for one in make_examples(6, 60)]
#: Rates at which a tiny random model learns within a few steps.
RATES = {"full": 3e-3, "adapter": 0.02, "prefix": 0.1, "lora": 0.02, "adalora": 0.05, "ia3": 0.3}


def settings(method: str = "full", **changes: Any) -> GeneratorTrainingSection:
    given: dict[str, Any] = {
        "epochs": 2, "batch_size": 4, "max_length": 768, "learning_rate": RATES.get(method, 3e-3), "method": method,
        "rank": 4, "bottleneck": 8, "prefix_tokens": 4, "trackers": (), "precision": "fp32", "patience": 0,
        "dropout": 0, "validation_questions": 6, "max_answer_tokens": 3, "schedule": "constant",
    }  # fmt: skip
    return GeneratorTrainingSection(**{**given, **changes})


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    """Tiny models gain nothing from more threads."""
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def get(family: str) -> Path:
        if family not in made:
            made[family] = build_generator(family, tmp_path_factory.mktemp(family))
        return made[family]

    return get


def loss_of(folder: Path, examples: list[GeneratorExample]) -> float:
    """Mean cross-entropy of the answers' tokens."""
    model, tokenizer = load_generator(folder, 0.0)
    rows = generator_rows(examples, tokenizer, 0, 768).rows
    with torch.inference_mode():
        return float(Causal()(model.eval(), GeneratorCollator(0)(rows)))


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_the_loss_is_that_of_the_answer_and_its_end_alone(family: str, base: Callable[[str], Path]) -> None:
    model, tokenizer = load_generator(base(family), 0.0)
    examples = [TRAIN[0], TRAIN[2]]
    rows = generator_rows(examples, tokenizer, 0, 768).rows
    batch = GeneratorCollator(0)(rows)
    assert batch["input_ids"].shape[1] % 32 == 0
    for number, example in enumerate(examples):
        answer = tokenizer(example.answer, add_special_tokens=False)["input_ids"]
        learnt = batch["targets"][number][batch["targets"][number] != IGNORED].tolist()
        assert learnt == [*answer, 0]
        assert tokenizer.decode(rows[number].input_ids[: rows[number].answer_at]).endswith("assistant: ")
    with torch.inference_mode():
        parts = []
        for row in rows:  # one at a time, without padding, all logits
            logits = model.eval()(torch.tensor([row.input_ids])).logits[0]
            target = torch.tensor(row.input_ids[row.answer_at :])
            parts.append(functional.cross_entropy(logits[row.answer_at - 1 : -1], target, reduction="none"))
        torch.testing.assert_close(Causal()(model, batch), torch.cat(parts).mean())


def test_the_prompt_of_training_is_the_prompt_of_serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[int]] = []

    def write(_: CausalModel, prompt: list[int], *limits: float) -> tuple[str, bool]:
        seen.append(prompt)
        return "", True

    monkeypatch.setattr(CausalModel, "write", write)
    for template in ("{% for one in messages %}[{{ one.role }}]{{ one.content }}{% endfor %}>", ""):
        folder = build_generator("gpt2", tmp_path / f"model-{len(template)}", template=template)
        composer = LocalComposer(ComposeSection(kind="local", model=str(folder)), tmp_path)
        _, tokenizer = load_generator(folder, 0.0)
        for example in (worded(make_examples(1)[0], ["It lies <b>by</b> the sea."]), chinese()):
            composer.compose(example.question, example.passages)
            (row,) = generator_rows([example], tokenizer, 0, 1_024).rows
            assert row.input_ids[: row.answer_at] == seen.pop()


def chinese() -> GeneratorExample:
    context = "金卡可在网点办理。金卡的年费为二百元，按年收取！普卡免年费。"
    return worded(ReaderExample("z", "金卡的年费是多少？", context, (AnswerSpan("二百元", 15),), language="zh"))


def test_an_answer_is_the_sentence_that_holds_it_and_of_no_answer_the_refusal_of_composers() -> None:
    answerable, _, unanswerable = make_examples(3)
    assert worded(answerable).answer == "Arden was founded in 1800."
    assert worded(answerable, target="span").answer == "1800"
    assert worded(unanswerable).answer == "The passages do not answer this."
    assert worded(unanswerable).golds == ()
    assert chinese().answer == "金卡的年费为二百元，按年收取！"
    assert refusal("金卡的年费是多少？") in messages("金卡的年费是多少？", [])[0]["content"]
    assert [one.question for one in vetted(FaqEntry("f", ("One?", "Two?"), "It is free."))] == ["One?", "Two?"]


def test_passages_beside_share_words_with_the_question_and_not_the_answer() -> None:
    texts = [
        "Arden was founded in 1800.",
        "The mayor of Arden was founded out.",
        "Trees grow.",
        "Founded in 1800, too.",
    ]
    examples = [ReaderExample(str(at), "When was Arden founded?", text, title="T") for at, text in enumerate(texts)]
    examples[0] = ReaderExample("0", "When was Arden founded?", texts[0], (AnswerSpan("1800", 21),), title="T")
    assert beside(examples, 2)[0] == (texts[1], texts[2])
    assert beside(examples, 0)[0] == ()


def test_what_does_not_fit_is_left_out_but_never_the_answer(base: Callable[[str], Path]) -> None:
    _, tokenizer = load_generator(base("gpt2"), 0.0)
    example = make_examples(2)[1]  # its answer stands in the second of three sentences
    long = worded(example, ["It lies by the sea. " * 30])
    whole, alone = (len(generator_rows([one], tokenizer, 0, 2_000).rows[0]) for one in (long, worded(example)))
    made = generator_rows([long, long], tokenizer, 0, whole)
    assert (made.left_out, made.shortened, made.remark) == (0, 0, "")
    made = generator_rows([long], tokenizer, 0, alone)
    assert made.fitting[0].passages == (example.context,)
    made = generator_rows([long], tokenizer, 0, alone - 1)
    assert made.fitting[0].passages == ("About 1007 people live in Belmor. It lies by the sea.",)
    assert made.remark == "1 questions are shown shorter passages or fewer"
    least = min(length for length in range(alone - 60, alone) if generator_rows([long], tokenizer, 0, length).rows)
    assert generator_rows([long], tokenizer, 0, least).fitting[0].passages == ("About 1007 people live in Belmor.",)
    made = generator_rows([long], tokenizer, 0, least - 1)
    assert (made.rows, made.left_out) == ([], 1)
    unanswerable = worded(make_examples(3)[2])
    cut = generator_rows(
        [unanswerable], tokenizer, 0, len(generator_rows([unanswerable], tokenizer, 0, 900).rows[0]) - 1
    )
    assert unanswerable.passages[0].startswith(cut.fitting[0].passages[0])


@pytest.mark.parametrize(
    ("family", "method"),
    [
        ("gpt2", "full"),
        ("llama", "full"),
        *(("llama", method) for method in METHODS if method not in ("full", "frozen")),
    ],
)
def test_a_method_learns_and_reopened_it_writes_the_same(
    family: str, method: str, base: Callable[[str], Path], tmp_path: Path
) -> None:
    result = train_generator(settings(method, epochs=3), TRAIN, VALIDATION, base(family), tmp_path / "run")
    assert result.metrics["likelihood"] > 1.01 * result.metrics["before_likelihood"]
    assert {"perplexity", "shown", "f1", "exact_match", "holds"} <= result.metrics.keys()
    assert result.metrics["perplexity"] == pytest.approx(100 / result.metrics["likelihood"])
    kept = [entry["eval_likelihood"] for entry in result.history if "eval_likelihood" in entry]
    assert kept[0] == result.metrics["before_likelihood"]
    assert max(kept) == pytest.approx(result.metrics["likelihood"], rel=1e-3)
    assert (tmp_path / "run" / "curves.png").is_file()
    expected = -torch.tensor(result.metrics["likelihood"] / 100).log()
    assert loss_of(result.model_dir, VALIDATION) == pytest.approx(float(expected), abs=1e-3)
    costs = Costs.load(tmp_path / "run")
    assert costs is not None
    if method == "full":
        assert costs.share == 1
    else:
        assert costs.share < 0.5
        assert loss_of(tmp_path / "run" / "adapter", VALIDATION) == pytest.approx(float(expected), abs=1e-3)
    composer = LocalComposer(ComposeSection(kind="local", model="run", max_tokens=8), tmp_path)
    model, tokenizer = load_generator(result.model_dir, 0.0)
    prompt = torch.tensor([composer._model.tokenise(VALIDATION[0].messages)])
    torch.testing.assert_close(composer._model._model(prompt).logits, model.eval()(prompt).logits)
    assert tokenizer.chat_template


def test_a_training_that_was_stopped_goes_on(base: Callable[[str], Path], tmp_path: Path) -> None:
    def stopping(progress: Progress) -> None:
        if progress.stage == "train" and progress.done >= 5:  # in the second epoch
            raise CancelledError("stopped")

    given = settings("lora", validation_questions=0)
    with pytest.raises(CancelledError):
        train_generator(given, TRAIN, VALIDATION, base("llama"), tmp_path / "run", stopping)
    seen: list[Progress] = []
    result = train_generator(given, TRAIN, VALIDATION, base("llama"), tmp_path / "run", seen.append)
    assert {one.stage for one in seen if one.total and one.done == one.total} >= {"tokenise", "evaluate"}
    assert any("going on from step" in one.message for one in seen)
    whole = train_generator(given, TRAIN, VALIDATION, base("llama"), tmp_path / "whole")
    assert result.metrics == pytest.approx(whole.metrics, rel=1e-4)
    assert "shown" not in result.metrics
    with pytest.raises(UsageError, match="other values of: settings"):
        train_generator(settings("lora"), TRAIN, VALIDATION, base("llama"), tmp_path / "run")


def test_a_gguf_file_is_trained_and_chinese_is_learnt(tmp_path: Path) -> None:
    build_gguf(tmp_path / "tiny.gguf")
    result = train_generator(
        settings("lora", epochs=6, batch_size=1), [chinese()], [chinese()], tmp_path / "tiny.gguf", tmp_path / "run"
    )
    assert result.metrics["likelihood"] > 1.1 * result.metrics["before_likelihood"]
    assert json.loads((tmp_path / "run/adapter/adapter.json").read_text())["base"] == str(tmp_path / "tiny.gguf")
    assert loss_of(tmp_path / "run/adapter", [chinese()]) == pytest.approx(
        loss_of(result.model_dir, [chinese()]), abs=1e-4
    )
    assert load_generator(result.model_dir, 0.0)[1].chat_template


def test_regularisers_and_a_teacher_work_with_it(base: Callable[[str], Path], tmp_path: Path) -> None:
    given = {"rdrop": 1.0, "dropout": 0.1, "adversarial": "fgm", "label_smoothing": 0.1, "layer_decay": 0.9}
    given |= {"teachers": (str(base("gpt2")),), "checkpointing": True, "gradient_accumulation": 2, "epochs": 1}
    result = train_generator(settings(**given), TRAIN[:6], [], base("gpt2"), tmp_path / "run")
    assert result.metrics == {}
    assert all(entry["loss"] > 0 for entry in result.history if "loss" in entry)
    with pytest.raises(UsageError, match="llama model has none"):
        train_generator(settings(rdrop=1.0, dropout=0.1), TRAIN[:6], [], base("llama"), tmp_path / "other")


def test_what_cannot_be_trained_is_said(base: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to train on"):
        train_generator(settings(), [], [], base("gpt2"), tmp_path / "run")
    with pytest.raises(DataError, match="No question fits in 20 tokens"):
        train_generator(settings(max_length=20), TRAIN, [], base("gpt2"), tmp_path / "short")
    with pytest.raises(UsageError, match="nothing would be trained"):
        train_generator(settings("frozen"), TRAIN, [], base("gpt2"), tmp_path / "frozen")
    mute = build_generator("gpt2", tmp_path / "mute")
    for name, keys in (
        ("generation_config.json", ["eos_token_id"]),
        ("tokenizer_config.json", ["eos_token"]),
        ("config.json", ["eos_token_id"]),
    ):
        held = json.loads((mute / name).read_text())
        (mute / name).write_text(json.dumps({key: value for key, value in held.items() if key not in keys}))
    with pytest.raises(UsageError, match="names no token that ends a text"):
        train_generator(settings(), TRAIN, [], mute, tmp_path / "no-end")


def test_part_of_the_layers_is_trained(base: Callable[[str], Path], tmp_path: Path) -> None:
    train_generator(settings("frozen", frozen_layers=1, epochs=1), TRAIN[:4], [], base("llama"), tmp_path / "run")
    costs = Costs.load(tmp_path / "run")
    assert costs is not None
    assert costs.share < 0.6
