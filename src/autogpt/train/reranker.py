"""Fine-tunes a reranker: a cross-encoder that says of a question and a passage whether the one answers the other.

In: settings, pairs, a validation, a base model. Out: `out/model/`, a folder that `retrieve.reranker` reads once it is
exported, with the metrics of its best epoch. Each question's passage is told apart from its hard negatives, pair by
pair (binary cross-entropy: Nogueira and Cho 2019, "Passage Re-ranking with BERT"), so that a logit says the same for
every question: where nothing that was found answers, all are low and the order of the search stays. Loss and loop are
those of sentence-transformers. Knows nothing about workspaces or releases.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from sentence_transformers import CrossEncoderTrainer, CrossEncoderTrainingArguments
from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss

from autogpt.config import RerankerTrainingSection
from autogpt.errors import DataError
from autogpt.progress import Progress, Sink, silent
from autogpt.train.arguments import common_arguments, uses_bf16
from autogpt.train.beginning import begin
from autogpt.train.cross_encoder import PairClassifier
from autogpt.train.folder import TrainingResult, content_hash, finish, save_model, tells_when_full
from autogpt.train.memory import PROBED, Probe
from autogpt.train.methods import open_method
from autogpt.train.methods.saved import about_of, save_adapter
from autogpt.train.pairs import Asked, Pair, with_strangers
from autogpt.train.ranking import BEST, ranking_metrics, reranked_orders
from autogpt.train.trainer import SentencePaced

#: Pairs judged between two reports.
_STEP = 256


@tells_when_full
def train_reranker(
    settings: RerankerTrainingSection,
    pairs: Sequence[Pair],
    validation: Sequence[Asked],
    base: str | Path,
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    *,
    save_minutes: float = 10.0,
) -> TrainingResult:
    """Fine-tune `base`, validate after every epoch, and keep the epoch with the best nDCG@10.

    Called again with the same arguments after a kill, it goes on from the last checkpoint in `out`, and returns at
    once when it was finished. With `resume` false it begins anew.

    The metrics are those of `RerankingValidator`, each also as `before_…` of the order in which the search found.

    Args:
        pairs: those of texts that are passages are trained on.
        save_minutes: checkpoints are written at each epoch's end and when so many minutes have passed since the last.

    Raises:
        DataError: there is nothing to train on, or nothing to tell it apart from.
        UsageError: the base cannot be had or trained by the method, or `out` holds another training.
        AutoGPTError: the hub is out of reach, or the loss is not finite.
    """
    filled = with_strangers([one for one in pairs if one.prompt == "document"], settings.hard_negatives, settings.seed)
    if not any(one.negatives for one in filled):
        raise DataError(
            "There is nothing to train on: questions about two different passages are the least.",
            "Import more examples, or give a file that holds some.",
        )
    if (done := begin(settings, _request(settings, pairs, validation, base), out, resume)) is not None:
        return done
    classifier = PairClassifier(base, settings.dropout, settings.max_length, uses_bf16(settings.precision))
    validator = RerankingValidator(validation, classifier, sink)
    before = validator.before() if validation else {}
    method = open_method(settings)
    method.apply(classifier.adapted)
    about = about_of(classifier.adapted, settings, base)
    if settings.checkpointing:
        classifier.adapted.activation_checkpointing_enable()
    rows = _rows(filled, settings.seed)
    data = Dataset.from_dict(dict(rows))
    wrong_for_each_right = len(rows["label"]) / max(1.0, sum(rows["label"])) - 1
    trainer = RerankerTrainer(
        model=classifier.model,
        args=CrossEncoderTrainingArguments(
            per_device_train_batch_size=settings.batch_size,
            gradient_accumulation_steps=settings.gradient_accumulation,
            **common_arguments(settings, out, classifier.bf16, BEST if validation else None),
        ),
        train_dataset=data,
        eval_dataset=data if validation else None,  # asked for, and never read: `measure` validates
        loss=BinaryCrossEntropyLoss(classifier.model, pos_weight=torch.tensor(wrong_for_each_right)),
        settings=settings,
        out=out,
        sink=sink,
        measure=validator.measure if validation else None,
        score=BEST,
        speed=("pairs_per_second", settings.batch_size * settings.gradient_accumulation),
        save_minutes=save_minutes,
        before=before,
        method=method,
        probe=_probe(settings, rows, classifier),
    )
    trainer.go_on()
    save_adapter(out, classifier.adapted, about)
    method.merge(classifier.adapted)
    save_model(out, classifier.save)
    after = validator.measure() if validation else {}
    return finish(out, {**after, **{f"before_{name}": value for name, value in before.items()}})


@dataclass
class RerankingValidator:
    """Ranks anew what the search found for the questions of a validation."""

    data: Sequence[Asked]
    classifier: PairClassifier
    sink: Sink = silent

    def before(self) -> dict[str, float]:
        """The metrics of the order in which the search found."""
        return self._metrics([range(len(one.texts)) for one in self.data])

    def measure(self, model: Any = None) -> dict[str, float]:
        """`recall_at_1` (questions with a passage that answers in the first place), `mrr_at_10` and `ndcg_at_10`, in
        points; `weight` is what logits would best count for on all questions, 0 that they add nothing.

        See `train.ranking.reranked_orders`.

        Args:
            model: the classifier's own, as it is at this moment.
        """
        orders, weight = reranked_orders(self.data, self._logits())
        return {**self._metrics(orders), "weight": weight}

    def _metrics(self, orders: Sequence[Sequence[int]]) -> dict[str, float]:
        return ranking_metrics(orders, [one.right for one in self.data])

    def _logits(self) -> list[list[float]]:
        pairs = [(one.question, text) for one in self.data for text in one.texts]
        # Of like lengths together, so that little is padding.
        order = sorted(range(len(pairs)), key=lambda at: -len(pairs[at][0]) - len(pairs[at][1]))
        found = [0.0] * len(pairs)
        for start in range(0, len(order), _STEP):
            part = order[start : start + _STEP]
            for at, logit in zip(part, self.classifier.logits([pairs[at] for at in part]), strict=True):
                found[at] = logit
            self.sink(Progress("validate", start + len(part), len(pairs)))
        rest = iter(found)
        return [[next(rest) for _ in one.texts] for one in self.data]


class RerankerTrainer(SentencePaced, CrossEncoderTrainer):  # type: ignore[misc]
    """The trainer of sentence-transformers with our hooks, without its model cards.

    Args:
        kwargs: those of `SentencePaced` and of CrossEncoderTrainer.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, section="train.reranker", **kwargs)


