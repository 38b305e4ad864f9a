"""Modules that stay beside a base's weights: what they compute, and that they come back with the model."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from autogpt.models.adapters import kept, restore
from autogpt.models.adapters.anatomy import PARTS, layers_of, parts_of
from autogpt.models.adapters.bottleneck import Bottleneck
from autogpt.models.adapters.bottleneck import attach as attach_bottlenecks
from autogpt.models.adapters.prefix import attach as attach_prefixes
from autogpt.read.windows import WindowBuilder
from autogpt.train.base import load_base, rust_tokenizer
from autogpt.train.collate import Collator
from autogpt.train.features import labelled_windows, pack
from autogpt.train.objectives.span import Span
from tiny_models import make_examples


def test_a_fresh_bottleneck_gives_back_nearly_what_it_gets() -> None:
    hidden = torch.randn(2, 5, 32)
    given = Bottleneck(32, 8)(hidden)
    assert 0 < (given - hidden).abs().max() < 0.01


def test_prefixes_read_packed_rows_as_single_windows(tiny_model: Callable[[str], Path]) -> None:
    model, tokenizer = load_base(tiny_model("bert"), 0.0)
    torch.manual_seed(0)
    plain = Span()(model.eval(), batches(tokenizer)[0])
    attach_prefixes(model, 4)
    for name, parameter in model.named_parameters():
        if ".prefix." in name:
            parameter.data *= 1000  # a random model hardly heeds less
    with torch.inference_mode():
        packed, single = (Span()(model, batch).item() for batch in batches(tokenizer))
    assert packed == pytest.approx(single, abs=1e-4)
    assert packed != pytest.approx(plain.item(), abs=1e-3)


def batches(tokenizer: object) -> list[dict[str, torch.Tensor]]:
    """The same windows in packed rows and alone."""
    builder = WindowBuilder(rust_tokenizer(tokenizer), 128, 32)
    rows = pack(labelled_windows(make_examples(6), builder), 128, seed=1)
    return [Collator(builder.pad_id, 128)(rows), Collator(builder.pad_id)([(one,) for row in rows for one in row])]


def test_a_prefix_lets_no_token_of_a_decoder_see_what_follows(tiny_model: Callable[[str], Path]) -> None:
    model, _ = load_base(tiny_model("gpt2"), 0.0)
    attach_prefixes(model, 4)
    ids = torch.arange(12)[None] + 5
    with torch.inference_mode():
        whole, cut = (model.eval()(input_ids=one).start_logits for one in (ids, ids[:, :7]))
        masked = model(input_ids=ids, attention_mask=torch.ones_like(ids)).start_logits
    torch.testing.assert_close(whole[:, :7], cut, atol=1e-5, rtol=0)
    torch.testing.assert_close(whole, masked, atol=1e-5, rtol=0)


def test_a_prefix_stands_before_what_a_decoder_has_cached(tiny_model: Callable[[str], Path]) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny_model("gpt2")).eval()
    attach_prefixes(model, 4)
    ids = torch.arange(9)[None] + 5
    with torch.inference_mode():
        whole = model(input_ids=ids).logits[:, -1]
        before = model(input_ids=ids[:, :-1], use_cache=True).past_key_values
        stepwise = model(input_ids=ids[:, -1:], past_key_values=before).logits[:, -1]
    torch.testing.assert_close(stepwise, whole, atol=1e-5, rtol=0)


def test_what_is_kept_comes_back_with_another_head(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    from transformers import AutoModel

    model, _ = load_base(tiny_model("roberta"), 0.0)
    attach_bottlenecks(model, 8, first_layer=1)
    attach_prefixes(model, 4)
    model.save_pretrained(tmp_path)
    body = AutoModel.from_pretrained(tmp_path)
    restore(body, tmp_path)
    assert kept(body) == {
        "adapter": {"bottleneck": 8, "first_layer": 1},
        "prefix": {"prefix_tokens": 4, "first_layer": 0},
    }
    ids = torch.arange(12)[None] + 5
    with torch.inference_mode():
        expected, found = (one.eval()(input_ids=ids).last_hidden_state for one in (model.roberta, body))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", PARTS)
def test_every_architecture_has_the_parts_that_are_named(kind: str) -> None:
    from transformers import AutoConfig, AutoModel

    sizes = {"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2}
    config = AutoConfig.for_model(kind, vocab_size=60, intermediate_size=48, max_position_embeddings=40, **sizes)
    config.pad_token_id = 0
    if hasattr(config, "num_key_value_heads"):
        config.num_key_value_heads = 2
    torch.manual_seed(0)
    model = AutoModel.from_config(config).eval()
    parts, found = parts_of(model), layers_of(model)
    assert parts is not None
    assert found is not None
    assert len(found[1]) == 2
    assert all(found[1][1].get_submodule(name).weight.ndim == 2 for name in parts.linear)
    attach_bottlenecks(model, 4)
    if parts.cached:
        attach_prefixes(model, 3)
    model(input_ids=torch.arange(9)[None] + 3).last_hidden_state.sum().backward()
    added = [one for name, one in model.named_parameters() if ".prefix." in name or ".bottleneck." in name]
    assert len(added) == 2 * (8 + 2 * parts.cached)
    assert all(one.grad is not None for one in added)


def test_an_architecture_that_is_not_known_is_refused(tiny_model: Callable[[str], Path]) -> None:
    model, _ = load_base(tiny_model("deberta"), 0.0)
    with pytest.raises(ValueError, match="deberta"):
        attach_prefixes(model, 4)
    model.config.model_type = "unheard-of"
    with pytest.raises(ValueError, match="unheard-of"):
        attach_bottlenecks(model, 4)
