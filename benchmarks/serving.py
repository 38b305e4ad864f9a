"""Serving: time to the first answer, memory, and latency of `autogpt serve` on one workspace.

    python benchmarks/serving.py WORKSPACE [--questions FILE] [--starts 5] [--asked 200] [--clients 8] [--json]

In: a workspace with a promoted release, and a file of JSON lines with a "question" each. Out: a table, or JSON.

- First answer: from starting the command to the end of the first answer over HTTP, cold (no compiled model in the
  cache) and warm; wall-clock seconds and processor seconds of the server, the median of the starts. The files lie in
  the operating system's cache both times.
- Memory of the server and its children: resident (RSS) and proportional (PSS), after the first answer and after all.
- Latency at one client and at several, p50 and p95, with processor milliseconds of the server per question.
- Peer: a Python process that loads the pack's encoder and reader with transformers and reads one passage.

The server listens on the loopback address alone, and is stopped at the end. `load` is the load of the machine before
the run divided by its cores: above 0.2 the wall-clock figures are not to be published.
"""

import argparse
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from autogpt.models.packs import find_pack
from autogpt.services.bundles import current_version, find_release
from autogpt.store import Store

QUESTIONS = Path(__file__).parents[1] / "examples" / "finance" / "examples.jsonl"
#: Seconds until a server that does not answer counts as broken.
PATIENCE = 180.0

PEER = """\
import sys, torch
from transformers import AutoModel, AutoModelForQuestionAnswering, AutoTokenizer
reader, encoder = sys.argv[1:]
with torch.inference_mode():
    for kind, folder in ((AutoModel, encoder), (AutoModelForQuestionAnswering, reader)):
        row = AutoTokenizer.from_pretrained(folder)("What is it?", "It is a passage. " * 40, return_tensors="pt")
        kind.from_pretrained(folder).eval()(**row)
print("read", flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class Start:
    """One start to the first answer, in seconds."""

    seconds: float
    processor: float


@dataclass(frozen=True)
class Memory:
    """Of a process and its children, in MB (10⁶ bytes)."""

    rss: float
    pss: float


@dataclass(frozen=True)
class Latency:
    """Milliseconds a question; `processor` is what the server spent on one."""

    clients: int
    p50: float
    p95: float
    processor: float
    per_second: float


@dataclass(frozen=True)
class Measured:
    """Everything; `peer` is transformers' way of loading the same models."""

    release: str
    precisions: dict[str, str]
    load: float
    cold: Start
    warm: Start
    memory_first: Memory
    memory_after: Memory
    latency: list[Latency]
    peer: Start
    peer_memory: Memory


class Server:
    """A running `autogpt serve` and what it took to its first answer."""

    def __init__(self, workspace: Path, cache: Path, question: str) -> None:
        self.port = _free_port()
        command = [sys.executable, "-m", "autogpt", "serve", "-w", str(workspace), "--port", str(self.port)]
        began = time.perf_counter()
        self._process = subprocess.Popen(
            command, env={**os.environ, "XDG_CACHE_HOME": str(cache)}, stdout=subprocess.DEVNULL
        )
        self.tree = psutil.Process(self._process.pid)
        try:
            self._ask_first(question, began + PATIENCE)
            self.start = Start(time.perf_counter() - began, processor_seconds(self.tree))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask_first(self, question: str, ends: float) -> None:
        while True:
            if self._process.poll() is not None:
                sys.exit(f"autogpt serve ended with exit code {self._process.returncode}.")
            try:
                with asking(self.port) as ask:
                    ask(question)
            except ConnectionRefusedError:
                if time.perf_counter() > ends:
                    raise
                time.sleep(0.005)
            else:
                return