def _probe(settings: RerankerTrainingSection, rows: Mapping[str, Sequence[Any]], classifier: PairClassifier) -> Probe:
    """By the longest pairs."""
    pairs = sorted(zip(rows["question"], rows["passage"], strict=True), key=lambda pair: len(pair[0]) + len(pair[1]))
    longest = pairs[-PROBED:]
    layers = classifier.adapted.config.num_hidden_layers if settings.checkpointing else 0
    times = settings.batch_size / len(longest)
    return Probe(lambda: classifier.probe(longest), times, settings.batch_size, checkpointed_layers=layers)


def _rows(pairs: Sequence[Pair], seed: int) -> dict[str, list[Any]]:
    """Columns in the order that the loss takes them: question, text, and 1 where it answers, else 0."""
    rows = [(one.question, one.positive, 1.0) for one in pairs]
    rows += [(one.question, text, 0.0) for one in pairs for text in dict.fromkeys(one.negatives)]
    random.Random(seed).shuffle(rows)
    questions, texts, labels = (list(column) for column in zip(*rows, strict=True))
    return {"question": questions, "passage": texts, "label": labels}


def _request(
    settings: RerankerTrainingSection, pairs: Sequence[Pair], validation: Sequence[Asked], base: str | Path
) -> dict[str, Any]:
    asked = [[one.question, *one.texts, *one.scores, *sorted(one.right)] for one in validation]
    return {
        "base": str(base),
        "settings": settings.model_dump(mode="json"),
        "train": content_hash(map(asdict, pairs)),
        "validation": content_hash(asked),
    }
