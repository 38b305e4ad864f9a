"""The process that parses, and draws pages: reads requests from stdin, answers on stdout, dies of its limits alone.

In: a line of JSON and the bytes of a file. Out: a line of JSON and the source map, or a picture. It can write no
files; a file that takes too long ends the process by its own alarm, even when nobody waits for it any more.
"""

import contextlib
import json
import os
import resource
import signal
import sys
from typing import IO, Any

from autogpt.config import IngestSection
from autogpt.errors import DataError
from autogpt.prepare.page_images import draw
from autogpt.prepare.sources import EmptyError, ParsedDocument, parse_here
from autogpt.prepare.sources.wire import to_plain

#: A busy machine may take so many times longer than the processor time that a file is allowed.
PATIENCE = 4
_FILES = 64


def main() -> None:
    """Serve requests until stdin ends."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What a library prints must not reach the answers.
    os.dup2(2, 1)
    limits = IngestSection.model_validate_json(requests.readline())
    _limit_process(limits)
    _send(answers, {"ready": os.getpid()})
    while line := requests.readline():
        request = json.loads(line)
        data = requests.read(request["size"])
        _allow(limits.timeout_seconds)
        answer, blob, last = _answer(data, request, limits)
        _allow(0)
        _send(answers, answer, blob)
        if last:
            return


def _answer(data: bytes, request: dict[str, Any], limits: IngestSection) -> tuple[dict[str, Any], bytes, bool]:
    """The answer to one request, and whether the process should end after it."""
    try:
        return *_done(data, request, limits), False
    except DataError as error:
        return {"error": error.message, "hint": error.hint, "empty": isinstance(error, EmptyError)}, b"", False
    except MemoryError:
        return {"memory": True}, b"", True
    except ImportError as error:
        # What a library says that cannot be loaded for want of memory.
        scarce = any(words in str(error) for words in ("failed to map segment", "annot allocate memory"))
        return {"memory": True} if scarce else {"fault": "ImportError", "detail": str(error)[:300]}, b"", True
    except RecursionError:
        return {"error": "Its parts are nested too deeply.", "hint": "Export it once more."}, b"", False
    except Exception as error:
        return {"fault": type(error).__name__, "detail": str(error)[:300]}, b"", False


def _done(data: bytes, request: dict[str, Any], limits: IngestSection) -> tuple[dict[str, Any], bytes]:
    """What was asked for: a page as a picture, or the file parsed."""
    if (page := request.get("page")) is not None:
        return {}, draw(data, page["number"], [tuple(box) for box in page["boxes"]], page["width"])
    parsed = parse_here(data, request["name"], request["media_type"], limits)
    return to_plain(parsed), parsed.source_map if isinstance(parsed, ParsedDocument) else b""


def _limit_process(limits: IngestSection) -> None:
    size = limits.memory_mb * 2**20
    for kind, value in (
        (resource.RLIMIT_AS, size),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
    ):
        _, hard = resource.getrlimit(kind)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
    for fatal in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(fatal, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _allow(seconds: float) -> None:
    """Let the process end itself after so much processor time, or waiting `PATIENCE` times as long; 0: never."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * PATIENCE)


def _send(answers: IO[bytes], answer: dict[str, Any], blob: bytes = b"") -> None:
    # Half a character (a lone surrogate), which no database takes, becomes "?": one for one, so that offsets hold.
    line = json.dumps(answer | {"blob": len(blob)}, ensure_ascii=False).encode("utf-8", errors="replace")
    answers.write(line + b"\n" + blob)
    answers.flush()


if __name__ == "__main__":
    main()
