"""Continues the pre-training of a model on documents: words that are left out, or each next token.

In: settings, texts, a base model. Out: `out/model/`, the trained body with its head for words, and with the heads of
other tasks that the base had: what is fine-tuned next starts from it. Knows nothing about workspaces or releases.
Source: Gururangan et al. 2020, "Don't stop pretraining"; words are left out whole (Cui et al. 2021, "Pre-training with
whole word masking for Chinese BERT").
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import set_seed

from autogpt.config import LanguageModelTrainingSection
from autogpt.errors import DataError
from autogpt.progress import Progress, Sink, silent
from autogpt.train import processes
from autogpt.train.arguments import objective_arguments, uses_bf16
from autogpt.train.base import largest_input, rust_tokenizer
from autogpt.train.beginning import begin
from autogpt.train.blocks import Around, Block, Collator, MaskingCollator, make_blocks
from autogpt.train.collate import takes_types
from autogpt.train.folder import (
    BEFORE,
    TrainingResult,
    content_hash,
    finish,
    finished_by_first,
    measured_once,
    save_model,
    save_trained,
    tells_when_full,
)
from autogpt.train.language_base import LanguageBase, open_language_base
from autogpt.train.memory import PROBED
from autogpt.train.methods import open_method
from autogpt.train.methods.saved import about_of, save_adapter
from autogpt.train.objectives import find_objective
from autogpt.train.objectives.base import Objective
from autogpt.train.regularisers import open_regularisers
from autogpt.train.sharding import require_divisible
from autogpt.train.teachers import open_language_teacher
from autogpt.train.told import Told
from autogpt.train.trainer import ObjectiveTrainer

#: The validation metric whose best epoch is kept.
BEST = "likelihood"
#: Blocks that words are left out of at once in validation: how many decides which words, so it is the same for all.
_MASKED = 16


@tells_when_full
def train_language_model(
    settings: LanguageModelTrainingSection,
    train: Sequence[str],
    validation: Sequence[str],
    base: str | Path,
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    *,
    save_minutes: float = 10.0,
    before: Path | None = None,
) -> TrainingResult:
    """Train `base` on texts, validate every epoch, and keep the model that finds the held-out texts likeliest.

    Called again with the same arguments after a kill, it goes on from the last checkpoint in `out`, and returns at once
    when it was finished. With `resume` false it begins anew.

    The metrics are those of `LanguageValidator`, each also as `before_…` of the base; `new_head` is 1 where the base
    could tell no words before, and `tokens` says how many were read in an epoch.

    Args:
        train, validation: documents.
        save_minutes: checkpoints are written at each epoch's end and when so many minutes have passed since the last.
        before: file in which the base's own metrics are kept; empty means one of this training's folder.

    Raises:
        DataError: there is nothing to train on.
        UsageError: the base cannot be had, cannot tell words in the way that is asked for, or cannot be trained by the
            method; or `out` holds another training.
        AutoGPTError: the hub is out of reach, or the loss is not finite.
    """
    if not any(one.strip() for one in train):
        raise DataError("There is no text to train on.", "Ingest documents, or give files with --data.")
    objective = find_objective(settings.objective, "language model")(settings.label_smoothing)
    require_divisible(settings, "train.language_model")
    if (done := begin(settings, _request(settings, train, validation, base), out, resume)) is not None:
        return done
    method = open_method(settings)
    opened = open_language_base(base, settings.dropout, settings.kind)
    model = opened.model
    if opened.new_head:
        sink(Progress("train", message="the base has no head that tells words: it gets a new one, tied to its words"))
    teachers = [open_language_teacher(name, opened) for name in settings.teachers]
    length = min([settings.max_length, *(size for one in (model, *teachers) if (size := largest_input(one)))])
    collator = collator_of(settings, opened, any(map(takes_types, (model, *teachers))))
    around = Around.of(rust_tokenizer(opened.tokenizer), opened.tokenizer.eos_token_id)
    whole_words = settings.whole_words and opened.kind == "masked"
    blocks, held = (
        make_blocks(texts, rust_tokenizer(opened.tokenizer), around, length, whole_words, sink)
        for texts in (train, validation)
    )
    if not blocks:
        raise DataError("The texts hold nothing that the tokenizer knows.", "Look at them, or take another base.")
    bf16 = uses_bf16(settings.precision)
    rows = _MASKED if opened.kind == "masked" else settings.batch_size
    validator = LanguageValidator(held, collator, objective, bf16, rows, settings.seed)
    kept = before or out / BEFORE
    scored = processes.done_by_first(lambda: measured_once(kept, lambda: validator.measure(model))) if held else {}
    method.apply(model)
    about = about_of(model, settings, base)
    if model.config.pad_token_id is None:
        model.config.pad_token_id = collator.pad_id
    tokens = sum(map(len, blocks))
    trainer = ObjectiveTrainer(
        model=model,
        args=objective_arguments(settings, out, bf16, BEST if held else None, settings.batch_size),
        train_dataset=blocks,
        eval_dataset=held or None,
        data_collator=collator,
        processing_class=opened.tokenizer,
        objective=objective,
        regularisers=open_regularisers(settings, teachers),
        longest=sorted(blocks, key=lambda one: -len(one))[:PROBED],
        method=method,
        settings=settings,
        section="train.language_model",
        out=out,
        sink=sink,
        measure=validator.measure if held else None,
        score=BEST,
        speed=("tokens_per_second", tokens / len(blocks) * settings.batch_size * settings.gradient_accumulation),
        save_minutes=save_minutes,
        before=scored,
    )
    set_seed(settings.seed)  # validating the base must not change what follows
    trainer.go_on()
    if not processes.is_first():
        return finished_by_first(out)
    save_adapter(out, trainer.model, about)
    method.merge(trainer.model)

    def save(folder: Path) -> None:
        save_trained(trainer, folder)
        opened.complete(folder)

    save_model(out, save)
    facts = {"new_head": float(opened.new_head), "masked": float(opened.kind == "masked"), "tokens": float(tokens)}
    return finish(out, {**trainer.measured(), **{f"before_{name}": value for name, value in scored.items()}, **facts})


def collator_of(settings: LanguageModelTrainingSection, opened: LanguageBase, token_types: bool) -> Collator:
    """What makes batches for a model of its kind."""
    tokenizer = opened.tokenizer
    pad_id = next((one for one in (tokenizer.pad_token_id, tokenizer.eos_token_id) if one is not None), 0)
    if opened.kind == "causal":
        return Collator(pad_id, token_types)
    choices = np.setdiff1d(np.arange(opened.model.config.vocab_size), tokenizer.all_special_ids)
    return MaskingCollator(pad_id, token_types, settings.mask_share, tokenizer.mask_token_id, choices)


@dataclass(frozen=True)
class LanguageValidator:
    """Asks a model for words of the validation part: always for the same ones.

    Args:
        rows: blocks in a batch.
    """

    blocks: Sequence[Block]
    collator: Collator
    objective: Objective
    bf16: bool
    rows: int
    seed: int

    def measure(self, model: Any) -> dict[str, float]:
        """The `metrics` of what the model tells."""
        return self.tell(model).metrics

    def tell(self, model: Any) -> Told:
        """What the model tells of the blocks."""
        device = next(model.parameters()).device
        was_training = model.training
        model.eval()
        told = []
        for at in range(0, len(self.blocks), self.rows):
            batch = {name: one.to(device) for name, one in self._collated(at).items()}
            with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=self.bf16):
                logits = self.objective.logits(model, batch)[0]
            told.append(Told.of(logits, batch["targets"], batch["asked"]))
        model.train(was_training)
        return Told.together(told)

    def _collated(self, at: int) -> dict[str, torch.Tensor]:
        collator = self.collator
        if isinstance(collator, MaskingCollator):
            collator = replace(collator, seed=self.seed + at + 1)
        return collator(self.blocks[at : at + self.rows])


def _request(
    settings: LanguageModelTrainingSection, train: Sequence[str], validation: Sequence[str], base: str | Path
) -> dict[str, Any]:
    return {
        "base": str(base),
        "settings": settings.model_dump(mode="json"),
        "train": content_hash(train),
        "validation": content_hash(validation),
    }
