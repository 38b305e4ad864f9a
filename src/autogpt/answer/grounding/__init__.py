"""The check that a composed answer says only what its evidence supports.

In: a text and sources. Out: a verdict for each sentence. Knows nothing about models; `check` has the rules' summary.
"""

from autogpt.answer.grounding.check import Evidence, Source, Verdict, repeats
from autogpt.answer.grounding.rules import Limits, Problem

__all__ = ["Evidence", "Limits", "Problem", "Source", "Verdict", "repeats"]
