"""Orders one act on many requirements. It is held for some minutes; until then nothing has happened.

An answer that a seeker has read, or a message that has left, cannot be called back. So the act itself waits: whoever
undoes it in time stops it before anybody was told. Afterwards each requirement is dealt with on its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import SYSTEM, Actor
from app.errors import FieldError, InvalidInput, JiebangError, NotFound
from app.exchange.service import actor_of_user
from app.jobs import service as jobs
from app.jobs.context import JobContext
from app.kit.clock import now
from app.kit.columns import Labelled
from app.models.job import Job, JobStatus
from app.models.requirement import Requirement, ReturnReason
from app.requirements import repository as requirements
from app.requirements import service as requirement_service
from app.reviews import service as reviews

TASK = "batches.run"
HOLD = timedelta(minutes=5)
"""Long enough to notice a slip, short against days that answers are owed in."""


class Act(Labelled):
    """What can be done to many requirements at once."""

    APPROVE = "approve", "审核通过"
    RETURN = "return", "退回补正"
    PUBLISH = "publish", "发布"
    ASSIGN = "assign", "分配评审人"


PERMISSIONS = {
    Act.APPROVE: "requirements:review",
    Act.RETURN: "requirements:review",
    Act.PUBLISH: "requirements:publish",
    Act.ASSIGN: "reviews:assign",
}


class TooLateToUndo(JiebangError):
    code, status = "too_late_to_undo", 409
    zh = "已开始办理，不能再撤销；结果见各行，需要更正时请逐项办理"
    en = "It has begun and cannot be undone any more; correct single requirements where needed"


@dataclass(frozen=True)
class Row:
    """What became of one requirement; `code` is empty where the act was done, and None while it is held."""

    requirement_id: uuid.UUID
    code: str | None = None
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class Batch:
    """An ordered act with its rows in the order they were chosen."""

    job: Job
    act: Act
    rows: list[Row]

    @property
    def is_held(self) -> bool:
        """Whether it can still be undone."""
        job = self.job
        return job.status is JobStatus.QUEUED and job.due_at is not None and job.due_at > now()


def order(
    session: Session,
    actor: Actor,
    act: Act,
    requirement_ids: Sequence[uuid.UUID],
    *,
    text: str = "",
    reason: ReturnReason | None = None,
    reviewer_id: uuid.UUID | None = None,
) -> Batch:
    """Holds the act. Raises `NotPermitted`, and `InvalidInput` for what it lacks or for a requirement not seen.

    Whether the act is allowed on each requirement is judged when it is done.
    """
    actor.require(PERMISSIONS[act])
    if act is Act.RETURN and reason is None:
        raise _lacks("reason", "请选择退回原因", "Say why it is returned")
    if act is Act.ASSIGN and reviewer_id is None:
        raise _lacks("reviewer_id", "请选择评审人", "Name the reviewer")
    ids = list(dict.fromkeys(requirement_ids))
    seen = requirements.visible_to(actor).where(requirements.concerning(actor), Requirement.id.in_(ids))
    if len(set(session.scalars(seen.with_only_columns(Requirement.id)))) < len(ids):
        raise _lacks("requirement_ids", "有的需求不存在或无权查看", "A requirement does not exist")
    job = jobs.enqueue(
        session,
        TASK,
        {
            "act": act.value,
            "requirement_ids": [str(id) for id in ids],
            "text": text,
            "reason": reason.value if reason else None,
            "reviewer_id": str(reviewer_id) if reviewer_id else None,
        },
        actor=actor,
    )
    job.due_at = now() + HOLD
    session.flush()
    audit.record(
        session,
        "batch.ordered",
        actor_id=actor.user_id,
        object_kind="job",
        object_id=job.id,
        act=act.value,
        rows=len(ids),
    )
    return _batch(job)


def get(session: Session, actor: Actor, job_id: uuid.UUID) -> Batch:
    """An ordered act. Raises `NotFound`."""
    job = jobs.get_job(session, job_id, actor=actor)
    if job.name != TASK:
        raise NotFound()
    return _batch(job)


def undo(session: Session, actor: Actor, job_id: uuid.UUID) -> Batch:
    """Takes the act back before anything has happened. Raises `NotFound` and `TooLateToUndo`."""
    found = get(session, actor, job_id)
    if not found.is_held:
        raise TooLateToUndo()
    # The job is locked and read again: a worker may have taken it meanwhile.
    job = jobs.cancel_job(session, job_id, actor=actor)
    if job.status is not JobStatus.CANCELLED:
        raise TooLateToUndo()
    return _batch(job)


def run(job: JobContext) -> dict[str, Any]:
    """Does the act, one requirement a step; one that cannot be dealt with stops no other and is told why."""
    act, ids = Act(job.arguments["act"]), job.arguments["requirement_ids"]
    checkpoint: dict[str, Any] = {"rows": [], **job.checkpoint}
    for place in range(len(checkpoint["rows"]), len(ids)):
        with job.step(checkpoint=checkpoint, done=place + 1, total=len(ids), stage=act.label) as session:
            error = _do(session, job.created_by_id, act, uuid.UUID(ids[place]), job.arguments)
            told = [error.code, error.detail("zh"), error.detail("en")] if error else ["", "", ""]
            checkpoint["rows"] = [*checkpoint["rows"], told]
    return {"rows": checkpoint["rows"]}


def _do(
    session: Session,
    user_id: uuid.UUID | None,
    act: Act,
    requirement_id: uuid.UUID,
    arguments: Mapping[str, Any],
) -> JiebangError | None:
    try:
        with session.begin_nested():
            actor = SYSTEM if user_id is None else actor_of_user(session, user_id)
            actor.require(PERMISSIONS[act])
            _DOERS[act](session, actor, requirement_id, arguments)
    except JiebangError as error:
        return error
    return None


def _approve(session: Session, actor: Actor, id: uuid.UUID, arguments: Mapping[str, Any]) -> None:
    found = requirements.get(session, actor, id, lock=True)
    requirement_service.approve(session, actor, found, arguments["text"])


def _return(session: Session, actor: Actor, id: uuid.UUID, arguments: Mapping[str, Any]) -> None:
    found, reason = requirements.get(session, actor, id, lock=True), ReturnReason(arguments["reason"])
    requirement_service.send_back(session, actor, found, reason=reason, text=arguments["text"])


def _publish(session: Session, actor: Actor, id: uuid.UUID, arguments: Mapping[str, Any]) -> None:
    found = requirements.get(session, actor, id, lock=True)
    requirement_service.publish(session, actor, found, text=arguments["text"])


def _assign(session: Session, actor: Actor, id: uuid.UUID, arguments: Mapping[str, Any]) -> None:
    reviews.assign(session, actor, id, uuid.UUID(arguments["reviewer_id"]))


_DOERS: dict[Act, Callable[[Session, Actor, uuid.UUID, Mapping[str, Any]], None]] = {
    Act.APPROVE: _approve,
    Act.RETURN: _return,
    Act.PUBLISH: _publish,
    Act.ASSIGN: _assign,
}


def _batch(job: Job) -> Batch:
    told = job.checkpoint.get("rows", [])
    rows = [
        Row(uuid.UUID(id), *(told[place] if place < len(told) else ()))
        for place, id in enumerate(job.arguments["requirement_ids"])
    ]
    return Batch(job, Act(job.arguments["act"]), rows)


def _lacks(field: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(fields=(FieldError(field, "missing", zh, en),))
