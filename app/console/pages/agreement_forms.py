"""An agreement is drafted on a requirement, and the draft edited."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.agreements import policy, repository, service
from app.agreements.schemas import AgreementCreate, AgreementPatch
from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.console import forms
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError
from app.kit.contains import contains_words
from app.kit.etag import check_version
from app.kit.pagination import PageQuery, paginate
from app.kit.schemas import Body, Line, Ref
from app.models.agreement import Agreement, AgreementKind
from app.models.requirement import Requirement
from app.models.solver import SolverProfile
from app.requirements import repository as requirements
from app.solvers import repository as solvers

router = page_router(prefix="/desk/agreements")

PER_PAGE = 20
MOST_TEAMS = 20
BY_LINE = ("other_parties",)


@router.get("/new", response_class=HTMLResponse)
def new_agreement(
    request: Request,
    session: ReadSession,
    requirement: uuid.UUID | None = None,
    q: Annotated[Annotated[str, Line(200)], Query()] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("agreements:write"),
) -> HTMLResponse:
    """First the requirement, then the form. Raises `RequirementNotPublished` for one that is not that far."""
    if requirement is not None:
        found = requirements.get(session, actor, requirement)
        policy.check_may_file(actor, found)
        return _form(request, session, actor, found, forms.Read(_suggested(session, found)))
    rows, next_cursor, total = paginate(
        session,
        _wanted(actor, q),
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=Requirement.id,
        sortable=requirements.SORTABLE,
        default="-updated_at",
    )
    return page(
        request,
        "agreement_for.html",
        items=rows,
        total=total,
        next_cursor=next_cursor,
        q=q,
    )


@router.post("", response_class=HTMLResponse)
def create_agreement(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("agreements:write"),
) -> Response:
    """A draft; or, when a team is looked for by name, the same form with the teams that were found."""
    reference = forms.require(_Reference, {"requirement_id": str(form.get("requirement_id") or "")})
    requirement = requirements.get(session, actor, reference.requirement_id, lock=True)
    read = forms.read(AgreementCreate, form, by_line=BY_LINE)
    wanted = str(form.get("team") or "")[:200]
    if form.get("then") == "find":
        return _form(request, session, actor, requirement, forms.Read(read.values), wanted=wanted)
    if read.body is None:
        return _form(request, session, actor, requirement, read, wanted=wanted, status=422)
    try:
        fields = read.body.model_dump(exclude_unset=True, exclude={"requirement_id"})
        agreement = service.create(session, actor, requirement, fields)
    except JiebangError as error:
        session.rollback()
        again = requirements.get(session, actor, reference.requirement_id)
        refused: forms.Read[Any] = forms.refused(read.values, error)
        return _form(request, session, actor, again, refused, wanted=wanted, status=error.status)
    return done(f"/desk/agreements/{agreement.id}", _("协议草稿已保存"))


@router.get("/{agreement_id}/edit", response_class=HTMLResponse)
def edit_agreement(
    request: Request,
    agreement_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("agreements:write"),
) -> HTMLResponse:
    agreement = repository.get(session, actor, agreement_id)
    policy.check_may_write(actor, agreement)
    policy.check_is_draft(agreement)
    requirement = requirements.get(session, actor, agreement.requirement_id)
    read: forms.Read[Any] = forms.Read(_typed(agreement))
    return _form(request, session, actor, requirement, read, agreement=agreement)


@router.post("/{agreement_id}/edit", response_class=HTMLResponse)
def save_agreement(
    request: Request,
    agreement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("agreements:write"),
) -> Response:
    agreement = repository.lock(session, actor, agreement_id)
    read = forms.read(AgreementPatch, form, by_line=BY_LINE)
    if read.body is None:
        requirement = requirements.get(session, actor, agreement.requirement_id)
        return _form(request, session, actor, requirement, read, agreement=agreement, status=422)
    try:
        check_version(f'"{form.get("version", "")}"', agreement.version)
        service.edit(session, actor, agreement, read.body.model_dump(exclude_unset=True))
    except JiebangError as error:
        session.rollback()
        again = repository.get(session, actor, agreement_id)
        requirement = requirements.get(session, actor, again.requirement_id)
        refused: forms.Read[Any] = forms.refused(read.values, error)
        return _form(request, session, actor, requirement, refused, agreement=again, status=error.status)
    return done(f"/desk/agreements/{agreement_id}", _("已保存"))


class _Reference(Body):
    """The requirement that a form is about; it is no field that a person fills in."""

    requirement_id: Ref


def _wanted(actor: Actor, words: str) -> Select[Requirement]:
    statement = repository.fileable_by(actor)
    return statement.where(contains_words(words, Requirement.title)) if words else statement


def _suggested(session: Session, requirement: Requirement) -> dict[str, str]:
    """What there is no choice about: the only team at hand, the only selected proposal, the only challenge."""
    teams = session.scalars(repository.teams_at_hand(requirement.id)).all()
    proposals = session.scalars(repository.selected_proposals(requirement.id)).all()
    only = {
        "solver_id": [row.id for row in teams],
        "proposal_id": [row.id for row in proposals],
        "challenge_id": [row.id for row in requirement.challenges],
    }
    return {name: str(ids[0]) for name, ids in only.items() if len(ids) == 1}


def _typed(agreement: Agreement) -> dict[str, str]:
    """The stored draft as a person would type it."""
    return {
        "title": agreement.title,
        "number": agreement.number,
        "kind": agreement.kind.value,
        "amount_wan": f"{agreement.amount_wan.normalize():f}",
        "ends_on": agreement.ends_on.isoformat() if agreement.ends_on else "",
        "other_parties": "\n".join(agreement.other_parties),
        "challenge_id": str(agreement.challenge_id or ""),
        "proposal_id": str(agreement.proposal_id or ""),
    }


def _teams(
    session: Session, actor: Actor, requirement: Requirement, read: forms.Read[Any], wanted: str
) -> list[SolverProfile]:
    """The teams to choose from: those at hand, the chosen one, and those found by name."""
    found = list(session.scalars(repository.teams_at_hand(requirement.id)))
    seen = solvers.visible_to(actor)
    if (chosen := _id(read.values.get("solver_id"))) is not None:
        found += session.scalars(seen.where(SolverProfile.id == chosen)).all()
    if wanted.strip():
        named = solvers.narrow(seen, solvers.Filters(is_active=True)).order_by(SolverProfile.name)
        words = contains_words(wanted, SolverProfile.name)
        found += session.scalars(named.where(words).limit(MOST_TEAMS)).all()
    return list(dict.fromkeys(found))


def _id(typed: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(typed))
    except ValueError:
        return None


def _form(
    request: Request,
    session: Session,
    actor: Actor,
    requirement: Requirement,
    read: forms.Read[Any],
    *,
    agreement: Agreement | None = None,
    wanted: str = "",
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "agreement_form.html",
        status=status,
        agreement=agreement,
        requirement=requirement,
        values=read.values,
        errors=read.errors,
        kinds=AgreementKind,
        teams=_teams(session, actor, requirement, read, wanted),
        wanted=wanted,
        proposals=list(session.scalars(repository.selected_proposals(requirement.id))),
        challenges=requirement.challenges,
    )
