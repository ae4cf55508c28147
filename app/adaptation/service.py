"""Which embedding models there are, which is in use, and how another comes into use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.config import Settings
from app.errors import JiebangError, NotFound
from app.jobs import service as jobs
from app.models.job import Job, JobStatus
from matching.adapt import store
from matching.adapt.store import AdaptedModel, UnknownModel
from matching.model import DEFAULT_MODEL, is_research_only

TASK = "model.adapt"


class AdaptationRunning(JiebangError):
    code, status = "adaptation_running", 409
    zh = "已有一个模型调适任务在进行"
    en = "An adaptation of the model is under way already"


@dataclass(frozen=True, slots=True)
class Listed:
    """A model that could be used. `is_current`: processes use it, or are about to."""

    model: AdaptedModel
    is_current: bool
    is_research_only: bool


def models_dir(settings: Settings) -> Path:
    return settings.data_dir / "models"


def listed(settings: Settings) -> list[Listed]:
    """The original first, then every adapted model of the configured one, the oldest first."""
    folder = models_dir(settings)
    own = [one for one in store.list_models(folder) if one.base == settings.model]
    current = store.chosen(folder, settings.model)
    names = {one.name for one in own}
    if current is None or current not in names | {store.ORIGINAL}:
        has_general = settings.model == DEFAULT_MODEL and store.GENERAL in names
        current = store.GENERAL if has_general else store.ORIGINAL
    every = [AdaptedModel(store.ORIGINAL, settings.model), *own]
    return [Listed(one, one.name == current, is_research_only(settings.model)) for one in every]


def start(session: Session, actor: Actor) -> Job:
    """Notes the job that adapts the model. Raises `AdaptationRunning` while there is one."""
    unfinished = select(Job.id).where(Job.name == TASK, Job.status.in_([JobStatus.QUEUED, JobStatus.RUNNING]))
    if session.scalar(unfinished.limit(1)) is not None:
        raise AdaptationRunning()
    job = jobs.enqueue(session, TASK, {}, actor=actor)
    audit.record(session, "model.adapt", actor_id=actor.user_id, object_kind="job", object_id=job.id)
    return job


def use(session: Session, settings: Settings, actor: Actor, name: str) -> list[Listed]:
    """Has every process use the model `name`; they encode all texts again and then swap. Raises `NotFound`."""
    try:
        store.choose(models_dir(settings), settings.model, name)
    except UnknownModel as error:
        raise NotFound() from error
    audit.record(session, "model.use", actor_id=actor.user_id, object_kind="model", name=name)
    return listed(settings)
