"""`/interests` and `/rounds/{id}/interests`: expressed by teams, answered by the organizer."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.errors import FieldError, InvalidInput, NotFound
from app.interests import repository, service
from app.interests.presenter import present, present_in_round
from app.interests.schemas import (
    InterestCreate,
    InterestDecline,
    InterestInvite,
    InterestView,
    RoundInterestView,
)
from app.invitations.service import Terms
from app.kit.etag import set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.matches import repository as round_rows
from app.models.interest import Interest, InterestStatus
from app.requirements import repository as requirements
from app.routing import concept_router
from app.solvers import service as solvers

router = concept_router("揭榜意向")


def interest_filters(
    status: Annotated[list[InterestStatus] | None, Query(description="状态")] = None,
    requirement_id: uuid.UUID | None = None,
    solver_id: uuid.UUID | None = None,
) -> repository.Filters:
    """The query parameters of the list."""
    return repository.Filters(status=tuple(status or ()), requirement_id=requirement_id, solver_id=solver_id)


@router.get("/interests", response_model=Page[InterestView], summary="揭榜意向列表")
def list_interests(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(interest_filters)],
    actor: Actor = needs("interests:read"),
) -> Page[InterestView]:
    """Staff see all, a team its own, a seeker those in its own problems. Sort by created_at or decided_at."""
    rows, next_cursor, total = paginate(
        session,
        repository.with_parties(repository.narrow(repository.visible_to(actor), filters)),
        page=page,
        key=Interest.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    items = [present(actor, row) for row in rows]
    return Page[InterestView](items=items, next_cursor=next_cursor, total=total)


@router.post("/interests", response_model=InterestView, status_code=201, summary="表达揭榜意向")
def express_interest(
    body: InterestCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("interests:write"),
) -> InterestView:
    """A team offers to work on a published problem. The organizer and the seeker read who it is and what it says."""
    try:
        requirement = requirements.get(session, actor, body.requirement_id, lock=True)
    except NotFound as error:
        raise _unknown(
            "requirement_id", "unknown_requirement", "没有这个需求", "No such requirement"
        ) from error
    try:
        team = (
            solvers.get(session, actor, body.solver_id)
            if body.solver_id is not None
            else solvers.only_own(session, actor)
        )
    except NotFound as error:
        raise _unknown("solver_id", "unknown_solver", "没有这个解决方", "No such solver") from error
    interest = service.express(session, actor, requirement, team, text=body.text)
    response.headers["Location"] = f"/api/v1/interests/{interest.id}"
    return _answer(actor, interest, response)


@router.get("/interests/{interest_id}", response_model=InterestView, summary="揭榜意向详情")
def get_interest(
    interest_id: uuid.UUID, session: ReadSession, response: Response, actor: Actor = needs("interests:read")
) -> InterestView:
    return _answer(actor, repository.get(session, actor, interest_id), response)


@router.post("/interests/{interest_id}/withdraw", response_model=InterestView, summary="撤回揭榜意向")
def withdraw_interest(
    interest_id: uuid.UUID, session: WriteSession, response: Response, actor: Actor = needs("interests:write")
) -> InterestView:
    """By the team, while it waits for an answer."""
    interest = repository.lock(session, actor, interest_id)
    return _answer(actor, service.withdraw(session, actor, interest), response)


@router.post("/interests/{interest_id}/invite", response_model=InterestView, summary="将意向转为邀约")
def invite_interested(
    interest_id: uuid.UUID,
    body: InterestInvite,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("interests:decide"),
) -> InterestView:
    """The same rules hold as for every invitation; the interest then carries its id."""
    interest = repository.lock(session, actor, interest_id)
    terms = Terms(
        reply_by=body.reply_by,
        remind_at=body.remind_at,
        message=body.message,
        invites_alternates=body.invites_alternates,
        beyond_capacity=body.beyond_capacity,
    )
    return _answer(actor, service.invite(session, actor, interest, terms), response)


@router.post("/interests/{interest_id}/decline", response_model=InterestView, summary="谢绝揭榜意向")
def decline_interest(
    interest_id: uuid.UUID,
    body: InterestDecline,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("interests:decide"),
) -> InterestView:
    """With a reason that the team reads, and on wish a ban of the pair in every challenge of the problem."""
    interest = repository.lock(session, actor, interest_id)
    service.decline(session, actor, interest, reason=body.reason, forbids_pair=body.forbids_pair)
    return _answer(actor, interest, response)


@router.get(
    "/rounds/{round_id}/interests", response_model=Page[RoundInterestView], summary="匹配轮次中的揭榜意向"
)
def list_round_interests(
    round_id: uuid.UUID,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    actor: Actor = needs("interests:decide"),
) -> Page[RoundInterestView]:
    """Teams that wait for an answer on problems of the round, with what the round made of the pair.

    An interest changes no rank and no assignment; whoever wants to follow it pins the pair or invites the team.
    """
    found = round_rows.get(session, actor, round_id)
    rows, next_cursor, total = paginate(
        session,
        repository.in_round(actor, found.id),
        page=page,
        key=Interest.id,
        sortable=repository.SORTABLE,
        default="created_at",
    )
    pairs = repository.made_of(session, found.id, rows)
    items = [present_in_round(actor, row, pairs.get((row.requirement_id, row.solver_id))) for row in rows]
    return Page[RoundInterestView](items=items, next_cursor=next_cursor, total=total)


def _unknown(field: str, code: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(fields=(FieldError(field, code, zh, en),))


def _answer(actor: Actor, interest: Interest, response: Response) -> InterestView:
    set_etag(response, interest.version)
    return present(actor, interest)
