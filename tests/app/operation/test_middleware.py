"""Request ids, log lines, size limits and the overload guard, through a real application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry
from starlette.types import Message, Receive, Scope, Send

from app.operation.metrics import HttpMetrics
from app.operation.middleware import MEGABYTE, OverloadGuard, RequestLog


def lines_of(caplog: pytest.LogCaptureFixture) -> list[Any]:
    """The log lines of requests, without those about errors."""
    return [record for record in caplog.records if record.name == "jiebang.http" and record.msg == "request"]


def chunks(total: int) -> Iterator[bytes]:
    """A body that does not announce its length."""
    for _ in range(total // 100_000):
        yield b"x" * 100_000


def test_every_answer_carries_the_id_that_the_client_chose(served: TestClient) -> None:
    answer = served.get("/healthz", headers={"X-Request-ID": "client-chosen-1"})
    assert answer.headers["X-Request-ID"] == "client-chosen-1"


@pytest.mark.parametrize("given", ["", "short", "a" * 65, "with space in it", "<script>alert(1)</script>"])
def test_an_odd_request_id_is_replaced(served: TestClient, given: str) -> None:
    answer = served.get("/healthz", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] != given
    assert len(answer.headers["X-Request-ID"]) == 32


def test_a_problem_tells_the_id_under_which_it_is_logged(served: TestClient) -> None:
    answer = served.get("/nowhere", headers={"X-Request-ID": "client-chosen-2"})
    assert (answer.status_code, answer.json()["request_id"]) == (404, "client-chosen-2")


def test_a_log_line_names_the_route_and_neither_path_nor_query_nor_body(
    served: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="jiebang.http"):
        served.post("/api/v1/notes/4711?q=减速器", json={"text": "机密配方"})
    (record,) = lines_of(caplog)
    assert (record.method, record.route, record.status) == ("POST", "/api/v1/notes/{note_id}", 200)
    everything = str(record.__dict__)
    assert not any(word in everything for word in ("4711", "减速器", "机密配方"))


def test_a_request_that_breaks_is_logged_as_500(served: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="jiebang.http"):
        answer = served.get("/api/v1/notes/1/broken")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert answer.headers["X-Request-ID"]
    (record,) = lines_of(caplog)
    assert (record.route, record.status) == ("/api/v1/notes/{note_id}/broken", 500)


def test_an_unknown_address_is_one_route_in_the_metrics(served: TestClient) -> None:
    served.get("/wp-admin")
    served.get("/api/v1/nothing/here")
    text = served.get("/metrics").text
    assert 'route="(none)"' in text
    assert "wp-admin" not in text


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit_is_refused_whether_announced_or_not(
    served: TestClient, announced: bool
) -> None:
    size = 3 * MEGABYTE
    body: Any = b"x" * size if announced else chunks(size)
    answer = served.post("/api/v1/notes/1", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "2 MB" in answer.json()["detail"]


@pytest.mark.parametrize(("megabytes", "status"), [(3, 200), (33, 413)])
def test_uploads_have_a_limit_of_their_own(served: TestClient, megabytes: int, status: int) -> None:
    assert served.post("/api/v1/imports", content=chunks(megabytes * MEGABYTE)).status_code == status


def test_a_false_content_length_does_not_get_a_long_body_in(served: TestClient) -> None:
    answer = served.post(
        "/api/v1/notes/1",
        content=b"x" * (3 * MEGABYTE),
        headers={"Content-Length": "10", "Content-Type": "application/json"},
    )
    assert answer.status_code == 413


def test_requests_beyond_the_limit_are_refused_at_once_and_health_still_answers() -> None:
    asyncio.run(_overload())


async def _overload() -> None:
    is_busy, may_end = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            is_busy.set()
            await may_end.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    metrics = HttpMetrics(CollectorRegistry())
    guard = OverloadGuard(slow, metrics=metrics, limit=1)

    async def ask(path: str) -> Message:
        answers: list[Message] = []

        async def send(message: Message) -> None:
            answers.append(message)

        scope: Scope = {"type": "http", "path": path, "method": "GET", "headers": [], "app": FastAPI()}
        await guard(scope, _no_body, send)
        return answers[0]

    first = asyncio.create_task(ask("/slow"))
    await is_busy.wait()
    refused = await ask("/other")
    assert refused["status"] == 503
    assert (b"retry-after", b"1") in refused["headers"]
    assert (await ask("/healthz"))["status"] == 200
    may_end.set()
    assert (await first)["status"] == 200
    assert (await ask("/other"))["status"] == 200


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def test_lifespan_messages_pass_untouched() -> None:
    seen: list[str] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    log = RequestLog(note, metrics=HttpMetrics(CollectorRegistry()))
    asyncio.run(log({"type": "lifespan"}, _no_body, _no_body))  # type: ignore[arg-type]
    assert seen == ["lifespan"]
