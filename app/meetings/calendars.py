"""A person's meetings as a calendar: downloaded, or read by a calendar program at a secret address."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import audit
from app.auth import secrets
from app.auth.actor import Actor
from app.errors import NotAuthenticated, NotFound
from app.exchange.service import actor_of_user
from app.meetings import repository
from app.meetings.icalendar import Entry, render
from app.meetings.presenter import counterparts, title_for
from app.models.access import User
from app.models.meeting import CalendarFeed, Meeting, MeetingStatus
from app.models.requirement import Confidentiality

CALENDAR_NAME = "揭榜对接会"


def calendar_of(session: Session, actor: Actor, *, session_id: uuid.UUID | None = None) -> bytes:
    """Every meeting that was told to the actor, those cancelled included, so that calendars take them out; with
    `session_id` those of one session."""
    statement = repository.visible_to(actor).where(Meeting.starts_at.is_not(None), Meeting.sequence > 0)
    statement = repository.narrow(statement, repository.Filters(session_id=session_id))
    rows = session.scalars(repository.with_everything(statement).order_by(Meeting.starts_at, Meeting.id))
    return render(CALENDAR_NAME, [_entry(actor, row) for row in rows])


def make_feed(session: Session, actor: Actor) -> str:
    """A new secret for the actor's calendar; an earlier one ends."""
    assert actor.user_id is not None
    revoke_feed(session, actor)
    token, token_hash = secrets.make_secret()
    session.add(CalendarFeed(user_id=actor.user_id, token_hash=token_hash))
    session.flush()
    audit.record(
        session, "calendar_feed.made", actor_id=actor.user_id, object_kind="user", object_id=actor.user_id
    )
    return token


def has_feed(session: Session, actor: Actor) -> bool:
    """Whether a secret address of the actor's calendar is in use."""
    statement = select(CalendarFeed.id).where(CalendarFeed.user_id == actor.user_id)
    return session.scalar(statement) is not None


def revoke_feed(session: Session, actor: Actor) -> None:
    """Ends the secret address; without one nothing happens."""
    session.execute(delete(CalendarFeed).where(CalendarFeed.user_id == actor.user_id))


def actor_of_feed(session: Session, token: str) -> Actor:
    """The person whose calendar this secret opens, with the roles held now. Raises `NotFound`, also for one who is
    switched off."""
    statement = (
        select(CalendarFeed.user_id)
        .join(User, User.id == CalendarFeed.user_id)
        .where(CalendarFeed.token_hash == secrets.hash_secret(token), User.is_active)
    )
    user_id: uuid.UUID | None = session.scalar(statement)
    if user_id is None:
        raise NotFound()
    try:
        return actor_of_user(session, user_id)
    except NotAuthenticated as error:
        raise NotFound() from error


def _entry(actor: Actor, meeting: Meeting) -> Entry:
    assert meeting.starts_at is not None and meeting.ends_at is not None
    kind = meeting.session.kind.label
    # A calendar is kept by others: as in a mail, a problem that is shown to few is not named.
    is_hidden = meeting.requirement.confidentiality is Confidentiality.RESTRICTED
    room = meeting.room.name if meeting.room is not None else ""
    place = meeting.room.place if meeting.room is not None else ""
    return Entry(
        uid=f"{meeting.id}@jiebang",
        sequence=meeting.sequence,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        changed_at=meeting.updated_at,
        summary=kind if is_hidden else f"{kind}：{title_for(actor, meeting)}",
        location=" ".join(part for part in (meeting.session.address, place, room) if part),
        description="" if is_hidden else "\n".join([meeting.session.name, *counterparts(actor, meeting)]),
        is_cancelled=meeting.status is MeetingStatus.CANCELLED,
    )
