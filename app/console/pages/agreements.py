"""Agreements as a list, what they add up to by challenge, district and field, and one of them."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Select
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.agreements import figures, repository
from app.agreements.figures import Figure, Grouping
from app.agreements.presenter import present
from app.auth.actor import Actor
from app.auth.dependencies import ReadSession
from app.challenges import repository as challenges
from app.console import agreement_frame, lists
from app.console.lists import Column
from app.console.rendering import page
from app.console.routing import needs, page_router
from app.errors import NotFound
from app.kit.pagination import paginate
from app.kit.schemas import Line
from app.models.agreement import Agreement, AgreementKind, AgreementStatus
from app.models.challenge import Challenge
from app.models.report import ReportFormat
from app.models.requirement import Field
from app.reports import downloads
from app.reports import service as reports

router = page_router(prefix="/desk/agreements")

PER_PAGE = 30
SORTS = ("-created_at", "-signed_on", "signed_on", "-amount_wan", "amount_wan", "-updated_at")
Text = Annotated[Annotated[str, Line(200)], Query()]
Code = Annotated[str, Query(max_length=40)]


COLUMNS = (
    Column("协议", lambda item: item.title, 40),
    Column("需求方", lambda item: item.organization.name, 28),
    Column("解决方", lambda item: item.solver.name, 36),
    Column("状态", lambda item: item.status),
    Column("合同金额（万元）", lambda item: item.amount_wan),
    Column("已到账（万元）", lambda item: item.paid_wan),
    Column("签署", lambda item: item.signed_on),
)


@router.get("", response_class=HTMLResponse)
def list_agreements(
    request: Request,
    session: ReadSession,
    status: Code = "",
    kind: Code = "",
    field: Code = "",
    challenge: Code = "",
    region: Text = "",
    signed_from: Code = "",
    signed_to: Code = "",
    requirement: uuid.UUID | None = None,
    solver: uuid.UUID | None = None,
    figure: Code = "",
    by: Code = "",
    key: Text = "",
    sort: Code = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("agreements:read"),
) -> Response:
    """`figure`, `by` and `key` ask for the rows behind a figure; the other filters narrow those, too."""
    known, chosen = _challenges(session, actor, challenge)
    filters = repository.Filters(
        status=(AgreementStatus(status),) if status in set(AgreementStatus) else (),
        kind=(AgreementKind(kind),) if kind in set(AgreementKind) else (),
        field=(Field(field),) if field in set(Field) else (),
        challenge_id=chosen.id if chosen else None,
        region=region or None,
        signed_from=_day(signed_from),
        signed_to=_day(signed_to),
        requirement_id=requirement,
        solver_id=solver,
    )
    counted = Figure(figure) if figure in set(Figure) else None
    grouping = Grouping(by) if by in set(Grouping) else None
    listed = _listed(actor, filters, counted, grouping, key)
    rows, next_cursor, total = paginate(
        session,
        repository.with_everything(listed),
        page=lists.page_of(request, PER_PAGE, cursor=cursor, sort=sort if sort in SORTS else None),
        key=Agreement.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return lists.answer(
        request,
        "agreements.html",
        title="合作协议",
        columns=COLUMNS,
        block="results",
        items=[present(row) for row in rows],
        total=total,
        sums=figures.sums_of(session, listed),
        next_cursor=next_cursor,
        filters=filters,
        challenges=known,
        challenge=challenge,
        figure=counted,
        group=figures.name_of(session, grouping, key) if counted and grouping else "",
        by=grouping,
        key=key,
        sort=sort,
        statuses=AgreementStatus,
        kinds=AgreementKind,
        fields=Field,
    )


@router.get("/figures", response_class=HTMLResponse)
def show_figures(
    request: Request,
    session: ReadSession,
    by: Code = Grouping.CHALLENGE.value,
    challenge: Code = "",
    signed_from: Code = "",
    signed_to: Code = "",
    actor: Actor = needs("agreements:read"),
) -> HTMLResponse:
    """Counts and sums over what the reader may see; each leads to the agreements that it counts."""
    known, chosen = _challenges(session, actor, challenge)
    grouping = Grouping(by) if by in set(Grouping) else Grouping.CHALLENGE
    filters = repository.Filters(
        challenge_id=chosen.id if chosen else None,
        signed_from=_day(signed_from),
        signed_to=_day(signed_to),
    )
    kept = {
        name: value
        for name, value in (
            ("challenge", challenge),
            ("signed_from", filters.signed_from),
            ("signed_to", filters.signed_to),
        )
        if value
    }
    return page(
        request,
        "agreement_figures.html",
        summary=figures.measure(session, actor=actor, filters=filters, by=grouping),
        by=grouping,
        groupings=Grouping,
        challenges=known,
        challenge=challenge,
        filters=filters,
        kept=kept,
    )


@router.get("/{agreement_id}", response_class=HTMLResponse)
def show_agreement(
    request: Request,
    agreement_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("agreements:read"),
) -> HTMLResponse:
    """With milestones, payments and reports; what the reader may do is offered."""
    return agreement_frame.show(request, session, actor, repository.get(session, actor, agreement_id))


@router.get("/{agreement_id}/certificate.{format}", response_class=HTMLResponse)
def download_certificate(
    agreement_id: uuid.UUID,
    format: ReportFormat,
    session: ReadSession,
    actor: Actor = needs("agreements:read"),
) -> Response:
    """The certificate of a signed agreement, as Word or PDF. Raises `NotFound` before it is signed."""
    made = reports.certificate(session, actor, agreement_id)
    return downloads.paper(made, "合作协议登记证明", format)


def _listed(
    actor: Actor, filters: repository.Filters, counted: Figure | None, by: Grouping | None, key: str
) -> Select[Agreement]:
    if counted is not None:
        return figures.rows_behind(counted, actor=actor, filters=filters, by=by, key=key)
    return repository.narrow(repository.visible_to(actor), filters)


def _challenges(session: Session, actor: Actor, code: str) -> tuple[list[Challenge], Challenge | None]:
    """Those that a reader can choose from, and the chosen one. Raises `NotFound` for one that is not there."""
    known = list(session.scalars(challenges.visible_to(actor).order_by(Challenge.created_at.desc())))
    chosen = next((item for item in known if item.code == code), None)
    if code and chosen is None:
        raise NotFound()
    return known, chosen


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
