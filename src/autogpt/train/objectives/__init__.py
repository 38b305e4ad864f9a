"""What a training minimises: one file and one line each. Every entry is an `objectives.base.Objective`."""

from autogpt.registry import Registry

OBJECTIVES = Registry(
    "objective",
    {
        "span": "autogpt.train.objectives.span:Span",
        "cross-entropy": "autogpt.train.objectives.cross_entropy:CrossEntropy",
        "binary-cross-entropy": "autogpt.train.objectives.binary:BinaryCrossEntropy",
        "causal": "autogpt.train.objectives.causal:Causal",
        "mean-squared-error": "autogpt.train.objectives.squared_error:SquaredError",
        "language-model": "autogpt.train.objectives.language_model:LanguageModel",
    },
)
