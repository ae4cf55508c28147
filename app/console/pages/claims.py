"""Whose an imported profile is: teams look for themselves and claim, staff decide."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.achievements import repository as achievements
from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.claims import repository, service
from app.claims.schemas import ClaimApprove, ClaimCreate, ClaimRefuse, present
from app.console import forms
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError
from app.kit.pagination import PageQuery, paginate
from app.models.claim import ClaimStatus, ProfileClaim
from app.models.solver import Achievement, SolverProfile
from app.solvers import repository as solvers

router = page_router(prefix="/desk/claims")

PER_PAGE = 30
MOST_FOUND = 20
MOST_TITLES = 8


@router.get("", response_class=HTMLResponse)
def list_claims(
    request: Request,
    session: ReadSession,
    status: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("claims:read"),
) -> HTMLResponse:
    chosen = (ClaimStatus(status),) if status in set(ClaimStatus) else ()
    filters = repository.Filters(status=chosen)
    rows, next_cursor, total = paginate(
        session,
        repository.with_parties(repository.narrow(repository.visible_to(actor), filters)),
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=ProfileClaim.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return page(
        request,
        "claims.html",
        items=[present(row) for row in rows],
        total=total,
        next_cursor=next_cursor,
        statuses=ClaimStatus,
        chosen_status=status,
        waiting=ClaimStatus.WAITING,
    )


@router.get("/new", response_class=HTMLResponse)
def look_for_profile(
    request: Request,
    session: ReadSession,
    q: Annotated[str, Query(max_length=200)] = "",
    team: uuid.UUID | None = None,
    actor: Actor = needs("claims:write"),
) -> HTMLResponse:
    """First the search among profiles that belong to no unit, then the chosen one with the reason."""
    if team is not None:
        return _form(request, session, actor, solvers.get(session, actor, team), forms.Read({}))
    found: list[SolverProfile] = []
    if q.strip():
        statement = solvers.narrow(solvers.visible_to(actor), solvers.Filters(q=q))
        statement = statement.where(SolverProfile.organization_id.is_(None))
        found = list(session.scalars(statement.order_by(SolverProfile.name).limit(MOST_FOUND)))
    return page(request, "claim_search.html", q=q, found=found, most=MOST_FOUND)


@router.post("", response_class=HTMLResponse)
def file_claim(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("claims:write"),
) -> Response:
    raw = {name: str(form[name]) for name in ClaimCreate.model_fields if form.get(name)}
    read = forms.checked(ClaimCreate, raw, raw)
    profile = solvers.get(session, actor, uuid.UUID(raw["solver_id"])) if _is_id(raw) else None
    if profile is None:
        return done("/desk/claims/new")
    if read.body is None:
        return _form(request, session, actor, profile, read, status=422)
    try:
        service.file(session, actor, **read.body.model_dump())
    except JiebangError as error:
        session.rollback()
        profile = solvers.get(session, actor, profile.id)
        return _form(request, session, actor, profile, forms.refused(raw, error), status=error.status)
    return done("/desk/claims", _("认领申请已提交，承办单位审核后会通知您"))


@router.post("/{claim_id}/withdraw", response_class=HTMLResponse)
def withdraw_claim(
    claim_id: uuid.UUID, session: WriteSession, actor: Actor = needs("claims:write")
) -> Response:
    service.withdraw(session, actor, repository.lock(session, actor, claim_id))
    return done("/desk/claims", _("认领申请已撤回"))


@router.post("/{claim_id}/approve", response_class=HTMLResponse)
def approve_claim(
    claim_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("claims:decide"),
) -> Response:
    claim = repository.lock(session, actor, claim_id)
    service.approve(session, actor, claim, note=forms.body_of(ClaimApprove, form).note)
    return done("/desk/claims", _("已通过，档案和成果归该单位管理"))


@router.post("/{claim_id}/refuse", response_class=HTMLResponse)
def refuse_claim(
    claim_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("claims:decide"),
) -> Response:
    claim = repository.lock(session, actor, claim_id)
    service.refuse(session, actor, claim, reason=forms.body_of(ClaimRefuse, form).reason)
    return done("/desk/claims", _("已退回，申请单位会看到理由"))


def _is_id(raw: dict[str, str]) -> bool:
    try:
        uuid.UUID(raw.get("solver_id", ""))
    except ValueError:
        return False
    return True


def _form(
    request: Request,
    session: Session,
    actor: Actor,
    profile: SolverProfile,
    read: forms.Read[Any],
    *,
    status: int = 200,
) -> HTMLResponse:
    titles = achievements.visible_to(actor).where(Achievement.solver_id == profile.id)
    return page(
        request,
        "claim_form.html",
        status=status,
        profile=profile,
        titles=list(session.scalars(titles.order_by(Achievement.id).limit(MOST_TITLES))),
        own=solvers.own(session, actor),
        values=read.values,
        errors=read.errors,
    )
