"""Learns classes from few examples: texts of a class are drawn together, those of others apart, then a linear head is
fitted to their vectors.

In: settings, a task, a sentence encoder. Out: `out/model/`, an encoder with a head that `classify.classifier` reads.
Pairs of texts are contrasted with the cosine they should have (Tunstall et al. 2022, "Efficient few-shot learning
without prompts", section 3). Loss and loop are those of sentence-transformers. Knows nothing about workspaces.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss
from transformers import set_seed

from autogpt.classify.card import Card, head_logits, save_card
from autogpt.classify.probability import Floats
from autogpt.config import ClassifierTrainingSection
from autogpt.progress import Progress, Sink
from autogpt.train.arguments import common_arguments, uses_bf16
from autogpt.train.classifier_plan import remark_on_unused
from autogpt.train.folder import TrainingResult, finish, save_model
from autogpt.train.heads import Head, fit_centroids, fit_logistic
from autogpt.train.labelling import Task
from autogpt.train.memory import PROBED, Probe
from autogpt.train.methods import open_method
from autogpt.train.methods.saved import about_of, save_adapter
from autogpt.train.scope import BEST, Computed, make_card, measures
from autogpt.train.sentence import SentenceEncoder
from autogpt.train.start import Start
from autogpt.train.suspects import find_suspects, write_suspects
from autogpt.train.trainer import SentencePaced

#: Pairs an example and kind where none are told, at the least and at the most; and how many suffice in all.
_LEAST, _MOST, _ENOUGH = 4, 20, 3_000


def train_few_shot(
    settings: ClassifierTrainingSection,
    task: Task,
    base: str | Path,
    out: Path,
    sink: Sink,
    *,
    save_minutes: float,
) -> TrainingResult:
    """Fine-tune the encoder on pairs, fit a head, and save both; see `train.classifier.train_classifier`.

    Where a head on the encoder as it was is not worse on the validation part, the encoder stays as it was.
    """
    if remark := remark_on_unused(settings):
        sink(Progress("train", message=remark))
    bf16 = uses_bf16(settings.precision)
    encoder = SentenceEncoder(base, settings.dropout, settings.max_length, bf16)
    measuring = HeadValidator(task, encoder, settings)
    method = open_method(settings)
    method.apply(encoder.adapted)
    start = Start(out)
    untrained = start.begin(encoder.adapted, measuring.measure) if task.validation else {}
    about = about_of(encoder.adapted, settings, base)
    if settings.checkpointing:
        encoder.adapted.activation_checkpointing_enable()
    rate = settings.few_shot_learning_rate * settings.rate_scale
    told = settings.model_copy(update={"epochs": settings.few_shot_epochs, "learning_rate": rate})
    pairs = settings.few_shot_pairs or usual_pairs(encoder.of_sentences, len(task.train))
    rows = draw_pairs(task, pairs, settings.seed)
    data = Dataset.from_dict(
        {
            "first": [encoder.prompted(one, "query") for one, _, _ in rows],
            "second": [encoder.prompted(other, "query") for _, other, _ in rows],
            "label": [same for _, _, same in rows],
        }
    )
    validates = bool(task.validation)
    trainer = FewShotTrainer(
        model=encoder.model,
        args=SentenceTransformerTrainingArguments(
            per_device_train_batch_size=settings.batch_size,
            gradient_accumulation_steps=settings.gradient_accumulation,
            **common_arguments(told, out, bf16, BEST[task.kind] if validates else None),
        ),
        train_dataset=data,
        eval_dataset=data if validates else None,  # asked for, and never read: `measure` validates
        loss=CosineSimilarityLoss(encoder.model),
        settings=told,
        out=out,
        sink=sink,
        measure=measuring.measure if validates else None,
        score=BEST[task.kind],
        speed=("pairs_per_second", settings.batch_size * settings.gradient_accumulation),
        save_minutes=save_minutes,
        before=untrained,
        method=method,
        probe=_probe(settings, task, encoder),
    )
    set_seed(settings.seed)  # validating the base must not change what follows
    trainer.go_on()
    stays = start.end(encoder.adapted, BEST[task.kind], trainer.state.best_metric)
    if stays:
        sink(Progress("train", message="a head on the encoder as it was is no worse, so it stays as it was"))
    save_adapter(out, encoder.adapted, about)
    method.merge(encoder.adapted)
    vectors = measuring.vectors()
    head = measuring.head(vectors)
    held, strange = (_encoded(encoder, [one.text for one in some]) for some in (task.validation, task.strange))
    computed = [Computed(head_logits(some, head), some) if len(some) else None for some in (vectors, held, strange)]
    card, arrays, metrics = make_card(task, settings, settings.max_length, *computed)

    def save(folder: Path) -> None:
        encoder.save(folder)
        save_card(folder, card, {**arrays, **head})

    save_model(out, save)
    write_suspects(out, find_suspects(task, card, computed[1]))
    alone = {"head_alone": untrained[BEST[task.kind]]} if untrained else {}
    return finish(out, {**metrics, **alone, "few_shot": float(not stays)} if metrics else {})


def _probe(settings: ClassifierTrainingSection, task: Task, encoder: SentenceEncoder) -> Probe:
    """By the longest texts, of which each row has two."""
    longest = sorted({encoder.prompted(one.text, "query") for one in task.train}, key=len)[-PROBED:]
    layers = encoder.adapted.config.num_hidden_layers if settings.checkpointing else 0
    times = 2 * settings.batch_size / len(longest)
    return Probe(lambda: encoder.probe(longest), times, settings.batch_size, checkpointed_layers=layers)


def usual_pairs(of_sentences: bool, texts: int) -> int:
    """Pairs that an example and kind are drawn for where none are told.

    By training questions of BANKING77, 5 a class, an encoder of sentences gains nothing by any and loses by many, a
    reader's gains much: by 20 of 25 texts, as much by 4 as by 20 of 385 (docs/results/methods.md).

    Args:
        of_sentences: whether the vectors of the encoder were made to be compared.
        texts: that train.
    """
    return _LEAST if of_sentences else max(_LEAST, min(_MOST, _ENOUGH // (2 * texts)))


def draw_pairs(task: Task, count: int, seed: int) -> list[tuple[str, str, float]]:
    """For each example `count` pairs with one of its class and as many with one of another: texts and 1.0 or 0.0.

    Of several labels, sharing one makes two texts alike. Of few texts of a class pairs come up again, so that there are
    as many of them as of the others.
    """
    rng = random.Random(seed)
    given = [frozenset(task.given(one)) for one in task.train]
    by_label: dict[str, list[int]] = defaultdict(list)
    for at, labels in enumerate(given):
        for label in labels:
            by_label[label].append(at)
    rows: list[tuple[str, str, float]] = []
    for at, labels in enumerate(given):
        text = task.train[at].text
        alike = sorted({other for label in labels for other in by_label[label] if other != at})
        rows += [(text, task.train[other].text, 1.0) for other in rng.choices(alike, k=count if alike else 0)]
        others = (other for other in rng.choices(range(len(given)), k=4 * count) if not labels & given[other])
        rows += [(text, task.train[other].text, 0.0) for other in islice(others, count)]
    rng.shuffle(rows)
    return rows


class FewShotTrainer(SentencePaced, SentenceTransformerTrainer):  # type: ignore[misc]
    """The trainer of sentence-transformers with our hooks.

    Args:
        kwargs: those of `SentencePaced` and of SentenceTransformerTrainer.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, section="train.classifier", **kwargs)

    def lower_rate(self) -> tuple[str, float]:
        return "train.classifier.few_shot_learning_rate", self._settings.peak_rate / self._settings.rate_scale / 3


