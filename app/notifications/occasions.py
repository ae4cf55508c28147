"""Occasions that lie below this concept: a job that failed, an account that was locked. Importing it registers them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.auth.lockouts import when_locked
from app.jobs.failures import when_failed
from app.models.access import Role, User
from app.models.job import Job
from app.models.notification import Event
from app.notifications.recipients import Person, Recipient, RoleHolders
from app.notifications.service import Subject, notify


@when_locked
def tell_of_lock(session: Session, user: User) -> None:
    """Tells the person whose account was locked, whatever they have switched off."""
    assert user.locked_until is not None
    notify(
        session,
        event=Event.ACCOUNT_LOCKED,
        recipients=[Person(user.id)],
        subject=Subject("user", user.id),
        parameters={"locked_until": user.locked_until},
        once=f"locked:{user.locked_until.isoformat()}",
    )


@when_failed
def tell_of_failed_job(session: Session, job: Job) -> None:
    """Tells whoever has started the job; the administrators, where nobody did."""
    started_by: Recipient = (
        RoleHolders(Role.ADMIN) if job.created_by_id is None else Person(job.created_by_id)
    )
    notify(
        session,
        event=Event.JOB_FAILED,
        recipients=[started_by],
        subject=Subject("job", job.id),
        parameters={"code": job.error_code or "internal_error"},
        # A job that was tried again and failed again is a new occasion.
        once=f"job:{job.id}:{job.attempts}",
    )
