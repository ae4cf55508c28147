"""Fits an application with what operation needs: middleware, `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from app.context import AppContext
from app.operation.health import Readiness, ReadinessProbe
from app.operation.metrics import HttpMetrics, StateCollector
from app.operation.middleware import BodyLimit, OverloadGuard, RequestLog
from app.problems import language_of

UPLOAD_PREFIX = "/api/v1/imports"
UPLOAD_SUFFIX = "/attachments"


def install(app: FastAPI, context: AppContext) -> None:
    """Adds routes and middleware to `app`. Call it once, after the error handlers."""
    registry = CollectorRegistry()
    http_metrics = HttpMetrics(registry)
    registry.register(StateCollector(context))
    settings = context.settings

    def limit_mb(path: str) -> int:
        is_import = path == UPLOAD_PREFIX or path.startswith(UPLOAD_PREFIX + "/")
        is_upload = is_import or path.endswith(UPLOAD_SUFFIX)
        return settings.max_upload_mb if is_upload else settings.max_body_mb

    # The last one added is the first to see a request.
    app.add_middleware(BodyLimit, limit_mb=limit_mb, metrics=http_metrics)
    app.add_middleware(OverloadGuard, metrics=http_metrics)
    app.add_middleware(RequestLog, metrics=http_metrics)
    _add_routes(app, ReadinessProbe(context), registry)


def _add_routes(app: FastAPI, probe: ReadinessProbe, registry: CollectorRegistry) -> None:
    # A thread of their own: under overload the shared pool is busy, and these two must answer all the same.
    own_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="operation")

    @app.get("/healthz", tags=["运行"], summary="存活检查", response_class=PlainTextResponse)
    async def healthz() -> str:
        """The process answers; touches nothing else."""
        return "ok\n"

    @app.get("/readyz", tags=["运行"], summary="就绪检查", responses={503: {"description": "尚未就绪"}})
    async def readyz(request: Request) -> JSONResponse:
        """Database, migrations, model and index; 503 with the reason while one of them is not in order."""
        readiness = await asyncio.get_running_loop().run_in_executor(own_thread, probe.look)
        body = _readiness_body(readiness, language_of(request))
        return JSONResponse(body, status_code=200 if readiness.is_ready else 503)

    @app.get("/metrics", tags=["运行"], summary="Prometheus 指标", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Prometheus text format; figures of the database are at most five seconds old."""
        text = await asyncio.get_running_loop().run_in_executor(own_thread, generate_latest, registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)


def _readiness_body(readiness: Readiness, language: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "status": "ready" if readiness.is_ready else "not_ready",
        "checks": [
            {"name": check.name, "ok": check.is_ok, "detail": check.en if language == "en" else check.zh}
            for check in readiness.checks
        ],
    }
    if readiness.index is not None:
        index = readiness.index
        body["index"] = {
            "state": index.state.value,
            "model": index.model_id,
            "research_only": index.is_research_only,
            "generation": index.generation,
            "documents": index.documents,
            "lag_rows": index.lag_rows,
            "lag_seconds": round(index.lag_seconds, 3),
            "parked": index.parked,
        }
    return body
