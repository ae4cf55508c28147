"""An import that was interrupted or cancelled is whole batches, each once."""

from __future__ import annotations

from typing import Any

import pytest

from app.auth.actor import SYSTEM
from app.context import AppContext
from app.exchange import importing
from app.jobs.service import cancel_job, retry_job, run_inline
from app.models import (
    Achievement,
    ImportRow,
    Requirement,
)
from app.models.job import JobStatus
from tests.app.exchange.conftest import count, jsonl, read_back, start


class Crash(BaseException):
    """The process dies."""


@pytest.mark.parametrize("kind", ["requirements", "achievements"])
def test_an_interrupted_import_goes_on_after_its_last_batch(
    context: AppContext, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setitem(importing.BATCH, kind, 2)
    content = jsonl(*({"id": f"X{number}", "title": f"第{number}项"} for number in range(5)))
    record = start(context, content, f"{kind}.jsonl")
    filer = importing.FILERS[kind]  # type: ignore[index]
    seen: list[list[int]] = []

    def filing(session: Any, scope: Any, rows: Any) -> Any:
        seen.append([row.number for row in rows])
        results = filer(session, scope, rows)
        if len(seen) == 2:
            raise Crash
        return results

    monkeypatch.setitem(importing.FILERS, kind, filing)
    with pytest.raises(Crash):
        run_inline(context, record.job_id)
    table = Requirement if kind == "requirements" else Achievement
    assert (count(context.db, table), count(context.db, ImportRow)) == (2, 2)
    with context.db.write() as session:
        retry_job(session, record.job_id, actor=SYSTEM)
    job = run_inline(context, record.job_id)
    assert job.status is JobStatus.SUCCEEDED
    assert seen == [[1, 2], [3, 4], [3, 4], [5]]
    done = read_back(context, record.id, job)
    assert done.counts == (5, 0, 0, 0)
    assert [row.number for row in done.rows] == [1, 2, 3, 4, 5]
    assert count(context.db, table) == 5


def test_a_cancelled_import_keeps_whole_batches_only(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(importing.BATCH, "achievements", 2)
    content = jsonl(*({"id": f"X{number}", "title": f"第{number}项"} for number in range(5)))
    record = start(context, content, "achievements.jsonl")

    def on_progress(progress: Any) -> None:
        if progress.done == 2:
            with context.db.write() as session:
                cancel_job(session, record.job_id, actor=SYSTEM)

    job = run_inline(context, record.job_id, on_progress)
    assert job.status is JobStatus.CANCELLED
    assert (count(context.db, Achievement), count(context.db, ImportRow)) == (2, 2)


def test_progress_counts_rows(context: AppContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(importing.BATCH, "achievements", 2)
    content = jsonl(*({"id": f"X{number}", "title": "甲"} for number in range(5)))
    record = start(context, content, "achievements.jsonl")
    heard: list[tuple[int, int | None]] = []
    run_inline(context, record.job_id, lambda progress: heard.append((progress.done, progress.total)))
    assert heard == [(0, 5), (2, 5), (4, 5), (5, 5), (5, 5)]
