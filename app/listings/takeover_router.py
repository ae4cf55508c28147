"""`/challenges/{id}/takeover`: what an earlier challenge left open comes into this one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import Query
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.challenges import repository as challenges
from app.errors import FieldError, InvalidInput, NotFound
from app.kit.pagination import Page
from app.kit.schemas import Body, Line, Ref, View, with_example
from app.listings import takeover
from app.listings.takeover import Carried, Fate, LeftOpen
from app.models.challenge import Challenge
from app.models.requirement import RequirementStatus
from app.routing import concept_router

router = concept_router("赛题清单", prefix="/challenges/{challenge_id}/takeover")


class TakeoverBody(Body):
    """The earlier challenge, and what of it is taken over; everything left open when `left_open` is not given.

    What this challenge is not held for is left where it is, unless a `scope_reason` says why it comes along.
    """

    model_config = with_example({"from_challenge_id": "01990000-0000-7000-8000-000000000000"})

    from_challenge_id: Ref
    left_open: LeftOpen | None = None
    scope_reason: Annotated[str, Line(500)] = ""


class CarriedView(View):
    """A requirement and what becomes of it. `number` is its number on this challenge's list."""

    requirement_id: uuid.UUID
    title: str
    status: RequirementStatus
    status_label: str
    fate: Fate
    fate_label: str
    number: int | None


@router.get("", response_model=Page[CarriedView], summary="转入预览")
def preview_takeover(
    challenge_id: uuid.UUID,
    session: ReadSession,
    from_challenge_id: Annotated[uuid.UUID, Query(description="较早的赛事")],
    left_open: Annotated[LeftOpen | None, Query(description="转入哪些；不填则全部")] = None,
    actor: Actor = needs("challenges:write"),
) -> Page[CarriedView]:
    """What taking over would do now, without a `scope_reason`; stores nothing."""
    challenge = challenges.get(session, actor, challenge_id)
    earlier = _earlier(session, actor, from_challenge_id)
    return _page(takeover.preview(session, actor, challenge, earlier, left_open))


@router.post("", response_model=Page[CarriedView], summary="转入上一赛事未办结的需求")
def take_over(
    challenge_id: uuid.UUID,
    body: TakeoverBody,
    session: WriteSession,
    actor: Actor = needs("challenges:write"),
) -> Page[CarriedView]:
    """The requirements stay in the earlier challenge as well; each seeker is told. Again, it changes nothing."""
    challenge = challenges.get(session, actor, challenge_id, lock=True)
    earlier = _earlier(session, actor, body.from_challenge_id)
    return _page(
        takeover.take_over(session, actor, challenge, earlier, body.left_open, scope_reason=body.scope_reason)
    )


def _earlier(session: Session, actor: Actor, challenge_id: uuid.UUID) -> Challenge:
    try:
        return challenges.get(session, actor, challenge_id)
    except NotFound as error:
        unknown = FieldError("from_challenge_id", "unknown_challenge", "没有这个赛事", "No such challenge")
        raise InvalidInput(fields=(unknown,)) from error


def _page(carried: Sequence[Carried]) -> Page[CarriedView]:
    items = [
        CarriedView(
            requirement_id=item.requirement.id,
            title=item.requirement.title,
            status=item.requirement.status,
            status_label=item.requirement.status.label,
            fate=item.fate,
            fate_label=item.fate.label,
            number=item.number,
        )
        for item in carried
    ]
    return Page[CarriedView](items=items, total=len(items))
