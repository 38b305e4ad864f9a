"""What journeys through pages share: a server in a thread, pages that fail when a script does, contrasts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from autogpt.services import people, sign_in
from autogpt.store import Store
from autogpt.web.app import create_app
from autogpt.web.auth import ApiKey
from autogpt.web.listening import listen, url_of

expect.set_options(timeout=20_000)


@dataclass
class Site:
    """A running server: its store, address, and what answers or how that is opened (see `create_app`)."""

    store: Store
    answerer: Any
    url: str
    app: FastAPI
    server: uvicorn.Server = field(repr=False)

    def stop(self) -> None:
        self.server.should_exit = True


@contextmanager
def start(store: Store, answerer: Any, key: ApiKey | None = None, workers: int = 8) -> Iterator[Site]:
    app = create_app(store, answerer, key=key, workers=workers, run_jobs=False)
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    app.state.server.engine.wait_until_tried(30)
    try:
        yield Site(store, answerer, url_of(listening), app, server)
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def open_page(browser: Browser, url: str, path: str = "", **context: object) -> Iterator[Page]:
    """A page that fails the test when a script fails, something comes from elsewhere, or the CSP is broken."""
    opened = browser.new_context(**context)  # type: ignore[arg-type]
    page = opened.new_page()
    page.set_default_timeout(20_000)
    wrong: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            wrong.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith(url) else None)
    try:
        page.goto(url + path)
        yield page
    finally:
        opened.close()
    assert wrong == []


def sign_in_as(site: Site, page: Page, person: people.Person, path: str) -> None:
    """Open a path as somebody who signed in."""
    token = sign_in.sign_in(site.store, person)
    page.context.add_cookies([{"name": "autogpt_session", "value": token, "url": site.url}])
    page.goto(site.url + path)


def mark_by_mouse(page: Page, words: str) -> None:
    """Drag over words of the document that is annotated."""
    left, right, middle = page.evaluate(
        """(words) => {
            const walker = document.createTreeWalker(document.getElementById("text"), NodeFilter.SHOW_TEXT);
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const at = node.data.indexOf(words);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + words.length);
                range.startContainer.parentElement.scrollIntoView({ block: "center" });
                const box = range.getBoundingClientRect();
                return [box.left, box.right, (box.top + box.bottom) / 2];
            }
        }""",
        words,
    )
    page.mouse.move(left + 1, middle)
    page.mouse.down()
    page.mouse.move(right - 1, middle, steps=5)
    page.mouse.up()


def luminance(colour: list[int]) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [one / 255 for one in colour]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def colours(page: Page, *selectors: str) -> list[tuple[list[int], list[int]]]:
    """Colour of the text and of what lies behind it, for the first of each selector, once the page's style is there."""
    page.wait_for_load_state()
    found = page.evaluate(
        """(selectors) => selectors.map((one) => {
            let at = document.querySelector(`main ${one}`) ?? document.querySelector(one);
            const colour = getComputedStyle(at).color;
            while (getComputedStyle(at).backgroundColor === "rgba(0, 0, 0, 0)") at = at.parentElement;
            const both = [colour, getComputedStyle(at).backgroundColor];
            return both.map((one) => one.match(/\\d+/g).slice(0, 3).map(Number));
        })""",
        selectors,
    )
    return [(text, background) for text, background in found]


def contrast(one: list[int], other: list[int]) -> float:
    """Contrast ratio of two colours (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
