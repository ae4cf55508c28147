"""The jobs of this concept, by name."""

from __future__ import annotations

from typing import Any

from app.batches import service
from app.jobs.context import JobContext
from app.jobs.registry import task


@task(service.TASK)
def run(job: JobContext) -> dict[str, Any]:
    """Does one act on many requirements, once the time to undo it is over."""
    return service.run(job)
