"""Runs the HTTP service in this process until it is told to stop.

In: a store and how to open its answerer. Out: an exit code. The first SIGTERM or Ctrl+C makes /readyz say no, refuses
new questions and ends once those in work are answered; a second one ends at once.
"""

import asyncio
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType

import uvicorn

from autogpt.store import Store
from autogpt.web.app import create_app
from autogpt.web.auth import ApiKey
from autogpt.web.engine import Engine
from autogpt.web.state import Server

#: Seconds open connections have to end after the last question was answered.
CLOSING = 5


def run(
    store: Store,
    engine: Engine,
    listening: socket.socket,
    *,
    key: ApiKey | None = None,
    on_ready: Callable[[Engine], None] = lambda _: None,
) -> int:
    """Serve until stopped; returns the exit code.

    Args:
        on_ready: called in a thread of its own once requests are taken and the answerer is open, or could not be.
    """
    app = create_app(store, engine, key=key)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=CLOSING,
    )
    running = _Running(config, app.state.server, on_ready)
    running.run(sockets=[listening])
    if running.forced:
        os._exit(1)
    return 0


class _Running(uvicorn.Server):
    """uvicorn's server with our way of ending."""

    def __init__(self, config: uvicorn.Config, parts: Server, on_ready: Callable[[Engine], None]) -> None:
        super().__init__(config)
        self._parts = parts
        self._on_ready = on_ready
        self._ends = float("inf")
        self.forced = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        threading.Thread(target=self._announce, name="announce", daemon=True).start()

    async def on_tick(self, counter: int) -> bool:
        if self._parts.draining.is_set() and (not self._parts.admission.admitted or time.monotonic() > self._ends):
            await asyncio.sleep(0)  # lets the last answer be written before connections are closed
            self.should_exit = True
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._parts.draining.is_set():
            self.forced = self.force_exit = self.should_exit = True
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # what is broken off now is no fault
            return
        self._ends = time.monotonic() + self._parts.admission.timeout
        self._parts.drain()

    def _announce(self) -> None:
        self._parts.engine.wait_until_tried()
        if not self._parts.draining.is_set():
            self._on_ready(self._parts.engine)
