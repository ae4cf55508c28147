"""Takes interests of teams and sees that each gets its answer. `move` is the only writer of the status.

An interest never changes a score or a rank: the organizer sees it beside the pair and may invite, pin or refuse.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import SYSTEM, Actor
from app.db import Database
from app.errors import JiebangError
from app.interests import repository
from app.invitations import repository as invitation_rows
from app.invitations import service as invitations
from app.invitations.policy import INVITABLE_STATUSES, AlreadyInvited, TeamInactive
from app.invitations.service import Terms
from app.kit.clock import now
from app.kit.lifecycle import check_move
from app.models.access import Role
from app.models.challenge import ChallengeEntry
from app.models.interest import INTEREST_TRANSITIONS, Interest, InterestStatus
from app.models.invitation import BINDING_STATUSES
from app.models.matching import PairRule, PairVerdict
from app.models.requirement import Requirement
from app.models.solver import SolverProfile
from app.notifications.service import Event, RoleHolders, Subject, notify
from app.solvers import policy as solver_policy

log = logging.getLogger("jiebang.interests")

N = InterestStatus


class NoInterestTaken(JiebangError):
    code, status = "no_interest_taken", 409
    zh = "需求当前为“{state}”，不再接受揭榜意向"
    en = "The requirement is {state_code} and takes no further interests"


class AlreadyInterested(JiebangError):
    code, status = "already_interested", 409
    zh, en = "该解决方已对此需求表达过意向", "The team has expressed its interest in this requirement already"


class PairOutsideChallenge(JiebangError):
    code, status = "pair_outside_challenge", 409
    zh = "该需求未列入任何赛事，无法禁止该组合；可只答复理由"
    en = "The requirement is in no challenge, so the pair cannot be forbidden; refuse it with a reason alone"


def express(
    session: Session, actor: Actor, requirement: Requirement, team: SolverProfile, *, text: str
) -> Interest:
    """A team of the actor's says that it would like to work on a requirement, which is locked.

    Staff and the seeker are told. A team that was answered is not heard again, one that took its word back is.
    Raises `NotPermitted`, `TeamInactive`, `NoInterestTaken`, `AlreadyInterested` or `AlreadyInvited`.
    """
    solver_policy.check_may_edit(actor, team)
    if not team.is_active:
        raise TeamInactive()
    if requirement.status not in INVITABLE_STATUSES:
        raise NoInterestTaken(state=requirement.status.label, state_code=requirement.status.value)
    if repository.of_pair(session, requirement.id, team.id) - {N.WITHDRAWN}:
        raise AlreadyInterested()
    if team.id in invitation_rows.invited_teams(session, requirement.id, BINDING_STATUSES):
        raise AlreadyInvited()
    interest = Interest(
        requirement_id=requirement.id,
        solver_id=team.id,
        created_by_id=actor.user_id,
        status=N.WAITING,
        text=text,
    )
    interest.requirement, interest.solver = requirement, team
    session.add(interest)
    session.flush()
    _audit(session, actor, interest, "interest.expressed")
    concerned = [RoleHolders(Role.ORGANIZER), RoleHolders(Role.SEEKER, requirement.organization_id)]
    _tell(session, interest, Event.INTEREST_EXPRESSED, concerned, but_not=actor.user_id)
    return interest


def withdraw(session: Session, actor: Actor, interest: Interest) -> Interest:
    """The team takes its word back. Raises `NotPermitted` or `MoveNotAllowed`."""
    solver_policy.check_may_edit(actor, interest.solver)
    return move(session, actor, interest, N.WITHDRAWN)


def invite(session: Session, actor: Actor, interest: Interest, terms: Terms) -> Interest:
    """Turns the interest into an invitation, which is the team's answer. Raises what inviting by hand raises."""
    check_move(INTEREST_TRANSITIONS, interest.status, N.INVITED)
    invitations.check_terms(terms)
    sent = invitations.invite(session, actor, interest.requirement, interest.solver, terms)
    interest.invitation_id = sent.id
    return move(session, actor, interest, N.INVITED)


