"""The server as a process: it starts, ends with grace, and says what is wrong."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from answers import workspace

TESTS = Path(__file__).parents[1]
GOLD = {"question": "What does the Gold card cost a year?"}


@dataclass
class Served:
    process: "subprocess.Popen[str]"
    url: str
    gate: Path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    workspace(tmp_path).close()
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    process = subprocess.Popen(
        [sys.executable, str(TESTS / "served.py"), str(tmp_path), str(gate)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    if not url and process.stderr is not None:
        pytest.fail(process.stderr.read())
    yield Served(process, url, gate)
    process.kill()
    process.communicate()


def in_work(url: str) -> None:
    """Return once a question is in work."""
    while "autogpt_questions_in_work 1.0" not in httpx.get(f"{url}/metrics").text:
        pass


def test_the_first_signal_lets_questions_end_and_refuses_new_ones(served: Served) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(httpx.post, f"{served.url}/v1/ask", json=GOLD, timeout=60)
        in_work(served.url)
        assert httpx.get(f"{served.url}/readyz").status_code == 200
        served.process.send_signal(signal.SIGTERM)
        while httpx.get(f"{served.url}/readyz").status_code == 200:
            pass
        refused = httpx.post(f"{served.url}/v1/ask", json=GOLD)
        assert (refused.status_code, refused.json()["error"]["kind"]) == (503, "StoppingError")
        served.gate.write_text("go")
        answer = asked.result(60)
    assert answer.json()["text"] == "45 euro a year"
    assert served.process.wait(60) == 0
    _, errors = served.process.communicate()
    assert errors == ""


def test_a_second_signal_ends_at_once(served: Served) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(httpx.post, f"{served.url}/v1/ask", json=GOLD, timeout=60)
        in_work(served.url)
        served.process.send_signal(signal.SIGTERM)
        while httpx.get(f"{served.url}/readyz").status_code == 200:
            pass
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(60) == 1
        assert asked.exception(60) is not None or asked.result().status_code >= 500
    _, errors = served.process.communicate()
    assert errors == ""


def test_an_idle_server_ends_on_ctrl_c(served: Served) -> None:
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(60) == 0


def serve(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "autogpt.cli", "serve", *arguments]
    env = {name: value for name, value in os.environ.items() if name != "AUTOGPT_API_KEY"}
    return subprocess.run(command, capture_output=True, text=True, env=env | environment, timeout=60, check=False)


def test_a_port_that_is_taken_is_said_at_once(tmp_path: Path) -> None:
    workspace(tmp_path).close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = serve("-w", str(tmp_path), "--port", str(port))
    assert ended.returncode == 2
    assert f"port {port}" in ended.stderr
    assert "--port 0" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_beyond_this_machine_the_first_account_is_made_with_a_link_that_only_the_file_tells(tmp_path: Path) -> None:
    workspace(tmp_path).close()
    command = [sys.executable, "-m", "autogpt.cli", "serve", "-w", str(tmp_path), "--host", "0.0.0.0", "--port", "0"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("AUTOGPT_")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[2]
        assert httpx.post(f"{url}/v1/ask", json=GOLD).status_code == 401
        link = (tmp_path / "set-up-link").read_text().strip()
        form = {"token": link.partition("token=")[2], "person": "anna", "password": "correct horse battery"}
        with httpx.Client() as browser:
            assert browser.post(f"{url}/set-up", data=form).status_code == 303
            assert browser.get(f"{url}/v1/documents").status_code == 200
        process.send_signal(signal.SIGTERM)
        said, notices = process.communicate(timeout=60)
        assert process.returncode == 0
    assert "set-up-link" in notices
    assert form["token"] not in said + notices
    assert not (tmp_path / "set-up-link").exists()


def test_a_key_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    workspace(tmp_path).close()
    weak = serve("-w", str(tmp_path), "--host", "0.0.0.0", "--port", "0", AUTOGPT_API_KEY="weak")
    assert weak.returncode == 2
    assert "at least 16" in weak.stderr


def test_without_a_workspace_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    ended = serve("-w", str(tmp_path), "--json")
    assert ended.returncode == 2
    assert "autogpt new" in json.loads(ended.stdout)["error"]["hint"]
