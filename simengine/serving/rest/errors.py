"""Errors as JSON: {"error": {"type", "message", "request_id", ...}} with the status that HTTP has for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from simengine.errors import (
    DataError,
    DeviceError,
    FilterError,
    FingerprintMismatchError,
    IndexExistsError,
    IndexLockedError,
    MissingExtraError,
    ModelError,
    SimengineError,
    StorageFullError,
    StoreError,
    UnknownDocumentError,
    UsageError,
)
from simengine.serving.batching import OverloadedError, WaitTimeoutError
from simengine.serving.catalogue import UnknownIndexError
from simengine.serving.naming import UnknownModelError
from simengine.serving.rest.keys import ForbiddenError, MissingKeyError
from simengine.serving.rest.lifecycle import NotReadyError
from simengine.serving.served import ConflictError
from simengine.serving.telling import told
from simengine.time_limit import TimeLimitError

RETRY_NOT_READY_S, RETRY_LOCKED_S = 5, 1
MOST_DETAILS = 20


class TooLargeError(SimengineError):
    """A request's body has more bytes than are taken."""


class MediaTypeError(SimengineError):
    """A request's body is not said to be JSON."""


class SlowBodyError(SimengineError):
    """A request's body did not arrive in time."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as a client sees it.

    Attributes:
        status: of HTTP.
        type: one word that programs can compare.
        message: for people; says nothing of this machine's files.
        headers: more headers of the answer.
        more: more fields beside type and message.
    """

    status: int
    type: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def response(self, request_id: str) -> JSONResponse:
        """The answer."""
        content = {"type": self.type, "message": self.message, "request_id": request_id, **self.more}
        return JSONResponse({"error": content}, self.status, dict(self.headers))


# The first class that an error is of decides.
_PROBLEMS: Sequence[tuple[type[SimengineError], int, str]] = (
    (OverloadedError, 429, "overloaded"),
    (WaitTimeoutError, 504, "timeout"),
    (TimeLimitError, 504, "timeout"),
    (NotReadyError, 503, "not_ready"),
    (MissingKeyError, 401, "unauthorized"),
    (ForbiddenError, 403, "forbidden"),
    (TooLargeError, 413, "too_large"),
    (SlowBodyError, 408, "slow_body"),
    (MediaTypeError, 415, "media_type"),
    (UnknownIndexError, 404, "unknown_index"),
    (UnknownDocumentError, 404, "unknown_document"),
    (UnknownModelError, 404, "unknown_model"),
    (ConflictError, 409, "conflict"),
    (IndexExistsError, 409, "conflict"),
    (IndexLockedError, 409, "locked"),
    (FilterError, 422, "filter"),
    (DataError, 422, "data"),
    (UsageError, 422, "usage"),
    (StorageFullError, 507, "storage_full"),
    (FingerprintMismatchError, 503, "index_unusable"),
    (StoreError, 503, "index_unusable"),
    (ModelError, 503, "model_unusable"),
    (DeviceError, 503, "model_unusable"),
    (MissingExtraError, 501, "not_installed"),
)


def problem_of(error: Exception) -> Problem:
    """What a client is told about an error."""
    for kind, status, name in _PROBLEMS:
        if isinstance(error, kind):
            return Problem(status, name, told(error), _headers(error), _more(error))
    if isinstance(error, HTTPException):
        phrase = HTTPStatus(error.status_code).phrase
        known = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "request")
        return Problem(error.status_code, known, str(error.detail or phrase), dict(error.headers or {}))
    if isinstance(error, RequestValidationError):
        return _validation(error)
    return Problem(
        500, "internal", "this should not have happened; the service's log has it under this request id"
    )


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, OverloadedError):
        return {"retry-after": str(round(error.retry_after_s))}
    if isinstance(error, NotReadyError):
        return {"retry-after": str(RETRY_NOT_READY_S)}
    if isinstance(error, IndexLockedError):
        return {"retry-after": str(RETRY_LOCKED_S)}
    if isinstance(error, MissingKeyError):
        return {"www-authenticate": 'Basic realm="simengine", charset="UTF-8"' if error.page else "Bearer"}
    return {}


def _more(error: Exception) -> dict[str, Any]:
    if isinstance(error, FilterError):
        return {"position": error.position}
    if isinstance(error, DataError):
        return {"number": error.line}
    return {}


def _validation(error: RequestValidationError) -> Problem:
    """Which fields are wrong and why, without what was given there."""
    details = [
        {"field": _place(each["loc"]), "message": str(each["msg"])} for each in error.errors()[:MOST_DETAILS]
    ]
    first = details[0] if details else {"field": "body", "message": "the request cannot be read"}
    n_more = len(error.errors()) - 1
    more = f" (and {n_more} more)" if n_more > 0 else ""
    return Problem(
        422, "validation", f"{first['field']}: {first['message']}{more}", more={"details": details}
    )


def _place(parts: Sequence[int | str]) -> str:
    """A field's place; parts in angle brackets are kinds of values (pydantic's tags) and not fields."""
    return ".".join(str(part) for part in parts if not str(part).startswith("<"))


def install(app: FastAPI) -> None:
    """Answer all errors of an app's routes as JSON."""

    async def handle(request: Request, error: Exception) -> JSONResponse:
        problem = problem_of(error)
        request.scope["simengine_error"] = error
        return problem.response(request.scope.get("simengine_request_id", ""))

    for kind in (SimengineError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handle)
