"""`autogpt serve`: the chat page and the HTTP API."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autogpt.cli.console import notice, print_json, say
from autogpt.cli.options import HERE, JsonOption, SetOption, WorkspaceOption, examples, open_store

if TYPE_CHECKING:
    from autogpt.services.answering import Answerer
    from autogpt.store import Store
    from autogpt.web.engine import Engine

#: Name of the model pack's own models, which answer before the first release.
BASE = "base"


@examples(
    "autogpt serve",
    "autogpt serve --port 9000 --open",
    "AUTOGPT_API_KEY=$(openssl rand -hex 32) autogpt serve --host 0.0.0.0",
)
def serve(
    workspace: WorkspaceOption = HERE,
    host: Annotated[
        str, typer.Option(help="Address to listen on; beyond this machine people have to sign in.", show_default=False)
    ] = "",
    port: Annotated[int | None, typer.Option(help="Port; 0 picks a free one.", min=0, max=65535)] = None,
    api_key_file: Annotated[
        Path | None,
        typer.Option(help="File that holds the API key; by default AUTOGPT_API_KEY is used if set.", metavar="FILE"),
    ] = None,
    release: Annotated[str, typer.Option(help="Serve this release.", show_default="the current one")] = "",
    open_page: Annotated[bool, typer.Option("--open", help="Open the chat page in the browser.")] = False,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the chat page and the HTTP API until stopped.

    Who may sign in is for `autogpt people` and the page People. Until somebody has an account, everybody at this
    machine may do everything, and others need the API key; a link that makes the first account is written to the file
    set-up-link of the workspace.

    The address is printed once questions can be answered. Ctrl+C lets the questions in work be answered first; a
    second one stops at once. Host and port come from autogpt.toml unless given.
    """
    given = [f'serve.host="{host}"'] if host else []
    given += [f"serve.port={port}"] if port is not None else []
    from autogpt.web.allocator import limit_arenas

    limit_arenas()
    with open_store(workspace, [*(settings or ()), *given]) as store:
        from autogpt.services.sign_in import prepare_first
        from autogpt.web.auth import find_key
        from autogpt.web.engine import Engine
        from autogpt.web.listening import is_loopback, listen, url_of

        key = find_key(api_key_file)
        listening = listen(store.config.serve.host, store.config.serve.port)
        url = url_of(listening)
        link = prepare_first(store, url)
        engine = Engine(lambda: _open_answerer(store, release, engine.batch))
        engine.start()
        from autogpt.web import server

        def on_ready(opened: Engine) -> None:
            _announce(url, opened, key is not None, as_json)
            if link is not None and not as_json:
                _invite(link, open_to_all=key is None and is_loopback(store.config.serve.host))
            if open_page:
                typer.launch(url)

        code = server.run(store, engine, listening, key=key, on_ready=on_ready)
    raise typer.Exit(code)


def _open_answerer(store: "Store", release: str, on_batch: Callable[[int], None]) -> "Answerer":
    from autogpt.services.answering import Answerer

    return Answerer(store, release, on_batch=on_batch)


def _announce(url: str, engine: "Engine", locked: bool, as_json: bool) -> None:
    """Say where the server is, and what it cannot do yet."""
    if as_json:
        print_json({"url": url, "ready": engine.ready, "release": engine.release, "api_key": locked})
    else:
        if not engine.ready:
            notice(" ".join(engine.why_not))
        elif engine.release == BASE:
            notice("No release was promoted yet: the model pack's own models answer. See: autogpt release --help")
        release = f" with release {engine.release}" if engine.ready and engine.release != BASE else ""
        say(f"Serving{release} at {url} (API reference: {url}/docs). Stop with Ctrl+C.")
    sys.stdout.flush()


def _invite(link: Path, *, open_to_all: bool) -> None:
    """Say how the first account is made. The link itself is a secret, and stays in its file."""
    if open_to_all:
        say("Nobody has an account, so everybody at this machine may do everything.")
        say(f"To change that, open the link in {link}")
    else:
        notice(f"Nobody has an account yet. Make the first one with the link in {link}")
    sys.stdout.flush()
