"""Where a person begins: what waits for them today, by the roles they hold."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession
from app.challenges import repository as challenges
from app.console import overview, waiting
from app.console.rendering import page
from app.console.routing import needs, page_router
from app.models.access import Role
from app.models.challenge import Challenge, ChallengeStatus
from app.models.requirement import Requirement
from app.requirements import repository as requirements
from app.requirements.presenter import present
from app.responses.coverage import Figure
from app.solvers import repository as solvers

router = page_router(prefix="/desk")

LONGEST_LIST = 10
MOST_TEAMS = 3


@router.get("", response_class=HTMLResponse)
def show_desk(request: Request, session: ReadSession, actor: Actor = needs("me:read")) -> HTMLResponse:
    """Organizers see where the answers stand; seekers their problems; everyone what to do next."""
    values = _everyone(session, actor)
    if "coverage:read" in actor.permissions:
        values |= {"overview": overview.of(session, actor), "Figure": Figure}
    return page(request, "desk.html", roles=sorted(actor.roles), Role=Role, **values)


def _everyone(session: Session, actor: Actor) -> dict[str, Any]:
    running = challenges.visible_to(actor).where(Challenge.status != ChallengeStatus.CLOSED)
    own = actor.organizations(Role.SEEKER)
    mine: list[Any] = []
    if own:
        statement = requirements.visible_to(actor).where(Requirement.organization_id.in_(own))
        rows = session.scalars(statement.order_by(Requirement.updated_at.desc()).limit(LONGEST_LIST))
        mine = [present(actor, row) for row in rows]
    return {
        "challenges": list(
            session.scalars(running.order_by(Challenge.created_at.desc()).limit(LONGEST_LIST))
        ),
        "mine": mine,
        "waiting": waiting.of(session, actor),
        "teams": solvers.own(session, actor)[:MOST_TEAMS] if actor.has_role(Role.SOLVER) else [],
    }
