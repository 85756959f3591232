"""Which names and origins are answered: no page elsewhere reaches what listens on this machine."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from simengine.errors import UsageError
from simengine.serving.hosts import HostGuard, HostRules

HERE = HostRules.of("127.0.0.1")
WIDE = HostRules.of("0.0.0.0", ["search.example.org"])


def scope(host: str | None, origin: str | None = None, kind: str = "http", **headers: str) -> dict[str, Any]:
    pairs = [("host", host), ("origin", origin), *((k.replace("_", "-"), v) for k, v in headers.items())]
    encoded = [(name.encode(), value.encode()) for name, value in pairs if value is not None]
    return {"type": kind, "path": "/", "headers": encoded}


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:7860",
        "127.0.0.1:7860",
        "[::1]",
        "[::1]:1",
        "localhost.",
        "127.0.0.2",
        "[0:0::1]:80",
    ],
)
def test_this_machines_own_names_are_answered_everywhere(host: str) -> None:
    assert HERE.host_problem(scope(host)) == ""
    assert WIDE.host_problem(scope(host)) == ""


@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.example",
            "evil.example:7860",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "evil-localhost",
        ),
        *(
            "localhost@evil.example",
            "localhost:80:80",
            "localhost:",
            "localhost:x",
            "",
            " ",
            "local host",
            "[::1",
        ),
        *("localhost,evil.example", "127.0.0.1/evil", "xn--lcalhost-n1a", "search.example.org.evil.example"),
    ],
)
def test_all_other_names_are_refused(host: str) -> None:
    assert HERE.host_problem(scope(host))
    assert WIDE.host_problem(scope(host))


def test_a_request_names_one_host() -> None:
    twice = scope("localhost")
    twice["headers"].append((b"host", b"evil.example"))
    assert HERE.host_problem(twice)
    assert HERE.host_problem(scope(None))


def test_beyond_this_machine_addresses_its_own_name_and_allowed_names_are_answered() -> None:
    for host in ("192.168.1.7:7860", "[fe80::1]:80", f"{socket.gethostname()}:80", "Search.Example.org"):
        assert WIDE.host_problem(scope(host)) == "", host
    for host in ("192.168.1.7:7860", "search.example.org"):
        assert HERE.host_problem(scope(host)), host
    assert (
        HostRules.of("127.0.0.1", ["search.example.org"]).host_problem(scope("search.example.org:80")) == ""
    )
    assert HostRules.of("127.0.0.1", any_name=True).host_problem(scope("anything.example")) == ""
    assert HostRules.of("127.0.0.1", ["a.example"], any_name=True).host_problem(scope("b.example"))


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:7860", None),
        ("localhost:7860", "http://localhost:7860"),
        ("127.0.0.1", "http://127.0.0.1"),
        ("[::1]:7860", "http://[::1]:7860"),
        ("search.example.org", "https://search.example.org"),
        ("127.0.0.1:8000", "https://search.example.org"),
        ("192.168.1.7:7860", "http://192.168.1.7:7860"),
    ],
)
def test_a_page_may_ask_the_address_that_it_is_from_or_has_an_allowed_name(
    host: str, origin: str | None
) -> None:
    assert WIDE.origin_problem(scope(host, origin)) == ""


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "http://evil.example",
            "null",
            "",
            "http://localhost",
            "http://localhost:3000",
            "http://127.0.0.1:7860",
        ),
        *(
            "file://",
            "ftp://localhost:7860",
            "http://localhost:7860.evil.example",
            "http://localhost:x",
            "localhost:7860",
        ),
        *(
            "http://user@evil.example",
            "chrome-extension://localhost:7860",
            "http://[::1",
            "http://localhost:99999",
        ),
    ],
)
def test_pages_of_any_other_origin_are_refused(origin: str) -> None:
    assert HERE.origin_problem(scope("localhost:7860", origin))


def test_pages_of_this_machine_may_ask_where_that_is_wanted() -> None:
    rules = HostRules.of("127.0.0.1", local_pages=True)
    assert rules.origin_problem(scope("127.0.0.1:8765", "http://localhost:6274")) == ""
    assert rules.origin_problem(scope("127.0.0.1:8765", "http://evil.example"))


def test_a_foreign_page_that_hides_its_origin_is_known_by_what_the_browser_adds() -> None:
    picture = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"}
    frame = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"}
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert HERE.origin_problem(scope("localhost", **picture))
    assert HERE.origin_problem(scope("localhost", **frame))
    assert HERE.origin_problem(scope("localhost", **link)) == ""


@pytest.mark.parametrize("name", ["", "http://a.example", "a.example:80", "a b", "*", "a/b"])
def test_an_allowed_host_is_a_name_alone(name: str) -> None:
    with pytest.raises(UsageError, match="host name"):
        HostRules.of("127.0.0.1", [name])


def test_the_guard_passes_on_or_answers_for_http_and_websockets() -> None:
    passed: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["type"])

    async def ask(given: dict[str, Any]) -> list[Any]:
        sent: list[Any] = []

        async def receive() -> dict[str, str]:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await HostGuard(app, HERE)(given, receive, send)
        return sent

    def asked(given: dict[str, Any]) -> list[Any]:
        return asyncio.run(ask(given))

    assert asked(scope("evil.example"))[0]["status"] == 421
    refused = asked(scope("localhost", "http://evil.example"))
    assert refused[0]["status"] == 403
    assert not any(name.startswith(b"access-control") for name, _ in refused[0]["headers"])
    assert asked(scope("localhost", "http://evil.example", kind="websocket")) == [
        {"type": "websocket.close", "code": 1008}
    ]
    assert passed == []
    assert (
        asked(scope("localhost"))
        == asked(scope("localhost", kind="websocket"))
        == asked({"type": "lifespan"})
        == []
    )
    assert passed == ["http", "websocket", "lifespan"]
