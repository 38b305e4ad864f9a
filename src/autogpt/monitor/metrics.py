"""What an operator watches, for Prometheus: requests, answers, confidence, stages, queue, batches.

In: observations of the service. Out: the text of `/metrics`. The text of a question is never a label, and label values
come from fixed sets (routes, kinds, stages), so that they stay few.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from autogpt.records import Answer

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_TENTHS = tuple(round(tenth / 10, 1) for tenth in range(1, 11))


class Metrics:
    """The metrics of one server. Each has a registry of its own, so several can live in a process."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "autogpt_http_requests", "HTTP requests.", ("method", "route", "status"), registry=self.registry
        )
        self._request_seconds = Histogram(
            "autogpt_http_request_seconds",
            "Time until a response was sent.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._answers = Counter("autogpt_answers", "Answers by kind.", ("kind",), registry=self.registry)
        self._confidence = Histogram(
            "autogpt_answer_confidence",
            "Calibrated confidence of answers.",
            ("kind",),
            buckets=_TENTHS,
            registry=self.registry,
        )
        self._stage_seconds = Histogram(
            "autogpt_stage_seconds", "Time per stage.", ("stage",), buckets=_SECONDS, registry=self.registry
        )
        self._failures = Counter(
            "autogpt_ask_failures", "Questions without an answer, by error.", ("error",), registry=self.registry
        )
        self._thumbs = Counter("autogpt_thumbs", "Thumbs given to answers.", ("thumb",), registry=self.registry)
        self._batch = Histogram(
            "autogpt_batch_questions",
            "Questions read together.",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=self.registry,
        )
        self._jobs = Counter("autogpt_jobs", "Ended jobs.", ("kind", "state"), registry=self.registry)

    def watch_queue(self, waiting: Callable[[], float], working: Callable[[], float]) -> None:
        """Read the queue's depth and the questions in work whenever the metrics are asked for."""
        depth = Gauge("autogpt_queue_depth", "Questions that wait.", registry=self.registry)
        depth.set_function(waiting)
        busy = Gauge("autogpt_questions_in_work", "Questions being answered.", registry=self.registry)
        busy.set_function(working)

    def watch_readiness(self, ready: Callable[[], bool]) -> None:
        """Report whether the service can answer."""
        gauge = Gauge("autogpt_ready", "1 when the service can answer.", registry=self.registry)
        gauge.set_function(lambda: float(ready()))

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One HTTP request. `route` is the pattern ("/v1/jobs/{job_id}"), never the path."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def answer(self, answer: Answer) -> None:
        """One answer: kind, confidence, milliseconds per stage."""
        kind = str(answer.kind)
        self._answers.labels(kind).inc()
        self._confidence.labels(kind).observe(answer.confidence)
        for stage, spent in answer.timings.items():
            self._stage_seconds.labels(stage).observe(spent / 1000)

    def failure(self, error: str) -> None:
        """One question that ended in an error, by the error's class name."""
        self._failures.labels(error).inc()

    def thumb(self, thumb: str) -> None:
        self._thumbs.labels(thumb).inc()

    def batch(self, questions: int) -> None:
        """One batch of the reader."""
        self._batch.observe(questions)

    def job(self, kind: str, state: str) -> None:
        self._jobs.labels(kind, state).inc()

    def exposition(self) -> bytes:
        """The text Prometheus reads."""
        return generate_latest(self.registry)
