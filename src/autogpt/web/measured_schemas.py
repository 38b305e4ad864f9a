"""The JSON of trainings and evaluations, as the HTTP API describes it."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from autogpt.services.evaluation_views import View
from autogpt.services.evaluations import About
from autogpt.services.trainings import Training
from autogpt.web.schemas import Out


class RunOut(Out):
    """A training."""

    id: str
    kind: str = Field(description="reader, retriever, reranker, classifier, language-model or generator.")
    state: str = Field(description="running, stopped, failed or done.")
    reason: str = Field(description="Why it failed or was stopped.")
    base: str = Field(description="What was fine-tuned.")
    method: str
    metrics: dict[str, Any] = Field(description="On the validation part, in points; empty before it is done.")
    job: str = Field(description="The job that worked on it last; empty for one of the command line.")
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, one: Training) -> "RunOut":
        return cls(**_run(one))


class RunsOut(BaseModel):
    runs: list[RunOut]


class RunDetailsOut(RunOut):
    """A training with its curves."""

    seconds: float | None = Field(description="What it took; null before it is done.")
    peak_bytes: int | None = Field(description="The most memory that it took.")
    history: list[dict[str, Any]] = Field(description="What was logged: `step` with `loss`, or with scores `eval_…`.")
    remarks: list[str] = Field(description="What the curves say, in words.")

    @classmethod
    def of(cls, one: Training) -> "RunDetailsOut":
        costs = one.costs
        return cls(
            **_run(one),
            seconds=costs.seconds if costs else None,
            peak_bytes=costs.peak_bytes if costs else None,
            history=[dict(entry) for entry in one.history],
            remarks=list(one.remarks),
        )


class EvaluationOut(Out):
    """A kept measurement of a release."""

    id: str
    release: str
    data: str = Field(description="validation, test, or the name of a gold set.")
    threshold: float | None = Field(description="Lowest confidence that the release answers with.")
    metrics: dict[str, Any]
    person: str
    at: datetime

    @classmethod
    def of(cls, one: About) -> "EvaluationOut":
        return cls.model_validate(one)


class EvaluationsOut(BaseModel):
    evaluations: list[EvaluationOut]


class ScoreOut(Out):
    """In percent, with the ends of its 95% interval."""

    name: str
    value: float
    lower: float
    upper: float
    questions: int


class PointOut(Out):
    """What answering from a confidence on would give, in questions."""

    threshold: float
    answered: int
    wrong: int
    withheld: int = Field(description="Right answers that are not given.")


class EvaluationDetailsOut(EvaluationOut):
    questions: int
    scores: list[ScoreOut]
    points: list[PointOut] = Field(description="For each threshold, from 0 up.")
    causes: dict[str, int] = Field(description="Misses by the stage that lost them.")

    @classmethod
    def of_view(cls, one: View) -> "EvaluationDetailsOut":
        return cls(
            **EvaluationOut.of(one.about).model_dump(),
            questions=one.questions,
            scores=[ScoreOut.model_validate(score) for score in one.scores],
            points=[PointOut.model_validate(point) for point in one.points],
            causes=dict(one.causes),
        )


def _run(one: Training) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "state": one.state,
        "reason": one.reason,
        "base": one.base,
        "method": one.method,
        "metrics": dict(one.metrics),
        "job": one.job.id if one.job else "",
        "created_at": one.created_at,
        "finished_at": one.finished_at,
    }
