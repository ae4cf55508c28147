"""Takes claims and decides them: of all that claim one profile, one unit gets it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app import audit
from app.achievements import repository as achievements
from app.auth.actor import Actor
from app.claims import repository
from app.claims.merging import merge, move_achievement
from app.errors import Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from app.kit.clock import now
from app.kit.lifecycle import check_move
from app.models.access import Role
from app.models.claim import CLAIM_TRANSITIONS, ClaimStatus, ProfileClaim
from app.models.solver import UNNAMED, Achievement, SolverProfile
from app.notifications.service import Event, RoleHolders, Subject, notify
from app.solvers import repository as solvers
from app.solvers import service as solver_service

N = ClaimStatus

TAKEN_BY_ANOTHER = "该档案或成果已由其他单位认领。"


class ProfileTaken(Conflict):
    code = "profile_taken"
    zh, en = "该档案已归属某个单位，不能再认领", "The profile belongs to a unit already"


class AlreadyClaimed(Conflict):
    code = "already_claimed"
    zh, en = "本单位对此已有一份待审核的认领申请", "Your unit has a claim on it that awaits its decision"


class ClaimOutdated(Conflict):
    code = "claim_outdated"
    zh = "认领所涉及的档案或成果已变动，请退回后由申请单位重新提交"
    en = "What the claim is about has changed; refuse it and have it filed anew"


def file(
    session: Session,
    actor: Actor,
    *,
    solver_id: uuid.UUID | None,
    achievement_id: uuid.UUID | None,
    into_id: uuid.UUID | None,
    organization_id: uuid.UUID | None,
    reason: str,
    proof: str,
) -> ProfileClaim:
    """A unit's claim of a profile, or of one achievement, which becomes part of `into_id`; staff are told.

    An achievement, and a profile that only stands for one, needs a profile to go into: by default the unit's
    only one. Raises `InvalidInput`, `NotPermitted`, `ProfileTaken` or `AlreadyClaimed`.
    """
    if (solver_id is None) == (achievement_id is None):
        raise _field("solver_id", "missing", "请指明一个解决方或一项成果", "Name a solver or an achievement")
    achievement = _achievement(session, actor, achievement_id) if achievement_id is not None else None
    key = achievement.solver_id if achievement is not None else solver_id
    assert key is not None
    repository.lock_profiles(session, key)
    profile = _profile(session, actor, key)
    if profile.organization_id is not None or profile.merged_into_id is not None:
        raise ProfileTaken()
    into = _into(session, actor, into_id, is_needed=achievement is not None or profile.source == UNNAMED)
    unit = into.organization_id if into is not None else _unit(actor, organization_id)
    assert unit is not None
    for other in repository.waiting_on(session, profile.id):
        if other.organization_id == unit and other.achievement_id == achievement_id:
            raise AlreadyClaimed()
    claim = ProfileClaim(
        solver_id=profile.id,
        achievement_id=achievement_id,
        into_id=into.id if into is not None else None,
        organization_id=unit,
        created_by_id=actor.user_id,
        status=N.WAITING,
        reason=reason,
        proof=proof,
    )
    session.add(claim)
    session.flush()
    _audit(session, actor, claim, "claim.filed")
    _tell(session, claim, Event.CLAIM_FILED, [RoleHolders(Role.ORGANIZER)], but_not=actor.user_id)
    return repository.get(session, actor, claim.id)


def withdraw(session: Session, actor: Actor, claim: ProfileClaim) -> ProfileClaim:
    """The unit takes its claim back. Raises `NotPermitted` or `MoveNotAllowed`."""
    if claim.organization_id not in actor.organizations(Role.SOLVER):
        raise NotPermitted(permission="claims:write")
    return _move(session, actor, claim, N.WITHDRAWN)


def refuse(session: Session, actor: Actor, claim: ProfileClaim, *, reason: str) -> ProfileClaim:
    """Refuses with a reason that the unit reads. Raises `MoveNotAllowed`."""
    check_move(CLAIM_TRANSITIONS, claim.status, N.REFUSED)
    claim.answer = reason
    return _move(session, actor, claim, N.REFUSED)


def approve(session: Session, actor: Actor, claim: ProfileClaim, *, note: str = "") -> ProfileClaim:
    """What is claimed belongs to the unit from now on, and other claims on it are refused; profiles are locked.

    External ids stay, so that the next import finds what it filed. Raises `MoveNotAllowed`, `ProfileTaken` or
    `ClaimOutdated`.
    """
    check_move(CLAIM_TRANSITIONS, claim.status, N.APPROVED)
    profile = claim.solver
    if profile.organization_id is not None or profile.merged_into_id is not None:
        raise ProfileTaken()
    into = session.get(SolverProfile, claim.into_id) if claim.into_id is not None else None
    if into is not None and into.organization_id != claim.organization_id:
        raise ClaimOutdated()
    if claim.achievement_id is not None:
        _hand_over_achievement(session, claim, into)
    elif into is not None:
        merge(session, profile, into)
    elif profile.source == UNNAMED:
        raise ClaimOutdated()
    else:
        solver_service.edit(session, actor, profile, {"organization_id": claim.organization_id})
    claim.answer = note
    _move(session, actor, claim, N.APPROVED)
    is_gone = profile.organization_id is not None or profile.merged_into_id is not None
    for rival in repository.waiting_on(session, profile.id):
        if is_gone or rival.achievement_id == claim.achievement_id:
            refuse(session, actor, rival, reason=TAKEN_BY_ANOTHER)
    return claim


def _hand_over_achievement(session: Session, claim: ProfileClaim, into: SolverProfile | None) -> None:
    achievement = claim.achievement
    if into is None or achievement is None or achievement.solver_id != claim.solver_id:
        raise ClaimOutdated()
    move_achievement(session, achievement, into)
    if claim.solver.source == UNNAMED and not repository.has_achievements(session, claim.solver_id):
        merge(session, claim.solver, into)


def _move(session: Session, actor: Actor, claim: ProfileClaim, to: ClaimStatus) -> ProfileClaim:
    check_move(CLAIM_TRANSITIONS, claim.status, to)
    claim.status, claim.decided_at, claim.decided_by_id = to, now(), actor.user_id
    session.flush()
    _audit(session, actor, claim, "claim.moved", to=to.value)
    if to is not N.WITHDRAWN:
        _tell(session, claim, Event.CLAIM_DECIDED, [RoleHolders(Role.SOLVER, claim.organization_id)])
    return claim


def _achievement(session: Session, actor: Actor, achievement_id: uuid.UUID) -> Achievement:
    try:
        return achievements.get(session, actor, achievement_id)
    except NotFound as error:
        raise _field(
            "achievement_id", "unknown_achievement", "没有这项成果", "No such achievement"
        ) from error


def _profile(session: Session, actor: Actor, solver_id: uuid.UUID) -> SolverProfile:
    try:
        return solvers.get(session, actor, solver_id)
    except NotFound as error:
        raise _field("solver_id", "unknown_solver", "没有这个解决方", "No such solver") from error


def _into(
    session: Session, actor: Actor, into_id: uuid.UUID | None, *, is_needed: bool
) -> SolverProfile | None:
    if into_id is None and not is_needed:
        return None
    own = {row.id: row for row in solvers.own(session, actor)}
    if into_id is None and len(own) == 1:
        return next(iter(own.values()))
    if into_id is None or into_id not in own:
        zh = "请指明并入本单位的哪个解决方档案；还没有的请先建立"
        raise _field("into_id", "missing", zh, "Name the profile of your unit that it shall become part of")
    return own[into_id]


def _unit(actor: Actor, organization_id: uuid.UUID | None) -> uuid.UUID:
    own = actor.organizations(Role.SOLVER)
    if organization_id is None and len(own) == 1:
        return next(iter(own))
    if organization_id is None or organization_id not in own:
        zh, en = "请指明认领的单位", "Say which of your units claims it"
        raise _field("organization_id", "missing", zh, en)
    return organization_id


def _field(field: str, code: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(fields=(FieldError(field, code, zh, en),))


def _tell(
    session: Session,
    claim: ProfileClaim,
    event: Event,
    recipients: Sequence[RoleHolders],
    *,
    but_not: uuid.UUID | None = None,
) -> None:
    notify(
        session,
        event=event,
        recipients=recipients,
        subject=Subject("claim", claim.id),
        parameters={"decision": claim.status} if event is Event.CLAIM_DECIDED else {},
        once=f"claim:{claim.id}",
        but_not=but_not,
    )


def _audit(session: Session, actor: Actor, claim: ProfileClaim, action: str, **detail: str) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="claim",
        object_id=claim.id,
        solver_id=str(claim.solver_id),
        **detail,
    )
