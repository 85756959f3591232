"""Which names and origins are answered: no page elsewhere may use a browser on this machine to reach what listens here.

Two ways lead a foreign page to a local port. It can send requests there itself, which the browser marks with the page's
origin. And its own name can be given the address of this machine (DNS rebinding): the browser then sees one origin, but
the Host header has that name.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from simengine.errors import UsageError
from simengine.serving.settings import LOOPBACK_HOSTS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_HOST = re.compile(
    r"(\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)\.?(?::([0-9]{1,5}))?", re.IGNORECASE
)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class HostRules:
    """What a request's Host and Origin may be. Make it with `HostRules.of`.

    Attributes:
        names: in lower case; None lets every Host pass.
        addresses: also every IP address: it cannot be rebound.
        trusted: names whose pages may send requests, too, whatever their port. All other pages must come from the
            address that they send to.
    """

    names: frozenset[str] | None
    addresses: bool
    trusted: frozenset[str]

    @classmethod
    def of(
        cls,
        host: str,
        allowed: Sequence[str] = (),
        *,
        any_name: bool = False,
        local_pages: bool = False,
    ) -> HostRules:
        """The rules of a process that listens.

        Args:
            host: address on which it listens. This machine's own names are always answered; beyond loopback so are IP
                addresses and the machine's host name.
            allowed: further names, such as that of a proxy in front.
            any_name: answer under every name; only without `allowed`.
            local_pages: pages of other ports of this machine may send requests.

        Raises:
            UsageError: `allowed` has something that is no host name.
        """
        more = frozenset(_checked(name) for name in allowed)
        loopback = is_loopback(host)
        own: frozenset[str] = frozenset() if loopback else _own_names()
        names = None if any_name and not more else frozenset(LOOPBACK_HOSTS) | own | more
        return cls(names, not loopback, more | (frozenset(LOOPBACK_HOSTS) if local_pages else frozenset()))

    def host_problem(self, scope: Scope) -> str:
        """Why nothing answers under the name that a request was sent to, for people; "" where it may pass."""
        hosts = _values(scope, b"host") or [""]
        match = _HOST.fullmatch(hosts[0])
        if len(hosts) == 1 and (self.names is None or (match is not None and self._answers(match[1]))):
            return ""
        return (
            f"the Host header is {hosts[0]!r:.80}; only the names of this machine are answered here, and those that "
            "--allowed-host adds"
        )

    def origin_problem(self, scope: Scope) -> str:
        """Why the page that sends a request may not do so, for people; "" where it may, or no page sends it."""
        refused = "a page of another origin ({}) sent this; only those whose name --allowed-host adds may"
        origins, host = _values(scope, b"origin"), (_values(scope, b"host") or [""])[0]
        for origin in origins:
            if not self._is_own(origin, host):
                return refused.format(f"{origin:.80}")
        site, mode, to = (
            (_values(scope, b"sec-fetch-" + name) or [""])[0].lower() for name in (b"site", b"mode", b"dest")
        )
        follows_link = mode == "navigate" and to in ("", "document")
        if site == "cross-site" and not origins and not follows_link:
            return refused.format("which the browser does not name")
        return ""

    def _answers(self, name: str) -> bool:
        name = name.strip("[]").lower()
        assert self.names is not None
        return name in self.names or is_loopback(name) or (self.addresses and _is_address(name))

    def _is_own(self, origin: str, host: str) -> bool:
        try:
            parts = urlsplit(origin)
            name, port = (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(parts.scheme)
        except ValueError:
            return False
        match = _HOST.fullmatch(host)
        if match is None or port is None or parts.scheme not in _PORTS:
            return False
        if name in self.trusted:
            return True
        return name == match[1].strip("[]").lower() and port == int(match[2] or _PORTS[parts.scheme])


class HostGuard:
    """ASGI middleware that refuses what `HostRules` do not let pass: 421 for the Host, 403 for the origin.

    Args:
        app: what is guarded.
        rules: see `HostRules`.
    """

    def __init__(self, app: ASGIApp, rules: HostRules) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        host, origin = self._rules.host_problem(scope), self._rules.origin_problem(scope)
        if not host and not origin:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refuse(send, 421 if host else 403, host or origin)


async def refuse(send: Send, status: int, problem: str) -> None:
    """Answer with a problem in plain text, and end the connection: what else was being sent is not read."""
    body = problem.encode() + b"\n"
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def is_loopback(name: str) -> bool:
    """Whether a name or an address is this machine's own, which no other machine reaches."""
    if name in LOOPBACK_HOSTS:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _own_names() -> frozenset[str]:
    name = socket.gethostname().lower()
    return frozenset({name, f"{name.partition('.')[0]}.local"}) - {"", ".local"}


def _checked(name: str) -> str:
    match = _HOST.fullmatch(name.strip())
    if match is None or match[2]:
        raise UsageError(
            f"allowed host is {name!r:.80}; expected a host name alone, such as search.example.org"
        )
    return match[1].strip("[]").lower()
