"""What a training minimises: one file and one line each. Every entry is an `objectives.base.Objective`."""

from autogpt.registry import Registry

OBJECTIVES = Registry("objective", {"span": "autogpt.train.objectives.span:Span"})
