"""Proposals in any state of their life, through the service and along allowed moves only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import time_machine
from sqlalchemy import select

from app.auth.actor import SYSTEM, Actor, Grant
from app.db import Database
from app.models import (
    Membership,
    Notification,
    Proposal,
    ProposalAssessment,
    ProposalCall,
    Requirement,
    Role,
    User,
)
from app.models.notification import Event
from app.models.proposal import ProposalStatus
from app.proposals import assessing, calls, deadlines, repository, results, service
from app.proposals.results import Decision
from app.requirements import repository as requirements
from tests.app.proposals.conftest import CLOSING, Team

P = ProposalStatus
FORM: dict[str, Any] = {"title": "反应型磷氮阻燃方案", "approach": "接枝后泡沫涂层。", "months": 12}


def actor_of(team: Team) -> Actor:
    return Actor(user_id=team.user.id, grants=(Grant(Role.SOLVER, team.unit.id),))


def reviewer_actor(user: User) -> Actor:
    return Actor(user_id=user.id, grants=(Grant(Role.REVIEWER, None),))


def draft(db: Database, requirement: Requirement, team: Team, **fields: Any) -> Proposal:
    with db.write() as session:
        actor = actor_of(team)
        wanted = repository.requirement_for(session, actor, requirement.id, lock=True)
        return service.create(session, actor, wanted, {**FORM, **fields}, solver_id=team.profile.id)


def submitted(db: Database, requirement: Requirement, team: Team, **fields: Any) -> Proposal:
    made = draft(db, requirement, team, **fields)
    with db.write() as session:
        actor = actor_of(team)
        service.submit(session, actor, repository.lock(session, actor, made.id))
    return read(db, made.id)


def close(db: Database, clock: time_machine.Traveller, at: datetime = CLOSING) -> None:
    """The closing instant has come, and the clock has been heard."""
    clock.move_to(at)
    deadlines.settle(db)


def assess(
    db: Database,
    requirement: Requirement,
    reviewer: User,
    scores: dict[uuid.UUID, int] | None = None,
    *,
    score: int = 80,
    hands_in: bool = True,
) -> ProposalAssessment:
    """The reviewer is assigned, declares no conflict and gives every criterion of a proposal the same score."""
    with db.write() as session:
        wanted = requirements.get(session, SYSTEM, requirement.id, lock=True)
        call = calls.check_is_closed(calls.get(session, requirement.id))
        given = assessing.assign(session, SYSTEM, wanted, call, [reviewer.id])[0].id
    actor = reviewer_actor(reviewer)
    with db.write() as session:
        assessment = repository.get_assessment(session, actor, given, lock=True)
        assessing.declare(session, actor, assessment, has_conflict=False)
    with db.write() as session:
        assessment = repository.get_assessment(session, actor, given, lock=True)
        for proposal in repository.proposals_to(session, requirement.id):
            if proposal.status is P.WITHDRAWN:
                continue
            card = assessing.card_of(session, actor, assessment, proposal.id)
            points = (scores or {}).get(proposal.id, score)
            rows = [{"code": row["code"], "score": points, "comment": ""} for row in assessment.call.criteria]
            assessing.save(session, actor, assessment, card, scores=rows, comment="已审阅。")
            if hands_in:
                assessing.hand_in(session, actor, assessment, card)
    return assessment


def decide(
    db: Database, requirement: Requirement, outcomes: Sequence[tuple[uuid.UUID, ProposalStatus]]
) -> None:
    with db.write() as session:
        wanted = requirements.get(session, SYSTEM, requirement.id, lock=True)
        call = calls.check_is_closed(calls.get(session, requirement.id))
        decisions = [Decision(id, outcome, "综合评审意见。") for id, outcome in outcomes]
        results.decide(session, SYSTEM, wanted, call, decisions)


def proposal_in(
    db: Database,
    clock: time_machine.Traveller,
    requirement: Requirement,
    team: Team,
    status: ProposalStatus,
    reviewer: User,
) -> Proposal:
    """A proposal that came into `status` by itself; from the evaluation on, time is at the closing instant."""
    made = draft(db, requirement, team) if status is P.DRAFT else submitted(db, requirement, team)
    if status is P.WITHDRAWN:
        with db.write() as session:
            actor = actor_of(team)
            found = repository.lock(session, actor, made.id)
            service.withdraw(session, actor, found, reason="合作单位退出。")
    elif status not in (P.DRAFT, P.SUBMITTED):
        close(db, clock)
        if status is not P.UNDER_EVALUATION:
            assess(db, requirement, reviewer)
            decide(db, requirement, [(made.id, status)])
    return read(db, made.id)


def read(db: Database, id: uuid.UUID) -> Proposal:
    with db.read() as session:
        statement = select(Proposal).join(Proposal.requirement).join(Proposal.solver)
        return session.scalars(repository.with_everything(statement).where(Proposal.id == id)).unique().one()


def call_of(db: Database, requirement: Requirement) -> ProposalCall:
    with db.read() as session:
        return session.scalars(
            select(ProposalCall).where(ProposalCall.requirement_id == requirement.id)
        ).one()


def told(db: Database, event: Event) -> list[uuid.UUID | None]:
    """The units whose people were told of the event, one entry per message."""
    with db.read() as session:
        rows = session.scalars(select(Notification).where(Notification.event == event)).all()
        for row in rows:
            held = select(Membership.organization_id).where(Membership.user_id == row.user_id)
            assert row.organization_id is None or row.organization_id in session.scalars(held).all()
        return [row.organization_id for row in rows]
