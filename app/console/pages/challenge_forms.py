"""A challenge is filed, edited, announced and closed in a browser."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.challenges import repository, service
from app.challenges.schemas import EXAMPLE, ChallengeCreate, ChallengePatch
from app.console import forms
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError
from app.kit.etag import check_version
from app.models.access import Role
from app.models.challenge import Challenge, ChallengeAccess, ChallengeKind
from app.models.requirement import Field

router = page_router(prefix="/desk/challenges")

BY_LINE = ("industries",)
"""Names of industries have enumeration commas of their own (“纺织服装、服饰业”)."""


@router.get("/new", response_class=HTMLResponse)
def new_challenge(
    request: Request, session: ReadSession, actor: Actor = needs("challenges:write")
) -> HTMLResponse:
    own = sorted(str(id) for id in actor.organizations(Role.ORGANIZER))
    return _form(request, session, forms.Read({"organization_id": own[0] if len(own) == 1 else ""}))


@router.post("", response_class=HTMLResponse)
def create_challenge(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("challenges:write"),
) -> Response:
    """A draft, which only staff and reviewers see; its schedule is next."""
    read = forms.read(ChallengeCreate, form, by_line=BY_LINE)
    if read.body is None:
        return _form(request, session, read, status=422)
    try:
        fields = read.body.model_dump(exclude={"status"})
        challenge = service.create(session, actor, fields, status=read.body.status)
    except JiebangError as error:
        session.rollback()
        return _form(request, session, forms.refused(read.values, error), status=error.status)
    return done(
        f"/desk/challenges/{challenge.id}/schedule", _("赛事已建立，还未公布。请设定各阶段的起止时间")
    )


@router.get("/{challenge_id}/edit", response_class=HTMLResponse)
def edit_challenge(
    request: Request,
    challenge_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("challenges:write"),
) -> HTMLResponse:
    challenge = repository.get(session, actor, challenge_id)
    return _form(request, session, forms.Read(_typed(challenge)), challenge=challenge)


@router.post("/{challenge_id}/edit", response_class=HTMLResponse)
def save_challenge(
    request: Request,
    challenge_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("challenges:write"),
) -> Response:
    challenge = repository.get(session, actor, challenge_id, lock=True)
    read = forms.read(ChallengePatch, form, by_line=BY_LINE)
    if read.body is None:
        return _form(request, session, read, challenge=challenge, status=422)
    try:
        check_version(f'"{form.get("version", "")}"', challenge.version)
        service.edit(session, actor, challenge, read.body.model_dump(exclude_unset=True))
    except JiebangError as error:
        session.rollback()
        again = repository.get(session, actor, challenge_id)
        refused: forms.Read[Any] = forms.refused(read.values, error)
        return _form(request, session, refused, challenge=again, status=error.status)
    return done(f"/desk/challenges/{challenge_id}", _("已保存"))


@router.post("/{challenge_id}/status", response_class=HTMLResponse)
def move_challenge(
    challenge_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("challenges:write"),
) -> Response:
    """Announces or closes it; what stands in the way of closing is said as it is."""
    challenge = repository.get(session, actor, challenge_id, lock=True)
    body = forms.require(ChallengePatch, {"status": str(form.get("status") or "")})
    service.edit(session, actor, challenge, {"status": body.status})
    return done(f"/desk/challenges/{challenge_id}", _("赛事状态已更新"))


def _form(
    request: Request,
    session: Session,
    read: forms.Read[Any],
    *,
    challenge: Challenge | None = None,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "challenge_form.html",
        status=status,
        challenge=challenge,
        values=read.values,
        errors=read.errors,
        kinds=ChallengeKind,
        accesses=ChallengeAccess,
        fields=Field,
        bureaus=list(session.scalars(repository.bureaus())),
        example=EXAMPLE,
    )


def _typed(challenge: Challenge) -> dict[str, Any]:
    """The stored challenge as a person would type it."""
    return {
        "code": challenge.code,
        "name": challenge.name,
        "kind": challenge.kind.value,
        "access": challenge.access.value,
        "organization_id": str(challenge.organization_id or ""),
        "region": challenge.region,
        "industries": "\n".join(challenge.industries),
        "fields": list(challenge.fields),
        "description": challenge.description,
        "opens_at": forms.local(challenge.opens_at),
        "closes_at": forms.local(challenge.closes_at),
    }
