"""The jobs of this concept, by name."""

from __future__ import annotations

from typing import Any

from app.exchange.exporting import run_export
from app.exchange.importing import run_import
from app.exchange.service import actor_of_user
from app.jobs.context import JobContext
from app.jobs.registry import task


@task("imports.run")
def imports_run(job: JobContext) -> dict[str, Any]:
    """Reads and files the rows of one uploaded file."""
    return run_import(job, actor_of_user)


@task("exports.run")
def exports_run(job: JobContext) -> dict[str, Any]:
    """Writes one list into a file."""
    return run_export(job, actor_of_user)
