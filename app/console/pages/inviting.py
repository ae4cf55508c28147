"""Sending invitations: to pairs of a published round, or to one team by hand."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.console import forms
from app.console.language import current
from app.console.language import gettext as _
from app.console.pages.rounds import frame, results_page
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError
from app.invitations import repository, rounds, service
from app.invitations.policy import INVITABLE_STATUSES
from app.invitations.schemas import InvitationCreate, RoundInvitationsBody
from app.kit.clock import in_shanghai, now
from app.matches import repository as round_rows
from app.models.invitation import Invitation, InvitationStatus
from app.models.matching import MatchRound
from app.models.requirement import Requirement
from app.models.solver import SolverProfile
from app.requirements import repository as requirements
from app.solvers import repository as solvers

router = page_router(prefix="/desk")

MOST_FOUND = 30
DAYS_TO_REPLY = 7
"""What the form proposes; people change it."""


@router.get("/rounds/{round_id}/invitations", response_class=HTMLResponse)
def show_offers(
    request: Request,
    round_id: uuid.UUID,
    session: ReadSession,
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("invitations:write"),
) -> HTMLResponse:
    """Every pair that the round names, whom was asked already, and the terms for those still to be asked."""
    found = round_rows.get(session, actor, round_id)
    return _offers(request, session, actor, found, cursor=cursor)


@router.post("/rounds/{round_id}/invitations", response_class=HTMLResponse)
def send_offers(
    request: Request,
    round_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("invitations:write"),
) -> Response:
    """To the pairs that were ticked, or to every assigned pair of the round; who cannot be asked is named."""
    found = round_rows.get(session, actor, round_id, lock=True)
    pairs = [str(pair) for pair in form.getlist("pair")]
    values = {name: str(value) for name, value in form.items() if name != "pair"}
    raw: dict[str, Any] = forms.raw_of(RoundInvitationsBody, form)
    if form.get("to") != "all":
        named = (pair.partition(":") for pair in pairs)
        raw["pairs"] = [{"requirement_id": first, "solver_id": last} for first, _sign, last in named]
    read = forms.checked(RoundInvitationsBody, values, raw)
    if read.body is None:
        return _offers(request, session, actor, found, read=read, ticked=pairs, cursor=cursor, status=422)
    chosen = read.body.pairs
    try:
        mailing = rounds.invite_assigned(
            session,
            actor,
            found,
            read.body.as_terms(),
            pairs=None if chosen is None else [(pair.requirement_id, pair.solver_id) for pair in chosen],
        )
    except JiebangError as error:
        session.rollback()
        again = round_rows.get(session, actor, round_id)
        refused: forms.Read[RoundInvitationsBody] = forms.refused(values, error)
        return _offers(
            request, session, actor, again, read=refused, ticked=pairs, cursor=cursor, status=error.status
        )
    if not mailing.passed:
        sentence = _("已发出 %(count)s 份邀约") % {"count": len(mailing.sent)}
        return done(f"/desk/rounds/{round_id}/invitations", sentence)
    return _offers(request, session, actor, found, mailing=mailing, cursor=cursor)


@router.get("/invitations/new", response_class=HTMLResponse)
def new_invitation(
    request: Request,
    session: ReadSession,
    requirement: Annotated[uuid.UUID | None, Query()] = None,
    solver: Annotated[uuid.UUID | None, Query()] = None,
    q: Annotated[str, Query(max_length=200)] = "",
    actor: Actor = needs("invitations:write"),
) -> HTMLResponse:
    """Which problem, which team, on what terms: one question after the other."""
    return _by_hand(request, session, actor, requirement, solver, q)


@router.post("/invitations", response_class=HTMLResponse)
def send_invitation(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("invitations:write"),
) -> Response:
    read = forms.read(InvitationCreate, form)
    try:
        if read.body is not None:
            body = read.body
            sent = service.send(session, actor, body.requirement_id, body.solver_id, body.as_terms())
            return done(f"/desk/invitations/{sent.id}", _("邀约已发出"))
        status = 422
    except JiebangError as error:
        session.rollback()
        read, status = forms.refused(read.values, error), error.status
    keys = [_id(read.values.get(name)) for name in ("requirement_id", "solver_id")]
    return _by_hand(request, session, actor, keys[0], keys[1], "", read=read, status=status)


def _offers(
    request: Request,
    session: Session,
    actor: Actor,
    found: MatchRound,
    *,
    read: forms.Read[Any] | None = None,
    ticked: list[str] | None = None,
    mailing: rounds.Mailing | None = None,
    cursor: str | None = None,
    status: int = 200,
) -> HTMLResponse:
    rows, next_cursor, total = results_page(session, found, cursor)
    offers = rounds.offers(session, found, [row.requirement_id for row in rows])
    by_requirement = {row.requirement_id: [] for row in rows}  # type: dict[uuid.UUID, list[rounds.Offer]]
    for offer in offers:
        by_requirement[offer.candidate.requirement_id].append(offer)
    sent = repository.narrow(repository.visible_to(actor), repository.Filters(round_id=found.id))
    return page(
        request,
        "round_invitations.html",
        status=status,
        **frame(session, actor, found, "invitations"),
        rows=rows,
        offers=by_requirement,
        obstacles={
            (one.candidate.requirement_id, one.candidate.solver_id): one.obstacle.detail(current())
            for one in offers
            if one.obstacle is not None
        },
        ticked=ticked,
        total=total,
        next_cursor=next_cursor,
        counts=repository.count_by_status(session, sent),
        statuses=InvitationStatus,
        read=read or forms.Read(_proposed()),
        sent_count=len(mailing.sent) if mailing else 0,
        passed=_passed(session, mailing),
    )


def _passed(session: Session, mailing: rounds.Mailing | None) -> list[tuple[str, str, str]]:
    """(requirement, team, reason) of each pair that was not invited."""
    return [
        (
            session.get_one(Requirement, row.requirement_id).title,
            session.get_one(SolverProfile, row.solver_id).name,
            row.error.detail(current()),
        )
        for row in (mailing.passed if mailing else ())
    ]


def _by_hand(
    request: Request,
    session: Session,
    actor: Actor,
    requirement_id: uuid.UUID | None,
    solver_id: uuid.UUID | None,
    q: str,
    *,
    read: forms.Read[Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    requirement = requirements.get(session, actor, requirement_id) if requirement_id else None
    team = solvers.get(session, actor, solver_id) if solver_id else None
    known: Invitation | None = None
    if requirement is not None and team is not None:
        known = repository.newest_by_pair(session, [requirement.id]).get((requirement.id, team.id))
    return page(
        request,
        "invitation_new.html",
        status=status,
        requirement=requirement,
        team=team,
        known=known,
        q=q,
        problems=_problems(session, actor, q) if requirement is None else [],
        teams=_teams(session, actor, q) if requirement is not None and team is None else [],
        read=read or forms.Read(_proposed()),
    )


def _problems(session: Session, actor: Actor, q: str) -> list[Requirement]:
    filters = requirements.Filters(q=q or None, status=tuple(sorted(INVITABLE_STATUSES)))
    statement = requirements.narrow(requirements.visible_to(actor), filters, actor)
    rows = session.scalars(statement.order_by(Requirement.published_at.desc()).limit(MOST_FOUND))
    return list(rows.unique())


def _teams(session: Session, actor: Actor, q: str) -> list[SolverProfile]:
    filters = solvers.Filters(q=q or None, is_active=True)
    statement = solvers.narrow(solvers.visible_to(actor), filters)
    # Nobody would read an invitation to a team that belongs to no unit.
    statement = statement.where(SolverProfile.organization_id.is_not(None))
    return list(session.scalars(statement.order_by(SolverProfile.name).limit(MOST_FOUND)))


def _proposed() -> Mapping[str, str]:
    """The end of a working day in a week, which the form begins with."""
    day = in_shanghai(now() + timedelta(days=DAYS_TO_REPLY))
    return {"reply_by": f"{day:%Y-%m-%d}T18:00", "invites_alternates": "yes"}


def _id(text: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
