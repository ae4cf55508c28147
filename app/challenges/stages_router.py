"""`/challenges/{id}/stages` and `/invitees`: the schedule, its extensions, and who is invited."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Response
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.challenges import repository, schedule, service
from app.challenges.schedule import StagePlan
from app.challenges.stage_schemas import (
    ExtensionBody,
    InviteesBody,
    InviteeView,
    ScheduleBody,
    ScheduleView,
    present_stage_in_full,
)
from app.kit.clock import now
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.models.challenge import Challenge
from app.models.organization import Organization
from app.models.stage import StageKind
from app.routing import concept_router

router = concept_router("赛事阶段", prefix="/challenges/{challenge_id}")

IfMatch = Annotated[str | None, Depends(if_match)]


@router.get("/stages", response_model=ScheduleView, summary="阶段安排")
def list_stages(
    challenge_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("challenges:read"),
) -> ScheduleView:
    """With every extension. A stage is over at `closes_at` itself."""
    challenge = service.get(session, actor, challenge_id)
    set_etag(response, challenge.version)
    return _schedule(session, actor, challenge)


@router.put("/stages", response_model=ScheduleView, summary="设定阶段安排")
def put_stages(
    challenge_id: uuid.UUID,
    body: ScheduleBody,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("challenges:write"),
) -> ScheduleView:
    """The whole schedule at once. Needs `If-Match` with the challenge's ETag. Once the challenge is announced,
    a stage that has begun must be repeated as it is: its closing instant moves by an extension only."""
    challenge = repository.get(session, actor, challenge_id, lock=True)
    check_version(header, challenge.version)
    plans = [StagePlan(item.kind, item.opens_at, item.closes_at) for item in body.stages]
    schedule.plan(session, actor, challenge, plans)
    set_etag(response, challenge.version)
    return _schedule(session, actor, challenge)


@router.post("/stages/{kind}/extend", response_model=ScheduleView, summary="延期")
def extend_stage(
    challenge_id: uuid.UUID,
    kind: StageKind,
    body: ExtensionBody,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("challenges:write"),
) -> ScheduleView:
    """Recorded with its reason, and told to those whom this stage concerns. A stage that had closed opens again."""
    challenge = repository.get(session, actor, challenge_id, lock=True)
    schedule.extend(session, actor, challenge, kind, body.closes_at, body.reason)
    set_etag(response, challenge.version)
    return _schedule(session, actor, challenge)


@router.get("/invitees", response_model=Page[InviteeView], summary="受邀单位")
def list_invitees(
    challenge_id: uuid.UUID,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    actor: Actor = needs("challenges:write"),
) -> Page[InviteeView]:
    """The units that see a challenge held by invitation. Sort by name."""
    challenge = service.get(session, actor, challenge_id)
    rows, next_cursor, total = paginate(
        session,
        repository.invitees(challenge),
        page=page,
        key=Organization.id,
        sortable={"name": Organization.name},
        default="name",
    )
    items = [InviteeView.model_validate(row) for row in rows]
    return Page[InviteeView](items=items, next_cursor=next_cursor, total=total)


@router.post("/invitees", status_code=204, summary="邀请单位参加")
def add_invitees(
    challenge_id: uuid.UUID,
    body: InviteesBody,
    session: WriteSession,
    actor: Actor = needs("challenges:write"),
) -> None:
    """Inviting the same unit again changes nothing."""
    challenge = repository.get(session, actor, challenge_id, lock=True)
    service.invite(session, actor, challenge, body.organization_ids)


@router.delete("/invitees/{organization_id}", status_code=204, summary="取消邀请")
def remove_invitee(
    challenge_id: uuid.UUID,
    organization_id: uuid.UUID,
    session: WriteSession,
    actor: Actor = needs("challenges:write"),
) -> None:
    """What the unit has entered stays in the challenge."""
    challenge = repository.get(session, actor, challenge_id, lock=True)
    service.uninvite(session, actor, challenge, organization_id)


def _schedule(session: Session, actor: Actor, challenge: Challenge) -> ScheduleView:
    at = now()
    stages = schedule.stages_of(session, challenge)
    return ScheduleView(
        at=at,
        stages=[present_stage_in_full(stage, at, is_staff=actor.is_staff) for stage in stages],
    )