class HeadValidator:
    """Fits a head to an encoder as it is at this moment, and measures both on the validation part."""

    def __init__(self, task: Task, encoder: SentenceEncoder, settings: ClassifierTrainingSection) -> None:
        self._task, self._encoder, self._settings = task, encoder, settings

    def vectors(self) -> Floats:
        """float[N, H] of the train part."""
        return _encoded(self._encoder, [one.text for one in self._task.train])

    def head(self, vectors: Floats) -> Head:
        """The head that is asked for; with "auto" the better one on the validation part, logistic regression without.

        Centroids tell exclusive classes alone.
        """
        targets = self._task.targets(self._task.train)
        wanted = self._settings.head if self._task.kind == "intents" else "logistic"
        if wanted == "centroid":
            return fit_centroids(vectors, targets)
        logistic = fit_logistic(self._task.kind == "intents", vectors, targets, self._settings.seed)
        if wanted == "logistic" or not self._task.validation:
            return logistic
        held = _encoded(self._encoder, [one.text for one in self._task.validation])
        heads = (logistic, fit_centroids(vectors, targets))
        return max(heads, key=lambda one: self._measured(held, one)[BEST[self._task.kind]])

    def measure(self, model: Any = None) -> dict[str, float]:
        """`train.scope.measures` with thresholds of 1/2 and no temperature.

        Args:
            model: the encoder's own, as it is at this moment.
        """
        held = _encoded(self._encoder, [one.text for one in self._task.validation])
        return self._measured(held, self.head(self.vectors()))

    def _measured(self, vectors: Floats, head: Head) -> dict[str, float]:
        card = Card(self._task.kind, self._task.labels, self._settings.max_length)
        return measures(self._task, card.decide(head_logits(vectors, head), vectors, {}))


def _encoded(encoder: SentenceEncoder, texts: Sequence[str]) -> Floats:
    return np.asarray(encoder.encode(texts, "query"), dtype=np.float64)
