"""What every request passes before a route sees it: key, size, queue; and what is written down about it after."""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
import time
from typing import TYPE_CHECKING, Any

from simengine.errors import StoreError
from simengine.serving.hosts import HostRules
from simengine.serving.rest.context import ServiceContext, logged_texts
from simengine.serving.rest.errors import problem_of
from simengine.serving.rest.json_items import check_items
from simengine.serving.rest.keys import READ, WRITE, ForbiddenError, KeyFile, MissingKeyError, refreshed
from simengine.serving.rest.lifecycle import NotReadyError
from simengine.serving.rest.limits import (
    Arriving,
    DisconnectedError,
    Receive,
    check_address,
    read_body,
    replayed,
)
from simengine.serving.rest.logs import JsonLog
from simengine.serving.rest.metrics import Metrics

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Scope, Send

OPEN_PATHS = frozenset({"/", "/health", "/ready"})
DOCS_PATHS = frozenset({"/docs", "/docs/oauth2-redirect", "/redoc", "/openapi.json"})
WATCH_PATHS = frozenset({"/", "/health", "/ready", "/metrics"})
"""Answered at any time: they are cheap, and those who ask want to know when all else is refused."""
WRITE_PATH = "/v1/documents"
PAGE_PATH = "/demo"
ASK = "this needs an API key, in the header `Authorization: Bearer KEY`"
ASK_PAGE = "this needs an API key, as the password; the name does not matter"
CUT_OFF = (
    "the service was stopped before this was answered; if it was a write, it may have been done: look first"
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Gate:
    """ASGI middleware around all routes.

    Whatever has no open path needs a key with the scope "read"; changing documents needs "write". A browser asks for
    the key as the password of the page (below PAGE_PATH), and for nothing else: only the page may be opened that way,
    so that no other site can make a browser change documents.

    Args:
        app: the routes.
        context: of the service.
        keys: None where no keys are asked for.
        metrics: counts requests.
        log: gets a line for each request.
        rules: which names and pages are answered.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        context: ServiceContext,
        keys: KeyFile | None,
        metrics: Metrics,
        log: JsonLog,
        rules: HostRules,
    ) -> None:
        self._app, self._context, self._keys = app, context, keys
        self._metrics, self._log, self._rules = metrics, log, rules
        self._arriving = Arriving(2 * context.settings.max_requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            if scope["type"] != "websocket":  # there are none
                await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope["simengine_request_id"] = request_id
        record: dict[str, Any] = {}
        texts = logged_texts.set(record)
        start, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._admit(scope, headers, receive, answer)
        except DisconnectedError:
            status = status or 499
        except asyncio.CancelledError:  # a second signal: nobody waits for answers any more
            if not status:
                await problem_of(NotReadyError(CUT_OFF)).response(request_id)(scope, receive, answer)
            raise
        except Exception as error:
            scope["simengine_error"] = error
            if status:  # the answer has begun: nothing else can be said any more
                raise
            await problem_of(error).response(request_id)(scope, receive, answer)
        finally:
            logged_texts.reset(texts)
            took_s = time.perf_counter() - start
            self._write_down(scope, status or 500, took_s, record)

    async def _admit(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        path, limits = scope["path"], self._context.settings.limits
        page = path == PAGE_PATH or path.startswith(PAGE_PATH + "/")
        self._check_origin(scope, page=page)
        if self._keys is not None:
            await refreshed(self._keys)
        self._check_key(scope, headers, page=page)
        if path in WATCH_PATHS:
            await self._app(scope, replayed(b"", receive), send)
        elif page:
            if self._context.lifecycle.draining:
                self._context.lifecycle.check_ready()
            await self._app(scope, receive, send)  # the page bounds what is sent to it
        else:
            check_address(scope)
            self._context.lifecycle.check_open()
            body = await read_body(
                receive, headers, limits, self._context.settings.body_timeout_s, self._arriving
            )
            await check_items(body)
            with self._context.lifecycle.accepted():
                await self._app(scope, replayed(body, receive), send)

    def _check_origin(self, scope: Scope, *, page: bool) -> None:
        """Raise ForbiddenError where a page from elsewhere makes a browser send this.

        A key protects the routes, since no other page has it; but not the page, whose key the browser sends by itself.
        """
        problem = self._rules.host_problem(scope)
        if not problem and (page or self._keys is None):
            problem = self._rules.origin_problem(scope)
        if problem:
            raise ForbiddenError(problem)

    def _check_key(self, scope: Scope, headers: dict[bytes, bytes], *, page: bool) -> None:
        """Raise MissingKeyError or ForbiddenError unless the request may pass."""
        path = scope["path"]
        if self._keys is None or path in OPEN_PATHS or path in DOCS_PATHS:
            return
        kind, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        token = token.strip()
        if page and kind.lower() == "basic":
            token = _password(token)
        elif kind.lower() != "bearer":
            token = ""
        if not token:
            raise MissingKeyError(ASK_PAGE if page else ASK, page=page)
        changes = path.startswith(WRITE_PATH) and scope["method"] not in ("GET", "HEAD")
        try:
            key = self._keys.find(token, WRITE if changes else READ)
        except MissingKeyError as error:
            raise MissingKeyError(str(error), page=page) from None
        scope["simengine_key"] = key.id

    def _write_down(self, scope: Scope, status: int, took_s: float, record: dict[str, Any]) -> None:
        route = _route_of(scope)
        self._metrics.observe(_method_of(scope), route, status, took_s)
        error = scope.get("simengine_error")
        if route in WATCH_PATHS and status in (200, 503) and not isinstance(error, StoreError):
            return
        self._log.write(
            "request",
            "error" if status >= 500 else "warning" if status >= 400 else "info",
            request_id=scope["simengine_request_id"],
            method=_method_of(scope),
            route=route,
            status=status,
            took_ms=round(took_s * 1000, 2),
            key=scope.get("simengine_key"),
            client=(scope.get("client") or ("",))[0],
            **self._log.error_fields(
                error, trace=status in (500, 503) and not isinstance(error, NotReadyError)
            ),
            **record,
        )


def _method_of(scope: Scope) -> str:
    """The method, if HTTP knows it: a client must not make up labels."""
    method = scope["method"]
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return method if method in known else "other"


def _route_of(scope: Scope) -> str:
    """The route's template, never the path itself, which may hold ids."""
    path = scope["path"]
    if path.startswith(PAGE_PATH):
        return PAGE_PATH
    template = getattr(scope.get("route"), "path_format", None)
    if isinstance(template, str):
        return template
    return path if path in WATCH_PATHS or path in DOCS_PATHS else "other"


def _password(credentials: str) -> str:
    """The password of HTTP's basic authentication; "" where there is none."""
    try:
        return base64.b64decode(credentials, validate=True).decode("utf-8").partition(":")[2]
    except ValueError:
        return ""
