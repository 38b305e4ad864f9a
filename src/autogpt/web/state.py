"""What the routes of one server share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Annotated, Any, cast

from fastapi import Depends, Request

from autogpt.monitor.metrics import Metrics
from autogpt.services import jobs
from autogpt.services.drawn_pages import DrawnPages
from autogpt.services.sign_in import Attempts
from autogpt.store import Store
from autogpt.web.access import Access
from autogpt.web.admission import Admission
from autogpt.web.auth import ApiKey
from autogpt.web.engine import Engine


@dataclass(frozen=True)
class Server:
    """The parts of one running server. `draining` is set once it was asked to stop."""

    store: Store
    engine: Engine
    admission: Admission
    metrics: Metrics
    key: ApiKey | None
    access: Access
    drawn_pages: DrawnPages
    attempts: Attempts = field(default_factory=Attempts)
    draining: Event = field(default_factory=Event)
    wake_worker: Event = field(default_factory=Event)

    @property
    def ready(self) -> bool:
        return self.engine.ready and not self.draining.is_set()

    def begin(self, kind: str, payload: Mapping[str, Any], person: str) -> jobs.Job:
        """Queue a job for `person`, to be looked at right away. Raises UsageError for an unknown kind."""
        job = jobs.enqueue(self.store, kind, payload, person)
        self.wake_worker.set()
        return job

    def drain(self) -> None:
        """Take no more questions; those that were admitted are still answered."""
        self.draining.set()
        self.admission.refuse_more()


def _server(request: Request) -> Server:
    return cast(Server, request.app.state.server)


#: Parameter type by which a route asks for the server's parts.
ServerDep = Annotated[Server, Depends(_server)]
#: Labels of the asker: nobody has any before users are told apart, so labelled documents stay unseen.
NO_LABELS: frozenset[str] = frozenset()
