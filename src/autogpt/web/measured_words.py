"""What pages of trainings and evaluations call kinds, methods and measures, in English; catalogues hold the rest."""

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
