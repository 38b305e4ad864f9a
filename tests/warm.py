"""`autogpt` in processes that have loaded the large libraries already, which takes ten seconds each time otherwise.

One process loads them and waits: `python warm.py SOCKET`. The `autogpt` that a test has on its PATH hands arguments,
folder, environment and the three streams over to it, and it forks. A server is started as usual.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

#: What commands that train, measure and export load.
LOADED = (
    "autogpt.cli.frame",
    "autogpt.compress.export",
    "autogpt.services.answering",
    "autogpt.services.evaluating",
    "autogpt.services.ingesting",
    "autogpt.services.releasing",
    "autogpt.services.training_classifier",
    "autogpt.services.training_reader",
    "autogpt.train.classifier",
    "autogpt.train.reader",
    "autogpt.train.retriever",
    "autogpt.read.backends.quiet_openvino",
    "autogpt.train.trackers",
    "matplotlib.figure",
    "wandb",
)
SCRIPT = """\
#!{python} -I
import json, os, socket, sys
if sys.argv[1:2] == ["serve"]:
    os.execv({command!r}, [{command!r}, *sys.argv[1:]])
with socket.socket(socket.AF_UNIX) as to:
    to.connect({path!r})
    socket.send_fds(to, [b"."], [0, 1, 2])
    to.sendall(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode())
    to.shutdown(socket.SHUT_WR)
    code = to.recv(1)
sys.exit(code[0] if code else "the warm process is gone")
"""


@contextmanager
def warm_commands(environment: Mapping[str, str]) -> Iterator[Path]:
    """A folder for the PATH, whose `autogpt` starts warm. `environment`: what the libraries are loaded in."""
    with tempfile.TemporaryDirectory(prefix="warm") as name:
        folder, path = Path(name), f"{name}/socket"
        script = folder / "autogpt"
        command = str(Path(sys.executable).with_name("autogpt"))
        script.write_text(SCRIPT.format(python=sys.executable, command=command, path=path), encoding="utf-8")
        script.chmod(0o755)
        with subprocess.Popen([sys.executable, __file__, path], env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline(), "it did not come up"
            try:
                yield folder
            finally:
                process.terminate()


def listen(path: str) -> None:
    """Load, say so, and fork for each command until stopped."""
    import gc
    import importlib

    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(64)
        print("ready", flush=True)
        while True:
            asked, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _answer(asked)
            asked.close()


def _answer(asked: socket.socket) -> None:
    """Fork once more for the command, and hand its exit code back."""
    _, streams, _, _ = socket.recv_fds(asked, 1, 3)
    with asked.makefile("rb") as said:
        arguments, folder, environment = json.loads(said.read())
    if (child := os.fork()) == 0:
        asked.close()
        for to, stream in enumerate(streams):
            os.dup2(stream, to)
            os.close(stream)
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["autogpt", *arguments]
        from autogpt.cli import main

        sys.exit(main())
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    asked.sendall(bytes([code if code >= 0 else 128 - code]))
    os._exit(0)


if __name__ == "__main__":
    listen(sys.argv[1])
