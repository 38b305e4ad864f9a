"""What trainings are told: one section for each kind of model, and what all of them share.

In: values of a TOML table. Out: a frozen section. Knows nothing about how training works.
"""

from autogpt.config.base import Section
from autogpt.config.training.augmented import AugmentedTrainingSection
from autogpt.config.training.base import (
    AdaptedTrainingSection,
    ChosenExamplesSection,
    ObjectiveTrainingSection,
    TrainingSection,
)
from autogpt.config.training.classifier import ClassifierTrainingSection
from autogpt.config.training.continual import ContinualTrainingSection
from autogpt.config.training.generator import GeneratorTrainingSection
from autogpt.config.training.language_model import LanguageModelTrainingSection
from autogpt.config.training.ranking import RerankerTrainingSection, RetrieverTrainingSection
from autogpt.config.training.reader import ReaderTrainingSection
from autogpt.config.training.search import SearchSection

__all__ = [
    "AdaptedTrainingSection",
    "AugmentedTrainingSection",
    "ChosenExamplesSection",
    "ClassifierTrainingSection",
    "ContinualTrainingSection",
    "GeneratorTrainingSection",
    "LanguageModelTrainingSection",
    "ObjectiveTrainingSection",
    "ReaderTrainingSection",
    "RerankerTrainingSection",
    "RetrieverTrainingSection",
    "SearchSection",
    "TrainSection",
    "TrainingSection",
]


class TrainSection(Section):
    reader: ReaderTrainingSection = ReaderTrainingSection()
    retriever: RetrieverTrainingSection = RetrieverTrainingSection()
    reranker: RerankerTrainingSection = RerankerTrainingSection()
    classifier: ClassifierTrainingSection = ClassifierTrainingSection()
    generator: GeneratorTrainingSection = GeneratorTrainingSection()
    language_model: LanguageModelTrainingSection = LanguageModelTrainingSection()
    search: SearchSection = SearchSection()
