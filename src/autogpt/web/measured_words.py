"""What pages of trainings and evaluations call kinds, methods and measures, in English; catalogues hold the rest."""

from autogpt.train.history import SCORES
from autogpt.web.translations import Catalogue

#: What a training of a kind is for.
KINDS = {
    "reader": "Finds the words that answer a question in a passage, or says that there are none.",
    "retriever": "Finds the passages that are about a question, by their meaning.",
    "reranker": "Judges question and passage together, and puts the best passages first.",
    "classifier": "Tells what a question is about, and what is out of scope.",
    "language-model": "Reads your documents first, before it is trained for a task: for words of your own.",
    "generator": "Words an answer from passages that were found. What it writes is checked against them.",
}
#: Methods of fine-tuning, by which part of the model is trained.
METHODS = {
    "full": "full: all of the model",
    "frozen": "frozen: the upper layers alone",
    "adapter": "adapter: small layers put between",
    "prefix": "prefix: keys and values put before each layer",
    "lora": "lora: small matrices beside the weights; little memory",
    "adalora": "adalora: the same, where they help most",
    "ia3": "ia3: a factor for each unit; the least memory",
}
#: What is compared of two measurements.
MEASURES = {
    "f1": "F1",
    "exact_match": "exact match",
    "has_answer_f1": "F1 where there is an answer",
    "has_answer_forced_f1": "the same, were nothing withheld",
    "no_answer_accuracy": "refused rightly",
    "answered": "share answered",
    "expected_calibration_error": "calibration error",
    "area_under_risk_coverage": "area under risk and coverage",
    "coverage_at_80": "share answered at four of five right",
    "coverage_at_95": "share answered at 19 of 20 right",
    "mrr": "mean reciprocal rank",
}
#: What trainings measure besides, while they run and at their end.
FIGURES = {
    **MEASURES,
    **SCORES,
    "loss": "loss",
    "learning_rate": "learning rate",
    "epoch": "epoch",
    "seconds_left": "seconds left",
    "tokens_per_second": "tokens per second",
    "texts_per_second": "texts per second",
    "pairs_per_second": "pairs per second",
    "questions": "questions",
    "tokens": "tokens",
    "perplexity": "perplexity",
    "masked": "words are left out (1: yes)",
    "new_head": "new head for words (1: yes)",
    "weight": "weight beside the search",
    "mean_squared_error": "mean squared error",
    "in_scope_kept": "in-scope questions kept",
    "in_scope_accuracy": "accuracy in scope",
    "out_of_scope_texts": "texts out of scope",
    "out_of_scope_recall": "out-of-scope questions told",
    "out_of_scope_auroc": "area under ROC, out of scope",
    "few_shot": "drawn together by class (1: yes)",
    "before_training": "by the labels' words alone",
    "head_alone": "by the fitted head alone",
    "pseudo_taken": "texts that it labelled itself",
    "pseudo_gain": "gained by texts without labels",
}
#: What a figure is called that was measured before the training.
BEFORE = "{measure} before"


def measure(words: Catalogue, name: str) -> str:
    """A figure by the name that it has in the records, in a language: `before_f1` → "F1 before"."""

    def called(english: str) -> str:
        return words.words.get(english, english)

    if name in FIGURES or not name.startswith("before_"):
        return called(FIGURES.get(name, name.replace("_", " ")))
    return called(BEFORE).format(measure=measure(words, name.removeprefix("before_")))
