"""`/agreements/figures`: what agreements add up to, and the lists behind the figures."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query

from app.agreements import figures, repository
from app.agreements.figures import Figure, Grouping
from app.agreements.presenter import present, present_figures
from app.agreements.schemas import AgreementView, FiguresView
from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, needs
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.kit.schemas import Day, Line
from app.models.agreement import Agreement
from app.routing import concept_router

router = concept_router("合作协议", prefix="/agreements")


def figure_filters(
    challenge_id: Annotated[uuid.UUID | None, Query(description="只计入该赛事")] = None,
    signed_from: Annotated[Day | None, Query(description="签署日期不早于")] = None,
    signed_to: Annotated[Day | None, Query(description="签署日期不晚于")] = None,
) -> repository.Filters:
    """The query parameters of the figures and of the lists behind them."""
    return repository.Filters(challenge_id=challenge_id, signed_from=signed_from, signed_to=signed_to)


@router.get("/figures", response_model=FiguresView, summary="合作协议统计")
def get_figures(
    session: ReadSession,
    filters: Annotated[repository.Filters, Depends(figure_filters)],
    by: Annotated[Grouping, Query(description="按赛事、区县或领域汇总")] = Grouping.CHALLENGE,
    actor: Actor = needs("agreements:read"),
) -> FiguresView:
    """Counts and sums over what the caller may see; the groups add up to the total."""
    return present_figures(figures.measure(session, actor=actor, filters=filters, by=by))


@router.get("/figures/{figure}", response_model=Page[AgreementView], summary="统计数字背后的协议")
def list_figure(
    figure: Figure,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(figure_filters)],
    by: Annotated[Grouping | None, Query(description="与 key 一起指明一组")] = None,
    key: Annotated[Annotated[str, Line(200)], Query(description="组的 key；空为未填写的一组")] = "",
    actor: Actor = needs("agreements:read"),
) -> Page[AgreementView]:
    """The agreements that a figure counts, of one group or (without `by`) of all: `total` equals the figure."""
    statement = figures.rows_behind(figure, actor=actor, filters=filters, by=by, key=key)
    rows, next_cursor, total = paginate(
        session,
        repository.with_everything(statement),
        page=page,
        key=Agreement.id,
        sortable=repository.SORTABLE,
        default="-signed_on",
    )
    return Page[AgreementView](items=[present(row) for row in rows], next_cursor=next_cursor, total=total)
