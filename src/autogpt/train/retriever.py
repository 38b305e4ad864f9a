"""Fine-tunes a retriever: any sentence encoder that pools by the mean, on questions and the texts that answer them.

In: settings, pairs, a validation, a base model. Out: `out/model/`, a folder that `retrieve.encoder` reads, with the
metrics of its best epoch. The loss is contrastive (`train.objectives.contrastive`); batches and loop are those of
sentence-transformers. Knows nothing about workspaces or releases.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from transformers import set_seed

from autogpt.config import RetrieverTrainingSection
from autogpt.errors import DataError
from autogpt.progress import Progress, Sink, silent
from autogpt.train.arguments import common_arguments, uses_bf16
from autogpt.train.beginning import begin
from autogpt.train.folder import (
    BEFORE,
    TrainingResult,
    content_hash,
    finish,
    measured_once,
    save_model,
    tells_when_full,
)
from autogpt.train.memory import PROBED, Probe
from autogpt.train.methods import open_method
from autogpt.train.methods.saved import about_of, save_adapter
from autogpt.train.objectives import find_objective
from autogpt.train.pairs import Pair, Ranking, with_strangers
from autogpt.train.ranking import BEST, ranking_metrics
from autogpt.train.sentence import SentenceEncoder
from autogpt.train.steps import ApartSampler
from autogpt.train.trainer import SentencePaced

#: Texts encoded between two reports, and questions ranked at once.
_STEP = 512


@tells_when_full
def train_retriever(
    settings: RetrieverTrainingSection,
    pairs: Sequence[Pair],
    validation: Ranking,
    base: str | Path,
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    *,
    save_minutes: float = 10.0,
    before: Path | None = None,
) -> TrainingResult:
    """Fine-tune `base`, validate before and after every epoch, and keep the epoch with the best nDCG@10.

    Called again with the same arguments after a kill, it goes on from the last checkpoint in `out`, and returns at
    once when it was finished. With `resume` false it begins anew.

    The metrics are those of `RankingValidator`, each also as `before_…` of the base.

    Args:
        save_minutes: checkpoints are written at each epoch's end and when so many minutes have passed since the last.
        before: file in which the base's own metrics are kept; empty means one of this training's folder.

    Raises:
        DataError: there is nothing to train on, or nothing to tell it apart from.
        UsageError: the base cannot be had or trained by the method or objective, or `out` holds another training.
        AutoGPTError: the hub is out of reach, or the loss is not finite.
    """
    if len({one.positive for one in pairs}) < 2:
        raise DataError(
            "There is nothing to train on: questions about two different passages are the least.",
            "Import more examples, or give a file that holds some.",
        )
    objective = find_objective(settings.objective, "retriever")(settings)
    if (done := begin(settings, _request(settings, pairs, validation, base), out, resume)) is not None:
        return done
    encoder = SentenceEncoder(base, settings.dropout, settings.max_length, uses_bf16(settings.precision))
    validator = RankingValidator(validation, encoder, sink)
    scored = measured_once(before or out / BEFORE, validator.measure) if validation.questions else {}
    method = open_method(settings)
    method.apply(encoder.adapted)
    about = about_of(encoder.adapted, settings, base)
    filled = with_strangers(pairs, settings.hard_negatives, settings.seed)
    rows, order = _rows(filled, encoder), ApartSampler(filled, settings.batch_size, settings.seed)
    trainer = RetrieverTrainer(
        model=encoder.model,
        args=SentenceTransformerTrainingArguments(
            per_device_train_batch_size=settings.batch_size,
            **common_arguments(settings, out, encoder.bf16, BEST if validation.questions else None),
        ),
        train_dataset=rows,
        eval_dataset=rows if validation.questions else None,  # asked for, and never read: `measure` validates
        loss=objective.of(encoder.model),
        order=order,
        settings=settings,
        out=out,
        sink=sink,
        measure=validator.measure if validation.questions else None,
        score=BEST,
        speed=("pairs_per_second", len(rows) / len(order)),
        save_minutes=save_minutes,
        before=scored,
        method=method,
        probe=_probe(settings, filled, encoder),
    )
    set_seed(settings.seed)  # validating the base must not change what follows
    trainer.go_on()
    save_adapter(out, encoder.adapted, about)
    method.merge(encoder.adapted)
    save_model(out, encoder.save)
    return finish(out, {**trainer.measured(), **{f"before_{name}": value for name, value in scored.items()}})


@dataclass
class RankingValidator:
    """Ranks the passages of a validation by their vectors."""

    data: Ranking
    encoder: SentenceEncoder
    sink: Sink = silent

    def measure(self, model: Any = None) -> dict[str, float]:
        """`recall_at_1` and `recall_at_10` (questions with a passage that answers among the first), `mrr_at_10` and
        `ndcg_at_10`, in points.

        Args:
            model: the encoder's own, as it is at this moment.
        """
        passages = self._encoded(self.data.passages)
        questions = self.encoder.encode([text for text, _ in self.data.questions], "query")
        firsts: list[list[int]] = []
        for at in range(0, len(questions), _STEP):
            cosines = questions[at : at + _STEP] @ passages.T
            firsts += np.argsort(-cosines, axis=1, kind="stable")[:, :10].tolist()
        return ranking_metrics(firsts, [right for _, right in self.data.questions], recall_at=(1, 10))

    def _encoded(self, texts: Sequence[str]) -> Any:
        vectors = []
        for at in range(0, len(texts), _STEP):
            vectors.append(self.encoder.encode(texts[at : at + _STEP]))
            self.sink(Progress("validate", min(at + _STEP, len(texts)), len(texts)))
        return np.concatenate(vectors)


class RetrieverTrainer(SentencePaced, SentenceTransformerTrainer):  # type: ignore[misc]
    """The trainer of sentence-transformers with our hooks, without its model cards.

    Args:
        order: the steps of an epoch.
        kwargs: those of `SentencePaced` and of SentenceTransformerTrainer.
    """

    def __init__(self, *args: Any, order: ApartSampler, **kwargs: Any) -> None:
        self._order = order
        super().__init__(*args, section="train.retriever", **kwargs)

    def get_batch_sampler(self, *args: Any, **kwargs: Any) -> ApartSampler:
        return self._order


def _probe(settings: RetrieverTrainingSection, pairs: Sequence[Pair], encoder: SentenceEncoder) -> Probe:
    """By the longest texts; of a step whose gradients are cached, `mini_batch` of them are in memory at once."""
    texts = {
        encoder.prompted(text, prompt)
        for one in pairs
        for text, prompt in ((one.question, "query"), *((text, one.prompt) for text in (one.positive, *one.negatives)))
    }
    longest = sorted(texts, key=len)[-PROBED:]
    whole = settings.mini_batch >= settings.batch_size
    texts_a_row = 2 + len(pairs[0].negatives) if whole else 1
    rows, setting = (settings.batch_size, "batch_size") if whole else (settings.mini_batch, "mini_batch")
    return Probe(lambda: encoder.probe(longest), rows * texts_a_row / len(longest), rows, setting)


def _rows(pairs: Sequence[Pair], encoder: SentenceEncoder) -> Dataset:
    """Columns in the order that the loss takes them: question, the text that answers, one column a negative."""
    width = len(pairs[0].negatives)
    columns = {
        "anchor": [encoder.prompted(one.question, "query") for one in pairs],
        "positive": [encoder.prompted(one.positive, one.prompt) for one in pairs],
    }
    for number in range(width):
        columns[f"negative_{number + 1}"] = [encoder.prompted(one.negatives[number], one.prompt) for one in pairs]
    return Dataset.from_dict(columns)


def _request(
    settings: RetrieverTrainingSection, pairs: Sequence[Pair], validation: Ranking, base: str | Path
) -> dict[str, Any]:
    questions = [[text, sorted(right)] for text, right in validation.questions]
    return {
        "base": str(base),
        "settings": settings.model_dump(mode="json"),
        "train": content_hash(map(asdict, pairs)),
        "validation": content_hash([*validation.passages, *questions]),
    }
