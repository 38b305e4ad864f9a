"""From text through real tokenizers and windows to spans: the cited characters always equal the quoted text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from autogpt.read.decode import decode, decode_reference
from autogpt.read.windows import WindowBuilder

SAMPLE = [
    "The bank's fee is 1,000 francs (2%).",
    "银行的手续费是多少？ 漢字",
    "Ünïcödé 🏦 café ﬁnance",
    "a b c d e f g h i j k",
]
HOSTILE = st.text(
    st.one_of(
        st.sampled_from(list("The fee 银行費 é🏦\u0301\u200d\u00a0\u3000\n\t.,()%0123456789ﬁ")),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=120,
)


def bert() -> Tokenizer:
    """Lower-cases, strips accents, splits Han characters: offsets must survive all that."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # type: ignore[call-arg]
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer.train_from_iterator(SAMPLE, trainers.WordPieceTrainer(vocab_size=150, special_tokens=specials))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def gpt2() -> Tokenizer:
    """Bytes as tokens: several tokens may share one character."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(SAMPLE, trainer)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


BUILDERS = {name: WindowBuilder(made(), max_length=48, stride=8) for name, made in (("bert", bert), ("gpt2", gpt2))}


@pytest.mark.parametrize("name", BUILDERS)
@given(question=st.text(max_size=30), context=HOSTILE, seed=st.integers(0, 2**31))
def test_cited_characters_equal_the_quoted_text(name: str, question: str, context: str, seed: int) -> None:
    windows = BUILDERS[name].build(question, context)
    shape = (len(windows), max(map(len, windows)))
    starts, ends = np.random.default_rng(seed).normal(0, 5, size=(2, *shape)).astype(np.float32)
    own = decode(context, windows, starts, ends, n_best=10, max_answer_tokens=6)
    reference = decode_reference(context, windows, starts, ends, n_best=10, max_answer_tokens=6)
    for candidate in (*own.candidates, *reference.candidates):
        assert 0 <= candidate.start < candidate.end <= len(context)
        assert candidate.text == context[candidate.start : candidate.end]
    assert bool(own.candidates) == any(offset is not None for window in windows for offset in window.offsets)


@pytest.mark.parametrize("name", BUILDERS)
def test_answer_survives_being_cut_between_windows(name: str) -> None:
    context = " ".join(f"word{at}" for at in range(40)) + " the fee is 1,000 francs " + "x " * 40
    answer = "1,000 francs"
    at = context.index(answer)
    windows = BUILDERS[name].build("What is the fee?", context)
    assert len(windows) >= 3
    shape = (len(windows), max(map(len, windows)))
    starts, ends = np.full((2, *shape), -5.0, dtype=np.float32)
    holding = 0
    for row, window in enumerate(windows):
        for token, offset in enumerate(window.offsets):
            if offset is not None and offset[0] == at:
                starts[row, token] = 5.0
            if offset is not None and offset[1] == at + len(answer):
                ends[row, token] = 5.0
        holding += starts[row].max() > 0 and ends[row].max() > 0
    decoded = decode(context, windows, starts, ends, max_answer_tokens=15)
    assert holding >= 1
    assert decoded.best is not None
    assert (decoded.best.text, decoded.best.start) == (answer, at)