@contextmanager
def asking(port: int) -> Iterator[Any]:
    """A function that asks over one kept connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def ask(question: str) -> None:
        body = json.dumps({"question": question})
        connection.request("POST", "/v1/ask", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200:
            sys.exit(f"/v1/ask answered {response.status}: {answer[:300]!r}")

    connection.connect()
    try:
        yield ask
    finally:
        connection.close()


def processor_seconds(process: psutil.Process) -> float:
    """User and system time so far, children included."""
    everyone = [process, *process.children(recursive=True)]
    return sum(times.user + times.system for times in (one.cpu_times() for one in everyone))


def memory(process: psutil.Process) -> Memory:
    everyone = [one.memory_full_info() for one in (process, *process.children(recursive=True))]
    return Memory(sum(one.rss for one in everyone) / 1e6, sum(one.pss for one in everyone) / 1e6)


def latency(server: Server, questions: Sequence[str], clients: int) -> Latency:
    """Each client asks its share of the questions, one after the other."""
    spent: list[float] = []
    busy, began = processor_seconds(server.tree), time.perf_counter()

    def client(own: Sequence[str]) -> None:
        with asking(server.port) as ask:
            for question in own:
                sent = time.perf_counter()
                ask(question)
                spent.append(1000 * (time.perf_counter() - sent))

    threads = [threading.Thread(target=client, args=(questions[at::clients],)) for at in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(spent) < len(questions):
        sys.exit(f"Only {len(spent)} of {len(questions)} questions were answered.")
    seconds = time.perf_counter() - began
    processor = 1000 * (processor_seconds(server.tree) - busy) / len(questions)
    cuts = statistics.quantiles(spent, n=20, method="inclusive")
    return Latency(clients, statistics.median(spent), cuts[18], processor, len(questions) / seconds)


def peer(reader: Path, encoder: Path) -> tuple[Start, Memory]:
    """What loading the trained models with transformers takes."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", PEER, str(reader), str(encoder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    seconds, tree = time.perf_counter() - began, psutil.Process(process.pid)
    if not said.startswith("read"):
        sys.exit("The peer could not load the models; it needs pip install 'autogpt-qa[train]'.")
    found = Start(seconds, processor_seconds(tree)), memory(tree)
    process.communicate()
    return found


def measure(workspace: Path, questions: Sequence[str], starts: int, clients: int) -> Measured:
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    store = Store(workspace)
    version = current_version(store)
    if version is None:
        sys.exit("Promote a release first: autogpt release promote VERSION")
    release, pack = find_release(store, version), find_pack(store.config.workspace.pack)
    store.close()
    cold, warm = [], []
    for _ in range(starts):
        with tempfile.TemporaryDirectory() as cache:
            for found in (cold, warm):
                server = Server(workspace, Path(cache), questions[0])
                server.stop()
                found.append(server.start)
    with tempfile.TemporaryDirectory() as cache:
        Server(workspace, Path(cache), questions[0]).stop()
        server = Server(workspace, Path(cache), questions[0])
        try:
            memory_first = memory(server.tree)
            latencies = [latency(server, questions, count) for count in (1, clients)]
            memory_after = memory(server.tree)
        finally:
            server.stop()
    peer_start, peer_memory = peer(pack.reader, pack.encoder)
    return Measured(
        release=version,
        precisions={folder.name: _precision(folder) for folder in (release.reader, release.encoder)},
        load=load,
        cold=_median(cold),
        warm=_median(warm),
        memory_first=memory_first,
        memory_after=memory_after,
        latency=latencies,
        peer=peer_start,
        peer_memory=peer_memory,
    )


def _precision(folder: Path) -> str:
    from autogpt.read.backends.facts import model_facts

    return model_facts(folder).precision


def _median(starts: Sequence[Start]) -> Start:
    return Start(statistics.median(one.seconds for one in starts), statistics.median(one.processor for one in starts))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _show(result: Measured) -> None:
    forms = ", ".join(f"{name} {precision}" for name, precision in result.precisions.items())
    print(f"release {result.release} ({forms}); load of the machine before the run {result.load:.2f} per core\n")
    print("| to the first answer | seconds | processor seconds |\n|---|---|---|")
    for name, start in (("cold", result.cold), ("warm", result.warm), ("peer: transformers", result.peer)):
        print(f"| {name} | {start.seconds:.2f} | {start.processor:.2f} |")
    print(f"\nratio peer / warm: {result.peer.seconds / result.warm.seconds:.1f}\n")
    print("| memory, MB | RSS | PSS |\n|---|---|---|")
    memories = (
        ("after the first answer", result.memory_first),
        ("after all questions", result.memory_after),
        ("peer: transformers", result.peer_memory),
    )
    for name, used in memories:
        print(f"| {name} | {used.rss:.0f} | {used.pss:.0f} |")
    print("\n| clients | p50 ms | p95 ms | processor ms a question | questions/s |\n|---|---|---|---|---|")
    for one in result.latency:
        print(f"| {one.clients} | {one.p50:.0f} | {one.p95:.0f} | {one.processor:.0f} | {one.per_second:.1f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--questions", type=Path, default=QUESTIONS, help="JSON lines with a question each")
    parser.add_argument("--starts", type=int, default=5, help="cold and warm starts, each")
    parser.add_argument("--asked", type=int, default=200, help="questions at each number of clients")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    lines = chosen.questions.read_text(encoding="utf-8").splitlines()
    known = list(dict.fromkeys(json.loads(line)["question"] for line in lines if line.strip()))
    asked = [known[at % len(known)] for at in range(chosen.asked)]
    outcome = measure(chosen.workspace, asked, chosen.starts, chosen.clients)
    if chosen.json:
        print(json.dumps(asdict(outcome), indent=2))
    else:
        _show(outcome)
