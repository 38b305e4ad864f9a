"""A server with an answerer that waits: `python served.py WORKSPACE GATE`, where GATE is a named pipe.

Prints its address; every question waits until something is written to the pipe.
"""

import sys
from pathlib import Path

from answers import QUESTIONS, TEXT, FakeAnswerer, add_document
from autogpt.store import Store
from autogpt.web import server
from autogpt.web.engine import Engine
from autogpt.web.listening import listen, url_of


class Pipe:
    """An event in another process: set when the pipe is written to."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def wait(self, timeout: float | None = None) -> bool:
        return bool(self._path.read_text())


store = Store(sys.argv[1])
answerer = FakeAnswerer(store, add_document(store, "fees.txt", TEXT), TEXT, QUESTIONS, gate=Pipe(sys.argv[2]))
listening = listen("127.0.0.1", 0)
sys.exit(
    server.run(
        store,
        Engine(lambda: answerer),
        listening,
        on_ready=lambda _: print(url_of(listening), flush=True),
    )
)
