"""Reads all requirements under way again, in batches, each of them one step."""

from __future__ import annotations

import uuid
from typing import Any

from app.analysis import repository, service
from app.jobs.context import JobContext
from app.jobs.registry import task

BATCH = 50


@task(service.TASK)
def run(job: JobContext) -> dict[str, Any]:
    """Brings the stored analyses up to date: those of the challenge `challenge_id`, or all.

    What is current stays as it is, so a job that starts again has little left to do; corrections stay, too.
    """
    named = job.arguments.get("challenge_id")
    challenge_id = uuid.UUID(named) if named else None
    with job.app.db.read() as session:
        total = repository.count_to_analyse(session, challenge_id)
    checkpoint: dict[str, Any] = {"last": None, "done": 0, "broken": [], **job.checkpoint}
    while True:
        after = uuid.UUID(checkpoint["last"]) if checkpoint["last"] else None
        done = min(checkpoint["done"] + BATCH, total)
        with job.step(checkpoint=checkpoint, done=done, total=total, stage="解析") as session:
            last, count, broken = service.analyse_next(
                session, after=after, challenge_id=challenge_id, limit=BATCH
            )
            checkpoint["last"] = str(last) if last else None
            checkpoint["done"] += count
            checkpoint["broken"] = [*checkpoint["broken"], *broken]
        if count < BATCH:
            return {"requirements": checkpoint["done"], "unreadable": checkpoint["broken"]}
