"""What a training that runs as a job costs those who ask meanwhile.

    python benchmarks/serving_while_training.py WORKSPACE [--asked 200] [--rounds 3] [--json]

In: a workspace with a promoted release and a split. One client asks `autogpt serve` questions of the sample, one after
the other: while nothing else runs, then while a reader is trained by a job of the same server, in turns. Out: p50 and
p95 of both, their ratio, and how many processors the training had while questions were asked.

The server listens on the loopback address alone, and is stopped at the end; the job is cancelled after each round.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from serving import PATIENCE, QUESTIONS, Server, latency

#: More epochs than a round lasts; mostly on general questions of the pack, so that an epoch is long, and what is
#: measured is training and not its validation.
SETTINGS = {"epochs": 1_000, "patience": 0, "trackers": [], "general_share": 0.9, "retrieved_negatives": 0}
#: Seconds until the process of a job that was cancelled counts as stuck.
GRACE = 60.0


@dataclass(frozen=True)
class Round:
    """Milliseconds a question, and processors that the training had while they were asked."""

    idle_p50: float
    idle_p95: float
    training_p50: float
    training_p95: float
    processors: float


def call(port: int, path: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"}, method="POST" if data else "GET"
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        return json.load(response)


def begin_training(port: int) -> str:
    """The id of a job whose training has taken its first steps."""
    job = call(port, "/v1/jobs", {"kind": "train", "what": "reader", "settings": SETTINGS})
    ends = time.monotonic() + 2 * PATIENCE
    while time.monotonic() < ends:
        now = call(port, f"/v1/jobs/{job['id']}")
        if now["state"] not in {"queued", "running"}:
            sys.exit(f"The training ended: {now['reason']}")
        if now["stage"] == "train" and "loss" in now["metrics"]:
            return str(job["id"])
        time.sleep(0.5)
    sys.exit("The training did not begin.")


def end_training(server: Server, job_id: str) -> None:
    """Cancel a job, and wait until its process has gone."""
    job = call(server.port, f"/v1/jobs/{job_id}")
    if job["state"] != "running":
        sys.exit(f"The training ended while questions were asked: it is {job['state']}. {job['reason']}")
    call(server.port, f"/v1/jobs/{job_id}/cancel", {})
    ends = time.monotonic() + GRACE
    while workers(server):
        if time.monotonic() > ends:
            sys.exit("The process of the training did not end.")
        time.sleep(0.2)


def workers(server: Server) -> list[psutil.Process]:
    """The processes of the server's jobs."""
    found = []
    for one in server.tree.children(recursive=True):
        with suppress(psutil.Error):
            if "autogpt.services.working" in one.cmdline():
                found.append(one)
    return found


def processor_seconds(server: Server) -> float:
    """Of the processes of the server's jobs, so far."""
    return sum(sum(one.cpu_times()[:2]) for one in workers(server))


def measure(workspace: Path, questions: list[str], rounds: int) -> list[Round]:
    made = []
    with tempfile.TemporaryDirectory() as cache:
        server = Server(workspace, Path(cache), questions[0])
        try:
            latency(server, questions[:20], 1)
            for _ in range(rounds):
                idle = latency(server, questions, 1)
                job_id = begin_training(server.port)
                began, had = time.monotonic(), processor_seconds(server)
                busy = latency(server, questions, 1)
                processors = (processor_seconds(server) - had) / (time.monotonic() - began)
                end_training(server, job_id)
                made.append(Round(idle.p50, idle.p95, busy.p50, busy.p95, processors))
        finally:
            server.stop()
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--questions", type=Path, default=QUESTIONS, help="JSON lines with a question each")
    parser.add_argument("--asked", type=int, default=200, help="questions a round, with and without")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    lines = given.questions.read_text(encoding="utf-8").splitlines()
    known = list(dict.fromkeys(json.loads(line)["question"] for line in lines if line.strip()))
    rounds = measure(given.workspace, [known[at % len(known)] for at in range(given.asked)], given.rounds)
    if given.json:
        print(json.dumps([asdict(one) for one in rounds], indent=2))
        return
    print("| idle p50 | idle p95 | training p50 | training p95 | ratio p95 | processors |\n|---|---|---|---|---|---|")
    for one in rounds:
        cells = (one.idle_p50, one.idle_p95, one.training_p50, one.training_p95)
        ratio = one.training_p95 / one.idle_p95
        print(f"| {' | '.join(f'{cell:.0f}' for cell in cells)} | {ratio:.2f} | {one.processors:.2f} |")
    ratios = [one.training_p95 / one.idle_p95 for one in rounds]
    print(f"\nmedian of the ratios of p95: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
