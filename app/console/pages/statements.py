"""The refined statement of a requirement: its versions, how they differ from the form, the editor, the reply."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.console import forms
from app.console.language import gettext as _
from app.console.pages.requirements import typed_values
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.errors import NotFound
from app.models.requirement import Field, Requirement
from app.models.review import Statement
from app.requirements import repository as requirements
from app.requirements import service as requirement_service
from app.requirements.policy import check_may_review, is_own
from app.requirements.statement import (
    REFINABLE_STATUSES,
    STATED_FIELDS,
    check_may_refine,
    original_of,
)
from app.reviews import repository, statements
from app.reviews.statement_schemas import ReplyBody, StatementBody, present_statement

router = page_router(prefix="/desk/requirements/{requirement_id}/statements")


@router.get("", response_class=HTMLResponse)
def show_statements(
    request: Request,
    requirement_id: uuid.UUID,
    session: ReadSession,
    number: Annotated[int | None, Query(ge=1, le=10_000)] = None,
    against: Annotated[int | None, Query(ge=1, le=10_000)] = None,
    actor: Actor = needs("statements:read"),
) -> HTMLResponse:
    """One version, the newest unless told, beside the seeker's own words or an earlier version."""
    requirement = requirements.get(session, actor, requirement_id)
    requirement_service.check_is_insider(actor, requirement)
    rows = repository.statements(session, requirement.id)
    shown = _chosen(rows, number)
    compared = _chosen(rows, against) if against is not None else None
    differences: dict[str, Any] = {}
    if shown is not None:
        before = compared.content if compared else shown.original
        differences = statements.compare(before, shown.content)
    is_refinable = requirement.status in REFINABLE_STATUSES
    return page(
        request,
        "statements.html",
        item=requirement,
        versions=[present_statement(requirement, row) for row in rows],
        shown=present_statement(requirement, shown) if shown else None,
        against=against,
        differences={name: parts for name, parts in differences.items() if _is_changed(parts)},
        titles=_titles(),
        may_write="statements:write" in actor.permissions and is_refinable,
        may_reply=bool(rows) and shown is rows[0] and is_own(actor, requirement) and is_refinable,
    )


@router.get("/new", response_class=HTMLResponse)
def new_statement(
    request: Request,
    requirement_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("statements:write"),
) -> HTMLResponse:
    """The editor, filled with the newest version, else with the seeker's words."""
    requirement = requirements.get(session, actor, requirement_id)
    check_may_review(actor, requirement)
    check_may_refine(requirement)
    rows = repository.statements(session, requirement.id)
    content = rows[0].content if rows else original_of(requirement)
    values = {**typed_values(content), "based_on": str(rows[0].number if rows else 0)}
    return _form(request, requirement, forms.Read(values))


@router.post("", response_class=HTMLResponse)
def write_statement(
    request: Request,
    requirement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("statements:write"),
) -> Response:
    """Saves a new version, which the seeker is told of; a version written meanwhile keeps what was typed here."""
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    read = forms.read(StatementBody, form)
    if read.body is None:
        return _form(request, requirement, read, status=422)
    content = statements.as_json(read.body.model_dump(include=set(STATED_FIELDS)))
    try:
        statements.write(
            session, actor, requirement, content, based_on=read.body.based_on, note=read.body.note
        )
    except statements.StatementSuperseded as error:
        superseded: forms.Read[StatementBody] = forms.refused(read.values, error)
        return _form(request, requirement, superseded, status=409)
    return done(_path(requirement), _("凝练稿已保存，需求方会收到通知"))


@router.post("/{number}/reply", response_class=HTMLResponse)
def reply_to_statement(
    requirement_id: uuid.UUID,
    number: int,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("statements:reply"),
) -> Response:
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    comment = str(form.get("comment") or "")
    is_confirmed = form.get("verdict") == "confirm"
    body = forms.require(ReplyBody, {"is_confirmed": is_confirmed, "comment": comment})
    statements.reply(
        session, actor, requirement, number, is_confirmed=body.is_confirmed, comment=body.comment
    )
    return done(_path(requirement), _("已回复，评审人会看到"))


def _form(
    request: Request, requirement: Requirement, read: forms.Read[StatementBody], *, status: int = 200
) -> HTMLResponse:
    return page(
        request,
        "statement_form.html",
        status=status,
        item=requirement,
        original=typed_values(original_of(requirement)),
        values=read.values,
        errors=read.errors,
        fields=Field,
        titles=_titles(),
    )


def _chosen(rows: list[Statement], number: int | None) -> Statement | None:
    if number is None:
        return rows[0] if rows else None
    found = next((row for row in rows if row.number == number), None)
    if found is None:
        raise NotFound()
    return found


def _is_changed(parts: list[Any]) -> bool:
    return any(part.kind != "equal" for part in parts)


def _path(requirement: Requirement) -> str:
    return f"/desk/requirements/{requirement.id}/statements"


def _titles() -> dict[str, str]:
    return {
        "title": _("技术需求名称"),
        "problem": _("主要问题"),
        "key_indicators": _("技术关键与主要指标"),
        "goal": _("预期目标"),
        "keywords": _("关键词"),
        "field": _("所属领域"),
        "targets": _("考核指标"),
    }
