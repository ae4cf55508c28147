"""The REST walk-through does what it says: its Python blocks run in order against the application."""

from __future__ import annotations

import ast
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.context import AppContext
from app.jobs.service import run_inline
from app.main import create_app
from app.models import Job, Role
from app.models.job import JobStatus
from app.worker import load_tasks
from tests import factories
from tests.docs.pages import GUIDE, blocks


def work(context: AppContext) -> None:
    """What the worker of a running service does by itself: the queued jobs, then the index."""
    with context.db.read() as session:
        waiting = list(session.scalars(select(Job.id).where(Job.status == JobStatus.QUEUED)))
    for job_id in waiting:
        run_inline(context, job_id)
    context.index.settle()


def client_class(app: FastAPI, context: AppContext) -> type[TestClient]:
    """Stands for `httpx.Client`; the service works between two requests, so nobody has to wait."""

    class InProcessClient(TestClient):
        def __init__(self, *, base_url: str, headers: dict[str, str] | None = None) -> None:
            super().__init__(app, base_url=base_url, headers=headers)

        def request(self, *args: Any, **options: Any) -> Any:
            answer = super().request(*args, **options)
            work(context)
            return answer

    return InProcessClient


@pytest.mark.parametrize("page", ["rest.md", "rest.zh.md"])
def test_the_walkthrough_runs_from_sign_in_to_coverage(
    page: str, context: AppContext, password_hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_tasks()
    context.index.load()
    factories.make_user(context.db, Role.ADMIN, email="admin@example.org", password_hash=password_hash)
    monkeypatch.setattr(httpx, "Client", client_class(create_app(context=context), context))
    names: dict[str, Any] = {}
    for number, block in enumerate(blocks(GUIDE / page, "python"), 1):
        exec(compile(block, f"{page}, block {number}", "exec"), names)
    assert names["figures"]["answered"] == 1


def test_both_languages_show_the_same_code() -> None:
    chinese, english = (
        [ast.dump(ast.parse(block)) for block in blocks(GUIDE / page, "python")]
        for page in ("rest.zh.md", "rest.md")
    )
    assert chinese == english
