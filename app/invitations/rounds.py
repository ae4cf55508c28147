"""Invites every team that a published round has assigned; who cannot be invited is listed with the reason."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.auth.actor import Actor
from app.errors import FieldError, InvalidInput, JiebangError
from app.invitations import policy, repository
from app.invitations.service import Terms, check_terms, invite
from app.matches import repository as round_rows
from app.models.invitation import Invitation
from app.models.matching import Candidate, CandidateRole, MatchRound, RoundStatus
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
    """A pair that was not invited; `error` names the reason."""

    requirement_id: uuid.UUID
    solver_id: uuid.UUID
    error: JiebangError

    @property
    def code(self) -> str:
        return self.error.code


@dataclass(frozen=True)
class Offer:
    """A pair that a round names, before it is invited: the newest invitation of the two, or what keeps the team
    from being invited to anything."""

    candidate: Candidate
    invitation: Invitation | None
    obstacle: JiebangError | None

    @property
    def can_be_invited(self) -> bool:
        return self.invitation is None and self.obstacle is None


@dataclass
class Mailing:
    """What became of the assigned pairs of a round."""

    sent: list[Invitation] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)


def offers(session: Session, found: MatchRound, requirement_ids: Sequence[uuid.UUID]) -> list[Offer]:
    """The assigned pairs and the alternates of some requirements of a round, by requirement and place.

    What depends on both sides (conditions, free places) is only looked at when the invitation is sent.
    """
    rows = [
        one
        for one in round_rows.candidates_for(session, found.id, requirement_ids)
        if one.role is not CandidateRole.CANDIDATE and not one.is_forbidden and one.is_told
    ]
    rows.sort(key=lambda one: (one.requirement_id, one.role is not CandidateRole.ASSIGNED, one.place or 0))
    known = repository.newest_by_pair(session, requirement_ids)
    return [_offer(session, one, known) for one in rows]


def _offer(
    session: Session, candidate: Candidate, known: dict[tuple[uuid.UUID, uuid.UUID], Invitation]
) -> Offer:
    team = solvers.survivor(session, candidate.solver)
    try:
        policy.check_team(team)
    except JiebangError as error:
        return Offer(candidate, known.get((candidate.requirement_id, team.id)), error)
    return Offer(candidate, known.get((candidate.requirement_id, team.id)), None)


def invite_assigned(
    session: Session,
    actor: Actor,
    found: MatchRound,
    terms: Terms,
    *,
    pairs: Collection[tuple[uuid.UUID, uuid.UUID]] | None = None,
) -> Mailing:
    """One invitation per assigned pair, or per each of `pairs` (assigned or alternates); the round is locked.

    Sending a second time sends only what is new: a team that has been invited to the requirement before,
    whatever it replied, is not asked again. Raises `RoundNotPublished` or `InvalidInput`.
    """
    if found.status is not RoundStatus.PUBLISHED:
        raise RoundNotPublished(state=found.status.label, state_code=found.status.value)
    check_terms(terms)
    rows = repository.chosen(session, found.id, CandidateRole.ASSIGNED)
    if pairs is not None:
        rows = _named(rows + repository.chosen(session, found.id, CandidateRole.ALTERNATE), set(pairs))
    mailing = Mailing()
    current: Requirement | None = None
    known: set[uuid.UUID] = set()
    for candidate in rows:
        if current is None or current.id != candidate.requirement_id:
            current = _locked(session, candidate.requirement_id)
            known = repository.invited_teams(session, current.id)
        try:
            team = solvers.survivor(session, candidate.solver)
            if team.id in known:
                raise policy.AlreadyInvited()
            sent = invite(session, actor, current, team, terms, round_id=found.id)
        except JiebangError as error:
            mailing.passed.append(Passed(current.id, candidate.solver_id, error))
        else:
            mailing.sent.append(sent)
    return mailing


def _named(rows: list[Candidate], pairs: set[tuple[uuid.UUID, uuid.UUID]]) -> list[Candidate]:
    """Those of the pairs, by requirement. Raises `InvalidInput` for one that the round neither assigns nor
    keeps in reserve."""
    found = [row for row in rows if (row.requirement_id, row.solver_id) in pairs]
    if len(found) < len(pairs):
        zh, en = "本轮没有这个拟对接或备选组合", "The round neither assigns this pair nor keeps it in reserve"
        raise InvalidInput(fields=(FieldError("pairs", "unknown_pair", zh, en),))
    return sorted(
        found, key=lambda row: (row.requirement_id, row.role is not CandidateRole.ASSIGNED, row.place or 0)
    )


def _locked(session: Session, requirement_id: uuid.UUID) -> Requirement:
    repository.lock_requirement(session, requirement_id)
    statement = select(Requirement).where(Requirement.id == requirement_id)
    return session.scalars(
        statement.options(joinedload(Requirement.organization)).execution_options(populate_existing=True)
    ).one()
