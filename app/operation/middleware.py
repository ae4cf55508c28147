"""What every request passes before any route: an id, a line in the log, limits on number and size.

Plain ASGI, because the byte count of a body and the moment of its answer are only seen there.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

from app import problems
from app.errors import JiebangError, TooLarge, Unavailable
from app.operation.metrics import HttpMetrics

log = logging.getLogger("jiebang.http")

OPERATION_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
MEGABYTE = 1_000_000
IN_FLIGHT = 100
"""More requests at a time than the thread pool (40) can work on and a short queue."""

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")


class ServiceOverloaded(Unavailable):
    code = "overloaded"
    zh, en = "当前请求过多，请稍后重试", "Too many requests at the moment; retry shortly"


class RequestLog:
    """Gives every request an id (`X-Request-ID`, the client's if it is well-formed), logs and measures it.

    A log line holds method, route template, status and milliseconds; never the path, the query or a body.
    """

    def __init__(self, app: ASGIApp, *, metrics: HttpMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status, has_started = 500, False

        async def send_with_id(message: Message) -> None:
            nonlocal status, has_started
            if message["type"] == "http.response.start":
                status, has_started = message["status"], True
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id), self._metrics.in_progress():
            try:
                await self._app(scope, receive, send_with_id)
            except Exception as error:
                # The framework would answer outside of this middleware, without the id to ask for.
                log.error("unexpected error", exc_info=error)
                if has_started:
                    raise
                await _answer(JiebangError(), scope, receive, send_with_id)
            finally:
                seconds = time.perf_counter() - started
                route = route_template(scope)
                self._metrics.observe(scope["method"], route, status, seconds)
                if scope["path"] not in OPERATION_PATHS:
                    facts = {"method": scope["method"], "route": route, "status": status}
                    log.info("request", extra={**facts, "ms": round(seconds * 1000, 1)})


class OverloadGuard:
    """Refuses requests beyond `limit` at a time with 503 and Retry-After; health and metrics always pass."""

    def __init__(self, app: ASGIApp, *, metrics: HttpMetrics, limit: int = IN_FLIGHT) -> None:
        self._app = app
        self._metrics = metrics
        self._limit = limit
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPERATION_PATHS:
            await self._app(scope, receive, send)
            return
        if self._in_flight >= self._limit:
            self._metrics.refused("overload")
            await _answer(ServiceOverloaded(headers={"Retry-After": "1"}), scope, receive, send)
            return
        self._in_flight += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_flight -= 1


class BodyLimit:
    """Answers 413 once a body is announced or grows longer than `limit_mb(path)` megabytes (10^6 bytes)."""

    def __init__(self, app: ASGIApp, *, limit_mb: Callable[[str], int], metrics: HttpMetrics) -> None:
        self._app = app
        self._limit_mb = limit_mb
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit_mb = self._limit_mb(scope["path"])
        refusal = TooLarge(limit=limit_mb, headers={"Connection": "close"})
        if _announced_length(scope) > limit_mb * MEGABYTE:
            self._metrics.refused("size")
            await _answer(refusal, scope, receive, send)
            return
        received, has_started, is_over = 0, False, False

        async def receive_counted() -> Message:
            nonlocal received, is_over
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit_mb * MEGABYTE:
                is_over = True
                raise _BodyTooLong
            return message

        async def send_unless_over(message: Message) -> None:
            nonlocal has_started
            # The framework turns our exception into an answer of its own; ours takes its place.
            if is_over and not has_started:
                return
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive_counted, send_unless_over)
        except Exception:
            if not is_over or has_started:
                raise
        if is_over and not has_started:
            self._metrics.refused("size")
            await _answer(refusal, scope, receive, send)


class _BodyTooLong(Exception):
    """Ends the reading of a body; never leaves this module."""


def route_template(scope: Scope) -> str:
    """The route as declared (`/api/v1/requirements/{requirement_id}`); `(none)` when nothing matched."""
    template: Any = getattr(scope.get("route"), "path", None)
    if not isinstance(template, str):
        return "(none)" if "endpoint" not in scope else "(other)"
    # An included route knows its own part only; what stands before it in the path is its router's prefix.
    path_parts, parts = scope["path"].rstrip("/").split("/"), template.rstrip("/").split("/")[1:]
    prefix = path_parts[: len(path_parts) - len(parts)]
    return "/".join([*prefix, *parts]) or "/"


def _request_id(scope: Scope) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"")
    return given.decode() if _REQUEST_ID.fullmatch(given) else uuid7().hex


def _announced_length(scope: Scope) -> int:
    text = dict(scope["headers"]).get(b"content-length", b"")
    return int(text) if text.isdigit() and len(text) < 20 else 0


async def _answer(error: JiebangError, scope: Scope, receive: Receive, send: Send) -> None:
    await problems.problem(Request(scope), error)(scope, receive, send)
