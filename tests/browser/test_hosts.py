"""`simengine demo` and pages from elsewhere: names that are rebound to this machine, and other origins."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SLOW_MS, box, open_tab

ROOT = Path(__file__).parents[2]
STEAL = """async (base) => {
    const found = {};
    const attempt = async (name, work) => {
        try { found[name] = await work(); } catch (error) { found[name] = "failed"; }
    };
    const form = new FormData();
    form.append("files", new Blob(["text1,text2\\na,b\\n"]), "planted.csv");
    const text = async (answer) => `${answer.status} ${await answer.text()}`;
    await attempt("page", async () => text(await fetch(base + "/config", {credentials: "include"})));
    await attempt("upload", async () => text(await fetch(base + "/gradio_api/upload", {method: "POST", body: form})));
    await attempt("blind", async () => {
        await fetch(base + "/gradio_api/upload", {method: "POST", body: form, mode: "no-cors"});
        return "sent";
    });
    await attempt("events", () => new Promise((resolve) => {
        const source = new EventSource(base + "/gradio_api/queue/data?session_hash=x");
        source.onopen = () => resolve("open");
        source.onerror = () => resolve("failed");
    }));
    await attempt("socket", () => new Promise((resolve) => {
        const socket = new WebSocket(base.replace("http", "ws") + "/gradio_api/queue/join");
        socket.onopen = () => resolve("open");
        socket.onerror = () => resolve("failed");
    }));
    return found;
}"""


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uploads")


@contextlib.contextmanager
def demo(index: Path, uploads: Path, *options: str) -> Iterator[str]:
    """The command in a process of its own; gives the address that it prints."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "simengine",
            "demo",
            index,
            "--port",
            "0",
            "--no-browser",
            "--quiet",
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "GRADIO_TEMP_DIR": str(uploads)},
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://")
        yield address
        process.terminate()
        assert process.wait(60) == 0
        assert list(uploads.iterdir()) == []  # the folder of uploads is gone
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def address(index_path: Path, uploads: Path) -> Iterator[str]:
    pytest.importorskip("gradio", reason="the page needs simengine-search[demo]")
    with demo(index_path, uploads) as found:
        yield found


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(SLOW_MS)
    yield page
    context.close()


@contextlib.contextmanager
def elsewhere() -> Iterator[str]:
    """An empty page of another site; gives its address."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Empty) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://evil.test:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def planted(uploads: Path) -> list[str]:
    return [each.name for each in uploads.rglob("*") if each.is_file()]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_the_page_works_under_the_names_of_this_machine(
    page: Page, address: str, uploads: Path, tmp_path: Path, name: str
) -> None:
    page.goto(f"http://{name}:{urlsplit(address).port}/")
    page.locator("#se-tabs [role=tab]").first.wait_for()
    box(page, "#se-query").fill("animals in the sea")
    page.keyboard.press("Enter")
    expect(page.locator("#se-results .se-card").first).to_be_visible()
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("text1,text2\nA cat sleeps.,A cat is asleep.\n")
    open_tab(page, "Pair scoring")
    page.get_by_role("button", name="Score pairs from a file").click()
    page.set_input_files("#se-batch-file input[type=file]", pairs)
    expect(page.locator("#se-batch-file")).to_contain_text("pairs.csv")
    page.locator("#se-batch-go").click()
    expect(page.locator("#se-batch-result")).to_contain_text("1 pair")
    assert "pairs.csv" in planted(uploads)


def test_a_name_that_is_rebound_to_this_machine_reads_and_sends_nothing(
    page: Page, address: str, uploads: Path
) -> None:
    base = f"http://evil.test:{urlsplit(address).port}"
    answer = page.goto(base)
    assert answer is not None
    assert answer.status == 421
    assert "evil.test" in answer.text()
    before = planted(uploads)
    found = page.evaluate(STEAL, base)
    assert found["page"].startswith("421 ")
    assert found["upload"].startswith("421 ")
    assert "Eiffel" not in found["page"]
    assert (found["events"], found["socket"]) == ("failed", "failed")
    assert planted(uploads) == before


def test_a_page_of_another_origin_reads_and_uploads_nothing(page: Page, address: str, uploads: Path) -> None:
    before = planted(uploads)
    with elsewhere() as evil:
        page.goto(evil)
        found = page.evaluate(STEAL, address.rstrip("/"))
    assert [found[name] for name in ("page", "upload", "events", "socket")] == ["failed"] * 4
    assert planted(uploads) == before


@pytest.mark.parametrize(
    "path", ["/", "/config", "/gradio_api/queue/data?session_hash=x", "/gradio_api/upload"]
)
def test_no_route_answers_another_name_or_origin(address: str, path: str) -> None:
    url, method = address.rstrip("/") + path, "POST" if path.endswith("upload") else "GET"
    port = urlsplit(address).port
    for host in ("evil.test", f"evil.test:{port}", "192.168.1.7", f"localhost.evil.test:{port}"):
        assert httpx.request(method, url, headers={"host": host}).status_code == 421, host
    for origin in ("http://evil.test", "null", f"http://evil.test:{port}", "http://localhost:3000"):
        for asked in (method, "OPTIONS"):
            headers = {"origin": origin, "access-control-request-method": method}
            answer = httpx.request(asked, url, headers=headers)
            assert answer.status_code == 403, origin
            assert "access-control-allow-origin" not in answer.headers
