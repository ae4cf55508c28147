"""Files and edits challenges and moves them from draft to open to closed; entries are left to `entries`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.challenges import repository
from app.errors import Conflict, FieldError, InvalidInput, NotFound
from app.kit.lifecycle import check_move
from app.models.access import Role
from app.models.challenge import CHALLENGE_TRANSITIONS, Challenge, ChallengeInvitee, ChallengeStatus
from app.models.organization import Organization
from app.organizations import service as organizations

Guard = Callable[[Session, Challenge], None]
_guards: list[Guard] = []


def before_closing(guard: Guard) -> Guard:
    """Registers a function that raises what stands in the way of closing a challenge; concepts above know it."""
    _guards.append(guard)
    return guard


class DuplicateCode(Conflict):
    code = "duplicate_code"
    zh, en = "已有相同代码的赛事", "A challenge with this code exists"


def get(session: Session, actor: Actor, id: uuid.UUID) -> Challenge:
    """One challenge. Raises `NotFound` when it does not exist or is not visible to the actor."""
    return repository.get(session, actor, id)


def invite(
    session: Session, actor: Actor, challenge: Challenge, organization_ids: Iterable[uuid.UUID]
) -> None:
    """Invites units to a challenge; who is invited already stays so. Raises `InvalidInput` for unknown ones."""
    known = set(session.scalars(repository.invitees(challenge).with_only_columns(Organization.id)))
    new = sorted(set(organization_ids) - known)
    for id in new:
        _known(session, actor, id, "organization_ids")
        session.add(ChallengeInvitee(challenge_id=challenge.id, organization_id=id))
    session.flush()
    if new:
        _audit(session, actor, challenge, "challenge.invited", units=len(new))


def uninvite(session: Session, actor: Actor, challenge: Challenge, organization_id: uuid.UUID) -> None:
    """Takes an invitation to a challenge back; what the unit has entered stays. Raises `NotFound`."""
    invitee = session.scalar(
        select(ChallengeInvitee).where(
            ChallengeInvitee.challenge_id == challenge.id,
            ChallengeInvitee.organization_id == organization_id,
        )
    )
    if invitee is None:
        raise NotFound()
    session.delete(invitee)
    session.flush()
    _audit(session, actor, challenge, "challenge.uninvited", unit=str(organization_id))


def create(
    session: Session, actor: Actor, fields: Mapping[str, Any], *, status: ChallengeStatus
) -> Challenge:
    """A new challenge of the actor's bureau unless one is named. Raises `DuplicateCode` or `InvalidInput`."""
    fields = {**fields, "organization_id": _bureau(session, actor, fields.get("organization_id"))}
    challenge = Challenge(**fields, status=ChallengeStatus.DRAFT)
    _check_dates(challenge)
    _check_code(session, challenge.code)
    session.add(challenge)
    session.flush()
    _audit(session, actor, challenge, "challenge.created")
    if status is not ChallengeStatus.DRAFT:
        _move(session, actor, challenge, status)
    return challenge


def edit(session: Session, actor: Actor, challenge: Challenge, changes: Mapping[str, Any]) -> Challenge:
    """Changes fields; `status` is a move. Raises `DuplicateCode`, `InvalidInput` or `MoveNotAllowed`."""
    changed = {name: value for name, value in changes.items() if getattr(challenge, name) != value}
    status = changed.pop("status", None)
    if status is not None:
        check_move(CHALLENGE_TRANSITIONS, challenge.status, status)
    if "code" in changed:
        _check_code(session, changed["code"])
    if changed.get("organization_id") is not None:
        _bureau(session, actor, changed["organization_id"])
    if changed:
        for name, value in changed.items():
            setattr(challenge, name, value)
        _check_dates(challenge)
        session.flush()
        _audit(session, actor, challenge, "challenge.edited", fields=",".join(sorted(changed)))
    if status is not None:
        _move(session, actor, challenge, status)
    return challenge


def _move(session: Session, actor: Actor, challenge: Challenge, to: ChallengeStatus) -> None:
    """The only writer of the status. Raises `MoveNotAllowed`."""
    before = challenge.status
    check_move(CHALLENGE_TRANSITIONS, before, to)
    if to is ChallengeStatus.CLOSED:
        for guard in _guards:
            guard(session, challenge)
    challenge.status = to
    session.flush()
    _audit(session, actor, challenge, "challenge.moved", **{"from": before.value, "to": to.value})


def _bureau(session: Session, actor: Actor, organization_id: uuid.UUID | None) -> uuid.UUID | None:
    if organization_id is None:
        own = actor.organizations(Role.ORGANIZER)
        return next(iter(own)) if len(own) == 1 else None
    return _known(session, actor, organization_id, "organization_id")


def _known(session: Session, actor: Actor, organization_id: uuid.UUID, field: str) -> uuid.UUID:
    try:
        return organizations.get(session, actor, organization_id).id
    except NotFound as error:
        unknown = FieldError(field, "unknown_organization", "没有这个单位", "No such organization")
        raise InvalidInput(fields=(unknown,)) from error


def _check_code(session: Session, code: str) -> None:
    if repository.by_code(session, code) is not None:
        raise DuplicateCode(
            fields=(FieldError("code", "duplicate_code", DuplicateCode.zh, DuplicateCode.en),)
        )


def _check_dates(challenge: Challenge) -> None:
    opens_at, closes_at = challenge.opens_at, challenge.closes_at
    if opens_at is not None and closes_at is not None and opens_at >= closes_at:
        raise InvalidInput(
            fields=(
                FieldError(
                    "closes_at",
                    "closes_before_it_opens",
                    "截止时间必须晚于开始时间",
                    "The challenge must close after it opens",
                ),
            )
        )


def _audit(session: Session, actor: Actor, challenge: Challenge, action: str, **detail: str | int) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="challenge",
        object_id=challenge.id,
        **detail,
    )
