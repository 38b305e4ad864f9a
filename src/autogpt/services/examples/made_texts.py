"""Made texts of the classes that a classifier learns: what `train.classifier.augment` asks for.

In: settings, labelled texts. Out: more of them, each with the labels of the one it was made from. Only what trains is
augmented. Names, numbers and negations stay, as in made questions, so that the class does; what is about none of the
classes is left as it is, since out-of-scope texts are measured with too.
"""

from collections.abc import Sequence
from dataclasses import replace

from autogpt.config import ClassifierTrainingSection
from autogpt.errors import UsageError
from autogpt.prepare.augment import AUGMENTERS
from autogpt.prepare.augment.base import Resources
from autogpt.prepare.augment.making import augment, is_made
from autogpt.progress import Sink
from autogpt.records import ClassifierExample, ReaderExample
from autogpt.services.examples.augmenting import DEFAULT_KINDS
from autogpt.services.examples.grouping import question_key
from autogpt.text.glossary import Glossary


def made_texts(
    settings: ClassifierTrainingSection,
    train: Sequence[ClassifierExample],
    validation: Sequence[ClassifierExample],
    glossary: Glossary,
    sink: Sink,
) -> list[ClassifierExample]:
    """Texts made from those of the train part; nothing where `train.classifier.augment` names no kind, and nothing that
    the validation part says in the same words.

    Raises UsageError for a kind that could change the class, and for pairs of texts, whose score it could change.
    """
    if not settings.augment:
        return []
    _require_kinds(settings.augment)
    if settings.kind == "similarity":
        raise UsageError(
            "No pairs are made from pairs: how alike two texts are may hang on any word.",
            "Set train.classifier.augment to [].",
        )
    outside = {*settings.out_of_scope}
    originals = {
        ReaderExample(id=one.id, question=one.text, context=""): one
        for one in train
        if not is_made(one.id) and not outside & {*one.labels}
    }
    made = augment(
        list(originals),
        settings.augment,
        times=settings.augment_times,
        share=settings.augment_share,
        seed=settings.seed,
        resources=Resources(glossary),
        sink=sink,
    )
    held = {question_key(one.text) for one in validation}
    return [
        replace(originals[one.original], id=one.example.id, text=one.example.question)
        for one in made
        if question_key(one.example.question) not in held
    ]


def _require_kinds(kinds: Sequence[str]) -> None:
    fit = [kind for kind in DEFAULT_KINDS if AUGMENTERS.load(kind).question_only]
    listed = ", ".join(fit)
    for kind in kinds:
        if kind not in fit:
            raise UsageError(f"No labelled texts are made by '{kind}'.", f"train.classifier.augment takes: {listed}.")
