"""Liveness needs nothing, readiness tells what is wrong, metrics equal the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text, update

from app.auth.actor import SYSTEM
from app.context import AppContext
from app.jobs import registry
from app.jobs.service import enqueue
from app.kit.clock import now
from app.models import Delivery, Role
from app.models.notification import Event
from app.notifications.service import Subject, notify
from app.operation import check_before_serving
from app.operation.health import ReadinessProbe
from app.operation.metrics import StateCollector
from app.operation.startup import DatabaseNotAtHead
from tests import factories


def checks_of(context: AppContext) -> dict[str, tuple[bool, str]]:
    readiness = ReadinessProbe(context).look()
    return {check.name: (check.is_ok, check.zh) for check in readiness.checks}


def figures(context: AppContext) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for metric in StateCollector(context).collect()
        for sample in metric.samples
    }


def test_liveness_answers_without_a_database(served: TestClient, context: AppContext) -> None:
    context.db.dispose()
    answer = served.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_process_whose_index_is_not_loaded_is_not_ready_and_says_so(served: TestClient) -> None:
    answer = served.get("/readyz")
    assert answer.status_code == 503
    checks = {check["name"]: check for check in answer.json()["checks"]}
    assert checks["database"]["ok"] and checks["migrations"]["ok"]
    assert checks["index"] == {"name": "index", "ok": False, "detail": "索引尚未载入"}


def test_a_loaded_process_is_ready(served: TestClient, context: AppContext) -> None:
    context.index.load()
    answer = served.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert answer.json()["index"]["lag_rows"] == 0


def test_reasons_are_told_in_the_language_of_the_caller(served: TestClient) -> None:
    answer = served.get("/readyz", headers={"Accept-Language": "en"})
    assert {"name": "index", "ok": False, "detail": "The index is not loaded yet"} in answer.json()["checks"]


def test_a_database_that_is_not_at_head_is_not_ready_and_not_served(context: AppContext) -> None:
    with context.db.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'elsewhere'"))
    assert checks_of(context)["migrations"] == (False, "数据库结构不是最新，请运行 jiebang migrate")
    with pytest.raises(DatabaseNotAtHead):
        check_before_serving(context)


def test_a_database_that_cannot_be_reached_is_not_ready(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(context.db, "read", fail)
    assert checks_of(context) == {"database": (False, "数据库无法连接")}


def test_readiness_looks_at_most_once_within_its_cache(context: AppContext) -> None:
    at = 0.0
    probe = ReadinessProbe(context, cache_seconds=1.0, clock=lambda: at)
    assert not probe.look().is_ready
    context.index.load()
    assert not probe.look().is_ready
    at = 1.0
    assert probe.look().is_ready


def test_metrics_count_jobs_as_the_database_does(context: AppContext) -> None:
    registry.task("test.metric")(lambda job: {})
    try:
        with context.db.write() as session:
            for _ in range(3):
                enqueue(session, "test.metric", {}, actor=SYSTEM)
    finally:
        registry.forget_task("test.metric")
    found = figures(context)
    assert found["jiebang_jobs", "queued"] == 3
    assert found["jiebang_jobs", "failed"] == 0
    assert found[("jiebang_job_queue_seconds",)] >= 0
    assert found["jiebang_state_readable", "jobs"] == 1


def test_metrics_show_index_and_ledger(context: AppContext) -> None:
    found = figures(context)
    assert found[("jiebang_index_ready",)] == 0
    assert found["jiebang_ledger_requirements", "submitted"] == 0
    assert found[("jiebang_ledger_coverage",)] == 1
    context.index.load()
    assert figures(context)[("jiebang_index_ready",)] == 1


def test_a_part_that_cannot_be_read_is_left_out_of_the_metrics(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError("disk is gone")

    monkeypatch.setattr(context.index, "status", fail)
    found = figures(context)
    assert found["jiebang_state_readable", "index"] == 0
    assert ("jiebang_index_ready",) not in found
    assert found["jiebang_state_readable", "jobs"] == 1


def test_figures_of_the_database_are_read_once_per_cache_time(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, reads = 0.0, 0
    status = context.index.status

    def counted() -> object:
        nonlocal reads
        reads += 1
        return status()

    monkeypatch.setattr(context.index, "status", counted)
    collector = StateCollector(context, cache_seconds=5.0, clock=lambda: at)
    list(collector.collect())
    list(collector.collect())
    assert reads == 1
    at = 5.0
    list(collector.collect())
    assert reads == 2


def test_requests_are_measured_by_route_template(served: TestClient) -> None:
    served.post("/api/v1/notes/7", json={"text": "a"})
    text = served.get("/metrics").text
    line = (
        'jiebang_http_request_seconds_count{method="POST",route="/api/v1/notes/{note_id}",status="200"} 1.0'
    )
    assert line in text.splitlines()


def test_notifications_that_wait_long_are_told_and_stop_nobody(context: AppContext) -> None:
    user = factories.make_user(context.db, Role.ADMIN)
    with context.db.write() as session:
        notify(
            session,
            event=Event.JOB_FAILED,
            recipients=[user.id],
            subject=Subject("job", user.id),
            parameters={"code": "internal_error"},
        )
    assert figures(context)[("jiebang_deliveries_waiting",)] == 1
    assert checks_of(context)["notifications"] == (True, "")
    with context.db.write() as session:
        session.execute(update(Delivery).values(waiting_since=now() - timedelta(hours=2)))
    is_ok, text_zh = checks_of(context)["notifications"]
    assert is_ok and "1 条通知尚未送出" in text_zh
    assert figures(context)[("jiebang_deliveries_wait_seconds",)] >= 7200
    assert figures(context)[("jiebang_deliveries_parked",)] == 0
