"""What everyone may read: the challenges that run, the published problems, one problem and how to answer it."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.auth.actor import VISITOR, Actor
from app.auth.dependencies import Context, ReadSession
from app.challenges import repository as challenges
from app.console.language import COOKIE, LANGUAGES
from app.console.rendering import page
from app.console.routing import done, page_router, public
from app.console.security import local_path
from app.context import AppContext
from app.interests import repository as interests
from app.invitations.policy import INVITABLE_STATUSES
from app.invitations.repository import invited_teams
from app.kit.pagination import PageQuery, paginate
from app.kit.schemas import Line
from app.models.challenge import Challenge, ChallengeStatus
from app.models.indexing import IndexCollection
from app.models.interest import Interest, InterestStatus
from app.models.invitation import BINDING_STATUSES
from app.models.requirement import PUBLIC_STATUSES, Field, Requirement
from app.proposals.call_presenter import call_view
from app.requirements import repository as requirements
from app.requirements.presenter import present
from app.search.service import SearchFilters, search
from app.solvers import repository as solvers

router = page_router()

PER_PAGE = 20
STILL_OPEN = tuple(sorted(PUBLIC_STATUSES))


@router.get("/", response_class=HTMLResponse)
def home(request: Request, actor: Actor = public()) -> Response:
    """People who are signed in begin at their desk, everyone else with the list of problems."""
    return RedirectResponse("/problems" if actor.is_visitor else "/desk", status_code=303)


@router.get("/problems", response_class=HTMLResponse)
def list_problems(
    request: Request,
    session: ReadSession,
    context: Context,
    q: Annotated[Annotated[str, Line(500)], Query()] = "",
    field: Annotated[list[str] | None, Query()] = None,
    region: Annotated[Annotated[str, Line(200)], Query()] = "",
    challenge: Annotated[str, Query(max_length=40)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    offset: Annotated[int, Query(ge=0, le=1_000)] = 0,
    actor: Actor = public(),
) -> HTMLResponse:
    """The published list; words in the box search it by sense as well as by letter."""
    fields = tuple(Field(code) for code in field or () if code in set(Field))
    shown = challenges.visible_to(VISITOR).where(Challenge.status == ChallengeStatus.OPEN)
    running = list(session.scalars(shown.order_by(Challenge.closes_at.is_(None), Challenge.closes_at)))
    chosen = next((item for item in running if item.code == challenge), None)
    filters = requirements.Filters(
        status=STILL_OPEN, field=fields, region=region or None, challenge_id=chosen.id if chosen else None
    )
    is_search = bool(q.strip())
    found = _search(context, session, q, filters, offset) if is_search else _listed(session, filters, cursor)
    return page(
        request,
        "problems.html",
        block="results",
        q=q,
        fields=Field,
        chosen_fields=fields,
        region=region,
        running=running,
        chosen=chosen,
        **found,
    )


def _listed(session: Session, filters: requirements.Filters, cursor: str | None) -> dict[str, Any]:
    statement = requirements.narrow(requirements.visible_to(VISITOR), filters, VISITOR)
    rows, next_cursor, total = paginate(
        session,
        statement,
        page=PageQuery(limit=PER_PAGE, cursor=cursor, sort="-published_at"),
        key=Requirement.id,
        sortable=requirements.sortable_by(VISITOR),
        default="-published_at",
    )
    items = [(present(VISITOR, row), "") for row in rows]
    more = {"cursor": next_cursor} if next_cursor else None
    return {"items": items, "total": total, "more": more}


def _search(
    context: AppContext, session: Session, words: str, filters: requirements.Filters, offset: int
) -> dict[str, Any]:
    narrowed = SearchFilters(
        field=tuple(item.value for item in filters.field),
        region=filters.region or "",
        status=tuple(item.value for item in STILL_OPEN),
        challenge=str(filters.challenge_id) if filters.challenge_id else "",
    )
    found = search(
        context,
        session,
        VISITOR,
        IndexCollection.REQUIREMENTS,
        words,
        limit=PER_PAGE,
        offset=offset,
        filters=narrowed,
    )
    items = [(present(VISITOR, item.row), _beyond_title(item.hit.snippet, item.row)) for item in found.items]
    more = {"offset": found.next_offset} if found.next_offset else None
    return {"items": items, "total": found.total, "more": more}


def _beyond_title(snippet: str, requirement: Requirement) -> str:
    """The place that was found, unless it only says the title again, which stands above it."""
    return "" if snippet in requirement.title else snippet


@router.get("/problems/{requirement_id}", response_class=HTMLResponse)
def show_problem(
    request: Request, requirement_id: uuid.UUID, session: ReadSession, actor: Actor = public()
) -> HTMLResponse:
    """One problem as strangers may read it, whoever asks: what is shown here is what is public."""
    requirement = requirements.get(session, VISITOR, requirement_id)
    return page(
        request,
        "problem_page.html",
        problem=present(VISITOR, requirement),
        call=call_view(session, VISITOR, requirement),
        **_interest(session, actor, requirement),
    )


def _interest(session: Session, actor: Actor, requirement: Requirement) -> dict[str, Any]:
    """The teams of this reader that may still offer themselves, and what one of them has said before."""
    if "interests:write" not in actor.permissions or requirement.status not in INVITABLE_STATUSES:
        return {"teams": [], "interest": None}
    about = interests.Filters(requirement_id=requirement.id)
    statement = interests.narrow(interests.visible_to(actor), about)
    said = list(session.scalars(statement.order_by(Interest.id.desc())))
    spoken = {row.solver_id for row in said if row.status is not InterestStatus.WITHDRAWN}
    invited = invited_teams(session, requirement.id, BINDING_STATUSES)
    teams = [
        team
        for team in solvers.own(session, actor)
        if team.is_active and team.id not in spoken and team.id not in invited
    ]
    return {"teams": teams, "interest": said[0] if said else None}


@router.post("/language/{code}", response_class=HTMLResponse)
def choose_language(
    code: str, back: Annotated[str, Query(max_length=500)] = "/", actor: Actor = public()
) -> Response:
    """Switches the language of the pages for this browser."""
    response = done(local_path(back))
    if code in LANGUAGES:
        response.set_cookie(COOKIE, code, max_age=31_536_000, httponly=True, samesite="lax", path="/")
    return response
