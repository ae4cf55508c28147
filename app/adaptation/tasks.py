"""Adapts the model as a job that people can watch and cancel, and puts it to use when it has won."""

from __future__ import annotations

from typing import Any

from app.adaptation import service
from app.adaptation.training import adapt
from app.jobs.context import JobContext
from app.jobs.registry import task
from matching.adapt import store


@task(service.TASK)
def run(job: JobContext) -> dict[str, Any]:
    """Trains, compares, keeps; a promoted model is chosen in the last step, so a cancelled job changes nothing.

    A job that starts again trains again: the training takes minutes, and half a training is of no use.
    """
    settings = job.app.settings
    folder = service.models_dir(settings)

    def report(stage: str, done: int, total: int) -> None:
        with job.step(stage=stage, done=done, total=total):
            pass

    found = adapt(settings, job.app.db, models_dir=folder, progress=report)
    if found.is_promoted:
        with job.step(stage="启用"):
            store.choose(folder, settings.model, found.model.name)
    return {"name": found.model.name, "is_promoted": found.is_promoted, **found.model.compared}
