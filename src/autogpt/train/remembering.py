"""Learning without forgetting: while new examples are learnt, the model is held near what it said of them before.

In: settings and a base. Out: the base as it was, and a distillation from it. Source: Li and Hoiem 2016, "Learning
without Forgetting": no example of the earlier task is needed. Their loss of the new task plus lambda times the distance
is here a mean of both, so that a learning rate means what it does without: a weight of 1/2 is their lambda of 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from autogpt.classify.card import Card, load_card
from autogpt.classify.probability import Kind
from autogpt.config import ContinualTrainingSection
from autogpt.errors import UsageError
from autogpt.models.layout import CLASSIFIER
from autogpt.train.base import load_base, load_classifier
from autogpt.train.folder import MODEL
from autogpt.train.methods.saved import is_adapter
from autogpt.train.regularisers.distil import Distil


@dataclass(frozen=True)
class Before:
    """A base as it was.

    Attributes:
        model: for evaluation, without gradients.
        columns: where its outputs stand among those of the model that is trained; None: it has the same.
    """

    model: Any
    columns: tuple[int, ...] | None = None

    def hold(self, settings: ContinualTrainingSection) -> Distil | None:
        """The distance from it on the batches of the training; None where the settings do not ask for it."""
        if not settings.lwf_weight:
            return None
        return Distil([self.model], settings.lwf_weight, settings.distil_temperature, self.columns)

    def keep_head(self, model: Any) -> None:
        """Give a model whose new head has more outputs those that it had."""
        theirs = self.model.state_dict()
        with torch.no_grad():
            for name, ours in model.state_dict().items():
                if theirs[name].shape != ours.shape:
                    ours[list(self.columns or ())] = theirs[name]


def reader_before(base: str | Path) -> Before:
    """A reader before its training. Raises UsageError for a base that is no reader yet."""
    model, _ = load_base(base, 0.0)
    if not (is_adapter(base) or trained_as(model).endswith("ForQuestionAnswering")):
        raise UsageError(
            f"The base '{base}' is no reader yet, so there is nothing that it could forget.",
            "Name a run, or the folder of a reader, as --base; or set train.reader.lwf_weight to 0.",
        )
    return Before(model.eval().requires_grad_(False))


def classifier_before(base: str | Path, labels: Sequence[str], outputs: int) -> Before:
    """The same of a classifier.

    Args:
        labels: of the model that will be trained, those of `base` among them.
        outputs: logits of the model that will be trained.
    """
    card = base_card(base)
    assert card is not None
    exclusive = card.kind in ("intents", "multi-label")
    own = len(card.labels) if exclusive else outputs
    model, _ = load_classifier(base, 0.0, own)
    places = tuple(labels.index(one) for one in card.labels) if exclusive and own != outputs else None
    return Before(model.eval().requires_grad_(False), places)


def base_card(base: str | Path) -> Card | None:
    """What is known of a base that is a classifier; None of any other."""
    folder = _with_card(base)
    return None if folder is None else load_card(folder)[0]


def is_headed_encoder(base: str | Path) -> bool:
    """Whether a base that is a classifier is an encoder with a head that was fitted to few examples."""
    folder = _with_card(base)
    return folder is not None and "head_weights" in load_card(folder)[1]


def require_classifier(base: str | Path, kind: Kind) -> Card:
    """The card of a base that is to be gone on from. Raises UsageError for one that is no classifier of that kind."""
    card = base_card(base)
    if card is None or card.kind != kind:
        what = "no classifier yet" if card is None else f"a classifier of another kind ({card.kind})"
        raise UsageError(
            f"The base '{base}' is {what}, so there is nothing that it could forget.",
            "Name a run, or the folder of a classifier, as --base; or train without new_only and lwf_weight.",
        )
    if card.prompt is not None:
        raise UsageError(
            f"The base '{base}' is asked by a prompt: its classes are words, and cannot be kept beside new ones.",
            "Train it anew with all examples, or name a classifier with a head as --base.",
        )
    return card


def trained_as(model: Any) -> str:
    """Class of the model that the weights were saved of."""
    return str((getattr(model.config, "architectures", None) or [""])[0])


def _with_card(base: str | Path) -> Path | None:
    """Where the card of a classifier lies: beside its weights, or of an adapter beside those of the whole model."""
    folder = Path(base).parent / MODEL if is_adapter(base) else Path(base)
    return folder if (folder / CLASSIFIER).is_file() else None
