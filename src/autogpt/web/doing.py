"""What a job is doing, in the visitor's language: its stage, and what it works on.

In: what a job reported, in English. Out: one line. Stages are names of the pages' catalogue, messages are sentences
that `said` knows.
"""

from collections.abc import Mapping
from typing import Any

from autogpt.web.said import errors
from autogpt.web.translations import catalogue


def doing(language: str, stage: str, message: str) -> str:
    """ "train", "going on from step 40" → "训练 · 从第 40 步继续"."""
    return " · ".join(filter(None, (catalogue(language).words.get(stage, stage), errors(language).said(message))))


def in_words(job: Mapping[str, Any], language: str) -> dict[str, Any]:
    """A job as JSON, with what people read of it in a language; `stage` stays, for programs."""
    known = errors(language)
    told = {**job, "doing": doing(language, str(job["stage"]), str(job["message"]))}
    told |= {one: known.said(told[one]) for one in ("message", "reason")}
    if summary := told["result"].get("summary"):
        told["result"] = {**told["result"], "summary": known.said(str(summary))}
    return told
