"""Tiny random models of five architectures with tokenizers of their kinds, and questions they can learn."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autogpt.records import AnswerSpan, ReaderExample

FAMILIES = ("bert", "roberta", "deberta", "xlm-roberta", "gpt2")
TOWNS = ("Arden", "Belmor", "Corvane", "Delphin", "Estmoor", "Farrow", "Gale", "Hollin", "Ister", "Jorvik")


def make_examples(count: int, start: int = 0) -> list[ReaderExample]:
    """Two questions in three are answerable; each text is an article of its own."""
    made = []
    for number in range(start, start + count):
        town, year, people = TOWNS[number % 10], 1800 + number, 1000 + 7 * number
        text = f"{town} was founded in {year}. About {people} people live in {town}. It lies by the sea."
        kind = number % 3
        answer = {0: str(year), 1: str(people), 2: ""}[kind]
        question = {
            0: f"When was {town} founded?",
            1: f"How many people live in {town}?",
            2: f"Who is the mayor of {town}?",
        }[kind]
        spans = (AnswerSpan(answer, text.index(answer)),) if answer else ()
        made.append(ReaderExample(f"q{number}", question, text, spans, title=f"{town} {number}"))
    return made


def write_lines(path: Path, examples: Sequence[ReaderExample]) -> None:
    """The examples as JSON lines of a SQuAD-like file, an article each."""
    rows = []
    for one in examples:
        answers = [{"text": span.text, "answer_start": span.start} for span in one.answers]
        asked = {"id": one.id, "question": one.question, "answers": answers, "is_impossible": not answers}
        rows.append(json.dumps({"title": one.title, "context": one.context, "qas": [asked]}))
    path.write_text("\n".join(rows))


def _texts() -> list[str]:
    return [part for one in make_examples(120) for part in (one.context, one.question)]


def _pieces() -> tuple[list[str], list[str]]:
    """Words of the texts, numbers by their first two digits; and what may follow the beginning of a word.

    Found here and not by a trainer, which breaks ties by chance: a model would be another one in each process.
    """
    words = sorted({word for text in _texts() for word in re.findall(r"[A-Za-z]+|\d\d|[^\w\s]", text)})
    letters = sorted({letter for word in words for letter in word})
    return words + [one for one in letters if one not in words], letters + [f"{ten:02}" for ten in range(100)]


def _wordpiece() -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    begins, follows = ([piece.lower() for piece in some] for some in _pieces())
    vocabulary = list(dict.fromkeys([*special, *begins, *(f"##{piece}" for piece in follows)]))
    tokenizer = Tokenizer(models.WordPiece({one: at for at, one in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def _byte_level(special: list[str], roberta: bool) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        _texts(), trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet)
    )
    if roberta:
        tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True)
    else:
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def _sentence_piece(special: list[str], pair: str, ids: list[tuple[str, int]]) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    unknown = special.index("<unk>" if "<unk>" in special else "[UNK]")
    begins, follows = _pieces()
    pieces = dict.fromkeys([*(f"▁{piece}" for piece in begins), "▁", *follows, *begins])
    scores = [(piece, -4.0 * (1 + (len(piece.strip("▁")) < 2))) for piece in pieces if piece not in special]
    tokenizer = Tokenizer(models.Unigram([*((one, 0.0) for one in special), *scores], unk_id=unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=pair.split("$B", maxsplit=1)[0].strip(), pair=pair, special_tokens=ids
    )
    return tokenizer


def build_tokenizer(family: str) -> Any:
    """A `tokenizers.Tokenizer` of the kind that the family's models come with."""
    if family == "bert":
        return _wordpiece()
    if family == "roberta":
        return _byte_level(["<s>", "<pad>", "</s>", "<unk>", "<mask>"], roberta=True)
    if family == "gpt2":
        return _byte_level(["<|endoftext|>"], roberta=False)
    if family == "deberta":
        special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
        return _sentence_piece(special, "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 1), ("[SEP]", 2)])
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    return _sentence_piece(special, "<s> $A </s> </s> $B </s>", [("<s>", 0), ("</s>", 2)])


def build_model(family: str, folder: Path, seed: int = 0) -> Path:
    """A random model of `family` with its tokenizer, as a Hugging Face folder."""
    import torch
    from transformers import AutoModelForQuestionAnswering, PreTrainedTokenizerFast

    tokenizer = build_tokenizer(family)
    size = tokenizer.get_vocab_size()
    torch.manual_seed(seed)
    model = AutoModelForQuestionAnswering.from_config(_config(family, size))
    model.save_pretrained(folder)
    names = {
        "bert": {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"},
        "deberta": {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"},
        "gpt2": {"eos_token": "<|endoftext|>"},
    }.get(family, {"pad_token": "<pad>", "cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"})
    inputs = ["input_ids", "token_type_ids", "attention_mask"]
    if family not in ("bert", "deberta"):
        inputs.remove("token_type_ids")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_input_names=inputs, **names).save_pretrained(folder)
    return folder


def _config(family: str, vocabulary: int) -> Any:
    from transformers import BertConfig, DebertaV2Config, GPT2Config, RobertaConfig, XLMRobertaConfig

    sizes: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 140,
    }
    if family == "bert":
        return BertConfig(**sizes)
    if family == "deberta":
        return DebertaV2Config(
            **sizes, relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=32, pad_token_id=0
        )
    if family == "gpt2":
        return GPT2Config(
            vocab_size=vocabulary, n_positions=140, n_embd=32, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=0
        )
    kind = RobertaConfig if family == "roberta" else XLMRobertaConfig
    return kind(**sizes, pad_token_id=1, bos_token_id=0, eos_token_id=2, type_vocab_size=1)


#: Of the tiny generators that are tuned to chat.
TEMPLATE = "{% for one in messages %}{{ one.role }}: {{ one.content }}\n{% endfor %}assistant: "


def build_generator(family: str, folder: Path, positions: int = 1_024, template: str = TEMPLATE) -> Path:
    """A random causal language model of `family` (gpt2 or llama) with its tokenizer, as a Hugging Face folder."""
    import torch
    from transformers import AutoModelForCausalLM, GPT2Config, PreTrainedTokenizerFast

    tokenizer = build_tokenizer("gpt2")
    torch.manual_seed(0)
    size = tokenizer.get_vocab_size()
    if family == "gpt2":
        config: Any = GPT2Config(
            vocab_size=size, n_positions=positions, n_embd=32, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0
        )
    else:
        config = _llama(size, positions)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    made = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>")
    made.chat_template = template or None
    made.save_pretrained(folder)
    return folder


def build_gguf(path: Path, positions: int = 1_024) -> Any:
    """Write a random Llama with tokenizer and chat template to a GGUF file; returns the model that is in it."""
    import json

    import gguf
    import torch
    from transformers import LlamaForCausalLM

    tokenizer = json.loads(build_tokenizer("gpt2").to_str())["model"]
    config = _llama(len(tokenizer["vocab"]), positions)
    torch.manual_seed(0)
    model = LlamaForCausalLM(config).eval()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(positions)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(sorted(tokenizer["vocab"], key=tokenizer["vocab"].__getitem__))
    writer.add_token_types([gguf.TokenType.CONTROL, *[gguf.TokenType.NORMAL] * (config.vocab_size - 1)])
    writer.add_token_merges([" ".join(pair) for pair in tokenizer["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    writer.add_chat_template(TEMPLATE)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    for name, weights in model.state_dict().items():
        if name != "lm_head.weight":  # tied to the word embeddings
            turned = next((count for part, count in heads.items() if part in name), 0)
            array = weights.numpy()
            if turned:  # llama.cpp keeps the two halves of each head's rotary dimensions side by side
                array = array.reshape(turned, 2, -1, array.shape[1]).swapaxes(1, 2).reshape(array.shape)
            writer.add_tensor(names.get_name(name, try_suffixes=(".weight",)), array.copy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return model


def _llama(vocabulary: int, positions: int) -> Any:
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=positions,
        bos_token_id=0,
        eos_token_id=0,
        tie_word_embeddings=True,
    )
