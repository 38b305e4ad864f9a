"""Takes the pictures of the chat page that the README and the docs show.

    python tools/screenshots.py --url http://127.0.0.1:8000 --question "What does the Gold card cost a year?" \
        --unanswerable "Who is the king of Norway?"

In: a running `autogpt serve` and two questions. Out: PNG files in docs/images. Needs Debian's Chromium
(apt-get install chromium fonts-noto-cjk) and the extra `test`.
"""

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).parent.parent / "docs" / "images"
WIDE, NARROW = {"width": 1000, "height": 720}, {"width": 360, "height": 740}


def take(browser: Browser, url: str, path: Path, question: str, *, scheme: str = "light", narrow: bool = False) -> None:
    """One picture of one answer."""
    context = browser.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport=NARROW if narrow else WIDE,  # type: ignore[arg-type]
        device_scale_factor=2 if narrow else 1.5,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Send the question").and_(page.locator(":enabled")).wait_for()
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    page.locator("article.answer").wait_for(timeout=60_000)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_function("document.getAnimations().length === 0")
    page.screenshot(path=path)
    context.close()
    print(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--question", required=True, help="A question that the documents answer.")
    parser.add_argument("--unanswerable", required=True, help="A question that they do not.")
    parser.add_argument("--out", type=Path, default=IMAGES)
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("Chromium is missing. Install it with: apt-get install chromium fonts-noto-cjk", file=sys.stderr)
        return 1
    given.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        take(browser, given.url, given.out / "chat.png", given.question)
        take(browser, given.url, given.out / "chat-dark.png", given.question, scheme="dark")
        take(browser, given.url, given.out / "chat-unknown.png", given.unanswerable)
        take(browser, given.url, given.out / "chat-phone.png", given.question, narrow=True)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
