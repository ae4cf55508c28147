"""The ledger of answers as a list: the rows behind every figure, narrowed by challenge, district and age."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import HTMLResponse

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession
from app.challenges import repository as challenges
from app.console.rendering import page
from app.console.routing import needs, page_router
from app.errors import NotFound
from app.kit.clock import now
from app.kit.pagination import PageQuery, paginate
from app.kit.schemas import Line
from app.models.challenge import Challenge
from app.models.requirement import Requirement
from app.requirements import repository as requirements
from app.requirements.presenter import present
from app.responses.coverage import Figure, obligations_of, rows_behind

router = page_router(prefix="/desk/ledger")

PER_PAGE = 30
AGES = (7, 15, 30, 90)
"""Days since the submission that one can ask for."""


@router.get("", response_class=HTMLResponse)
def show_ledger(
    request: Request,
    session: ReadSession,
    figure: Annotated[str, Query(max_length=20)] = Figure.SUBMITTED.value,
    challenge: Annotated[str, Query(max_length=40)] = "",
    region: Annotated[Annotated[str, Line(200)], Query()] = "",
    age: Annotated[str, Query(max_length=4)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("coverage:read"),
) -> HTMLResponse:
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
    rows, next_cursor, total = paginate(
        session,
        statement,
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=Requirement.id,
        sortable=requirements.SORTABLE,
        default="submitted_at",
    )
    return page(
        request,
        "ledger.html",
        items=[(present(actor, row), row.submitted_at) for row in rows],
        due=obligations_of(session, [row.id for row in rows]),
        total=total,
        next_cursor=next_cursor,
        figure=chosen,
        figures=Figure,
        entered=entered,
        challenge=challenge,
        region=region,
        days=days,
        ages=AGES,
        at=at,
    )
