"""The list of requirements that a person may see, narrowed and sorted by its address."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession
from app.challenges import repository as challenges
from app.console import lists
from app.console.language import gettext as _
from app.console.lists import Column
from app.console.routing import needs, page_router
from app.kit.pagination import paginate
from app.kit.schemas import Line
from app.models.challenge import Challenge
from app.models.requirement import Field, Requirement, RequirementStatus
from app.requirements import repository
from app.requirements.presenter import present

router = page_router(prefix="/desk/requirements")

PER_PAGE = 30
UNSTATED = "unstated"
"""The field, or the district, of requirements that state none."""

COLUMNS = (
    Column("需求名称", lambda item: item.title, 40),
    Column("单位", lambda item: item.organization.name if item.organization else _("不公开"), 28),
    Column("状态", lambda item: item.status),
    Column("领域", lambda item: item.field, 22),
    Column("资金（万元）", lambda item: item.budget_wan, 14),
    Column("更新", lambda item: item.updated_at),
)


@router.get("")
def list_requirements(
    request: Request,
    session: ReadSession,
    q: Annotated[Annotated[str, Line(200)], Query()] = "",
    status: Annotated[list[str] | None, Query()] = None,
    field: Annotated[str, Query(max_length=40)] = "",
    district: Annotated[Annotated[str, Line(200)], Query()] = "",
    challenge: Annotated[str, Query(max_length=40)] = "",
    sort: Annotated[str, Query(max_length=40)] = "-updated_at",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("requirements:read"),
) -> Response:
    """Filters and order are in the address, so that a list can be sent to a colleague as it is shown."""
    entered = list(session.scalars(challenges.visible_to(actor).order_by(Challenge.created_at.desc())))
    chosen = next((item for item in entered if item.code == challenge), None)
    filters = repository.Filters(
        q=q or None,
        status=tuple(RequirementStatus(code) for code in status or () if code in set(RequirementStatus)),
        field=(Field(field),) if field in set(Field) else (),
        is_unclassified=field == UNSTATED,
        district=("" if district == UNSTATED else district) if district else None,
        challenge_id=chosen.id if chosen else None,
    )
    sortable = repository.sortable_by(actor)
    rows, next_cursor, total = paginate(
        session,
        repository.narrow(repository.visible_to(actor), filters, actor),
        page=lists.page_of(
            request, PER_PAGE, cursor=cursor, sort=sort if sort.lstrip("-") in sortable else None
        ),
        key=Requirement.id,
        sortable=sortable,
        default="-updated_at",
    )
    return lists.answer(
        request,
        "requirements.html",
        title="技术需求",
        columns=COLUMNS,
        block="results",
        items=[present(actor, row) for row in rows],
        total=total,
        next_cursor=next_cursor,
        filters=filters,
        q=q,
        sort=sort,
        district=district,
        entered=entered,
        chosen=chosen,
        statuses=RequirementStatus,
        fields=Field,
        sortable=sortable,
    )
