from pathlib import Path

import pytest

from autogpt.errors import NotFoundError, UsageError
from autogpt.train.translate import FolderTranslator
from tiny_models import build_tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random sequence-to-sequence model."""
    import torch
    from transformers import BartConfig, BartForConditionalGeneration, PreTrainedTokenizerFast

    path = tmp_path_factory.mktemp("bart")
    tokenizer = build_tokenizer("roberta")
    torch.manual_seed(0)
    sizes = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2}
    config = BartConfig(
        vocab_size=tokenizer.get_vocab_size(),
        **sizes,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_position_embeddings=140,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=2,
        forced_eos_token_id=None,
        max_length=12,
    )
    BartForConditionalGeneration(config).save_pretrained(path)
    names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "cls_token": "<s>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, sep_token="</s>", **names).save_pretrained(path)
    return path


def test_texts_go_there_and_back_in_order_and_other_languages_stay_out(folder: Path) -> None:
    translator = FolderTranslator(folder, folder, "en")
    texts = ["When was Arden founded?", "How many people live in Gale?"]
    back = translator.round_trip(texts, "en")
    assert len(back) == 2
    assert back == translator.round_trip(texts, "en")
    assert translator.round_trip(["什么时候？"], "zh") == [""]


def test_a_folder_that_holds_no_such_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model that translates"):
        FolderTranslator(tmp_path, tmp_path, "en")
    with pytest.raises(NotFoundError, match="no folder"):
        FolderTranslator(tmp_path / "none", tmp_path, "en")
