"""The units that are asked to a challenge held by invitation."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.challenges import repository, service
from app.challenges.stage_schemas import InviteesBody
from app.console import challenge_frame, forms
from app.console.language import gettext as _
from app.console.routing import done, form_of, needs, page_router
from app.kit.contains import contains_words
from app.kit.pagination import PageQuery, paginate
from app.kit.schemas import Line
from app.models.organization import Organization
from app.organizations import repository as organizations

router = page_router(prefix="/desk/challenges/{challenge_id}/invitees")

PER_PAGE = 50
MOST_FOUND = 30


@router.get("", response_class=HTMLResponse)
def list_invitees(
    request: Request,
    challenge_id: uuid.UUID,
    session: ReadSession,
    q: Annotated[Annotated[str, Line(200)], Query()] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("challenges:write"),
) -> HTMLResponse:
    """Who sees the challenge; `q` looks for units to ask by their names."""
    challenge = repository.get(session, actor, challenge_id)
    invited = repository.invitees(challenge)
    rows, next_cursor, total = paginate(
        session,
        invited,
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=Organization.id,
        sortable={"name": Organization.name},
        default="name",
    )
    found = organizations.visible_to(actor).where(
        contains_words(q, Organization.name),
        Organization.id.not_in(invited.with_only_columns(Organization.id)),
    )
    more = session.scalars(found.order_by(Organization.name).limit(MOST_FOUND)).all() if q.strip() else []
    return challenge_frame.show(
        request,
        challenge,
        "challenge_invitees.html",
        "invitees",
        items=rows,
        total=total,
        next_cursor=next_cursor,
        q=q,
        more=more,
    )


@router.post("", response_class=HTMLResponse)
def invite_units(
    challenge_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("challenges:write"),
) -> Response:
    challenge = repository.get(session, actor, challenge_id, lock=True)
    chosen = [str(id) for id in form.getlist("organization_ids")]
    body = forms.require(InviteesBody, {"organization_ids": chosen})
    service.invite(session, actor, challenge, body.organization_ids)
    return done(f"/desk/challenges/{challenge_id}/invitees", _("已邀请"))


@router.post("/{organization_id}/remove", response_class=HTMLResponse)
def uninvite_unit(
    challenge_id: uuid.UUID,
    organization_id: uuid.UUID,
    session: WriteSession,
    actor: Actor = needs("challenges:write"),
) -> Response:
    """What the unit has entered stays in the challenge."""
    challenge = repository.get(session, actor, challenge_id, lock=True)
    service.uninvite(session, actor, challenge, organization_id)
    return done(f"/desk/challenges/{challenge_id}/invitees", _("已取消邀请"))
