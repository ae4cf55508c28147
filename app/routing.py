"""The router every concept uses: its writing routes answer a retried `Idempotency-Key` with the first answer.

The remembered answer is stored in the transaction of the write itself, so a crash leaves both or neither.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from app.auth.dependencies import app_context, current_actor
from app.errors import JiebangError
from app.kit.clock import now
from app.models.idempotency import IdempotencyRecord
from app.problems import language_of

Language = Annotated[str, Depends(language_of)]
"""`zh` or `en`: what the caller reads, by Accept-Language."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("content-type", "etag", "location")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

_telling_secrets: set[Callable[..., Any]] = set()
_passing_keys_over: set[Callable[..., Any]] = set()


def tells_a_secret(endpoint: Endpoint) -> Endpoint:
    """Marks a route whose answer shows a secret this once: it acts once per key, but no answer is kept."""
    _telling_secrets.add(endpoint)
    return endpoint


def ignores_idempotency_keys(endpoint: Endpoint) -> Endpoint:
    """Marks a route that a client may repeat as it is, and that opens transactions of its own."""
    _passing_keys_over.add(endpoint)
    return endpoint


class InvalidIdempotencyKey(JiebangError):
    code, status = "invalid_idempotency_key", 400
    zh, en = (
        "Idempotency-Key 应为 1–255 个可见 ASCII 字符",
        "Idempotency-Key must be 1 to 255 visible ASCII characters",
    )


class IdempotencyKeyReused(JiebangError):
    code, status = "idempotency_key_reused", 422
    zh = "此 Idempotency-Key 已用于另一个请求，请换一个新的"
    en = "This Idempotency-Key was used for a different request"


class AnswerNotKept(JiebangError):
    code, status = "answer_not_kept", 409
    zh = "此请求已经执行过；答复中的密钥只显示一次，没有保存。如未收到，请作废后重新生成"
    en = "The request was carried out; its answer showed a secret once and was not kept. Revoke it and make another"


class IdempotentRoute(APIRoute):
    """POST with an `Idempotency-Key` acts once per actor and key; everything else passes through."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        if "POST" not in (self.methods or set()) or self.endpoint in _passing_keys_over:
            return handler
        is_secret = self.endpoint in _telling_secrets

        async def answer_once(request: Request) -> Response:
            key = request.headers.get("idempotency-key")
            if key is None:
                return await handler(request)
            if not _KEY.fullmatch(key):
                raise InvalidIdempotencyKey()
            return await _answer_once(request, key, handler, is_secret=is_secret)

        return answer_once


async def _answer_once(request: Request, key: str, handler: Handler, *, is_secret: bool) -> Response:
    actor = await current_actor(request)
    assert actor.user_id is not None
    fingerprint = _fingerprint(request, await request.body())
    with ExitStack() as unit:
        session = await run_in_threadpool(unit.enter_context, app_context(request).db.write())
        record = await run_in_threadpool(_claim, session, actor.user_id, key, fingerprint)
        if record.fingerprint != fingerprint:
            raise IdempotencyKeyReused()
        if record.status is not None:
            if is_secret:
                raise AnswerNotKept()
            return _replay(record)
        request.state.write_session = session
        response = await handler(request)
        record.status = response.status_code
        if not is_secret:
            record.headers = {
                name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers
            }
            record.body = bytes(response.body)
        # Leaving the block commits; it happens off the event loop because it waits for the disk.
        await run_in_threadpool(unit.pop_all().close)
    return response


def _claim(session: Session, actor_id: uuid.UUID, key: str, fingerprint: str) -> IdempotencyRecord:
    """The record of this key, made now or earlier. A rival waits here until this one commits."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(
        insert(IdempotencyRecord)
        .values(id=uuid7(), created_at=now(), actor_id=actor_id, key=key, fingerprint=fingerprint, headers={})
        .on_conflict_do_nothing(index_elements=["actor_id", "key"])
    )
    return session.scalars(
        select(IdempotencyRecord).where(IdempotencyRecord.actor_id == actor_id, IdempotencyRecord.key == key)
    ).one()


def _fingerprint(request: Request, body: bytes) -> str:
    # Bodies may hold a password; without the server's key nobody can try out which one gives this digest.
    secret = app_context(request).settings.secret_key.get_secret_value()
    digest = hmac.new(secret.encode(), digestmod=hashlib.sha256)
    for part in (request.method, request.url.path, request.url.query):
        digest.update(part.encode() + b"\0")
    digest.update(body)
    return digest.hexdigest()


def _replay(record: IdempotencyRecord) -> Response:
    assert record.status is not None
    headers = {**record.headers, "Idempotency-Replayed": "true"}
    return Response(record.body or b"", status_code=record.status, headers=headers)


def concept_router(name: str, *, prefix: str = "") -> APIRouter:
    """The router of a concept; `name` is its tag in the documentation."""
    return APIRouter(prefix=prefix, tags=[name], route_class=IdempotentRoute)
