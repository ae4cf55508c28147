"""Whom it concerns that a job has failed is for concepts above this one; they register here."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from sqlalchemy.orm import Session

from app.models.job import Job

Follower = Callable[[Session, Job], None]
_followers: list[Follower] = []


def when_failed(follower: Follower) -> Follower:
    """Registers a function that is called for a job that has just failed, in the same transaction."""
    _followers.append(follower)
    return follower


def tell(session: Session, job_id: uuid.UUID) -> None:
    """Calls every follower for the job as it stands now."""
    job = session.get_one(Job, job_id, populate_existing=True)
    for follower in _followers:
        follower(session, job)
