"""What a requirement says and lacks, which ones are near it, and hints for whoever is still writing it."""

from __future__ import annotations

import uuid

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.analysis import policy, presenter
from app.analysis.neighbours import near
from app.analysis.reading import vague_words
from app.analysis.schemas import NeighbourView
from app.analysis.service import reading_of
from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession
from app.console.rendering import page
from app.console.routing import needs, page_router
from app.context import AppContext
from app.errors import Unavailable
from app.models.requirement import Requirement
from app.requirements import repository as requirements

router = page_router(prefix="/desk/requirements/{requirement_id}")

NEIGHBOURS = 8


@router.get("/analysis", response_class=HTMLResponse)
def show_analysis(
    request: Request,
    requirement_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("analyses:read"),
) -> HTMLResponse:
    """Key words, targets, conditions and what is missing, as read from the text of this moment."""
    requirement = _read(session, actor, requirement_id)
    found = presenter.present(reading_of(session, requirement))
    return page(request, "analysis.html", block="part", item=requirement, found=found)


@router.get("/similar", response_class=HTMLResponse)
def show_similar(
    request: Request,
    requirement_id: uuid.UUID,
    session: ReadSession,
    context: Context,
    actor: Actor = needs("analyses:read"),
) -> HTMLResponse:
    """Near-duplicates and requirements with the same bottleneck, among those that the reader may see."""
    requirement = _read(session, actor, requirement_id)
    found = near(context, session, actor, requirement, limit=NEIGHBOURS)
    views = presenter.present_neighbours(found).items
    items = [(view, other.shown) for view, other in zip(views, found, strict=True)]
    return page(request, "similar.html", block="part", item=requirement, items=items)


@router.get("/hints", response_class=HTMLResponse)
def show_hints(
    request: Request,
    requirement_id: uuid.UUID,
    session: ReadSession,
    context: Context,
    actor: Actor = needs("analyses:read"),
) -> HTMLResponse:
    """Beside the form, after every save: what is missing, words that nobody can check, and likely duplicates."""
    requirement = _read(session, actor, requirement_id)
    completeness = presenter.present(reading_of(session, requirement)).completeness
    return page(
        request,
        "hints.html",
        block="part",
        item=requirement,
        completeness=completeness,
        vague=vague_words(requirement),
        duplicates=_duplicates(context, session, actor, requirement),
    )


def _read(session: Session, actor: Actor, requirement_id: uuid.UUID) -> Requirement:
    requirement = requirements.get(session, actor, requirement_id)
    policy.check_may_read(actor, requirement)
    return requirement


def _duplicates(
    context: AppContext, session: Session, actor: Actor, requirement: Requirement
) -> list[NeighbourView]:
    try:
        found = near(context, session, actor, requirement, limit=NEIGHBOURS)
    except Unavailable:
        # Writing goes on without the index; the rest of the hints needs none.
        return []
    items = presenter.present_neighbours(found).items
    return [item for item in items if item.relation != "related" and item.id != requirement.id]
