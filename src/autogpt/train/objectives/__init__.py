"""What a training minimises: one file and one line each.

An objective is called as `objective(model, batch) -> loss` with a batch of `train.collate`, and returns a scalar.
"""

from autogpt.registry import Registry

OBJECTIVES = Registry("objective", {"span": "autogpt.train.objectives.span:span_loss"})
