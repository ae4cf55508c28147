"""A process that is killed while it imports a file: every row is filed once, and the report says so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.context import AppContext
from app.jobs.runner import JobRunner
from app.models import Achievement, ImportRow, Job, Requirement
from app.models.job import JobStatus
from tests.app.exchange.conftest import all_of, count, jsonl, read_back, start
from tests.app.killing import Scene, kill_in
from tests.conftest import TEST_SECRET


@pytest.mark.parametrize(("kind", "table"), [("requirements", Requirement), ("achievements", Achievement)])
def test_an_import_whose_process_is_killed_goes_on_and_files_every_row_once(
    context: AppContext, tmp_path: Path, kind: str, table: type[Requirement] | type[Achievement]
) -> None:
    rows = [{"id": f"X{number}", "title": f"第{number}项"} for number in range(5)]
    record = start(context, jsonl(*rows), f"{kind}.jsonl")
    scene = Scene(
        "app.exchange.importing:insert_rows", 2, settings={"app.exchange.importing:BATCH": {kind: 2}}
    )
    kill_in(scene, context.db, tmp_path, TEST_SECRET)
    assert (count(context.db, table), count(context.db, ImportRow)) == (2, 2)

    assert JobRunner(context, lease=timedelta(0)).run_next()
    with context.db.read() as session:
        job = session.scalars(select(Job).where(Job.id == record.job_id)).one()
    assert job.status is JobStatus.SUCCEEDED
    assert read_back(context, record.id, job).counts == (5, 0, 0, 0)
    assert sorted(row.external_id for row in all_of(context.db, table)) == [row["id"] for row in rows]
    assert [row.number for row in all_of(context.db, ImportRow)] == [1, 2, 3, 4, 5]
