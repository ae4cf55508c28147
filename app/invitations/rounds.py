"""Invites every team that a published round has assigned; who cannot be invited is listed with the reason."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.auth.actor import Actor
from app.errors import JiebangError
from app.invitations import policy, repository
from app.invitations.service import Terms, check_terms, invite
from app.models.invitation import Invitation
from app.models.matching import CandidateRole, MatchRound, RoundStatus
from app.models.requirement import Requirement
from app.solvers import service as solvers


class RoundNotPublished(JiebangError):
    code, status = "round_not_published", 409
    zh, en = (
        "匹配轮次当前为“{state}”，发布之后才能发出邀约",
        "The round is {state_code}; invitations follow its publication",
    )


@dataclass(frozen=True)
class Passed:
    """A pair that was not invited; `code` is that of the error that names the reason."""

    requirement_id: uuid.UUID
    solver_id: uuid.UUID
    code: str


@dataclass
class Mailing:
    """What became of the assigned pairs of a round."""

    sent: list[Invitation] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)


def invite_assigned(session: Session, actor: Actor, found: MatchRound, terms: Terms) -> Mailing:
    """One invitation per assigned pair; the round is locked. Sending a second time sends only what is new.

    A team that has been invited to the requirement before, whatever it replied, is not asked again. Raises
    `RoundNotPublished` or `InvalidInput`.
    """
    if found.status is not RoundStatus.PUBLISHED:
        raise RoundNotPublished(state=found.status.label, state_code=found.status.value)
    check_terms(terms)
    mailing = Mailing()
    current: Requirement | None = None
    known: set[uuid.UUID] = set()
    for candidate in repository.chosen(session, found.id, CandidateRole.ASSIGNED):
        if current is None or current.id != candidate.requirement_id:
            current = _locked(session, candidate.requirement_id)
            known = repository.invited_teams(session, current.id)
        try:
            team = solvers.survivor(session, candidate.solver)
            if team.id in known:
                raise policy.AlreadyInvited()
            sent = invite(session, actor, current, team, terms, round_id=found.id)
        except JiebangError as error:
            mailing.passed.append(Passed(current.id, candidate.solver_id, error.code))
        else:
            mailing.sent.append(sent)
    return mailing


def _locked(session: Session, requirement_id: uuid.UUID) -> Requirement:
    repository.lock_requirement(session, requirement_id)
    statement = select(Requirement).where(Requirement.id == requirement_id)
    return session.scalars(
        statement.options(joinedload(Requirement.organization)).execution_options(populate_existing=True)
    ).one()
