import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁the", "▁bank", "▁Bär", "银", "银行", "▁的", "ö", "ing", "ш", "<mask>"]
PACK = Path(__file__).parents[2] / "models" / "multi" / "src" / "autogpt_model_multi"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


@pytest.fixture
def vocabulary(recipe_module: Callable[[str], ModuleType]) -> ModuleType:
    return recipe_module("multi.vocabulary")


@pytest.fixture
def spec() -> dict[str, Any]:
    """The JSON of a tokenizer of the kind that is made smaller."""
    scored = [(piece, 0.0 if piece in SPECIAL else -float(at)) for at, piece in enumerate(PIECES)]
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=3, byte_fallback=False))
    tokenizer.add_special_tokens(list(SPECIAL))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    made: dict[str, Any] = json.loads(tokenizer.to_str())
    return made


def test_no_common_character_is_unknown(vocabulary: ModuleType, spec: dict[str, Any]) -> None:
    common = vocabulary.common_characters()
    assert len(common) > 8_000
    assert {"a", "%", "银", "銀", "鑫", "。", "¥", "€"} <= set(common)
    assert vocabulary.unknown(Tokenizer.from_str(json.dumps(spec)), common)
    pruned = vocabulary.prune(spec, [], 20_000)
    assert vocabulary.unknown(Tokenizer.from_str(json.dumps(pruned.spec)), common) == []


@pytest.mark.parametrize("model", ["encoder", "reader"])
def test_the_shipped_tokenizer_knows_every_common_character(vocabulary: ModuleType, model: str) -> None:
    shipped = Tokenizer.from_file(str(PACK / model / "tokenizer.json"))
    assert vocabulary.unknown(shipped, vocabulary.common_characters()) == []
    assert vocabulary.unknown(shipped, ["ꙮ"]) == ["ꙮ"]  # it knows no bytes, so that this means something


def test_chinese_pieces_stay_and_english_ones_by_how_often_they_are_used(
    vocabulary: ModuleType, spec: dict[str, Any]
) -> None:
    needed = len(vocabulary.prune(spec, [], 0).rows)
    pruned = vocabulary.prune(spec, ["the bank the the"], needed + 1)
    kept = {piece for piece, _ in pruned.spec["model"]["vocab"]}
    assert {"银", "银行", "▁的", "ö", "▁the", *SPECIAL} <= kept
    assert not {"▁bank", "▁Bär", "ing", "ш"} & kept


def test_what_is_kept_is_said_with_the_same_pieces(vocabulary: ModuleType, spec: dict[str, Any]) -> None:
    before = Tokenizer.from_str(json.dumps(spec))
    pruned = vocabulary.prune(spec, ["the"], 20_000)
    after = Tokenizer.from_str(json.dumps(pruned.spec))
    assert after.encode("the 银行").tokens == before.encode("the 银行").tokens
    rows = [pruned.rows[one] for one in after.encode("the 银行").ids]
    assert rows == before.encode("the 银行").ids
