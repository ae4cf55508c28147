"""Rebuilds the index as a job that people can watch."""

from __future__ import annotations

from typing import Any

from app.indexing.service import SearchIndex
from app.jobs.context import JobContext
from app.jobs.registry import task


@task("index.rebuild")
def rebuild(job: JobContext) -> dict[str, Any]:
    """Compares rows with documents, encodes what differs, builds an engine beside and swaps it in.

    What has been encoded stays encoded, so a job that starts again has little left to do.
    """
    index: SearchIndex = job.app.index

    def report(stage: str, done: int, total: int) -> None:
        with job.step(stage=stage, done=done, total=total):
            pass

    index.rebuild(report)
    status = index.status()
    return {"documents": status.documents, "model_id": status.model_id, "generation": status.generation}
