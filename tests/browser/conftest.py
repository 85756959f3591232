"""The page over a small library with the real models, and Chromium in front of it.

No request may leave this machine: each page that `open_page` gives fails its test otherwise.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.library import DOCUMENTS

SLOW_MS = 60_000
"""A machine may be busy; on a quiet one everything comes within a second."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.test 127.0.0.1",  # names that another site has given the address of this machine
]
OWN_HOSTS = {"127.0.0.1", "localhost", "::1"}


@dataclass
class Watched:
    """What a page did that it must not do."""

    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def request(self, route) -> None:
        url = route.request.url
        if url.startswith(("data:", "blob:", "about:")) or urlsplit(url).hostname in OWN_HOSTS:
            route.continue_()
        else:
            self.foreign.append(url)
            route.abort()

    def check(self) -> None:
        assert not self.foreign, f"requests that leave this machine: {self.foreign}"
        assert not self.errors, f"errors in the page: {self.errors}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On a busy machine a click now and then gets no answer, and it is not known why: try again, three times."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=3))


@pytest.fixture(scope="session")
def index_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library, indexed with the model that ships."""
    from simengine.engine import Engine

    path = tmp_path_factory.mktemp("indexes") / "library"
    Engine.build(DOCUMENTS, path).close()
    return path


@pytest.fixture(scope="session")
def served(index_path: Path) -> Iterator[object]:
    """The library, served."""
    pytest.importorskip("gradio", reason="the page needs simengine-search[demo]")
    from simengine.engine import Engine
    from simengine.serving.served import ServedIndex

    index = ServedIndex("library", Engine.open(index_path))
    index.warm(reranker=True)
    yield index
    index.close()


@contextlib.contextmanager
def running(app) -> Iterator[str]:
    """An app on a port of its own, in a thread; gives its address."""
    import uvicorn

    from simengine.serving.listening import listen

    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


@pytest.fixture(scope="session")
def address(served) -> Iterator[str]:
    """Of the running page."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    import fastapi

    from simengine.serving.demo import build_demo, mount_demo

    with running(mount_demo(fastapi.FastAPI(), build_demo(served))) as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """A browser for the tests of a file: while Playwright runs, this thread has an event loop, which others meet."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    playwright.expect.set_options(timeout=SLOW_MS)
    with playwright.sync_playwright() as starter:
        if path is None and not Path(starter.chromium.executable_path).exists():
            pytest.skip("no Chromium: install it, or run playwright install chromium")
        browser = starter.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, address: str) -> Iterator[Callable[..., object]]:
    """Opens the page; `open_page(width=390, dark=True, locale="zh-CN", path="?x")`."""
    contexts, watched = [], Watched()

    def open_one(
        *, width: int = 1280, dark: bool = False, locale: str = "en-GB", path: str = "", base: str = address
    ):
        context = chromium.new_context(
            viewport={"width": width, "height": 844 if width < 600 else 900},
            color_scheme="dark" if dark else "light",
            locale=locale,
            accept_downloads=True,
        )
        contexts.append(context)
        context.route("**/*", watched.request)
        page = context.new_page()
        page.set_default_timeout(SLOW_MS)
        page.on("pageerror", lambda error: watched.errors.append(str(error)))
        page.goto(base + path)
        page.locator("#se-tabs [role=tab]").first.wait_for()
        return page

    yield open_one
    for context in contexts:
        context.close()
    watched.check()


@pytest.fixture
def page(open_page):
    """The page, wide, light, in English."""
    return open_page()


def open_tab(page, name: str) -> None:
    """Click a tab, in the menu of those that do not fit if need be."""
    page.get_by_role("tab", name=name, exact=True).first.click()


def box(page, selector: str):
    """The text box within an element."""
    return page.locator(f"{selector} textarea, {selector} input").first


def serious_violations(page) -> list[str]:
    """What axe-core finds that is serious or critical."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing"
    )
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:200]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:3]
    ]
