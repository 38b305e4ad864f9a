"""What the documentation says can be typed, can be typed: every block of bash and python is run, offline."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from sample import write_part
from snippets import ROOT, RUN, Snippet, pages, snippets
from warm import warm_commands

#: Shown in the pages; a free one is taken instead.
PORT = "8000"
#: Seconds one block may take.
LIMIT = 600
ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "TERM": "dumb"}
#: Put into every workspace that a page makes. What int8 loses is measured by its own tests and by the demo, what is
#: forgotten by a benchmark.
QUICK = """
[compress]
int8 = false
[train.reader]
general_questions = 40
retrieved_negatives = 0
"""


class Page:
    """A folder in which the blocks of one page are run, one after the other."""

    def __init__(self, folder: Path, templates: "Templates", commands: Path) -> None:
        self.folder = folder
        self._templates = templates
        self._port = _free_port()
        self._servers = ExitStack()
        self._environment = {
            **os.environ,
            **ENVIRONMENT,
            "PATH": os.pathsep.join([str(commands), str(Path(sys.executable).parent), os.environ["PATH"]]),
        }

    def run(self, snippet: Snippet) -> None:
        for name in snippet.prepare:
            self._templates.copy(name, self.folder)
        code = snippet.code.replace(f":{PORT}", f":{self._port}")
        if snippet.directive in {"file", "append"}:
            path = self.folder / snippet.value
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a" if snippet.directive == "append" else "w", encoding="utf-8") as file:
                file.write(code)
        elif snippet.directive == "not run" or snippet.language not in RUN:
            return
        elif snippet.language == "python":
            self._execute([sys.executable, "-c", code])
        elif code.lstrip().startswith("autogpt serve"):
            self._servers.enter_context(self._serving(code))
        else:
            self._execute(["bash", "-euo", "pipefail", "-c", code])
            self._quicken()

    def close(self) -> None:
        self._servers.close()

    def _quicken(self) -> None:
        for path in self.folder.rglob("autogpt.toml"):
            settings = path.read_text(encoding="utf-8")
            if "[compress]" not in settings:
                path.write_text(settings + QUICK, encoding="utf-8")

    def _execute(self, command: list[str]) -> None:
        run = subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, text=True, timeout=LIMIT, check=False
        )
        assert run.returncode == 0, f"{command[-1]}\n{run.stdout}\n{run.stderr}"

    @contextmanager
    def _serving(self, code: str) -> Iterator[None]:
        """A server from its first line of output, which says that it can be asked, to the end of the page."""
        with subprocess.Popen(
            ["bash", "-c", f"exec {code.strip()} --port {self._port}"],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if "Serving" in line:
                    break
            else:
                pytest.fail(f"{code}\n{''.join(said)}")
            yield
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
            assert process.wait(timeout=60) == 0


class Templates:
    """Folders that pages ask for, each made once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copy(self, name: str, target: Path) -> None:
        """Put what `name` stands for into `target`."""
        makers: dict[str, Callable[[Path], None]] = {
            "documents": _documents,
            "workspace": self._workspace,
            "release": self._release,
            "generator": _generator,
        }
        made = self._folder / name
        if not made.exists():
            partial = self._folder / f".{name}"
            partial.mkdir()
            makers[name](partial)
            partial.rename(made)
        shutil.copytree(made, target, dirs_exist_ok=True)

    def _workspace(self, folder: Path) -> None:
        """A workspace in this folder with documents, examples and a split."""
        from autogpt import Workspace

        sources = folder / "sources"
        _documents(sources)
        Workspace.create(folder, name="Bank", domain="finance").close()
        with (folder / "autogpt.toml").open("a", encoding="utf-8") as file:
            file.write(QUICK)
        with Workspace(folder) as bank:
            bank.ingest(sources / "documents")
            bank.import_examples(sources / "questions.jsonl")
            bank.split()

    def _release(self, folder: Path) -> None:
        """The workspace with a promoted release."""
        from autogpt import Workspace

        self.copy("workspace", folder)
        with Workspace(folder) as bank:
            bank.promote(bank.create_release("base").version, force=True)


def _documents(folder: Path) -> None:
    write_part(folder, "questions.jsonl")


def _generator(folder: Path) -> None:
    """A tiny language model in `models/smollm2`, in the place of a real one."""
    from tiny_models import build_generator

    build_generator("llama", folder / "models" / "smollm2", positions=4_096)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="module")
def commands() -> Iterator[Path]:
    """Where the `autogpt` of the pages is."""
    with warm_commands({**os.environ, **ENVIRONMENT}) as folder:
        yield folder


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "path",
    [path for path in pages() if list(snippets(path.read_text(encoding="utf-8")))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_what_a_page_says_can_be_typed(path: Path, tmp_path: Path, templates: Templates, commands: Path) -> None:
    page = Page(tmp_path, templates, commands)
    try:
        for snippet in snippets(path.read_text(encoding="utf-8")):
            page.run(snippet)
    finally:
        page.close()


def test_blocks_that_are_not_run_say_why() -> None:
    run = 0
    for path in pages():
        for snippet in snippets(path.read_text(encoding="utf-8")):
            run += snippet.language in RUN and snippet.directive != "not run"
            assert snippet.directive != "not run" or len(snippet.value) > 10, f"{path}:{snippet.line}"
    assert run >= 20


def test_links_between_pages_lead_somewhere() -> None:
    import re

    checked = 0
    for path in pages():
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.relative_to(ROOT)} links to {target}"
            checked += 1
    assert checked >= 10


def test_the_reference_is_what_the_code_says() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    import build_reference

    for name, text in build_reference.pages().items():
        assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == text, (
            f"docs/reference/{name} is stale: run tools/build_reference.py"
        )
