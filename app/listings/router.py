"""`/challenges/{id}/entries`: the list of problems as each reader may see it."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.challenges import service as challenges
from app.errors import FieldError, InvalidInput, NotFound
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.listings import service
from app.listings.presenter import present_entries
from app.listings.schemas import EntryCreate, EntryView
from app.models.challenge import ChallengeEntry
from app.requirements import repository as requirements
from app.routing import concept_router

router = concept_router("赛题清单")


@router.get("/challenges/{challenge_id}/entries", response_model=Page[EntryView], summary="赛题清单")
def list_entries(
    challenge_id: uuid.UUID,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    actor: Actor = needs("challenges:read"),
) -> Page[EntryView]:
    """By number, what has none yet last. Everyone reads exactly the requirements it may see anyway.
    Sort by number or created_at."""
    challenge = challenges.get(session, actor, challenge_id)
    rows, next_cursor, total = paginate(
        session,
        service.entries_of(actor, challenge),
        page=page,
        key=ChallengeEntry.id,
        sortable=service.SORTABLE,
        default="number",
    )
    return Page[EntryView](
        items=present_entries(session, actor, challenge, rows), next_cursor=next_cursor, total=total
    )


@router.post(
    "/challenges/{challenge_id}/entries", response_model=EntryView, status_code=201, summary="列入赛事"
)
def create_entry(
    challenge_id: uuid.UUID,
    body: EntryCreate,
    session: WriteSession,
    actor: Actor = needs("requirements:submit"),
) -> EntryView:
    """Seekers enter their own requirements, staff any. Entering the same one again changes nothing. 409
    `outside_scope` for what the challenge is not held for; staff may enter it with a `scope_reason`."""
    challenge = challenges.get(session, actor, challenge_id)
    try:
        requirement = requirements.get(session, actor, body.requirement_id, lock=True)
    except NotFound as error:
        unknown = FieldError("requirement_id", "unknown_requirement", "没有这个需求", "No such requirement")
        raise InvalidInput(fields=(unknown,)) from error
    entry = service.enter(session, actor, challenge, requirement, scope_reason=body.scope_reason)
    session.expire(requirement, ["challenges"])
    return present_entries(session, actor, challenge, [entry])[0]


@router.delete("/challenges/{challenge_id}/entries/{requirement_id}", status_code=204, summary="退出赛事")
def delete_entry(
    challenge_id: uuid.UUID,
    requirement_id: uuid.UUID,
    session: WriteSession,
    actor: Actor = needs("requirements:submit"),
) -> None:
    """Before the requirement has a number on the published list; the requirement itself stays."""
    challenge = challenges.get(session, actor, challenge_id)
    service.leave(session, actor, challenge, requirements.get(session, actor, requirement_id, lock=True))
