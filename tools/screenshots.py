"""Takes the pictures of the pages that the README and the docs show.

    python tools/screenshots.py                       # a workspace of the sample, trained and served for the while
    python tools/screenshots.py --workspace demo      # of one that is there, such as autogpt demo makes
    python tools/screenshots.py --only chat documents

In: the sample of a fictional bank (examples/finance), or a workspace with its documents. Out: PNG files in docs/images,
in few colours so that they stay small. Needs Debian's Chromium (apt-get install chromium fonts-noto-cjk) and the extra
`test`.
"""

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
IMAGES, SAMPLE = ROOT / "docs" / "images", ROOT / "examples" / "finance"
WIDE, NARROW = {"width": 1200, "height": 800}, {"width": 360, "height": 740}
#: Bytes of a picture at most; the colours of one are halved until it is as small.
MOST_BYTES, COLOURS = 120_000, 256
ANSWERED = "What's the Standard Variable Rate at the moment?"
UNKNOWN = "Can I buy cryptocurrency with my savings account?"
#: Who asked for the measurements.
PERSON = "Ada"
#: Milliseconds that an answer may take on a busy machine.
PATIENCE = 120_000


@dataclass(frozen=True)
class Picture:
    """A picture: the page, what is done on it before, and how it is looked at."""

    path: str
    act: Callable[[Page], None] = lambda page: None
    scheme: str = "light"
    narrow: bool = False


def ask(question: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator("#send:enabled").wait_for()
        page.locator("#question").fill(question)
        page.keyboard.press("Enter")
        page.locator("article.answer").wait_for()

    return act


def open_source(page: Page) -> None:
    ask(ANSWERED)(page)
    page.locator(".source header button").first.click()
    page.locator("#source-text mark").wait_for(state="attached")
    page.locator("#source-page:not([aria-busy])").wait_for(state="attached")


def explain(page: Page) -> None:
    ask(ANSWERED)(page)
    page.locator(".why summary").click()
    page.locator(".why").scroll_into_view_if_needed()
    page.evaluate("window.scrollTo(0, 300)")


def open_document(tab: str) -> Callable[[Page], None]:
    """The first PDF of the list, at one of its tabs."""

    def act(page: Page) -> None:
        page.locator(".document-list li", has_text=".pdf").locator("a").first.click()
        page.locator(".tabs a", has_text=tab).click()

    return act


def follow(selector: str, then: str = "") -> Callable[[Page], None]:
    """The page behind the first link that `selector` finds; `then` is brought into sight."""

    def act(page: Page) -> None:
        page.locator(selector).first.click()
        page.wait_for_load_state()
        if then:
            page.locator(then).scroll_into_view_if_needed()

    return act


PICTURES = {
    "chat": Picture("/", ask(ANSWERED)),
    "chat-unknown": Picture("/", ask(UNKNOWN)),
    "chat-dark": Picture("/", ask(ANSWERED), scheme="dark"),
    "chat-phone": Picture("/", ask(ANSWERED), narrow=True),
    "source": Picture("/", open_source),
    "why": Picture("/", explain),
    "documents": Picture("/documents"),
    "passages": Picture("/documents", open_document("passages")),
    "annotate": Picture("/annotate"),
    "review": Picture("/review"),
    "datasets": Picture("/datasets"),
    "train": Picture("/train", follow("table.measures th a")),
    "evaluate": Picture("/evaluate", follow("table.measures th a")),
    "misses": Picture("/evaluate", follow("table.measures th a", "#misses li:nth-of-type(2)")),
    "releases": Picture("/releases"),
    "jobs": Picture("/jobs"),
    "settings": Picture("/settings"),
}
#: Of them, those that the docs show; the others show the same once more, or little of a workspace so young.
USUAL = (
    *("chat", "chat-unknown", "source", "why", "documents", "passages", "annotate", "review", "datasets"),
    *("train", "evaluate", "misses", "releases", "settings"),
)
#: Of them, those that show what was trained and measured.
MEASURED = {"train", "evaluate", "misses", "releases"}


def take(browser: Browser, url: str, picture: Picture, path: Path) -> None:
    """One picture, written to `path`."""
    context = browser.new_context(
        color_scheme=picture.scheme,  # type: ignore[arg-type]
        viewport=NARROW if picture.narrow else WIDE,  # type: ignore[arg-type]
        device_scale_factor=2 if picture.narrow else 1.25,
        reduced_motion="reduce",
        locale="en-GB",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    answer = page.goto(url + picture.path)
    if answer is not None and answer.status == 404:
        print(f"{path.stem}: there is no such page")
    else:
        picture.act(page)
        page.evaluate("document.activeElement.blur()")
        page.wait_for_timeout(400)
        path.write_bytes(small(page.screenshot()))
        print(f"{path}: {path.stat().st_size:,} bytes")
    context.close()


def small(png: bytes) -> bytes:
    """The same picture in as many colours as fit into `MOST_BYTES`."""
    picture, colours = Image.open(io.BytesIO(png)).convert("RGB"), COLOURS
    while True:
        out = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES or colours <= 16:
            return out.getvalue()
        colours //= 2


def make_workspace(folder: Path) -> None:
    """A workspace with the documents, vetted answers and examples of the sample."""
    from autogpt.workspace import Workspace

    with Workspace.create(folder, name="Demo bank", domain="finance", language="en") as bank:
        bank.ingest(SAMPLE / "documents", SAMPLE / "faq.csv")
        bank.import_examples(SAMPLE / "examples.jsonl")
        bank.split()


def measure(folder: Path) -> None:
    """A training in the workspace, a release of it, and what the validation part says of that and of the base."""
    from autogpt.services.bundles import BASE
    from autogpt.services.evaluations import measure_part
    from autogpt.store.store import new_id
    from autogpt.workspace import Workspace

    with Workspace(folder) as bank:
        measure_part(bank.store, new_id(), BASE, "validation", PERSON)
        bank.train_reader(epochs=3)
        release = bank.create_release()
        measure_part(bank.store, new_id(), release.version, "validation", PERSON)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server over a workspace, which ends with the block."""
    command = [sys.executable, "-m", "autogpt.cli", "serve", "--workspace", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            assert server.stdout is not None
            for line in server.stdout:
                if found := [word for word in line.split() if word.startswith("http://")]:
                    yield found[0].rstrip("/.,")
                    return
            raise SystemExit("The server did not start.")
        finally:
            server.terminate()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="Of a server that runs already.")
    parser.add_argument("--workspace", type=Path, help="Of the sample documents; by default one is made.")
    parser.add_argument("--only", nargs="+", choices=PICTURES, default=USUAL)
    parser.add_argument("--out", type=Path, default=IMAGES)
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("Chromium is missing. Install it with: apt-get install chromium fonts-noto-cjk", file=sys.stderr)
        return 1
    given.out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        url, folder = given.url, given.workspace
        if url is None and folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "bank"
            make_workspace(folder)
            if MEASURED & set(given.only):
                measure(folder)
        url = url or stack.enter_context(served(folder))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"], timeout=PATIENCE)
        for name in given.only:
            take(browser, url, PICTURES[name], given.out / f"{name}.png")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