def decline(
    session: Session, actor: Actor, interest: Interest, *, reason: str, forbids_pair: bool
) -> Interest:
    """Refuses with a reason that the team reads; with `forbids_pair` no round and nobody by hand pairs them.

    Raises `MoveNotAllowed` or `PairOutsideChallenge`.
    """
    check_move(INTEREST_TRANSITIONS, interest.status, N.DECLINED)
    if forbids_pair:
        _forbid(session, actor, interest, reason)
    interest.answer = reason
    return move(session, actor, interest, N.DECLINED)


def settle(db: Database) -> int:
    """Answers interests that events have overtaken, each in a transaction of its own; returns how many."""
    with db.read() as session:
        ids = repository.left_open(session, INVITABLE_STATUSES)
    done = 0
    for id in ids:
        try:
            with db.write() as session:
                done += _settle(session, repository.lock(session, SYSTEM, id))
        except Exception as error:
            log.error("interest not settled", extra={"interest": str(id), "kind": type(error).__name__})
    return done


def _settle(session: Session, interest: Interest) -> bool:
    if interest.status is not N.WAITING:
        return False
    interest.invitation_id = repository.binding_invitation(session, interest)
    if interest.invitation_id is not None:
        move(session, SYSTEM, interest, N.INVITED)
        return True
    if interest.requirement.status in INVITABLE_STATUSES:
        return False
    interest.answer = f"需求已进入“{interest.requirement.status.label}”，不再邀约其他团队。感谢贵团队的关注。"
    move(session, SYSTEM, interest, N.LAPSED)
    return True


def move(session: Session, actor: Actor, interest: Interest, to: InterestStatus) -> Interest:
    """The only writer of the status; the team is told of every answer. Raises `MoveNotAllowed`."""
    check_move(INTEREST_TRANSITIONS, interest.status, to)
    interest.status, interest.decided_at, interest.decided_by_id = to, now(), actor.user_id
    session.flush()
    _audit(session, actor, interest, "interest.moved", to=to.value)
    unit = interest.solver.organization_id
    # An invitation is told by itself.
    if to in (N.DECLINED, N.LAPSED) and unit is not None:
        _tell(session, interest, Event.INTEREST_ANSWERED, [RoleHolders(Role.SOLVER, unit)])
    return interest


def _forbid(session: Session, actor: Actor, interest: Interest, reason: str) -> None:
    statement = select(ChallengeEntry.challenge_id).where(
        ChallengeEntry.requirement_id == interest.requirement_id
    )
    challenge_ids = list(session.scalars(statement.order_by(ChallengeEntry.challenge_id)))
    if not challenge_ids:
        raise PairOutsideChallenge()
    pair = {"requirement_id": interest.requirement_id, "solver_id": interest.solver_id}
    rules = session.scalars(select(PairRule).filter_by(**pair))
    known = {rule.challenge_id: rule for rule in rules}
    for challenge_id in challenge_ids:
        rule = known.get(challenge_id)
        if rule is None:
            rule = PairRule(challenge_id=challenge_id, **pair)
            session.add(rule)
        rule.verdict, rule.reason, rule.created_by_id = PairVerdict.FORBIDDEN, reason[:1000], actor.user_id
    session.flush()
    _audit(session, actor, interest, "interest.pair_forbidden")


def _tell(
    session: Session,
    interest: Interest,
    event: Event,
    recipients: Sequence[RoleHolders],
    *,
    but_not: uuid.UUID | None = None,
) -> None:
    parameters = {"decision": interest.status} if event is Event.INTEREST_ANSWERED else {}
    notify(
        session,
        event=event,
        recipients=recipients,
        subject=Subject("interest", interest.id, requirement_id=interest.requirement_id),
        parameters=parameters,
        once=f"interest:{interest.id}",
        but_not=but_not,
    )


def _audit(session: Session, actor: Actor, interest: Interest, action: str, **detail: str) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="interest",
        object_id=interest.id,
        **detail,
    )
