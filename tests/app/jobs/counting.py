"""A task whose effects can be counted, and the process that runs it so that a test may kill it.

Run as a module with the database URL: it takes one job and works until it is killed or the job ends. Inside
step `arguments["hold_at"]`, after the effect and before the commit, it says `holding` and waits for a line.
"""

from __future__ import annotations

import signal
import sys
from types import SimpleNamespace
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import func, select

from app.config import Settings
from app.db import Database
from app.jobs.context import JobContext
from app.jobs.registry import task
from app.jobs.runner import JobRunner
from app.models.indexing import IndexCollection, OutboxEntry

STEPS = 6


def key_of(job_id: UUID, number: int) -> UUID:
    return uuid5(NAMESPACE_OID, f"{job_id}/{number}")


def count(job: JobContext) -> dict[str, Any]:
    for number in range(job.checkpoint.get("next", 0), STEPS):
        with job.step(checkpoint={"next": number + 1}, done=number + 1, total=STEPS, stage="计数") as session:
            session.add(OutboxEntry(collection=IndexCollection.REQUIREMENTS, key=key_of(job.id, number)))
            session.flush()
            if number == job.arguments.get("hold_at"):
                sys.stdout.write("holding\n")
                sys.stdout.flush()
                sys.stdin.readline()
    return {"counted": STEPS}


def effects_of(db: Database, job_id: UUID) -> list[int]:
    """How often each step took effect."""
    with db.read() as session:
        return [
            session.scalar(select(func.count()).where(OutboxEntry.key == key_of(job_id, number))) or 0
            for number in range(STEPS)
        ]


if __name__ == "__main__":
    task("test.count")(count)
    runner = JobRunner(
        SimpleNamespace(db=Database(sys.argv[1]), settings=Settings(_env_file=None)),  # type: ignore[arg-type]
        concurrency=1,
    )

    def stop(*_: object) -> None:
        # Runs in the main thread while the runner's thread holds in its step; the test waits for the word.
        runner.request_stop()
        sys.stdout.write("stopping\n")
        sys.stdout.flush()

    signal.signal(signal.SIGTERM, stop)
    runner.start()
    runner.wait()
