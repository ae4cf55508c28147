"""The list of requirements a person may see, one requirement with all that happened to it, and its form."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app import audit
from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession
from app.challenges import repository as challenges
from app.challenges.scope import OutsideScope
from app.challenges.stages import StageNotOpen, StageOver
from app.console import forms, moves, timeline
from app.console.language import current
from app.console.language import gettext as _
from app.console.rendering import instant, is_part, page
from app.console.routing import done, form_of, needs, page_router
from app.errors import InvalidInput, JiebangError, VersionMismatch
from app.kit.clock import now
from app.kit.etag import check_version
from app.kit.text import join_keywords
from app.matches import presenter
from app.matches import service as matches
from app.models.access import Role
from app.models.challenge import Challenge, ChallengeStatus
from app.models.requirement import (
    EDITABLE_STATUSES,
    REVIEWED_STATUSES,
    ActivityType,
    Confidentiality,
    Cooperation,
    Field,
    Requirement,
)
from app.requirements import policy, repository, service
from app.requirements.presenter import present
from app.requirements.schemas import EXAMPLE, RequirementCreate, RequirementPatch

router = page_router(prefix="/desk/requirements")


@router.get("/new", response_class=HTMLResponse)
def new_requirement(
    request: Request, session: ReadSession, actor: Actor = needs("requirements:create")
) -> HTMLResponse:
    """An empty form; it is kept as a draft from the first save on."""
    return _form(request, session, actor, forms.Read({}), requirement=None)


@router.post("", response_class=HTMLResponse)
def create_requirement(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("requirements:create"),
) -> Response:
    read = forms.read(RequirementCreate, form)
    if read.body is None:
        return _form(request, session, actor, read, requirement=None, status=422)
    try:
        organization = service.own_organization(session, actor, read.body.organization_id)
        fields = read.body.model_dump(exclude={"organization_id", "organization", "challenge"})
        requirement = service.create(
            session, actor, fields, organization=organization, challenge=read.body.challenge or None
        )
    except (InvalidInput, OutsideScope) as error:
        session.rollback()
        refused: forms.Read[Any] = forms.refused(read.values, error)
        return _form(request, session, actor, refused, requirement=None, status=error.status)
    return _after_save(session, actor, requirement, form)


@router.get("/{requirement_id}", response_class=HTMLResponse)
def show_requirement(
    request: Request,
    requirement_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("requirements:read"),
) -> HTMLResponse:
    """The form as this reader may see it, and for insiders everything that was answered and done."""
    requirement = repository.get(session, actor, requirement_id)
    is_insider = repository.is_insider(actor, requirement)
    return page(
        request,
        "requirement.html",
        item=present(actor, requirement),
        is_insider=is_insider,
        may_edit=_may_edit(actor, requirement),
        moves=moves.open_to(actor, requirement),
        **timeline.of(session, actor, requirement, is_insider=is_insider),
        history=audit.history(session, "requirement", requirement.id) if is_insider else [],
        at=now(),
        return_reasons=moves.RETURN_REASONS,
        actions=_acts(),
    )


@router.get("/{requirement_id}/candidates", response_class=HTMLResponse)
def show_candidates(
    request: Request,
    requirement_id: uuid.UUID,
    session: ReadSession,
    context: Context,
    actor: Actor = needs("candidates:read"),
) -> HTMLResponse:
    """Teams that fit, with the phrases that meet; computed now for staff, as published for the seeker."""
    requirement = repository.get(session, actor, requirement_id)
    kept = matches.candidates_kept(session, actor, requirement, limit=10)
    if not matches.may_rank(actor) or kept.round is not None:
        found = presenter.kept(actor, requirement, kept, language=current())
    else:
        ranking = matches.candidates_live(context, session, actor, requirement, limit=10)
        found = presenter.live(
            ranking, searched_solvers=matches.searched_solvers(context), language=current()
        )
    return page(request, "candidates.html", block="part", item=present(actor, requirement), found=found)


@router.get("/{requirement_id}/edit", response_class=HTMLResponse)
def edit_requirement(
    request: Request,
    requirement_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("requirements:edit"),
) -> HTMLResponse:
    requirement = repository.get(session, actor, requirement_id)
    policy.check_may_edit(actor, requirement)
    return _form(
        request, session, actor, forms.Read(typed_values(_stored(requirement))), requirement=requirement
    )


@router.post("/{requirement_id}/edit", response_class=HTMLResponse)
def save_requirement(
    request: Request,
    requirement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("requirements:edit"),
) -> Response:
    """Saves the form; htmx saves it by itself while it is filled in and gets one line back."""
    requirement = repository.get(session, actor, requirement_id, lock=True)
    read = forms.read(RequirementPatch, form)
    saves_itself = is_part(request)
    if read.body is None:
        return _form(
            request, session, actor, read, requirement=requirement, status=422, only_state=saves_itself
        )
    try:
        check_version(f'"{form.get("version", "")}"', requirement.version)
    except VersionMismatch:
        stale: forms.Read[RequirementPatch] = forms.Read(
            read.values, errors={"": _("内容已被他人修改。您填写的内容还在，请核对后再保存。")}
        )
        return _form(
            request, session, actor, stale, requirement=requirement, status=412, only_state=saves_itself
        )
    if not read.body.title:
        untitled: forms.Read[RequirementPatch] = forms.Read(read.values, errors={"title": _("此项必填")})
        return _form(
            request, session, actor, untitled, requirement=requirement, status=422, only_state=saves_itself
        )
    service.edit(session, actor, requirement, read.body.model_dump(exclude_unset=True))
    session.flush()
    if saves_itself:
        saved: forms.Read[RequirementPatch] = forms.Read(read.values)
        return _form(request, session, actor, saved, requirement=requirement, only_state=True)
    return _after_save(session, actor, requirement, form)


@router.post("/{requirement_id}/{move}", response_class=HTMLResponse)
def move_requirement(
    requirement_id: uuid.UUID,
    move: str,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("requirements:read"),
) -> Response:
    """A step of the lifecycle; which permission it takes stands in the table of moves."""
    requirement = repository.get(session, actor, requirement_id, lock=True)
    moves.make(session, actor, requirement, move, form)
    return done(f"/desk/requirements/{requirement_id}", _("已完成，需求方会收到通知"))


def _acts() -> dict[str, str]:
    """The acts of the history in words."""
    return {
        "requirement.created": _("新建草稿"),
        "requirement.edited": _("修改"),
        "requirement.moved": _("流转"),
        "requirement.answered": _("书面答复"),
        "requirement.entered": _("列入赛事"),
    }


def _may_edit(actor: Actor, requirement: Requirement) -> bool:
    if policy.is_own(actor, requirement) or (actor.is_staff and requirement.is_filed_by_staff):
        return requirement.status in EDITABLE_STATUSES
    is_reviewing = actor.has_role(Role.ORGANIZER, Role.ADMIN, Role.REVIEWER)
    return is_reviewing and requirement.status in REVIEWED_STATUSES


def _after_save(session: Session, actor: Actor, requirement: Requirement, form: FormData) -> Response:
    path = f"/desk/requirements/{requirement.id}"
    if form.get("then") == "submit":
        lacking = service.what_submission_lacks(requirement)
        if lacking:
            return done(f"{path}/edit?lacking=1", _("已保存。提交前还需要补充标出的内容"))
        try:
            with session.begin_nested():
                service.submit(session, actor, requirement)
        except (OutsideScope, StageOver, StageNotOpen) as error:
            # What was typed is kept; only the submission is not taken.
            return done(f"{path}/edit", _("已保存，但未能提交：%(why)s") % {"why": _why(error)})
        return done(path, _("已提交。审核结果会在这里答复您"))
    return done(path, _("已保存"))


def _why(error: JiebangError) -> str:
    lines = [item.en if current() == "en" else item.zh for item in error.fields]
    return " ".join([error.detail(current()), *lines])


def _form(
    request: Request,
    session: Session,
    actor: Actor,
    read: forms.Read[Any],
    *,
    requirement: Requirement | None,
    status: int = 200,
    only_state: bool = False,
) -> HTMLResponse:
    errors = dict(read.errors)
    if requirement is not None and request.query_params.get("lacking"):
        errors |= forms.by_field(service.what_submission_lacks(requirement))
    running = challenges.visible_to(actor).where(Challenge.status == ChallengeStatus.OPEN)
    return page(
        request,
        "requirement_form.html",
        status=200 if only_state else status,
        block="state" if only_state else None,
        values=read.values,
        errors=errors,
        requirement=requirement,
        saved_at=instant(requirement.updated_at) if requirement else "",
        example=EXAMPLE,
        running=list(session.scalars(running.order_by(Challenge.code))),
        fields=Field,
        cooperations=Cooperation,
        activities=ActivityType,
        tiers=Confidentiality,
    )


def _stored(requirement: Requirement) -> Mapping[str, Any]:
    return {name: getattr(requirement, name) for name in RequirementPatch.model_fields}


def typed_values(stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """Stored fields of a requirement as a person would type them."""
    values: dict[str, Any] = {}
    for name, value in stored.items():
        if name == "keywords":
            values[name] = join_keywords(value)
        elif name == "targets":
            values[name] = [{key: _plain(part) for key, part in row.items()} for row in value]
        else:
            values[name] = _plain(value)
    return values


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return (
        str(value.value)
        if isinstance(value, Field | Cooperation | ActivityType | Confidentiality)
        else str(value)
    )
