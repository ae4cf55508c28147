"""Builds the ASGI application: lifespan, middleware, handlers, routers; nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import APIRouter, FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from app import __version__, api, console, operation, problems
from app.auth.cache import ActorCache
from app.auth.limiter import LoginLimiter, RegistrationLimiter
from app.auth.strangers import Strangers
from app.config import Settings, WorkerMode, get_settings
from app.context import AppContext, build_context
from app.worker import Worker

DESCRIPTION = """技术创新挑战赛（揭榜挂帅）服务：征集需求、匹配成果、跟踪反馈，直到每一个难题都有答复。

A service that runs technology challenge competitions: every problem gets an answer.
Errors are `application/problem+json`; lists are cursor pages; writes accept `Idempotency-Key`.
"""


def create_app(settings: Settings | None = None, *, context: AppContext | None = None) -> FastAPI:
    """The application. Tests hand in a context of their own, whose index they keep current themselves."""
    is_borrowed = context is not None
    context = context or build_context(settings or get_settings())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if is_borrowed:
            yield
            return
        worker = await run_in_threadpool(_start, context)
        try:
            yield
        finally:
            await run_in_threadpool(_stop, context, worker)

    app = FastAPI(
        title="揭榜 Jiebang",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url="/openapi.json",
        docs_url="/docs",
        redoc_url=None,
    )
    app.state.context = context
    app.state.actors = ActorCache()
    app.state.login_limiter = LoginLimiter(context.settings.login_rate_per_minute)
    app.state.registration_limiter = RegistrationLimiter(context.settings.registrations_per_hour)
    app.state.strangers = Strangers(
        failures_before_lock=context.settings.login_failures_before_lock,
        lock_minutes=context.settings.login_lock_minutes,
    )
    problems.install(app)
    operation.install(app, context)
    app.router.routes.extend(_routes())
    console.install(app)
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """API and pages: they hold no state of an application, and reading their signatures takes a second."""
    shared = APIRouter()
    for router in api.ROUTERS:
        shared.include_router(router, prefix=api.PREFIX, responses=api.ERRORS)
    for router in console.ROUTERS:
        shared.include_router(router, include_in_schema=False)
    return tuple(shared.routes)


def _start(context: AppContext) -> Worker | None:
    operation.check_before_serving(context)
    is_inprocess = context.settings.worker is WorkerMode.INPROCESS
    context.index.start(drain=is_inprocess)
    if not is_inprocess:
        return None
    worker = Worker(context)
    worker.start()
    return worker


def _stop(context: AppContext, worker: Worker | None) -> None:
    if worker is not None:
        worker.stop()
    context.index.close()
    context.db.dispose()
