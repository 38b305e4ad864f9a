"""Heads that look at the mean of all tokens: what they are given, and that it comes back with the model."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoModelForQuestionAnswering, AutoModelForSequenceClassification

from autogpt.models.adapters import kept, pooling, restore
from autogpt.train.base import load_base, load_classifier

IDS = torch.tensor([[5, 9, 7, 8, 11, 6], [5, 12, 6, 0, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]])


def pooled(folder: Path, outputs: int = 3) -> torch.nn.Module:
    model, _ = load_classifier(folder, 0.0, outputs)
    pooling.attach(model)
    return model.eval()


def logits(model: torch.nn.Module, ids: torch.Tensor = IDS, mask: torch.Tensor | None = MASK) -> torch.Tensor:
    with torch.inference_mode():
        return model(input_ids=ids, attention_mask=mask).logits


@pytest.mark.parametrize("family", ["bert", "roberta", "deberta", "xlm-roberta"])
def test_a_head_is_given_the_mean_of_the_tokens_that_are_read(
    tiny_model: Callable[[str], Path], family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = pooled(tiny_model(family))
    given: list[torch.Tensor] = []
    under = getattr(model, "pooler", None) or model.classifier
    under.register_forward_pre_hook(lambda _, args: given.append(args[0]))
    found = logits(model)
    with torch.inference_mode():
        hidden = model(input_ids=IDS, attention_mask=MASK, output_hidden_states=True).hidden_states[-1]
    means = torch.stack([hidden[0].mean(0), hidden[1, :3].mean(0)])
    seen = given[0] if given[0].dim() == 2 else given[0][:, 0]
    torch.testing.assert_close(seen, means, atol=1e-5, rtol=0)
    # Padding changes nothing, and without a mask all tokens count.
    torch.testing.assert_close(logits(model, IDS[1:, :3], MASK[1:, :3]), found[1:], atol=1e-5, rtol=0)
    torch.testing.assert_close(logits(model, IDS[:1], None), found[:1], atol=1e-5, rtol=0)


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_a_saved_model_looks_at_the_mean_again(tiny_model: Callable[[str], Path], tmp_path: Path, family: str) -> None:
    model = pooled(tiny_model(family))
    model.save_pretrained(tmp_path)
    again = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert (logits(again.eval()) - logits(model)).abs().max() > 1e-4
    restore(again, tmp_path)
    assert kept(again) == {"pooling": {}}
    torch.testing.assert_close(logits(again.eval()), logits(model))


def test_what_else_is_made_of_it_reads_as_before(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    pooled(tiny_model("roberta")).save_pretrained(tmp_path)
    for kind, options in ((AutoModel, {}), (AutoModelForQuestionAnswering, {"num_labels": 2})):
        plain, restored = (kind.from_pretrained(tmp_path, **options).eval() for _ in range(2))
        restored.load_state_dict(plain.state_dict())
        restore(restored, tmp_path)
        with torch.inference_mode():
            found, wanted = (one(input_ids=IDS, attention_mask=MASK)[0] for one in (restored, plain))
            torch.testing.assert_close(found, wanted)


def test_a_classifier_of_several_classes_can_learn_to_read(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    for kept_in in (pooled(tiny_model("bert")), load_classifier(tiny_model("bert"), 0.0, 3)[0]):
        kept_in.save_pretrained(tmp_path)
        load_classifier(tiny_model("bert"), 0.0, 3)[1].save_pretrained(tmp_path)
        reader, _ = load_base(tmp_path, 0.0)
        with torch.inference_mode():
            assert reader(input_ids=IDS, attention_mask=MASK).start_logits.shape == IDS.shape


def test_a_decoder_has_no_first_token_to_take_the_place_of(tiny_model: Callable[[str], Path]) -> None:
    model, _ = load_classifier(tiny_model("gpt2"), 0.0, 3)
    assert not pooling.fits(model)
