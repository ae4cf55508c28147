"""A small application with the real middleware and routes of operation, and a context to break at will."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.testclient import TestClient
from pydantic import BaseModel

from app import operation, problems
from app.context import AppContext

Served = Callable[..., TestClient]


class Note(BaseModel):
    text: str


@pytest.fixture
def app(context: AppContext) -> FastAPI:
    app = FastAPI()
    app.state.context = context
    problems.install(app)
    operation.install(app, context)
    router = APIRouter(prefix="/notes")

    @router.post("/{note_id}")
    def write(note_id: int, note: Note) -> dict[str, Any]:
        return {"id": note_id, "length": len(note.text)}

    @router.get("/{note_id}/broken")
    def break_down(note_id: int) -> None:
        raise RuntimeError("机密：减速器齿形参数")

    @app.post("/api/v1/imports")
    async def take(request: Request) -> int:
        return len(await request.body())

    app.include_router(router, prefix="/api/v1")
    return app


@pytest.fixture
def served(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client
