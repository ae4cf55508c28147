"""Teams that offer themselves for a problem: expressed on its page, answered by the organizer, read by both."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.console import forms
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.interests import repository, service
from app.interests.presenter import present
from app.interests.schemas import InterestCreate, InterestDecline
from app.kit.pagination import PageQuery, paginate
from app.models.access import Role
from app.models.interest import Interest, InterestStatus
from app.requirements import repository as requirements
from app.solvers import service as solvers

router = page_router(prefix="/desk/interests")

PER_PAGE = 30


@router.get("", response_class=HTMLResponse)
def list_interests(
    request: Request,
    session: ReadSession,
    status: Annotated[str, Query(max_length=20)] = "",
    requirement: uuid.UUID | None = None,
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("interests:read"),
) -> HTMLResponse:
    """A team sees its own, a seeker those in its own problems, staff all."""
    chosen = (InterestStatus(status),) if status in set(InterestStatus) else ()
    filters = repository.Filters(status=chosen, requirement_id=requirement)
    rows, next_cursor, total = paginate(
        session,
        repository.with_parties(repository.narrow(repository.visible_to(actor), filters)),
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=Interest.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return page(
        request,
        "interests.html",
        items=[present(actor, row) for row in rows],
        total=total,
        next_cursor=next_cursor,
        statuses=InterestStatus,
        chosen_status=status,
        requirement=requirement,
        is_team=actor.has_role(Role.SOLVER),
        waiting=InterestStatus.WAITING,
    )


@router.post("", response_class=HTMLResponse)
def express_interest(
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("interests:write"),
) -> Response:
    """From the page of a problem, by the chosen team or the person's only one."""
    raw = {name: str(form[name]) for name in InterestCreate.model_fields if form.get(name)}
    body = forms.require(InterestCreate, raw)
    requirement = requirements.get(session, actor, body.requirement_id, lock=True)
    team = (
        solvers.get(session, actor, body.solver_id)
        if body.solver_id is not None
        else solvers.only_own(session, actor)
    )
    service.express(session, actor, requirement, team, text=body.text)
    return done("/desk/interests", _("意向已送达承办单位和需求方，答复会在这里显示"))


@router.post("/{interest_id}/withdraw", response_class=HTMLResponse)
def withdraw_interest(
    interest_id: uuid.UUID, session: WriteSession, actor: Actor = needs("interests:write")
) -> Response:
    service.withdraw(session, actor, repository.lock(session, actor, interest_id))
    return done("/desk/interests", _("意向已撤回"))


@router.post("/{interest_id}/decline", response_class=HTMLResponse)
def decline_interest(
    interest_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("interests:decide"),
) -> Response:
    """With a reason that the team reads; the pair is banned from rounds only on wish."""
    interest = repository.lock(session, actor, interest_id)
    raw = {"reason": str(form.get("reason") or ""), "forbids_pair": bool(form.get("forbids_pair"))}
    body = forms.require(InterestDecline, raw)
    service.decline(session, actor, interest, reason=body.reason, forbids_pair=body.forbids_pair)
    return done("/desk/interests", _("已谢绝，团队会看到理由"))
