"""The ledger of answers: the rows behind every figure, and one requirement's answers with what is owed on it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.challenges import repository as challenges
from app.console import forms, lists
from app.console.language import gettext as _
from app.console.lists import Column
from app.console.rendering import label, page
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError, NotFound
from app.kit.clock import now
from app.kit.etag import check_version
from app.kit.pagination import paginate
from app.kit.schemas import Line
from app.ledger import obligations
from app.ledger import service as ledger
from app.ledger.ages import Age, days_waited
from app.ledger.obligations import LONGEST_PAUSE_DAYS, Filters, Standing
from app.models.access import User
from app.models.challenge import Challenge
from app.models.ledger import Obligation, ObligationKind
from app.models.requirement import Requirement
from app.requirements import repository as requirements
from app.requirements import service as requirement_service
from app.requirements.presenter import present
from app.requirements.schemas import RequirementView
from app.responses import owing
from app.responses.coverage import Figure, obligations_of, rows_behind
from app.responses.obligation_presenter import present as present_owed
from app.responses.obligation_schemas import AskBody, AssignBody, ObligationView, ReplyBody
from app.responses.presenter import present as present_answers
from app.responses.schemas import ResponseCreate

router = page_router(prefix="/desk/ledger")

PER_PAGE = 30
AGES = (7, 15, 30, 90)
"""Days since the submission that one can ask for."""

MINE = "me"


@dataclass(frozen=True)
class Row:
    """One line of the ledger: the requirement, what is owed on it (None: nothing), and for how many days."""

    item: RequirementView
    submitted_at: datetime | None
    owed: ObligationView | None
    waited: int | None


COLUMNS = (
    Column("需求", lambda row: row.item.title, 40),
    Column("单位", lambda row: row.item.organization.name if row.item.organization else _("不公开"), 28),
    Column("地区", lambda row: row.item.region, 24),
    Column("状态", lambda row: row.item.status),
    Column("提交", lambda row: row.submitted_at),
    Column("应答复", lambda row: row.owed.kind if row.owed else "—"),
    Column("责任人", lambda row: owner_words(row.owed), 14),
    Column("已等待（天）", lambda row: row.waited, 12),
    Column("期限", lambda row: row.owed.due_at if row.owed else None),
    Column("办理情况", lambda row: row.owed.standing if row.owed else None, 14),
)


@router.get("", response_class=HTMLResponse)
def show_ledger(
    request: Request,
    session: ReadSession,
    figure: Annotated[str, Query(max_length=20)] = Figure.SUBMITTED.value,
    challenge: Annotated[str, Query(max_length=40)] = "",
    region: Annotated[Annotated[str, Line(200)], Query()] = "",
    age: Annotated[str, Query(max_length=4)] = "",
    waiting: Annotated[str, Query(max_length=20)] = "",
    standing: Annotated[str, Query(max_length=20)] = "",
    owner: Annotated[str, Query(max_length=40)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("coverage:read"),
) -> Response:
    """Without filters, the total is the figure itself. Raises `NotFound` for a challenge that is not there."""
    chosen = Figure(figure) if figure in set(Figure) else Figure.SUBMITTED
    entered = list(session.scalars(challenges.visible_to(actor).order_by(Challenge.created_at.desc())))
    named = next((item for item in entered if item.code == challenge), None)
    if challenge and named is None:
        raise NotFound()
    at = now()
    days = int(age) if age.isdigit() and int(age) in AGES else None
    statement = rows_behind(chosen, actor=actor, at=at, challenge_id=named.id if named else None)
    statement = requirements.narrow(statement, requirements.Filters(region=region or None), actor)
    if days is not None:
        statement = statement.where(Requirement.submitted_at <= at - timedelta(days=days))
    filters = Filters(
        standing=Standing(standing) if standing in set(Standing) else None,
        owner_id=_owner_id(owner, actor),
        age=Age(waiting) if waiting in set(Age) else None,
        kind=ObligationKind(kind) if kind in set(ObligationKind) else None,
    )
    if filters != Filters():
        owed = obligations.owed(statement, filters).with_only_columns(Obligation.requirement_id)
        statement = statement.where(Requirement.id.in_(owed))
    rows, next_cursor, total = paginate(
        session,
        statement,
        page=lists.page_of(request, PER_PAGE, cursor=cursor),
        key=Requirement.id,
        sortable=requirements.SORTABLE,
        default="submitted_at",
    )
    return lists.answer(
        request,
        "ledger.html",
        title="反馈台账",
        columns=COLUMNS,
        items=_rows(session, actor, rows, at),
        total=total,
        next_cursor=next_cursor,
        figure=chosen,
        figures=Figure,
        entered=entered,
        challenge=challenge,
        region=region,
        days=days,
        ages=AGES,
        filters=filters,
        bands=Age,
        standings=Standing,
        kinds=ObligationKind,
        owner=owner,
        owners=_owners(session, actor),
        at=at,
    )


@router.get("/requirements/{requirement_id}", response_class=HTMLResponse)
def show_answers(
    request: Request, requirement_id: uuid.UUID, session: ReadSession, actor: Actor = needs("coverage:read")
) -> HTMLResponse:
    """What was answered and what its seeker said of it, what is owed now, and the acts on it."""
    return _page(request, session, actor, requirement_id)


@router.post("/requirements/{requirement_id}/answer", response_class=HTMLResponse)
def answer_seeker(
    request: Request,
    requirement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("responses:write"),
) -> Response:
    """A written answer: it ends what is owed now, and the next answer is owed by a day of its own."""
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    read = forms.read(ResponseCreate, form)
    if read.body is None:
        return _page(request, session, actor, requirement_id, read=read, act="answer")
    requirement_service.answer_in_writing(session, actor, requirement, read.body.text)
    return done(_path(requirement_id), _("已答复，需求方可以看到"))


@router.post("/requirements/{requirement_id}/assign", response_class=HTMLResponse)
def assign_owner(
    requirement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("obligations:assign"),
) -> Response:
    """Names who owes the answer, and tells that person; nobody in person leaves it to the role."""
    _requirement, obligation = owing.lock(session, actor, _obligation_id(form))
    check_version(f'"{form.get("version", "")}"', obligation.version)
    body = forms.require(AssignBody, {"owner_id": str(form.get("owner_id") or "") or None})
    obligations.assign(session, actor, obligation, body.owner_id)
    return done(_path(requirement_id), _("责任人已更新"))


@router.post("/requirements/{requirement_id}/ask", response_class=HTMLResponse)
def ask_seeker(
    request: Request,
    requirement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("obligations:ask"),
) -> Response:
    """Asks for what is needed to answer; no clock runs until the reply, or until the days for it are over."""
    read = forms.read(AskBody, form)
    if read.body is None:
        return _page(request, session, actor, requirement_id, read=read, act="ask")
    try:
        owing.ask(session, actor, _obligation_id(form), question=read.body.question, days=read.body.days)
    except JiebangError as error:
        session.rollback()
        refused = forms.refused(read.values, error)
        return _page(request, session, actor, requirement_id, read=refused, act="ask", status=error.status)
    return done(_path(requirement_id), _("已请需求方补充，计时暂停"))


@router.post("/requirements/{requirement_id}/reply", response_class=HTMLResponse)
def enter_reply(
    request: Request,
    requirement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("obligations:reply"),
) -> Response:
    """What the seeker said by telephone; the clock goes on where it stopped."""
    read = forms.read(ReplyBody, form)
    if read.body is None:
        return _page(request, session, actor, requirement_id, read=read, act="reply")
    owing.reply(session, actor, _obligation_id(form), text=read.body.text)
    return done(_path(requirement_id), _("已记录回复，计时继续"))


def owner_words(owed: ObligationView | None) -> str:
    """Who owes it: the person named, else the role that is to give it."""
    if owed is None:
        return ""
    return owed.owner_name or label(owed.owner_role)


def _owners(session: Session, actor: Actor) -> list[User]:
    return obligations.possible_owners(session) if "obligations:assign" in actor.permissions else []


def _path(requirement_id: uuid.UUID) -> str:
    return f"/desk/ledger/requirements/{requirement_id}"


def _obligation_id(form: FormData) -> uuid.UUID:
    try:
        return uuid.UUID(str(form.get("obligation", "")))
    except ValueError as error:
        raise NotFound() from error


def _owner_id(owner: str, actor: Actor) -> uuid.UUID | None:
    if owner == MINE:
        return actor.user_id
    try:
        return uuid.UUID(owner) if owner else None
    except ValueError:
        return None


def _rows(session: Session, actor: Actor, found: list[Requirement], at: datetime) -> list[Row]:
    owed = obligations_of(session, [row.id for row in found])
    views = {view.requirement_id: view for view in present_owed(session, list(owed.values()))}
    return [
        Row(
            present(actor, row),
            row.submitted_at,
            views.get(row.id),
            days_waited(owed[row.id], at) if row.id in owed else None,
        )
        for row in found
    ]


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    requirement_id: uuid.UUID,
    *,
    read: forms.Read[Any] | None = None,
    act: str = "",
    status: int = 422,
) -> HTMLResponse:
    requirement = requirements.get(session, actor, requirement_id)
    requirement_service.check_is_insider(actor, requirement)
    history = obligations.history_of(session, requirement.id)
    views = present_owed(session, history)
    at = now()
    return page(
        request,
        "ledger_requirement.html",
        status=status if act else 200,
        item=present(actor, requirement),
        answers=present_answers(session, requirement, ledger.responses_to(session, requirement.id)),
        owed=next((view for view in views if view.closed_at is None), None),
        waited=next((days_waited(row, at) for row in history if row.closed_at is None), 0),
        history=views,
        owners=_owners(session, actor),
        owner_words=owner_words,
        most_pauses=obligations.MOST_PAUSES,
        longest_pause=LONGEST_PAUSE_DAYS,
        act=act,
        values=read.values if read else {},
        errors=read.errors if read else {},
        at=at,
    )
