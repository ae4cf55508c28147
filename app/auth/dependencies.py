"""What routes depend on: the sessions of a unit of work, and the actor with the permission the route names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.permissions import PERMISSIONS
from app.auth.service import actor_of_token
from app.context import AppContext
from app.errors import NotAuthenticated, TooManyRequests


def app_context(request: Request) -> AppContext:
    context: AppContext = request.app.state.context
    return context


async def read_session(request: Request) -> AsyncIterator[Session]:
    # Opening and closing a reading session does no I/O worth a hop to another thread.
    session = app_context(request).db.new_read_session()
    try:
        yield session
    finally:
        session.close()


def write_session(request: Request) -> Iterator[Session]:
    # A retried write carries its session in from outside, where the remembered answer joins the same transaction.
    shared: Session | None = getattr(request.state, "write_session", None)
    if shared is not None:
        yield shared
        return
    with app_context(request).db.write() as session:
        yield session


Context = Annotated[AppContext, Depends(app_context)]
# With scope="function" the commit comes before the answer is sent: a failed commit can still say so.
ReadSession = Annotated[Session, Depends(read_session, scope="function")]
WriteSession = Annotated[Session, Depends(write_session, scope="function")]


def bearer_token(request: Request) -> str:
    """The token of the Authorization header. Raises `NotAuthenticated` when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated(headers={"WWW-Authenticate": "Bearer"})
    return token.strip()


async def current_actor(request: Request) -> Actor:
    """The actor behind the request. Raises `NotAuthenticated`."""
    token = bearer_token(request)
    cache = request.app.state.actors
    actor: Actor | None = cache.get(token)
    if actor is None:
        context = app_context(request)
        actor = await run_in_threadpool(actor_of_token, context.settings, context.db, token)
        cache.put(token, actor)
    return actor


class NeedsPermission:
    """Dependency of a route: gives the actor if it holds `permission`. Tests read the attribute."""

    def __init__(self, permission: str) -> None:
        if permission not in PERMISSIONS:
            raise KeyError(permission)
        self.permission = permission

    async def __call__(self, actor: Annotated[Actor, Depends(current_actor)]) -> Actor:
        actor.require(self.permission)
        return actor


def needs(permission: str) -> Any:
    """`actor: Actor = needs("requirements:read")`: the actor, who holds the named permission."""
    return Depends(NeedsPermission(permission))


def address_of(request: Request) -> str:
    """Where a request comes from, for limits per address."""
    return request.client.host if request.client else "unknown"


def count_registration(request: Request) -> None:
    """Counts one more registration from this address. Raises `TooManyRequests` when it is one too many."""
    if not request.app.state.registration_limiter.hit(address_of(request)):
        raise TooManyRequests(seconds=3600, headers={"Retry-After": "3600"})


def count_try(request: Request, who: str) -> None:
    """Counts one more try by `who` at what may be guessed. Raises `TooManyRequests` when it is one too many."""
    if not request.app.state.login_limiter.hit(who):
        raise TooManyRequests(seconds=60, headers={"Retry-After": "60"})
