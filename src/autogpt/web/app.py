"""Puts the HTTP service together.

In: a store, and an answerer or the way to open one. Out: an ASGI application. Knows nothing about sockets or signals.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from fastapi.staticfiles import StaticFiles

from autogpt import __version__
from autogpt.monitor.metrics import Metrics
from autogpt.services.drawn_pages import DrawnPages
from autogpt.store import Store
from autogpt.web import errors
from autogpt.web.access import Access
from autogpt.web.admission import WORKERS, Admission
from autogpt.web.auth import ApiKey
from autogpt.web.engine import Answers, Engine
from autogpt.web.gate import Gate
from autogpt.web.head import Head
from autogpt.web.limits import BodyLimit
from autogpt.web.listening import is_loopback
from autogpt.web.questions import max_body
from autogpt.web.rendering import page
from autogpt.web.routes import (
    activity_pages,
    adjudicate_pages,
    annotate_list,
    annotate_pages,
    ask,
    data_set_pages,
    data_sets,
    document_pages,
    document_views,
    documents,
    drafts,
    evaluate_pages,
    example_pages,
    examples,
    feedback,
    health,
    import_pages,
    job_pages,
    jobs,
    pages,
    people,
    release_pages,
    releases,
    retrieve,
    review,
    review_pages,
    runs,
    settings_pages,
    sign_in,
    train_pages,
)
from autogpt.web.state import Server
from autogpt.web.watch import Watch
from autogpt.web.worker import Worker

DESCRIPTION = """\
Answers questions from your own documents, says where the answer stands and how sure it is, and says so when it does
not know. Offsets are half-open ranges of Unicode code points. Every error has the form
`{"error": {"kind", "message", "hint"}}`.
"""


def create_app(
    store: Store,
    answerer: Answers | Engine | Callable[[], Answers],
    *,
    key: ApiKey | None = None,
    workers: int = WORKERS,
    run_jobs: bool = True,
) -> FastAPI:
    """The application for one workspace.

    Args:
        answerer: what answers; or an engine, or a function that opens an answerer, called in the background.
        key: API key with which programs may do everything.
        workers: questions in work at once.
        run_jobs: watch over queued jobs while the application runs.
    """
    config = store.config
    engine = _engine(answerer)
    admission = Admission(config.serve.queue, config.serve.timeout_seconds, workers)
    access = Access(store, key, is_loopback(config.serve.host))
    server = Server(store, engine, admission, Metrics(), key, access, DrawnPages(store))
    engine.watch_batches(server.metrics.batch)
    server.metrics.watch_queue(lambda: admission.waiting, lambda: admission.working)
    server.metrics.watch_readiness(lambda: server.ready)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        engine.start()
        worker = Worker(store, server.wake_worker, on_end=lambda kind, state: _ended(server, kind, state))
        if run_jobs:
            worker.start()
        try:
            yield
        finally:
            server.drain()
            worker.stop()
            server.drawn_pages.close()
            admission.close()
            engine.close()

    app = FastAPI(
        title=f"Auto-GPT · {config.workspace.name}",
        description=DESCRIPTION,
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(HTTPBearer(auto_error=False))] if key is not None else [],
    )
    app.state.server = server
    errors.install(app, page)
    for router in (
        ask.router(config.answer.max_question_characters),
        retrieve.router(config.answer.max_question_characters),
        documents.router(config.ingest.max_file_mb),
        feedback.router,
        jobs.router,
        releases.router,
        runs.router,
        health.router,
        examples.router,
        drafts.router,
        pages.router,
        activity_pages.router,
        adjudicate_pages.router,
        annotate_list.router,
        annotate_pages.router,
        document_pages.router(config.ingest.max_file_mb),
        document_views.router,
        data_sets.router(config.ingest.max_file_mb),
        data_set_pages.router,
        import_pages.router(config.ingest.max_file_mb),
        example_pages.router,
        job_pages.router,
        people.router,
        release_pages.router,
        settings_pages.router,
        train_pages.router,
        evaluate_pages.router(config.ingest.max_file_mb),
        review.router,
        review_pages.router,
        sign_in.router,
    ):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    question_limit = max_body(config.answer.max_question_characters)
    limits = {
        "/v1/ask": question_limit,
        "/v1/ask/stream": question_limit,
        "/v1/retrieve": question_limit,
        "/v1/documents": documents.max_body(config.serve.max_upload_mb),
        "/documents": documents.max_body(config.serve.max_upload_mb),
        "/settings/glossary": settings_pages.MAX_BODY,
        "/v1/datasets/imports": documents.max_body(config.serve.max_upload_mb),
        "/datasets/imports": documents.max_body(config.serve.max_upload_mb),
        "/evaluate/gold": documents.max_body(config.serve.max_upload_mb),
    }
    app.add_middleware(Head)
    app.add_middleware(BodyLimit, limits=limits)
    app.add_middleware(Gate, access=access, listen_host=config.serve.host, allowed_hosts=config.serve.allowed_hosts)
    app.add_middleware(Watch, metrics=server.metrics)
    return app


def _engine(answerer: Answers | Engine | Callable[[], Answers]) -> Engine:
    if isinstance(answerer, Engine):
        return answerer
    return Engine(answerer) if callable(answerer) else Engine(lambda: answerer)


def _ended(server: Server, kind: str, state: str) -> None:
    """A job ended: count it, and serve what it changed."""
    server.metrics.job(kind, state)
    server.engine.refresh()
